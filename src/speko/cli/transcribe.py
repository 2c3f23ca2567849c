"""`speko transcribe`: turns a recording into text; on a terminal one can watch it grow."""

import argparse
import sys
from itertools import chain, islice
from pathlib import Path

from speko import Speko, SpekoApiError
from speko.cli.connection import gateway
from speko.cli.exits import CommandError, Exit
from speko.cli.options import add_allow, add_gateway, add_intent, constraints
from speko.cli.terminal import Terminal
from speko.client.models.events import StreamError, TranscribeDone, TranscriptEvent

CONTENT_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("file", metavar="FILE", help="WAV, MP3, OGG, FLAC, or raw samples (.pcm, .raw); - reads stdin")
    parser.add_argument("--rate", type=int, metavar="HZ", help="the file holds raw signed 16-bit mono samples")
    parser.add_argument("--keyword", action="append", metavar="WORD", help="a word to expect; may be repeated")
    parser.add_argument("--stt-language", metavar="TAG", help="language told to the vendor alone, such as multi")
    add_intent(parser)
    add_allow(parser)
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Transcribes."""
    terminal = Terminal(as_json=args.as_json)
    audio, content_type = _read(args.file, args.rate)
    with gateway(args) as client:
        done = _listen(terminal, client, args, audio, content_type)
    terminal.write(done.text)
    terminal.document(done.result().model_dump(by_alias=True))
    return Exit.OK


def _read(name: str, rate: int | None) -> tuple[bytes, str]:
    """The recording and its content type."""
    if name == "-":
        audio, suffix = sys.stdin.buffer.read(), ""
    else:
        path = Path(name)
        try:
            audio, suffix = path.read_bytes(), path.suffix.lower()
        except OSError as error:
            raise CommandError(f"cannot read {path}: {error.strerror}", "CANNOT_READ") from error
    if rate is not None or suffix in (".pcm", ".raw"):
        return audio, f"audio/pcm;rate={rate or 16000}"
    return audio, CONTENT_TYPES.get(suffix, "application/octet-stream")


def _listen(
    terminal: Terminal, client: Speko, args: argparse.Namespace, audio: bytes, content_type: str
) -> TranscribeDone:
    stream = client.transcribe_stream(
        audio,
        language=args.language,
        region=args.region,
        optimize_for=args.optimize_for,
        content_type=content_type,
        constraints=constraints("stt", args.allow),
        keywords=args.keyword,
        stt_language=args.stt_language,
    )
    with stream:
        with terminal.step("listening"):
            first = list(islice(stream, 1))
        finals: list[str] = []
        for event in chain(first, stream):
            if isinstance(event, TranscribeDone):
                terminal.live("")
                return event
            if isinstance(event, StreamError):
                raise SpekoApiError(event.error, 200, event.code)
            if isinstance(event, TranscriptEvent):
                terminal.live(" ".join([*finals, event.text]))
                if event.is_final:
                    finals.append(event.text)
    raise SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED")
