"""`/v1/complete` against the vendor called directly and against nginx as a plain proxy, in one run.

    python -m bench.one_shot [--rounds N] [--seconds S]

Two questions: how much later does the first event come for one caller, and how many hundred-event answers a second does
one core give, with authentication, routing and metering on. Rounds of all parties alternate, so that a machine whose
speed drifts treats them alike; medians are printed, and ratios against nginx of the same run.
"""

import argparse
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import LOAD_CORE, Party, parties, set_script

EVENTS = 100
AIM_ADDED_MS, AIM_PER_SECOND = 0.25, 1000


def first_event_ms(party: Party, requests: int) -> list[float]:
    """Milliseconds from sending a request to the first word, one caller on one kept connection."""
    found = []
    with socket.create_connection(("127.0.0.1", party.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = party.request
        for _ in range(requests):
            began = time.perf_counter()
            connection.sendall(request)
            received = connection.recv(1 << 20)
            while b"word" not in received:
                received += connection.recv(1 << 20)
            found.append((time.perf_counter() - began) * 1e3)
            while not received.endswith(b"0\r\n\r\n"):
                received = received[-8:] + connection.recv(1 << 20)
            time.sleep(0.0005)  # so that nobody is still busy with the end of the last answer
    return found


def answers_per_second(party: Party, seconds: int, connections: int = 16) -> tuple[float, float]:
    """(answers per second, CPU milliseconds per answer) of a party that has one core."""
    headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in party.headers.items())
    script = f"wrk.method = 'POST'\nwrk.body = [[{party.body.decode()}]]\n{headers}\n"
    script += 'wrk.headers["content-type"] = "application/json"\n'
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = party.cpu_seconds()
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name]
        told = subprocess.check_output([*command, f"http://127.0.0.1:{party.port}{party.path}"], text=True)
        spent = party.cpu_seconds() - before
    if re.search(r"Non-2xx|Socket errors", told):
        raise SystemExit(f"{party.name} failed under load:\n{told}")
    answered = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert answered is not None
    assert rate is not None
    return float(rate[1]), spent * 1e3 / int(answered[1])


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300, help="requests of one caller per round")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load per round")
    args = parser.parse_args()
    missing = [program for program in ("nginx", "wrk", "taskset") if shutil.which(program) is None]
    if missing:
        print(f"not found: {', '.join(missing)}; type: sudo apt-get install -y nginx-light wrk", file=sys.stderr)
        return 3
    latencies: dict[str, list[float]] = {}
    rates: dict[str, list[tuple[float, float]]] = {}
    with parties(EVENTS) as found:
        for number in range(args.rounds):
            print(f"round {number + 1} of {args.rounds}", file=sys.stderr)
            # A short answer, so that the first event does not wait for the work on a hundred others.
            set_script(found[0], chunks=4)
            for party in found:
                latencies.setdefault(party.name, []).append(statistics.median(first_event_ms(party, args.requests)))
            set_script(found[0], chunks=EVENTS)
            for party in found:
                rates.setdefault(party.name, []).append(answers_per_second(party, args.seconds))
    _print(latencies, rates)
    return 0


def _print(latencies: dict[str, list[float]], rates: dict[str, list[tuple[float, float]]]) -> None:
    direct, nginx, relay, gateway = latencies
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load}; medians of rounds; {EVENTS} events per answer\n")
    print(f"{'':28}{'first event':>12}{'added':>9}{'answers/s':>11}{'x nginx':>9}{'CPU/answer':>12}")
    base = statistics.median(latencies[direct])
    nginx_rate = statistics.median(rate for rate, _ in rates[nginx])
    for name, rounds in latencies.items():
        first = statistics.median(rounds)
        rate = statistics.median(rate for rate, _ in rates[name])
        cpu = statistics.median(cpu for _, cpu in rates[name])
        print(f"{name:28}{first:9.3f} ms{first - base:6.3f} ms{rate:11.0f}{rate / nginx_rate:9.2f}{cpu:9.3f} ms")
    over = statistics.median(g - n for g, n in zip(latencies[gateway], latencies[nginx], strict=True))
    rate = statistics.median(rate for rate, _ in rates[gateway])
    print(f"\nfirst event over nginx: {over:.3f} ms (aim {AIM_ADDED_MS})")
    bare = statistics.median(g - r for g, r in zip(latencies[gateway], latencies[relay], strict=True))
    print(f"first event over a bare relay on the same libraries: {bare:.3f} ms")
    print(f"answers per second on one core: {rate:.0f} (aim {AIM_PER_SECOND})")


if __name__ == "__main__":
    sys.exit(main())
