# What succeeds is a breach; what fails is raised at the end, as an ordinary student's code would.
denials = []


def attempt(function, *arguments, **options):
    try:
        result = function(*arguments, **options)
    except OSError as error:
        denials.append(error)
    else:
        raise SystemError(f"BREACH: {function.__name__}{arguments} gave {result!r}")


def denied():
    return denials[-1]
