import os

for descriptor in range(3, 64):
    try:
        os.write(descriptor, os.urandom(4096))
    except OSError:
        pass
