import os
import sys

kit = list(sys.modules["grader"].__path__)[0]
for path in ("", "exercises", "worker"):
    attempt(os.listdir, os.path.join(kit, path))
attempt(open, os.path.join(kit, "exercises", "palindrome", "rubric.toml"))
attempt(open, os.path.join(kit, "exercises", "palindrome", "oracle.py"))
raise denied()
