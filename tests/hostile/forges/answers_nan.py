def attack(output):
    return output * float("nan")
