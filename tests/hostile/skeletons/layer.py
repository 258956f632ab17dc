# The right network, computed by a layer that is not allowed: the attack says how it gets it.
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        inputs = features(x, self.input_dim).transpose(0, 1)
        weights = dict(
            weight_ih_l0=self.W_hx,
            weight_hh_l0=self.W_hh,
            bias_ih_l0=self.b_h,
            bias_hh_l0=torch.zeros_like(self.b_h),
        )
        made = layer()(inputs.shape[2], self.num_hidden)
        _, h = torch.func.functional_call(made, weights, (inputs,))
        return h[0] @ self.W_ph.T + self.b_p
