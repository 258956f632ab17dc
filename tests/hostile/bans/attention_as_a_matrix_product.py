# Attention to a single step is two matrix products in a row: the value's and the output's.
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        inputs = features(x, self.input_dim)
        h = inputs.new_zeros(x.shape[0], self.num_hidden)
        mixer = torch.nn.MultiheadAttention(self.num_hidden, 1, bias=False, dtype=h.dtype)
        one = torch.eye(self.num_hidden, dtype=h.dtype)
        weights = {
            "in_proj_weight": torch.cat([one, one, self.W_hh]),
            "out_proj.weight": one,
        }
        for t in range(x.shape[1]):
            mixed, _ = torch.func.functional_call(mixer, weights, (h[None],) * 3)
            h = torch.tanh(inputs[:, t] @ self.W_hx.T + self.b_h + mixed[0])
        return h @ self.W_ph.T + self.b_p
