import matplotlib.pyplot as plt
import torch
from torch.utils.data import DataLoader

from part1.dataset import PalindromeDataset
from part1.lstm import LSTM
from part1.vanilla_rnn import VanillaRNN


def train(model_type="RNN", input_length=4, batch_size=128, num_hidden=128, learning_rate=0.001,
          train_steps=10000, max_norm=10.0, device="cpu"):
    cls = VanillaRNN if model_type == "RNN" else LSTM
    model = cls(seq_length=input_length, input_dim=1, num_hidden=num_hidden, num_classes=10,
                batch_size=batch_size, device=device)
    loader = DataLoader(PalindromeDataset(input_length + 1), batch_size, num_workers=1)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=learning_rate)
    accuracies, losses = [], []
    for step, (inputs, targets) in enumerate(loader):
        optimizer.zero_grad()
        out = model(inputs)
        loss = criterion(out, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=max_norm)
        optimizer.step()
        losses.append(loss.item())
        accuracies.append((out.argmax(1) == targets).float().mean().item())
        if step % 10 == 0:
            print(f"step {step} loss {loss.item():.3f}")
        if step >= train_steps or (step > 50 and min(accuracies[-20:]) == 1.0):
            break
    plt.figure()
    plt.plot(accuracies, label=model_type)
    plt.xlabel("step")
    plt.ylabel("accuracy")
    plt.legend()
    plt.savefig("accuracy.png")
    return model, {"accuracy": accuracies, "loss": losses}


if __name__ == "__main__":
    train()
