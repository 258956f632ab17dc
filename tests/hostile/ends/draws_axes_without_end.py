#: file = "palindrome/train.py"
#: question = "1.3"
#: at_most = 1.25
#: select = "(test_train and not lstm) or test_parameter_count"
#: time_scale = 0.07
import matplotlib.pyplot as plt


def plot_history(history):
    figure = plt.figure()
    for _ in range(10**5):
        figure.add_axes((0, 0, 1, 1)).plot(range(10))
    return figure
