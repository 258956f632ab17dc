import socket

for family in (socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG, socket.AF_INET6):
    attempt(socket.socket, family, socket.SOCK_RAW)
raise denied()
