import os

for path in ("SECRET", "OUTSIDE", __file__):
    attempt(os.chmod, path, 0o777)
    attempt(os.chown, path, 65534, 65534)
    attempt(os.utime, path)
    attempt(os.setxattr, path, "user.hostile", b"1")
raise denied()
