#: status = "timeout"
#: time_scale = 0.2
while True:
    pass
