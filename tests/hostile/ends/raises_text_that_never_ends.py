#: time_scale = 0.2
class Endless(Exception):
    def __str__(self):
        while True:
            pass


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        raise Endless
