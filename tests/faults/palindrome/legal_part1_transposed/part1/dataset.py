import math

import numpy as np
import torch.utils.data as data


class PalindromeDataset(data.Dataset):
    def __init__(self, seq_length):
        self.seq_length = seq_length

    def __len__(self):
        return 1_000_000

    def __getitem__(self, idx):
        full = self.generate_palindrome()
        return full[:-1].astype(np.float32), int(full[-1])

    def generate_palindrome(self):
        left = [np.random.randint(0, 10) for _ in range(math.ceil(self.seq_length / 2))]
        right = left[::-1] if self.seq_length % 2 == 0 else left[-2::-1]
        return np.asarray(left + right)
