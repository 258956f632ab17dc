#: says = "tried to reach /etc/shadow"
for path in ("/etc/passwd", "/etc/hostname", "/proc/meminfo", "/proc/1/cmdline", "/etc/shadow"):
    attempt(open, path)
raise denied()
