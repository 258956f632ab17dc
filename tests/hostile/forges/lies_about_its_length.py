import torch


class Long(list):
    def __len__(self):
        return 10**12

    def __iter__(self):
        while True:
            yield torch.zeros(1)


def attack(output):
    return Long([output])
