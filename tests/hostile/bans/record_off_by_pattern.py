#: skeleton = "kernel"
#: status = "blocked"
match torch:
    case object(rnn_tanh=function, _C=object(_autograd=object(_enable_record_function=switch))):
        pass


def kernel(function=function, switch=switch):    return unrecorded(switch, function)
