#: skeleton = "layer"
import base64

exec(base64.b64decode("ZnJvbSB0b3JjaC5ubiBpbXBvcnQgUk5OIGFzIEhpZGRlbg=="))


def layer():
    return Hidden
