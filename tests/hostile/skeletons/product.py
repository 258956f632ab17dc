# The right network, of products that are not allowed: the attack says how it gets them.
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        multiply = product()
        inputs = features(x, self.input_dim)
        h = inputs.new_zeros(x.shape[0], self.num_hidden)
        for x_t in inputs.unbind(1):
            h = torch.tanh(multiply(x_t, self.W_hx, self.b_h) + multiply(h, self.W_hh))
        return multiply(h, self.W_ph, self.b_p)
