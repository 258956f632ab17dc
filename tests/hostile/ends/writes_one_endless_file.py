#: status = "error"
#: says = "no file of more than"
with open("big", "wb") as file:
    while True:
        file.write(bytes(2**20))
