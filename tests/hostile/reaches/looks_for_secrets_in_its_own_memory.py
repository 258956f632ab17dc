#: status = "error"
import gc
import sys

words = ["".join(reversed(word)) for word in ("TERCES_ELITSOH", "emanruS", "dees--")]
for thing in gc.get_objects():
    if type(thing) in (list, tuple, dict, set) and thing is not words:
        for part in list(thing.values() if type(thing) is dict else thing):
            if isinstance(part, str) and len(part) < 200 and part not in words:
                if any(word in part for word in words):
                    raise SystemError(f"BREACH: {part!r}")
if any("oracle" in name or ".test_" in name for name in sys.modules if "grader" in name):
    raise SystemError("BREACH: the oracle is loaded")
raise ValueError("nothing found")
