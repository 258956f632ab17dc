#: file = "palindrome/train.py"
#: question = "1.3"
#: at_most = 1.25
#: select = "(test_train and not lstm) or test_parameter_count"
#: time_scale = 0.2
#: says = "ValueError"
import matplotlib.pyplot as plt


def plot_history(history):
    figure = plt.figure()
    axes = figure.add_subplot()
    axes.plot([0, 1])
    axes.set_xlabel(r"$\frac{$")
    return figure
