#: status = ["error", "crashed", "timeout"]
#: arguments = ["--limit", "memory=512"]
hoard = []


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            hoard.append([len(hoard)] * 100)
