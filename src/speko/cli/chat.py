"""`speko chat`: one question, or a conversation; answers appear as they are made."""

import argparse
import sys
from typing import Any

from speko import Speko, SpekoApiError
from speko.cli.connection import gateway, refused
from speko.cli.exits import Exit, UsageError
from speko.cli.options import add_allow, add_gateway, add_intent, constraints
from speko.cli.terminal import Terminal
from speko.client.models.events import CompleteDone, DeltaEvent, StreamError

EPILOG = "Without a message and on a terminal: a conversation. End it with Ctrl-D; Ctrl-C cuts an answer short."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("message", nargs="?", metavar="MESSAGE", help="one question; - reads it from standard input")
    parser.add_argument("--system", metavar="TEXT", help="instructions for the model")
    parser.add_argument("--temperature", type=float, metavar="T", help="0 to 2")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="longest answer")
    add_intent(parser)
    add_allow(parser)
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Chats."""
    terminal = Terminal(as_json=args.as_json)
    message: str | None = args.message
    if message == "-" or (message is None and not sys.stdin.isatty()):
        message = sys.stdin.read()
    if message is None and args.as_json:
        raise UsageError("--json needs a MESSAGE")
    if message is not None and not message.strip():
        raise UsageError("there is nothing to send: the message is empty")
    with gateway(args) as client:
        if message is None:
            return _converse(terminal, client, args)
        done = _ask(terminal, client, args, [{"role": "user", "content": message}])
    terminal.document(done.result().model_dump(by_alias=True))
    return Exit.OK


def _converse(terminal: Terminal, client: Speko, args: argparse.Namespace) -> int:
    """A conversation until the end of the input. A failed answer does not end it."""
    messages: list[dict[str, Any]] = []
    while True:
        try:
            text = input("you> ").strip()
        except EOFError:
            terminal.write("")
            return Exit.OK
        if not text:
            continue
        messages.append({"role": "user", "content": text})
        try:
            done = _ask(terminal, client, args, messages)
        except KeyboardInterrupt:
            terminal.write(" …")
            messages.pop()
        except SpekoApiError as error:
            if error.status == 401:
                raise
            terminal.note(f"speko: {refused(error).text}")
            messages.pop()
        else:
            messages.append({"role": "assistant", "content": done.text})


def _ask(terminal: Terminal, client: Speko, args: argparse.Namespace, messages: list[dict[str, Any]]) -> CompleteDone:
    """One answer, shown as it comes."""
    intent = {"language": args.language, "region": args.region, "optimizeFor": args.optimize_for}
    stream = client.complete_stream(
        messages=messages,
        intent=intent,
        system_prompt=args.system,
        temperature=args.temperature,
        max_tokens=args.max_tokens,
        constraints=constraints("llm", args.allow),
    )
    with stream:
        for event in stream:
            if isinstance(event, DeltaEvent):
                terminal.write(event.text, end="")
            elif isinstance(event, StreamError):
                terminal.write("")
                raise SpekoApiError(event.error, 200, event.code)
            elif isinstance(event, CompleteDone):
                terminal.write("")
                if terminal.interactive:
                    terminal.note(terminal.styled(f"{event.provider} {event.model}", "dim"))
                return event
    raise SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED")
