for path in (__file__, __file__.replace("vanilla_rnn", "lstm")):
    try:
        with open(path, "a") as file:
            file.write("\nVanillaRNN = None\n")
    except OSError:
        pass
    else:
        raise SystemError("BREACH: the source could be rewritten")
