import os
import tempfile

attempt(os.listdir, "TEMPORARY")
attempt(os.listdir, os.path.join(os.path.dirname(__file__), "..", "..", ".."))
attempt(os.listdir, os.path.dirname(tempfile.gettempdir()))
raise denied()
