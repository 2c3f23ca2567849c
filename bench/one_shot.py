"""The three one-shot endpoints beside the vendor called directly, nginx as a plain proxy, and LiteLLM's proxy.

    python -m bench.one_shot [--rounds N] [--seconds S]

Two questions for each: how much later does the first useful piece come for one caller, and how many answers a second
does one core give, with authentication, routing and metering on.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field

from bench.clients import OneCaller, answers_per_second, missing_programs
from bench.parties import DIRECT, DOOR, GATEWAY, LITELLM_NAME, NGINX, RELAY, Kind, Party, parties, set_script
from bench.report import Table, aim

EVENTS = 100
AIM_ADDED_MS, AIM_PER_SECOND, AIM_LITELLM = 0.25, 1000.0, 30.0
_TITLES: dict[Kind, str] = {
    "complete": f"Language models: answers of {EVENTS} events",
    "speech": "Speech: 2 s of PCM",
    "transcription": "Transcription: a WAV file of 2 s",
}


@dataclass
class Measured:
    """Medians of each round, by party."""

    first_ms: dict[str, list[float]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)

    def first(self, name: str) -> float:
        """Milliseconds to the first useful piece."""
        return statistics.median(self.first_ms[name])

    def rate(self, name: str) -> float:
        """Answers per second."""
        return statistics.median(self.rates[name])

    def added(self, name: str, beside: str) -> float:
        """Milliseconds later than another party of the same round."""
        return statistics.median(a - b for a, b in zip(self.first_ms[name], self.first_ms[beside], strict=True))


def first_ms(party: Party, kind: Kind, requests: int) -> float:
    """Milliseconds to the first useful piece, one caller: the median of a round."""
    found = []
    with OneCaller(party, kind) as caller:
        for _ in range(requests):
            found.append(caller.ask()[0])
            time.sleep(0.0005)  # so that nobody is still busy with the end of the last answer
    return statistics.median(found)


def measure(found: list[Party], kind: Kind, rounds: int, requests: int, seconds: int) -> Measured:
    """All rounds of one endpoint."""
    measured = Measured()
    asked = [party for party in found if kind in party.asks]
    for number in range(rounds):
        print(f"{kind}: round {number + 1} of {rounds}", file=sys.stderr)
        # A short answer, so that the first event does not wait for the work on a hundred others.
        set_script(found[0], chunks=4)
        for party in asked:
            few = requests if party.name != LITELLM_NAME else max(20, requests // 6)
            measured.first_ms.setdefault(party.name, []).append(first_ms(party, kind, few))
        set_script(found[0], chunks=EVENTS)
        for party in asked:
            enough = seconds if party.name != LITELLM_NAME else max(8, seconds)
            rate, cpu = answers_per_second(party, kind, enough)
            measured.rates.setdefault(party.name, []).append(rate)
            measured.cpu_ms.setdefault(party.name, []).append(cpu)
    return measured


def table(kind: Kind, measured: Measured) -> Table:
    """One endpoint."""
    columns = ("", "first piece", "added", "answers/s", "of nginx", "CPU/answer")
    made = Table(_TITLES[kind], columns)
    for name in measured.first_ms:
        cpu = "" if name == DIRECT else f"{statistics.median(measured.cpu_ms[name]):.2f} ms"
        made.rows.append(
            (
                name,
                f"{measured.first(name):.2f} ms",
                f"{measured.added(name, DIRECT):+.2f} ms",
                f"{measured.rate(name):.0f}",
                f"{measured.rate(name) / measured.rate(NGINX):.2f}",
                cpu,
            )
        )
    over = measured.added(GATEWAY, NGINX)
    made.notes.append(aim("First piece over nginx, ms", over, most=AIM_ADDED_MS))
    if kind == "complete":
        made.notes.append(aim("Answers per second on one core", measured.rate(GATEWAY), least=AIM_PER_SECOND))
        made.notes.append(f"Over a bare relay on the same libraries: {measured.added(GATEWAY, RELAY):.2f} ms.")
    if LITELLM_NAME in measured.rates:
        times = measured.rate(GATEWAY) / measured.rate(LITELLM_NAME)
        made.notes.append(aim("Answers per second, times LiteLLM's", times, least=AIM_LITELLM))
        same = measured.rate(DOOR) / measured.rate(LITELLM_NAME)
        made.notes.append(f"By the same door as LiteLLM's: {same:.1f} times.")
    return made


def tables(rounds: int, requests: int, seconds: int) -> list[Table]:
    """All three endpoints."""
    made = []
    with parties() as found:
        for kind in _TITLES:
            made.append(table(kind, measure(found, kind, rounds, requests, seconds)))
            print(made[-1].text(), flush=True)
    return made


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300, help="requests of one caller per round")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load per round")
    args = parser.parse_args()
    if missing := missing_programs("nginx", "wrk", "taskset"):
        print(missing, file=sys.stderr)
        return 3
    tables(args.rounds, args.requests, args.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
