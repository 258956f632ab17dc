#: status = "error"
raise KeyboardInterrupt
