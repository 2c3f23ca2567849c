"""Every resource method of the client, and what the contract says of it."""
