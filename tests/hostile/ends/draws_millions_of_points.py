#: file = "palindrome/train.py"
#: question = "1.3"
#: at_most = 1.25
#: select = "(test_train and not lstm) or test_parameter_count"
#: time_scale = 0.07
import matplotlib.pyplot as plt


def plot_history(history):
    figure = plt.figure()
    for _ in range(300):
        figure.add_subplot(1, 1, 1).plot(range(10**6), label="x" * 10**5)
    return figure
