"""The command `speko`: finds the subcommand, runs it, and turns what goes wrong into a text and an exit code.

The module of a subcommand is imported only when it is chosen, so the SDK's dependencies are enough to start.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from speko.cli.exits import CommandError, Exit, UsageError, extra_missing
from speko.cli.terminal import Terminal
from speko.version import __version__

COMMANDS = {
    "serve": ("speko.cli.serve", "run the gateway in the foreground"),
    "demo": ("speko.cli.demo", "show everything once, without any key"),
    "talk": ("speko.cli.talk", "hold a spoken conversation"),
    "say": ("speko.cli.say", "speak a text"),
    "transcribe": ("speko.cli.transcribe", "turn a recording into text"),
    "chat": ("speko.cli.chat", "talk to a language model"),
    "route": ("speko.cli.route", "explain which providers would be called, and why"),
    "keys": ("speko.cli.keys", "create, list and revoke API keys"),
    "organizations": ("speko.cli.organizations", "create and list organizations"),
    "limits": ("speko.cli.limits", "show and set what API keys and organizations may use"),
    "credits": ("speko.cli.credits", "show and grant credit"),
    "providers": ("speko.cli.providers", "list vendors; store, test and remove your keys"),
    "master-key": ("speko.cli.master_key", "rotate the key that encrypts vendor keys"),
    "top": ("speko.cli.top", "watch a running gateway: calls, providers, latency, failovers, cost"),
    "export": ("speko.cli.export", "write an organization's sessions, attempts, usage and credits into a file"),
    "simulate": ("speko.simulators.command", "run a simulated vendor, with faults on demand"),
    "doctor": ("speko.cli.doctor", "say what is configured, what is missing, and what to type"),
}
"""Subcommand to its module, which has `add_arguments(parser)` and `run(args) -> int`, and to its line in the help."""

EPILOG = """\
exit codes:
  0    done
  1    the gateway refused or failed, or a step of the demo went wrong
  2    the command line cannot be understood, or a setting cannot be used
  3    a package, a program or a database is missing on this machine; doctor: something is missing or wrong
  4    no gateway answers
  5    the API key is missing or not accepted
  130  interrupted; 141: the reader of the output has gone

With --json stdout holds one JSON document alone, for an error {"error", "code", …}; everything else is on stderr.
The gateway's commands read SPEKO_BASE_URL and SPEKO_API_KEY.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """The epilog as it is written, and one column for all help: argparse's own choice differs between versions."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)
        self._action_max_length = self._max_help_position


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the process, so that `--json` holds for these errors too."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse."""
        raise UsageError(message, self.format_usage())


def overview() -> Parser:
    """The parser of the command without its subcommands' options."""
    parser = Parser(
        prog="speko",
        description="A self-hosted voice gateway: transcribe, synthesize and complete through ranked providers.",
        epilog=EPILOG,
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"speko {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    return parser


def command_parser(name: str) -> tuple[Parser, ModuleType]:
    """The full parser of one subcommand, and its module."""
    module_name, summary = COMMANDS[name]
    module = import_module(module_name)
    parser = Parser(
        prog=f"speko {name}",
        description=summary[0].upper() + summary[1:] + ".",
        epilog=getattr(module, "EPILOG", None),
        formatter_class=_Formatter,
    )
    module.add_arguments(parser)
    return parser, module


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point. Returns the exit code; `--help` and `--version` raise SystemExit as argparse does."""
    words = list(sys.argv[1:] if argv is None else argv)
    terminal = Terminal(as_json="--json" in words)
    try:
        try:
            return _dispatch(words)
        finally:
            sys.stdout.flush()
    except CommandError as error:
        return _report(terminal, error)
    except KeyboardInterrupt:
        terminal.note("")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at the end and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE


def _dispatch(words: list[str]) -> int:
    if not words:
        overview().print_help(sys.stderr)
        return Exit.USAGE
    name: str = overview().parse_args(words[:1]).command
    try:
        parser, module = command_parser(name)
        return int(module.run(parser.parse_args(words[1:])))
    except ModuleNotFoundError as error:
        raise extra_missing(error) from error


def _report(terminal: Terminal, error: CommandError) -> int:
    if terminal.as_json:
        terminal.document(error.document)
    else:
        if isinstance(error, UsageError) and error.usage:
            terminal.note(error.usage.rstrip())
        terminal.note(f"speko: {error.text}")
    return error.status


if __name__ == "__main__":
    sys.exit(main())
