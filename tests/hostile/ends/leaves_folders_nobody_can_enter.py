#: status = "error"
import os

for name in "abc":
    os.makedirs(f"{name}/inner", 0o700)
    with open(f"{name}/inner/file", "w") as file:
        file.write("x")
os.mkdir("closed", 0o000)
raise ValueError("and now remove them")
