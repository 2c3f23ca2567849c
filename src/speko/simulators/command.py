"""`speko simulate`: a simulated vendor as a process of its own."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec

from speko.simulators import SIMULATORS, Engines, Fault, FaultKind, Script, ScriptedToolCall, Simulator, Stage

DESCRIPTION = """\
Runs a simulated vendor: it answers like the real one, from a script or through the embedded engines, and fails on
purpose when told to. Point a client at the printed address; any key that is not empty is accepted.

While it runs, http://HOST:PORT/__sim__/state shows what it saw; PUT a fault or a script as JSON to /__sim__/fault or
/__sim__/script to change them, POST to /__sim__/reset to begin anew (from this machine only)."""

EPILOG = """\
faults:
  400 401 402 403 404 413 415 422 429 500 503
             that status at once; 429 and 503 with Retry-After
  quota      429 because the account has nothing left
  refuse     the connection is reset before the request is read
  silent     nothing is ever said
  stall      head and first chunks of the answer, then nothing more
  cut        head and first chunks of the answer, then the connection is reset
  malformed  broken JSON in a stream, a page of HTML in place of anything else
  truncated  a stream without its end mark, a body shorter than announced
  empty      all in good order, but nothing is said
  slow       the first byte comes late

in conversations over a socket (--fault-path realtime) also, where --fault-at says and in response --fault-turn:
  close          the socket is closed in good order, with --fault-code
  session_error  the vendor ends the session with its error event
  late_pong      pings are answered late
  disorder       transcripts come out of order
  giant          the sound of a response comes in one message of several megabytes
and of those above:
  refuse cut     the connection is reset without a close frame
  silent stall   nothing more is said; pings are answered
  malformed      a message that is no JSON comes in between
  truncated      the response ends without its last events
  a status       the response (or the set-up, or the transcription) fails

stages for --fault-at:
  connect setup transcription response call first_audio audio

as JSON for PUT /__sim__/fault, all but kind optional, named as the options above:
  {"kind": "refuse", "times": 1}
  kind path times after probability seed chunks seconds retry_after at turn words code

exit codes: 0 stopped by SIGINT or SIGTERM, 1 the port cannot be listened on, 2 wrong usage"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to `parser`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("vendor", choices=sorted(SIMULATORS), help="the vendor to simulate")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 = a free one (default: %(default)s)")
    parser.add_argument("--api-key", metavar="KEY", help="the one key that is accepted (default: any)")
    parser.add_argument(
        "--no-engines", action="store_true", help="no embedded engines: what is not scripted is made up"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON when listening")
    script = parser.add_argument_group("script", "fixed answers; what is not fixed comes from the embedded engines")
    script.add_argument("--text", help="answer of a chat or a conversation")
    script.add_argument("--chunks", type=int, metavar="N", help="content events of a streamed answer; alone: N words")
    script.add_argument(
        "--tool-call", action="append", default=[], metavar="NAME={JSON}", help="call this tool first (repeatable)"
    )
    script.add_argument("--transcript", metavar="TEXT", help="what is heard in every recording")
    script.add_argument("--audio-ms", type=int, metavar="MS", help="speak a tone of that length")
    script.add_argument("--first-byte", type=float, metavar="SECONDS", help="time to the first byte of an answer")
    script.add_argument("--pace-ms", type=float, metavar="MS", help="time from one chunk to the next")
    script.add_argument("--script", type=Path, metavar="FILE", help="a script as JSON; the options above win over it")
    realtime = parser.add_argument_group("script of conversations over a socket")
    realtime.add_argument(
        "--answer", action="append", metavar="TEXT", help="answer to the first, second, … message (repeatable)"
    )
    realtime.add_argument(
        "--utterance", action="append", metavar="TEXT", help="what is heard first, second, … (repeatable)"
    )
    realtime.add_argument(
        "--speed", type=float, metavar="N", help="seconds of sound sent per second; 0 = all at once (default: 10)"
    )
    realtime.add_argument("--delta-ms", type=int, metavar="MS", help="sound in one message (default: 100)")
    realtime.add_argument("--in-step", action="store_true", help="the text of each word just before its sound")
    realtime.add_argument(
        "--model", action="append", metavar="NAME", help="serve this model, too, besides the vendor's (repeatable)"
    )
    fault = parser.add_argument_group("fault", "what goes wrong, and for which requests")
    fault.add_argument("--fault", choices=[kind.value for kind in FaultKind], metavar="FAULT", help="see below")
    fault.add_argument(
        "--fault-path", metavar="NAME", help="only there: chat, transcriptions, speech, realtime or models"
    )
    fault.add_argument("--fault-times", type=int, metavar="N", help="only N times (default: always)")
    fault.add_argument("--fault-after", type=int, metavar="N", help="spare the first N requests")
    fault.add_argument("--fault-probability", type=float, metavar="P", help="from 0 to 1 (default: 1)")
    fault.add_argument("--fault-seed", type=int, metavar="N", help="of the dice for the probability")
    fault.add_argument(
        "--fault-chunks", type=int, metavar="N", help="chunks before stall, cut or malformed (default: 2)"
    )
    fault.add_argument("--fault-seconds", type=float, metavar="S", help="delay of slow (default: 1)")
    fault.add_argument("--retry-after", metavar="VALUE", help="seconds or an HTTP date, with 429 and 503 (default: 1)")
    fault.add_argument("--fault-at", choices=[stage.value for stage in Stage], metavar="STAGE", help="see below")
    fault.add_argument(
        "--fault-turn", type=int, metavar="N", help="in the N-th response of a session; 0 = in each (default: 1)"
    )
    fault.add_argument("--fault-words", type=int, metavar="N", help="at audio: after the sound of N words")
    fault.add_argument("--fault-code", type=int, metavar="CODE", help="close code of close (default: 1011)")


def run(args: argparse.Namespace) -> int:
    """Runs until SIGINT or SIGTERM. Returns the exit code."""
    try:
        simulator = SIMULATORS[args.vendor](
            script=_script(args),
            fault=_fault(args),
            engines=Engines.none() if args.no_engines else None,
            api_key=args.api_key,
            host=args.host,
            port=args.port,
            keep=0,
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"speko simulate: {error}\n")
        return 2
    return asyncio.run(_serve(simulator, as_json=args.json))


async def _serve(simulator: Simulator, *, as_json: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await simulator.start()
    except OSError as error:
        sys.stderr.write(f"speko simulate: cannot listen: {error.strerror or error}\n")
        return 1
    try:
        if as_json:
            ready = {"vendor": simulator.vendor, "base_url": simulator.base_url, "pid": os.getpid()}
            line = msgspec.json.encode(ready | {"control_url": f"{simulator.url}/__sim__/"}).decode()
        else:
            line = f"simulator {simulator.vendor} on {simulator.base_url}"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await simulator.stop()
    return 0


def _script(args: argparse.Namespace) -> Script:
    """The script of the options, over that of a file. Raises ValueError or OSError with a text for people."""
    members = msgspec.json.decode(args.script.read_bytes(), type=dict) if args.script else {}
    pace = None if args.pace_ms is None else args.pace_ms / 1000
    options: dict[str, object] = {
        "text": args.text,
        "chunks": args.chunks,
        "tool_calls": [_tool_call(call) for call in args.tool_call] or None,
        "transcript": args.transcript,
        "audio_ms": args.audio_ms,
        "first_byte": args.first_byte,
        "pace": pace,
    }
    realtime = {
        "answers": args.answer,
        "transcripts": args.utterance,
        "pace": args.speed,
        "delta_ms": args.delta_ms,
        "in_step": args.in_step or None,
        "models": args.model,
    }
    if _given(realtime):
        options["realtime"] = {**msgspec.convert(members.get("realtime", {}), dict), **_given(realtime)}
    return msgspec.convert(members | _given(options), Script)


def _tool_call(option: str) -> ScriptedToolCall:
    name, _, arguments = option.partition("=")
    return ScriptedToolCall(name, arguments or "{}")


def _fault(args: argparse.Namespace) -> Fault | None:
    options = _given(
        {
            "path": args.fault_path,
            "times": args.fault_times,
            "after": args.fault_after,
            "probability": args.fault_probability,
            "seed": args.fault_seed,
            "chunks": args.fault_chunks,
            "seconds": args.fault_seconds,
            "retry_after": args.retry_after,
            "at": args.fault_at,
            "turn": args.fault_turn,
            "words": args.fault_words,
            "code": args.fault_code,
        }
    )
    if args.fault is None:
        if options:
            raise ValueError("options about a fault need --fault")
        return None
    return msgspec.convert(options | {"kind": args.fault}, Fault)


def _given(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}
