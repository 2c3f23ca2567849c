"""The web console as files: what `make console` built into `static`, or the page that says how to build it."""
