#: status = "timeout"
import os
import signal


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        os.kill(os.getpid(), signal.SIGSTOP)
