"""`import speko` is light, complete, and independent of the server."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import speko
import speko.client
from speko.client import models
from speko.client.models.base import Params, Result

PACKAGE = Path(speko.client.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def modules_after(statement: str) -> set[str]:
    """Modules that a fresh interpreter has loaded."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_speko_loads_nothing_else() -> None:
    loaded = modules_after("import speko; hasattr(speko, 'api'); hasattr(speko, '__path__')")
    assert {name for name in loaded if name.split(".")[0] == "speko"} == {"speko", "speko.version"}
    assert not {"httpx", "pydantic"} & loaded


def test_the_client_loads_nothing_of_the_server() -> None:
    loaded = modules_after("from speko import AsyncSpeko, Speko; Speko(api_key='k').close()")
    assert {"httpx", "pydantic", "speko.client"} <= loaded
    assert {".".join(name.split(".")[:2]) for name in loaded if name.split(".")[0] == "speko"} == {
        "speko",
        "speko.client",
        "speko.version",
    }
    server = {
        "aiohttp",
        "av",
        "cryptography",
        "litestar",
        "msgspec",
        "numpy",
        "soxr",
        "sqlalchemy",
        "uvicorn",
        "uvloop",
    }
    assert not server & loaded
    assert "websockets" not in loaded, "it takes its time, and most programs hold no conversation"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_are_three_packages_and_the_client_itself(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "httpx", "pydantic", "websockets"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] in allowed or name.startswith(("speko.client", "speko.version"))


def test_speko_exports_what_the_client_exports() -> None:
    assert set(speko.__all__) == {*speko.client.__all__, "__version__"}
    assert {name: getattr(speko, name) for name in speko.client.__all__} == {
        name: getattr(speko.client, name) for name in speko.client.__all__
    }
    assert set(speko.__all__) <= set(dir(speko))


def test_every_model_is_exported() -> None:
    found = {
        name
        for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}.")
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        if issubclass(kind, Params | Result) and kind not in (Params, Result)
    }
    assert {"ApiKey", "ChatMessage", "CompleteDone", "S2sSession"} <= found
    assert found <= set(speko.__all__)


def test_other_names_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        speko.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE.parent / "py.typed").is_file()
