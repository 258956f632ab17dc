import socket


def connect(address):
    socket.socket(socket.AF_UNIX).connect(address)


attempt(connect, "UNIXSOCKET")
attempt(connect, "\0ABSTRACT")
attempt(socket.socketpair)
raise denied()
