"""The master key: 32 bytes, base64, in the file `master.key` of the data folder."""

import base64
import binascii
import logging
import os
import secrets
from pathlib import Path

from speko.storage.errors import StorageError
from speko.storage.secrets_box import KEY_BYTES

FILE_NAME = "master.key"
logger = logging.getLogger(__name__)


def load_master_key(data: Path) -> bytes:
    """Reads the master key, and makes one when the file is missing. Blocks on the disk.

    Raises:
        StorageError: the file cannot be read or written, or does not hold a key.
    """
    path = data / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        text = path.read_bytes()
        if path.stat().st_mode & 0o077:
            logger.warning("The master key file can be read by other users; chmod 600 it", extra={"path": str(path)})
    except OSError as error:
        raise StorageError(
            f"Cannot read or create {path} ({error.strerror}). Make the data folder writable or set SPEKO_MASTER_KEY."
        ) from error
    return _decode(text, path)


def _create(path: Path) -> None:
    """Writes a fresh key to a file of its own and gives it the final name only when it is complete, so that another
    process that starts now sees no key or a whole one. Of two processes, the one that links second uses the other's."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decode(text: bytes, path: Path) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise StorageError(
            f"{path} does not hold a master key (32 bytes, base64). Restore it from a backup; if there is none, remove "
            "it, start again and store the vendor keys anew."
        )
    return key
