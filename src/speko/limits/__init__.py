"""Limits of API keys and organisations: requests, concurrent sessions, spend; and what several processes share of them
through Redis. Everything but `redis_link.py` is without I/O, and no call waits for anything here.
"""
