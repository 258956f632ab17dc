#: status = "timeout"
import signal

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
