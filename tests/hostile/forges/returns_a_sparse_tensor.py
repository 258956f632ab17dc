def attack(output):
    return output.to_sparse()
