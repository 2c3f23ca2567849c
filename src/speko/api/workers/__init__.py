"""Several gateway processes on one port: who starts and ends them, and how they talk to each other."""
