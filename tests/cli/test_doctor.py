"""`speko doctor`, on machines in various states."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from speko.cli import doctor
from speko.cli.exits import Exit
from speko.console import site
from speko.providers.catalogue import Vendor
from speko.providers.registry import Registration, Registry
from tests.cli.conftest import Command, Outcome
from tests.cli.fake_gateway import FakeGateway
from tests.console.build import make_build

LAYERS = ("stt", "llm", "tts")
NOWHERE = "http://127.0.0.1:9"


def connector(_: Any) -> Any:
    raise AssertionError("the doctor calls nobody")


def install(monkeypatch: pytest.MonkeyPatch, *registrations: Registration) -> None:
    """Makes these the vendors of this build."""
    registry = Registry()
    for registration in registrations:
        registry.add(registration)
    monkeypatch.setattr(Registry, "load", classmethod(lambda cls: registry))


def acme(**more: Any) -> Registration:
    """A vendor with a key, for everything."""
    vendor = Vendor(id="acme", name="Acme", key_env="ACME_API_KEY", base_url="https://acme.example")
    return Registration(vendor, stt=connector, llm=connector, tts=connector, **more)


def engine(vendor_id: str, layers: tuple[str, ...], missing: str | None = None) -> Registration:
    """An embedded engine."""
    vendor = Vendor(id=vendor_id, name=vendor_id.title(), needs="program", embedded=True)
    made: dict[str, Callable[[Any], Any]] = dict.fromkeys(layers, connector)
    return Registration(vendor, missing=lambda: missing, stt=made.get("stt"), llm=made.get("llm"), tts=made.get("tts"))


ENGINES = (engine("ear", ("stt",)), engine("voice", ("tts",)), engine("mind", ("llm",)))


@pytest.fixture
def examine(speko: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs the doctor where no gateway runs, unless told otherwise."""
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    if "SPEKO_BASE_URL" not in os.environ:
        monkeypatch.setenv("SPEKO_BASE_URL", NOWHERE)
    return lambda *words: speko("doctor", *words)


def states(done: Outcome) -> dict[str, str]:
    return {finding["subject"]: finding["state"] for finding in done.json["findings"]}


def test_embedded_engines_alone_can_serve(examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, *ENGINES, acme())
    done = examine("--json")
    assert done.code == Exit.OK
    assert done.json["served"] == {"stt": ["ear"], "llm": ["mind"], "tts": ["voice"]}
    assert states(done)["other vendors"] == "note"
    monkeypatch.setenv("SPEKO_EMBEDDED", "never")
    done = examine("--json")
    assert done.code == Exit.MISSING
    assert done.json["served"] == {"stt": [], "llm": [], "tts": []}


def test_a_program_that_is_missing_is_named_with_what_to_type(
    examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, engine("ear", ("stt",)), engine("voice", ("tts",), "flite"), engine("mind", ("llm",)))
    done = examine()
    assert done.code == Exit.MISSING
    assert "sudo apt-get install -y flite" in done.out
    document = examine("--json").json
    assert (document["complete"], document["served"]["tts"]) == (False, [])


def test_a_key_is_named_by_its_variable_and_never_by_its_value(
    examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, acme())
    assert examine().code == Exit.MISSING
    monkeypatch.setenv("ACME_API_KEY", "very-secret")
    done = examine()
    assert done.code == Exit.OK
    assert "ACME_API_KEY is set" in done.out
    assert "very-secret" not in done.out + done.err
    monkeypatch.delenv("ACME_API_KEY")
    Path("speko.toml").write_text("[providers.acme]\napi_key = 'very-secret'")
    done = examine()
    assert done.code == Exit.OK
    assert "[providers.acme]" in done.out
    assert "very-secret" not in done.out + done.err


def test_a_configuration_that_cannot_be_used(examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, acme())
    Path("speko.toml").write_text("embedded = 'perhaps'")
    done = examine("--json")
    assert done.code == Exit.MISSING
    assert states(done)["configuration"] == "missing"


def test_the_data_folder(examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, acme())
    assert states(examine("--json", "--data", "new/folder"))["data folder"] == "ok"
    assert not Path("new").exists()
    Path("file").touch()
    assert states(examine("--json", "--data", "file"))["data folder"] == "missing"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert states(examine("--json", "--data", "new"))["data folder"] == "missing"


def test_whether_the_console_is_built(
    examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, *ENGINES)
    monkeypatch.setattr(site, "STATIC", tmp_path / "build")
    done = examine()
    assert done.code == Exit.OK, "a gateway serves without it"
    assert "make console" in done.out
    make_build(tmp_path / "build")
    assert states(examine("--json"))["web console"] == "ok"
    monkeypatch.setenv("SPEKO_CONSOLE", "false")
    assert "web console" not in states(examine("--json"))


def test_the_sdk_alone(examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "litestar":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setitem(sys.modules, "speko.cli.doctor_local", None)
    done = examine()
    assert done.code == Exit.MISSING
    assert "pip install '.[server]'" in done.out


def row(vendor: str, layer: str, **more: Any) -> dict[str, Any]:
    return {"key": vendor, "name": vendor.title(), "type": layer, "configured": True, "source": None, **more}


def running(fake: FakeGateway, *rows: dict[str, Any]) -> None:
    """Makes the gateway one that has these vendors."""
    fake.on("GET", "/readyz", {"status": "ready"})
    fake.on("GET", "/v1/providers", list(rows))


def test_a_running_gateway_says_what_it_can_serve(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *ENGINES, acme())
    monkeypatch.setenv("ACME_API_KEY", "known here alone")
    running(
        fake,
        row("ear", "stt"),
        *(row("other", layer, source="BYOK") for layer in (*LAYERS, "s2s")),
        row("acme", "stt", configured=False, reason="NO_CREDENTIAL"),
        row("planned", "llm", configured=False, reason="NO_CONNECTOR"),
        row("voice", "tts", configured=False, reason="NO_PROGRAM", hint="not found: flite"),
    )
    done = speko("doctor", "--json")
    assert (done.code, done.json["source"]) == (Exit.OK, "running gateway")
    assert done.json["served"] == {"stt": ["ear", "other"], "llm": ["other"], "tts": ["other"]}
    assert states(done)["API key"] == "ok"
    assert states(done)["engine voice"] == "note"
    assert "vendor acme" not in states(done)
    lines = [" ".join(line.split()) for line in speko("doctor").out.splitlines()]
    assert "Vendors, as the running gateway sees them:" in lines
    assert "note other vendors no key or address for acme" in lines
    assert "ok speech to text other; embedded, under `auto` they step aside: ear" in lines


def test_a_bad_configuration_is_missing_although_a_gateway_runs(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, acme())
    running(fake, *(row("acme", layer) for layer in LAYERS))
    assert speko("doctor").code == Exit.OK
    assert speko("doctor", "--config", "none.toml").code == Exit.MISSING
    Path("speko.toml").write_text("embedded = 'perhaps'")
    assert speko("doctor").code == Exit.MISSING


def test_the_sdk_alone_is_enough_where_a_gateway_runs(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", version)
    running(fake, *(row("acme", layer) for layer in LAYERS))
    assert speko("doctor").code == Exit.OK


def test_no_variable_is_suggested_that_is_set(examine: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    vendors = [Vendor(id=name, name=name, key_env=f"{name.upper()}_API_KEY") for name in ("groq", "openai")]
    install(monkeypatch, *(Registration(vendor, llm=connector) for vendor in vendors))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    assert "export OPENAI_API_KEY" in examine().out
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    done = examine()
    assert "export OPENAI_API_KEY" not in done.out
    assert "export GROQ_API_KEY" in done.out


def test_a_gateway_that_does_not_know_the_key(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *ENGINES)
    fake.on("GET", "/readyz", {"status": "ready"})
    monkeypatch.setenv("SPEKO_API_KEY", "sk_live_wrong")
    done = speko("doctor", "--json")
    assert (done.code, done.json["complete"], done.json["source"]) == (Exit.MISSING, False, "environment")
    assert states(done)["API key"] == "missing"
    assert "sk_live_wrong" not in done.out
    monkeypatch.delenv("SPEKO_API_KEY")
    assert states(speko("doctor", "--json"))["API key"] == "note"


def test_a_gateway_that_is_not_ready(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    fake.on("GET", "/readyz", {"status": "starting"}, status=503)
    assert states(speko("doctor", "--json"))["running gateway"] == "note"


def test_a_gateway_that_serves_without_its_database(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    fake.on("GET", "/readyz", {"status": "ready", "problem": "the database does not answer"})
    done = speko("doctor", "--json")
    assert states(done)["running gateway"] == "note"
    assert "is ready, but the database does not answer" in done.out


def test_this_build() -> None:
    """The vendors that are really installed can be looked at, in a process that knows nothing else."""
    env = {"PATH": os.environ["PATH"], "SPEKO_BASE_URL": NOWHERE}
    done = subprocess.run(
        [sys.executable, "-m", "speko.cli.main", "doctor"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (Exit.OK, Exit.MISSING)
    assert "Traceback" not in done.stderr
    assert "engine flite" in done.stdout
