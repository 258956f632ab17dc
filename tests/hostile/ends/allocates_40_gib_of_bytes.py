#: status = "error"
#: says = "need no more memory than it is given"
hoard = bytearray(40 * 2**30)
