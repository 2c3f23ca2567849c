"""One gateway process per data folder."""

from pathlib import Path

import pytest

from speko.storage.errors import StorageError
from speko.storage.single_process import OneProcess


def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with OneProcess(tmp_path):
        with pytest.raises(StorageError, match="Another gateway"), OneProcess(tmp_path):
            pass
        with OneProcess(_made(tmp_path / "other")):
            pass
    with OneProcess(tmp_path):
        pass


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
