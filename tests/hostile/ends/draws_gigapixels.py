#: file = "palindrome/train.py"
#: question = "1.3"
#: at_most = 1.25
#: select = "(test_train and not lstm) or test_parameter_count"
#: time_scale = 0.2
import matplotlib.pyplot as plt


def plot_history(history):
    figure = plt.figure(figsize=(10**5, 10**5))
    axes = figure.add_subplot()
    axes.plot([0, 1])
    axes.text(1e9, 1e9, "far away")
    plt.rcParams["savefig.bbox"] = "tight"
    return figure
