"""A small rule-based responder: English, deterministic given the messages and the clock."""
