import os
import pathlib

attempt(os.listdir, os.path.expanduser("~root"))
attempt(os.listdir, "/home")
attempt(pathlib.Path("SECRET").read_text)
raise denied()
