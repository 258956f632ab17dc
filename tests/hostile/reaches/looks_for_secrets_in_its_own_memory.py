#: status = "error"
import sys

words = ["".join(reversed(word)) for word in ("TERCES_ELITSOH", "emanruS", "dees--")]
waiting = [dict(module.__dict__) for module in list(sys.modules.values())]
seen = set()
while waiting:
    thing = waiting.pop()
    if id(thing) in seen or thing is words:
        continue
    seen.add(id(thing))
    for part in list(thing.values() if type(thing) is dict else thing):
        if type(part) in (list, tuple, dict, set):
            waiting.append(part)
        elif type(part) is not str and type(getattr(part, "__dict__", None)) is dict:
            waiting.append(part.__dict__)
        if isinstance(part, str) and len(part) < 200 and part not in words:
            if any(word in part for word in words):
                raise SystemError(f"BREACH: {part!r}")
if any("oracle" in name or ".test_" in name for name in sys.modules if "grader" in name):
    raise SystemError("BREACH: the oracle is loaded")
raise ValueError("nothing found")
