def attack(output):
    return output + float("inf")
