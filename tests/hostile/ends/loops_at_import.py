#: status = "timeout"
#: time_scale = 0.06
while True:
    pass
