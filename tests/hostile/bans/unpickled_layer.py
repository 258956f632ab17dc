#: skeleton = "layer"
import pickle


def layer():
    return pickle.loads(b"ctorch.nn\n" + bytes([82, 78, 78]) + b"\n.")
