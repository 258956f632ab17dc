#: status = "crashed"
#: arguments = ["--limit", "cpu=5", "--time-scale", "1"]
#: says = "5 s of processor time"
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            pass
