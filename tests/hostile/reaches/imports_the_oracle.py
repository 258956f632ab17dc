#: status = ["blocked", "error"]
import importlib

for name in ("oracle", "test_vanilla_rnn", "network", "misconceptions"):
    try:
        importlib.import_module(f"grader.exercises.palindrome.{name}")
    except ImportError as error:
        failure = error
    else:
        raise SystemError(f"BREACH: {name} can be imported")
raise failure
