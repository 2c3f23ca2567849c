"""WebSockets on the port of the HTTP API, behind a seam that another implementation could stand in for."""
