"""`speko top`: what a gateway's metrics say, read every second.

`scrape` reads them, `figures` makes rates of two readings, `page` lays these out, `loop` goes round.
"""
