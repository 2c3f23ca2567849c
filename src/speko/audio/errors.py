"""What can be wrong with audio."""


class AudioFormatError(ValueError):
    """The bytes are not the audio they claim to be. The message is for the caller."""
