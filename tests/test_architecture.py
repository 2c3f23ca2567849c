"""Imports point one way, from the outer rooms to the inner ones. Found by walking the package, late imports too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "speko"
RANKS = (
    {"version"},
    {"audio", "events", "client", "console", "multipart"},
    {"providers"},
    {"routing", "settings"},
    {"realtime", "limits"},
    {"agent"},
    {"storage", "simulators", "bench", "observability"},
    {"api"},
    {"cli"},
)
"""Innermost first. A room imports rooms of lower rank and itself, and none beside it."""
RANK = {room: number for number, rooms in enumerate(RANKS) for room in rooms}
SDK_ROOMS = {"version", "client"}
"""What is installed without the extra `server`."""
ROOMS = sorted(path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py") and not path.stem.startswith("_"))


def room_of(module: str) -> str | None:
    """`speko.api.app` is in `api`; the package itself is in no room."""
    return module.split(".")[1] if module.startswith("speko.") else None


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield f"{node.module}.{node.names[0].name}" if node.module == "speko" else str(node.module)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_inwards(room: str) -> None:
    assert room in RANK, f"give {room} a rank"
    files = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").exists() else (PACKAGE / room).rglob("*.py")
    for file in files:
        for target in filter(None, map(room_of, imports(file))):
            if target in RANK and target != room:  # other names are the SDK's, such as `speko.Speko`
                assert RANK[target] < RANK[room], f"{file.relative_to(PACKAGE)} imports {target}"
                assert room != "client" or target in SDK_ROOMS, f"{file.relative_to(PACKAGE)} needs the server"
