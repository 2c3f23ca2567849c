"""`speko say`: speaks a text, aloud where this machine can, else into a file."""

import argparse
import sys
import wave
from pathlib import Path
from typing import Any, BinaryIO

from speko import SpeechStream
from speko.cli.connection import gateway
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.options import add_allow, add_gateway, add_intent, constraints
from speko.cli.player import Player
from speko.cli.terminal import Terminal

FALLBACK = "speech.wav"
"""Where speech goes when nobody said where and nothing can play it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("text", metavar="TEXT", help="what to say; - reads it from standard input")
    parser.add_argument("--out", metavar="FILE", help="write WAV (or raw samples to a .pcm file); - is standard output")
    parser.add_argument("--voice", help="id of a vendor's voice")
    parser.add_argument("--model", help="model of the first choice, in place of the ranked one")
    parser.add_argument("--speed", type=float, help="0.5 to 2")
    add_intent(parser)
    add_allow(parser)
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Speaks."""
    if args.out == "-" and args.as_json:
        raise UsageError("--out - and --json both want standard output")
    if args.out and not (folder := Path(args.out).parent).is_dir():
        raise CommandError(f"there is no folder {folder}", "CANNOT_WRITE")  # before anybody is paid for speaking
    terminal = Terminal(as_json=args.as_json)
    text = sys.stdin.read() if args.text == "-" else args.text
    with gateway(args) as client:
        with terminal.step("speaking"):
            stream = client.synthesize_stream(
                text,
                language=args.language,
                region=args.region,
                optimize_for=args.optimize_for,
                voice=args.voice,
                model=args.model,
                speed=args.speed,
                constraints=constraints("tts", args.allow),
            )
        with stream:
            rate = sample_rate(stream.content_type)
            audio, player = _receive(stream, None if args.out or rate is None else Player.find(rate))
    out = args.out or (None if player else FALLBACK)
    file = save(out, audio, rate) if out else None
    length = f"{len(audio) / 2 / rate:.1f} s of speech" if rate else stream.content_type
    terminal.note(f"{stream.provider} {stream.model}: {length}{f', written to {file}' if file else ''}")
    terminal.document(
        {
            **_served(stream),
            "seconds": len(audio) / 2 / rate if rate else None,
            "file": file,
            "player": player,
        }
    )
    return Exit.OK


def _receive(stream: SpeechStream, player: Player | None) -> tuple[bytes, str | None]:
    """All of the speech, and the name of the program that has played it."""
    chunks = []
    try:
        for chunk in stream:
            chunks.append(chunk)
            if player is not None:
                player.play(chunk)
    except BaseException:
        if player is not None:
            player.stop()
        raise
    played = player.name if player is not None and player.finish() else None
    return b"".join(chunks), played


def _served(stream: SpeechStream) -> dict[str, Any]:
    return {
        "provider": stream.provider,
        "model": stream.model,
        "failoverCount": stream.failover_count,
        "scoresRunId": stream.scores_run_id,
        "requestId": stream.request_id,
        "contentType": stream.content_type,
    }


def sample_rate(content_type: str) -> int | None:
    """Samples per second of `audio/pcm;rate=N`, or None for other formats."""
    kind, _, parameters = content_type.partition(";")
    name, _, value = parameters.strip().partition("=")
    if kind.strip() != "audio/pcm" or name != "rate" or not value.isdigit():
        return None
    return int(value) or None


def save(out: str, audio: bytes, rate: int | None, *, make_folder: bool = False) -> str | None:
    """Writes speech to a file or to standard output (`-`): WAV where the rate is known, else as it came.

    Returns the file's name. Raises CommandError where it cannot be written.
    """
    if out == "-":
        _write(sys.stdout.buffer, audio, rate)
        sys.stdout.buffer.flush()
        return None
    path = Path(out)
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            _write(file, audio, None if path.suffix == ".pcm" else rate)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}", "CANNOT_WRITE") from error
    return str(path)


def _write(file: BinaryIO, audio: bytes, rate: int | None) -> None:
    if rate is None:
        file.write(audio)
        return
    with wave.open(file, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.setnframes(len(audio) // 2)  # standard output cannot go back to correct the header
        target.writeframesraw(audio)
