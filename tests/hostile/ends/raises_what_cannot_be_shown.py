#: status = ["error", "crashed"]
class Spiteful(Exception):
    def __str__(self):
        raise SystemExit

    __repr__ = __str__


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        raise Spiteful
