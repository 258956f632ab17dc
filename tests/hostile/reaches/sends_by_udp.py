import socket


def send():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hostile", ("127.0.0.1", DATAGRAMS))


attempt(send)
attempt(socket.getaddrinfo, "example.org", 80)
raise denied()
