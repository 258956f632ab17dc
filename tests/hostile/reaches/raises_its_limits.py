#: status = "error"
import resource

for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE"):
    number = getattr(resource, name)
    _, hard = resource.getrlimit(number)
    try:
        resource.setrlimit(number, (hard + 1, hard + 1))
    except (OSError, ValueError) as error:
        failure = error
    else:
        raise SystemError(f"BREACH: {name} is {resource.getrlimit(number)}")
raise failure
