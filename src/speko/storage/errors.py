"""What goes wrong with the database or the data folder."""


class StorageError(Exception):
    """The database or the data folder cannot be used. The message says what to do and holds no secret."""
