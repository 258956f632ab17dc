import numpy as np
import torch


class PalindromeDataset(torch.utils.data.Dataset):
    def __init__(self, seq_length):
        self.seq_length = seq_length

    def __len__(self):
        return 100000

    def __getitem__(self, i):
        half = np.random.randint(0, 10, (self.seq_length + 1) // 2)
        full = np.concatenate([half, half[::-1][self.seq_length % 2:]])
        return full[:-1].astype("float32"), int(full[-1])
