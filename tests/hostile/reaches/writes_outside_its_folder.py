import os
import sys

kit = list(sys.modules["grader"].__path__)[0]
places = [
    kit, f"{kit}/exercises", "/tmp", "/var/tmp", "/dev/shm", "/etc",
    os.path.expanduser("~root"), "OUTSIDE", "TEMPORARY", os.path.dirname(os.environ["TMPDIR"]),
]
for place in places:
    attempt(open, f"{place}/hostile-was-here", "w")
    attempt(os.mkdir, f"{place}/hostile-was-here")
attempt(os.truncate, "SECRET", 0)
attempt(os.remove, "SECRET")
raise denied()
