import os

for process in (os.getppid(), JUDGE):
    for file in ("mem", "maps", "fd/0", "cmdline", "root/etc/passwd", "cwd/README.md"):
        attempt(open, f"/proc/{process}/{file}", "rb")
raise denied()
