import os

attempt(os.memfd_create, "hostile")
raise denied()
