#: status = ["error", "crashed", "timeout"]
#: arguments = ["--limit", "memory=1024"]
hoard = []


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            try:
                hoard.append(bytearray(2**22))
            except MemoryError:
                pass
