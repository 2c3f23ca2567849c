"""pocketsphinx as a recogniser, in processes of its own.

    gateway ── control socket ──► nursery (model loaded, one thread)
       │                             │ fork
       └── one socket per call ──► worker

The nursery loads the model once (100 MB, half a second) and forks a worker per call, which shares the model's memory,
so nothing of one caller can reach the next. Workers are forked ahead of need. Every process ends when its socket does:
a gateway that is killed leaves nothing behind.
"""
