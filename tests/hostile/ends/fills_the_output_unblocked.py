#: exercise = "numpy_rnn"
#: file = "numpy_rnn.py"
#: question = "N2"
#: at_most = 0.2
#: status = ["partly passed", "error"]
#: select = "test_forward.py or test_weights.py"
# The judge writes into the same pipe, to know where a question's output ends.
import fcntl
import os
import threading

try:
    fcntl.fcntl(1, fcntl.F_SETFL, os.O_WRONLY | os.O_NONBLOCK)
except OSError:
    pass


def flood():
    block = b"x" * 2**20
    while True:
        try:
            os.write(1, block)
        except BlockingIOError:
            pass


for _ in range(6):
    threading.Thread(target=flood, daemon=True).start()


class RNN(RNN):
    def forward(self, x):
        raise ValueError("full")
