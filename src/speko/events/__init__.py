"""Every frame of the wire, one class each. Knows nothing of sockets."""
