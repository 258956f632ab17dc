#: status = "error"
#: says = "files open at a time"
hoard = []
while True:
    hoard.append(open("/dev/null"))
