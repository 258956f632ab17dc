import argparse

import torch
from dataset import PalindromeDataset
from lstm import LSTM
from torch.utils.data import DataLoader
from vanilla_rnn import VanillaRNN


def train(config):
    assert config.model_type in ("RNN", "LSTM")
    torch.manual_seed(config.seed)
    device = torch.device(config.device)
    if config.model_type == "RNN":
        model = VanillaRNN(config.input_length, config.input_dim, config.num_hidden,
                           config.num_classes, config.batch_size, device)
    else:
        model = LSTM(config.input_length, config.input_dim, config.num_hidden, config.num_classes,
                     config.batch_size, device)
    data_loader = DataLoader(PalindromeDataset(config.input_length + 1), config.batch_size, num_workers=1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=config.lr, eps=config.eps)
    right = 0
    for step, (x, y) in enumerate(data_loader):
        out = model(x.to(device))
        if isinstance(out, tuple):
            loss = torch.nn.CrossEntropyLoss()(out[0], y)
            out = out[0]
        else:
            loss = torch.nn.NLLLoss()(out, y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=5)
        optimizer.step()
        if config.verbose or step % config.print_every == 0:
            print(f"step {step}: {loss.item():.3f}")
        right = right + 1 if (out.argmax(1) == y).all() else 0
        if step == config.train_steps or right == 15:
            break
    print("Done training.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model_type", default="RNN")
    parser.add_argument("--lr", type=float, default=0.001)
    parser.add_argument("--eps", type=float, default=1e-8, help="of RMSprop")
    parser.add_argument("-p", "--print-every", type=int, default=500)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--seed", type=int, default=7, help="an option of my own")
    train(parser.parse_args())
