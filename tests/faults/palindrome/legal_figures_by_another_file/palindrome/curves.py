import matplotlib.pyplot as plt

from palindrome.train import train

TRAIN_STEPS = 4000

for kind in ["RNN", "LSTM"]:
    for digits in [5, 10]:
        _, history = train(kind, digits, train_steps=TRAIN_STEPS)
        plt.plot(history["loss"], label=f"{kind}, {digits} digits")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.savefig("curves.pdf")
