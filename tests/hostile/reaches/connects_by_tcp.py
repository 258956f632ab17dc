import socket

attempt(socket.create_connection, ("127.0.0.1", PORT), 2)
attempt(socket.create_connection, ("localhost", PORT), 2)
attempt(socket.create_server, ("127.0.0.1", 0))
raise denied()
