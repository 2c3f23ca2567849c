"""The doors that software written for OpenAI's API knows: the same calls behind other paths and forms."""
