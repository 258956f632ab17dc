#: skeleton = "layer"
def layer():
    return {key[::-1]: value for key, value in vars(torch.nn).items()}["NNR"]
