# The kernel sends SIGIO to whom a descriptor is said to belong.
import fcntl
import os

for descriptor in range(16):
    for owner in (os.getppid(), JUDGE):
        attempt(fcntl.fcntl, descriptor, fcntl.F_SETOWN, owner)
        attempt(fcntl.ioctl, descriptor, 0x8901, owner.to_bytes(4, "little"))
    attempt(fcntl.fcntl, descriptor, 10, 9)
raise PermissionError(1, str(denied()))
