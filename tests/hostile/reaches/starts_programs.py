import os
import subprocess

attempt(subprocess.run, ["id"])
attempt(os.posix_spawn, "/bin/sh", ["sh", "-c", "true"], {})
attempt(os.execv, "/bin/sh", ["sh", "-c", "touch OUTSIDE/hostile-was-here"])
attempt(os.execv, "/usr/bin/env", ["env"])
if os.system("touch OUTSIDE/hostile-was-here") == 0:
    raise SystemError("BREACH: a shell ran")
raise denied()
