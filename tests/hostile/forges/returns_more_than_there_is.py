# An exabyte by its shape, a number by its memory.
def attack(output):
    return output.sum().expand(10**9, 10**9)
