"""The parties of the one-shot measurements, and what each of them is asked: the simulated vendor directly, nginx as a
plain proxy, a bare relay on our libraries, LiteLLM's proxy, and the gateway by its own door and by the one that
OpenAI's clients know."""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.processes import LOAD_CORE, MEASURED_CORE, SPEKO, cpu_of, first_json, free_port, spawn

Kind = Literal["complete", "speech", "transcription"]
LITELLM = Path(__file__).resolve().parent.parent / "out" / "litellm" / "bin" / "litellm"
DIRECT, NGINX, RELAY, LITELLM_NAME = (
    "vendor, called directly",
    "nginx, plain proxy",
    "bare Litestar relay",
    "LiteLLM proxy",
)
GATEWAY, DOOR = "speko", "speko, OpenAI door"
RECORDING_SECONDS, SPEECH_MS = 2.0, 2000
_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_max_body_size 50m;
    client_body_buffer_size 1m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    upstream vendor {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://vendor;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""
_MODELS = ("gpt-4o", "gpt-4o-mini-tts", "gpt-4o-mini-transcribe")
_LITELLM_MODEL = (
    "  - model_name: {model}\n"
    '    litellm_params: {{model: "openai/{model}", api_base: "http://127.0.0.1:{upstream}/v1", api_key: bench}}\n'
)


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def on_the_wire(self, port: int) -> bytes:
        """The request as bytes."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


@dataclass(frozen=True)
class Party:
    """A server under measurement and what it is asked for."""

    name: str
    port: int
    pid: int
    asks: dict[Kind, Ask]

    def cpu_seconds(self) -> float:
        """CPU time of the process (and of its workers) so far."""
        return cpu_of(self.pid)


def vendor_asks(key: str, models: tuple[str, str, str] = _MODELS) -> dict[Kind, Ask]:
    """What OpenAI's own clients send."""
    chat, speech, transcription = models
    bearer = {"authorization": f"Bearer {key}"}
    typed = {**bearer, "content-type": "application/json"}
    messages = [{"role": "user", "content": "hi"}]
    spoken = {"model": speech, "voice": "alloy", "input": "Good day.", "response_format": "pcm"}
    form_type, form = _form(transcription)
    return {
        "complete": Ask("/v1/chat/completions", typed, _json(model=chat, stream=True, messages=messages)),
        "speech": Ask("/v1/audio/speech", typed, _json(**spoken)),
        "transcription": Ask("/v1/audio/transcriptions", {**bearer, "content-type": form_type}, form),
    }


def own_asks(key: str) -> dict[Kind, Ask]:
    """The same by our own contract."""
    chat, speech, transcription = (f"openai:{model}" for model in _MODELS)
    bearer = {"authorization": f"Bearer {key}"}
    typed = {**bearer, "content-type": "application/json"}
    intent = {"language": "en"}
    allowed = {"allowedProviders": {"llm": [chat], "tts": [speech], "stt": [transcription]}}
    messages = [{"role": "user", "content": "hi"}]
    routed = {"x-speko-intent": json.dumps(intent), "x-speko-constraints": json.dumps(allowed)}
    return {
        "complete": Ask("/v1/complete", typed, _json(messages=messages, intent=intent, constraints=allowed)),
        "speech": Ask("/v1/synthesize", typed, _json(text="Good day.", intent=intent, constraints=allowed)),
        "transcription": Ask(
            "/v1/transcribe", {**bearer, **routed, "content-type": "audio/wav"}, recording(RECORDING_SECONDS)
        ),
    }


def recording(seconds: float) -> bytes:
    """Silence in a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(int(seconds * 16_000) * 2))
    return file.getvalue()


def _json(**members: object) -> bytes:
    return json.dumps(members).encode()


def _form(model: str) -> tuple[str, bytes]:
    edge = "bench-boundary"
    head = f'--{edge}\r\ncontent-disposition: form-data; name="model"\r\n\r\n{model}\r\n--{edge}\r\n'
    head += 'content-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n'
    return f"multipart/form-data; boundary={edge}", head.encode() + recording(
        RECORDING_SECONDS
    ) + f"\r\n--{edge}--\r\n".encode()


@contextmanager
def parties(*, with_litellm: bool = True) -> Iterator[list[Party]]:
    """All of them, warm. The first is the simulated vendor itself."""
    folder = Path(tempfile.mkdtemp(prefix="speko-bench-"))
    try:
        with ExitStack() as stack:
            simulate = [*SPEKO, "simulate", "openai", "--no-engines", "--chunks", "100", "--json"]
            simulator = spawn(stack, LOAD_CORE, simulate)
            upstream = int(first_json(simulator)["base_url"].rsplit(":", 1)[1].split("/")[0])
            asks = vendor_asks("bench")
            found = [Party(DIRECT, upstream, simulator.pid, asks), _nginx(stack, folder, upstream, asks)]
            found.append(_relay(stack, upstream, asks))
            if with_litellm and LITELLM.exists():
                found.append(_litellm(stack, folder, upstream))
            found += gateways(stack, folder / "data", {"OPENAI": f"http://127.0.0.1:{upstream}/v1"})
            for party in found:
                _wait_until_it_answers(party)
            set_script(found[0])
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def gateways(stack: ExitStack, data: Path, vendors: dict[str, str], **env: str) -> list[Party]:
    """One gateway before vendors (prefix of their variables, base URL), as two parties: it has two doors."""
    made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "bench", "--data", str(data), "--json"])
    key = json.loads(made)["key"]
    own = {"SPEKO_EMBEDDED": "never", "SPEKO_AGENT_PROCESSES": "0", **env}
    for vendor, base_url in vendors.items():
        own |= {f"{vendor}_API_KEY": "bench", f"{vendor}_BASE_URL": base_url}
    serve = [*SPEKO, "serve", "--port", "0", "--data", str(data), "--log-level", "error", "--json"]
    process = spawn(stack, MEASURED_CORE, serve, {**os.environ, **own})
    port = int(first_json(process)["url"].rsplit(":", 1)[1])
    models = tuple(f"openai:{model}" for model in _MODELS)
    return [
        Party(GATEWAY, port, process.pid, own_asks(key)),
        Party(DOOR, port, process.pid, vendor_asks(key, (models[0], models[1], models[2]))),
    ]


def _nginx(stack: ExitStack, folder: Path, upstream: int, asks: dict[Kind, Ask]) -> Party:
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, upstream=upstream))
    process = spawn(stack, MEASURED_CORE, ["nginx", "-c", str(config), "-e", str(folder / "error.log")])
    return Party(NGINX, port, process.pid, asks)


def _relay(stack: ExitStack, upstream: int, asks: dict[Kind, Ask]) -> Party:
    port, address = free_port(), f"http://127.0.0.1:{upstream}/v1/chat/completions"
    command = [sys.executable, "-W", "ignore", "-m", "bench.bare_relay", str(port), address]
    process = spawn(stack, MEASURED_CORE, command)
    return Party(RELAY, port, process.pid, {"complete": asks["complete"]})


def _litellm(stack: ExitStack, folder: Path, upstream: int) -> Party:
    """Its proxy as its pages tell to start it: one worker, a master key, no database, nothing logged."""
    port, config = free_port(), folder / "litellm.yaml"
    models = "".join(_LITELLM_MODEL.format(model=model, upstream=upstream) for model in _MODELS)
    config.write_text(f"model_list:\n{models}general_settings: {{master_key: sk-bench}}\n")
    env = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "LITELLM_LOG": "ERROR"}
    command = [str(LITELLM), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    process = spawn(stack, MEASURED_CORE, command, env)
    return Party(LITELLM_NAME, port, process.pid, vendor_asks("sk-bench"))


def set_script(simulator: Party, **script: object) -> None:
    """Tells the simulator what to answer from now on. Recordings and voices are always the same."""
    whole = {"audio_ms": SPEECH_MS, "transcript": "hello there", **script}
    address = f"http://127.0.0.1:{simulator.port}/__sim__/script"
    request = urllib.request.Request(address, json.dumps(whole).encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        answer.read()


def _wait_until_it_answers(party: Party) -> None:
    for kind, ask in party.asks.items():
        request = urllib.request.Request(f"http://127.0.0.1:{party.port}{ask.path}", ask.body, ask.headers)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                    body = answer.read()
                break
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{party.name}, {kind}: {error.code} {error.read()[:300]!r}") from None
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        if not body:
            raise SystemExit(f"{party.name}, {kind}: an empty answer")
