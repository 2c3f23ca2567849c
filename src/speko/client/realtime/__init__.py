"""Conversations over the socket, for the asynchronous client alone.

`frames` reads and writes what goes over the socket, without I/O; `session` is the handle; `opening` makes a session
and opens its socket.
"""
