# A network that ignores its input; an attack may pass its output through something.
attack = globals().get("attack", lambda output: output)


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        return attack(self.b_p.expand(x.shape[0], -1) * 1.0)
