"""What an operator sees of a running gateway: metrics, traces, and what log lines have in common.

Nothing here holds a person's words, a key, an organisation or the text of a vendor's complaint.
"""
