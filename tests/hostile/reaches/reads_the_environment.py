#: status = "blocked"
import os

for name, value in os.environ.items():
    if "HOSTILE" in name or "HOSTILE" in value:
        raise SystemError(f"BREACH: {name}={value}")
for process in ("self", os.getppid(), JUDGE):
    attempt(open, f"/proc/{process}/environ", "rb")
raise denied()
