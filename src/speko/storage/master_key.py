"""Where the master keys are: in the file `master.key` of the data folder, or in the environment."""

import base64
import logging
import os
import secrets
import shlex
import threading
from collections.abc import Callable
from pathlib import Path

from speko.storage.errors import StorageError
from speko.storage.keyring import Keyring, decode, encode
from speko.storage.secrets_box import KEY_BYTES, SecretsBox

FILE_NAME = "master.key"
logger = logging.getLogger(__name__)
_Stamp = tuple[int, int, int]


class MasterKeys:
    """The master keys of one process. The file is read again when it was replaced; the environment never changes.

    Args:
        data: folder of the file.
        given: the key of the environment; None = there is a file, made when it is missing.
        previous: a key that only opens, beside those of the file.

    Raises:
        StorageError: the file cannot be read or written, or does not hold keys; or a key has not 32 bytes.
    """

    def __init__(self, data: Path, given: bytes | None, previous: bytes | None = None) -> None:
        self.in_file = given is None
        self._path = data / FILE_NAME
        self._more = () if previous is None else (previous,)
        self._stamp: _Stamp | None = None
        self._broken = False
        self._file = threading.Lock()
        """Polls, changes of vendor keys and rotations of this process, each in a thread of its own: an older ring never
        comes after a newer one."""
        if given is None:
            # Without a stamp: what replaces the file from here on is seen by the first `reread`.
            self.ring = load_keyring(data)
        else:
            self.ring = Keyring(given)
        try:
            self.box: SecretsBox = self.ring.box(*self._more)
        except ValueError as error:
            raise StorageError("The master key (SPEKO_MASTER_KEY) must be 32 bytes, base64.") from error

    def reread(self) -> bool:
        """Takes over what the file holds now; True: other keys than before. Blocks on the disk. A file that is gone or
        broken changes nothing here: the keys in memory go on."""
        if not self.in_file:
            return False
        with self._file:
            return self._reread()

    def _reread(self) -> bool:
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return False
            ring = decode(self._path.read_bytes())
        except (OSError, ValueError):
            if not self._broken:
                logger.error("The master key file cannot be read any more; the keys in memory are used")
            self._broken = True
            return False
        self._broken = False
        self._stamp = stamp
        changed = ring != self.ring
        self._take(ring)
        return changed

    def replace(self, ring: Keyring) -> None:
        """Puts another ring into the file, as a whole or not at all, and uses it. Blocks on the disk.

        Raises:
            StorageError: the file cannot be replaced.
        """
        with self._file:
            try:
                _replace(self._path, encode(ring))
                self._stamp = _stamp(self._path)
            except OSError as error:
                raise StorageError(f"Cannot replace {self._path} ({error.strerror}). Nothing was changed.") from error
            self._take(ring)

    def derived(self, label: str) -> Callable[[], tuple[bytes, ...]]:
        """Gives the keys for one purpose as they are when it is asked: the one in use first."""
        return lambda: self.box.derived_keys(label)

    def _take(self, ring: Keyring) -> None:
        self.ring, self.box = ring, ring.box(*self._more)


def load_keyring(data: Path) -> Keyring:
    """Reads the master keys, and makes one when the file is missing. Blocks on the disk.

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
    try:
        return decode(text)
    except ValueError:
        raise StorageError(f"{path} does not hold a master key (32 bytes, base64). {how_to_go_on(path)}") from None


def how_to_go_on(path: Path) -> str:
    """What works where the file is broken or gone, whether vendor keys are stored or not."""
    return (
        "Restore it from a backup, or set SPEKO_MASTER_KEY. To give up the vendor keys that are stored, and store them "
        f"anew, type: (umask 077; head -c 32 /dev/urandom | base64 > {shlex.quote(str(path))})"
    )


def new_key() -> bytes:
    """A fresh master key."""
    return secrets.token_bytes(KEY_BYTES)


def _stamp(path: Path) -> _Stamp:
    """Tells a replaced file from the one before."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _create(path: Path) -> None:
    """Writes a fresh key to a file of its own and gives it the final name only when it is complete, so that another
    process that starts now sees no key or a whole one. Of two processes, the one that links second uses the other's."""
    draft = _draft(path, base64.b64encode(new_key()) + b"\n")
    try:
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    """Others see the old file or the new one. It keeps its owner: who rotates may be root, who serves is not."""
    before = path.stat()
    draft = _draft(path, content)
    try:
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(draft, before.st_uid, before.st_gid)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _draft(path: Path, content: bytes) -> Path:
    """A file beside the path, whole and on the disk."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _sync_folder(folder: Path) -> None:
    """Makes the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
