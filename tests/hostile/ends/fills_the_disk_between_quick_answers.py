#: status = "crashed"
#: arguments = ["--limit", "disk=64"]
#: says = "at most 64 MiB in files"
import itertools
import os

number = itertools.count()


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for _ in range(2):
            name = f"reserved{next(number) % 40}"
            descriptor = os.open(name, os.O_CREAT | os.O_WRONLY)
            os.posix_fallocate(descriptor, 0, 2**24)
            os.close(descriptor)
        return torch.zeros(len(x), self.num_output)
