"""Models of everything that goes over the wire: parameters, results, events, and what the resources answer."""
