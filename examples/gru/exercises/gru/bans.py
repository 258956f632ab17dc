"""List the layers of torch that the exercise forbids."""

from grader.bans.table import Table

BANNED = Table(
    {
        "torch.nn.": "GRU GRUCell RNN RNNCell RNNBase RNNCellBase LSTM LSTMCell "
        "Linear LazyLinear Bilinear",
        "torch.nn.functional.": "linear bilinear",
        "torch.": "gru gru_cell rnn_tanh rnn_tanh_cell rnn_relu rnn_relu_cell lstm lstm_cell",
    }
)
