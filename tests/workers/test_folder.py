"""The folder of local sockets."""

import socket
from pathlib import Path

import pytest

from speko.api.workers.folder import Gone, SocketFolder


def test_who_listens_is_reached_and_who_died_is_known_to_have(tmp_path: Path) -> None:
    with SocketFolder(tmp_path) as folder:
        listening = folder.listen("a_1")
        reached = folder.connect("a_1")
        assert isinstance(reached, socket.socket)
        reached.close()
        assert folder.connect("a_2") is Gone.ELSEWHERE
        listening.close()
        assert folder.connect("a_1") is Gone.DEAD
        assert folder.names() == ["a_1"]
        folder.remove("a_1")
        folder.remove("a_1")
        assert folder.connect("a_1") is Gone.ELSEWHERE


def test_paths_that_the_kernel_does_not_take_are_no_trouble(tmp_path: Path) -> None:
    data = tmp_path / ("x" * 90) / ("y" * 90)
    data.mkdir(parents=True)
    with SocketFolder(data) as folder, folder.listen("a_1"):
        reached = folder.connect("a_1")
        assert isinstance(reached, socket.socket)
        reached.close()


def test_a_process_that_takes_no_more_is_not_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.workers.folder._WAITING", 0)
    with SocketFolder(tmp_path) as folder, folder.listen("a_1"):
        reached = [folder.connect("a_1") for _ in range(5)]
        assert reached[-1] is Gone.BUSY
        for one in reached:
            if isinstance(one, socket.socket):
                one.close()


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    with SocketFolder(tmp_path):
        assert (tmp_path / "sockets").stat().st_mode & 0o777 == 0o700
    (tmp_path / "sockets").chmod(0o755)
    with pytest.raises(PermissionError):
        SocketFolder(tmp_path)


def test_what_was_told_last_is_kept_by_group_until_the_group_is_forgotten(tmp_path: Path) -> None:
    with SocketFolder(tmp_path) as folder:
        folder.keep("a_1", b"first")
        folder.keep("a_1", b"last")
        folder.keep("b_1", b"other")
        assert folder.kept("a") == {"a_1": b"last"}
        assert folder.names() == []
        folder.forget_all_but({"a"})
        assert (folder.kept("a"), folder.kept("b")) == ({"a_1": b"last"}, {})
