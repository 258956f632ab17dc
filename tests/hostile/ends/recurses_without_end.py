#: status = "error"
#: says = "RecursionError"
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        return self.forward(x)
