#: status = "crashed"
#: says = "SIGABRT"
import os

os.abort()
