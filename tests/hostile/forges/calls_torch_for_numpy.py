#: exercise = "numpy_rnn"
#: file = "numpy_rnn.py"
#: question = "N2"
#: skeleton = ""
#: at_most = 0.2
#: select = "test_forward.py or test_weights.py"
# The right numbers, by a layer of another library.
import torch


class RNN(RNN):
    def forward(self, x):
        super().forward(x)
        layer = torch.nn.RNN(self.input_size, self.hidden_size).double()
        zeros = np.zeros(self.hidden_size)
        values = (self.W.T.copy(), self.R.T.copy(), self.bs[:, 0].copy(), zeros)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        weights = dict(zip(names, map(torch.tensor, values)))
        inputs = torch.tensor(x.reshape(len(x), -1, self.input_size))
        _, h = torch.func.functional_call(layer, weights, (inputs,))
        return h[0].detach().numpy() @ self.V + self.by.T
