"""The resource `/v1/sessions`. Source: contract, sessions."""
