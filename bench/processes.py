"""The parties of a measurement, each on its own core: the gateway and nginx on core 0, simulator and load on core 1."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

MEASURED_CORE, LOAD_CORE = "0", "1"
_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
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


@dataclass(frozen=True)
class Party:
    """A server under measurement and the request that asks it for a hundred-event answer."""

    name: str
    port: int
    path: str
    headers: dict[str, str]
    body: bytes
    pid: int

    @property
    def request(self) -> bytes:
        """The request as bytes on the wire."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body

    def cpu_seconds(self) -> float:
        """CPU time of the process (and, for nginx, of its worker) so far."""
        return cpu_of(self.pid)


@contextmanager
def parties(events: int) -> Iterator[list[Party]]:
    """The simulator called directly, nginx before it, a bare relay before it, and the gateway before it."""
    folder = Path(tempfile.mkdtemp(prefix="speko-bench-"))
    try:
        with ExitStack() as stack:
            simulator = spawn(
                stack, LOAD_CORE, [*SPEKO, "simulate", "openai", "--no-engines", "--chunks", str(events), "--json"]
            )
            upstream = int(first_json(simulator)["base_url"].rsplit(":", 1)[1].split("/")[0])
            nginx_port = upstream + 1
            config = folder / "nginx.conf"
            config.write_text(_NGINX.format(folder=folder, port=nginx_port, upstream=upstream))
            nginx = spawn(stack, MEASURED_CORE, ["nginx", "-c", str(config), "-e", str(folder / "error.log")])
            relay_port = upstream + 2
            address = f"http://127.0.0.1:{upstream}/v1/chat/completions"
            relay = spawn(
                stack,
                MEASURED_CORE,
                [sys.executable, "-W", "ignore", "-m", "bench.bare_relay", str(relay_port), address],
            )
            data = str(folder / "data")
            made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "bench", "--data", data, "--json"])
            key = json.loads(made)
            env = {
                **os.environ,
                "OPENAI_API_KEY": "bench",
                "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
                "SPEKO_EMBEDDED": "never",
            }
            gateway = spawn(
                stack,
                MEASURED_CORE,
                [*SPEKO, "serve", "--port", "0", "--data", data, "--log-level", "warning", "--json"],
                env,
            )
            gateway_port = int(first_json(gateway)["url"].rsplit(":", 1)[1])
            messages = [{"role": "user", "content": "hi"}]
            vendor_body = json.dumps({"model": "gpt-4o", "stream": True, "messages": messages}).encode()
            allowed = {"allowedProviders": {"llm": ["openai:gpt-4o"]}}
            own = {"messages": messages, "intent": {"language": "en"}, "constraints": allowed}
            vendor = ("/v1/chat/completions", {"authorization": "Bearer bench"}, vendor_body)
            found = [
                Party("simulator, called directly", upstream, *vendor, simulator.pid),
                Party("nginx as a plain proxy", nginx_port, *vendor, nginx.pid),
                Party("bare Litestar relay", relay_port, *vendor, relay.pid),
                Party(
                    "gateway",
                    gateway_port,
                    "/v1/complete",
                    {"authorization": f"Bearer {key['key']}"},
                    json.dumps(own).encode(),
                    gateway.pid,
                ),
            ]
            for party in found:
                _wait_until_it_answers(party)
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_script(simulator: Party, **script: object) -> None:
    """Tells the simulator what to answer from now on."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{simulator.port}/__sim__/script", json.dumps(script).encode(), method="PUT"
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        answer.read()


SPEKO = [sys.executable, "-m", "speko.cli.main"]


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children so far; 0 for process 0, which is nobody."""
    if not pid:
        return 0.0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return sum(cpu_seconds(int(each)) for each in [pid, *map(int, children.stdout.split())])


def spawn(stack: ExitStack, core: str, command: list[str], env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts a program on a core; it ends with the stack."""
    process = subprocess.Popen(["taskset", "-c", core, *command], stdout=subprocess.PIPE, text=True, env=env)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def first_json(process: subprocess.Popen[str]) -> dict[str, str]:
    """What a program of ours says when it is ready."""
    assert process.stdout is not None
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


def _wait_until_it_answers(party: Party) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{party.port}{party.path}", party.body, {**party.headers, "content-type": "application/json"}
    )
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                body = answer.read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            if b"word" not in body:
                raise SystemExit(f"{party.name} does not answer as expected: {body[:200]!r}")
            return


def cpu_seconds(pid: int) -> float:
    """CPU seconds of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
