#: status = "timeout"
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            pass
