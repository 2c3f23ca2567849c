"""A spoken conversation: the session as a state machine without I/O, and the bridge that ties it to a client's socket
and to an engine."""
