"""A conversation as people see it: lines that are said, on stdout; words that still grow, in one line on stderr."""

from speko.cli.talking.turns import ToolUse, Turn, latency_line
from speko.cli.terminal import Terminal, cut

_NAMES = {"user": "you", "assistant": "agent"}
_LONGEST_OUTPUT = 100


class Screen:
    """Shows a conversation (see `Watcher`)."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._timed: list[Turn] = []
        """Turns whose times are shown already."""
        self._agents_line = ""
        self._heard = ""
        """How much of that line was heard, when it was interrupted."""

    def said(self, turn: Turn, role: str, text: str, final: bool) -> None:
        """Words of one utterance so far."""
        line = f"{_NAMES[role]}: {text}"
        if not final:
            self._terminal.live(line)
        elif role == "assistant" and self._agents_line.startswith(line):
            self._heard = text
        else:
            self._write(line)
            if role == "assistant":
                self._agents_line = line

    def used(self, tool: ToolUse) -> None:
        """A tool was asked for."""
        answer = "" if tool.output is None else f" → {cut(' '.join(tool.output.split()), _LONGEST_OUTPUT)}"
        self._write(self._terminal.styled(f"  tool {tool.name} {tool.arguments}{answer}".rstrip(), "dim"))

    def over(self, turn: Turn) -> None:
        """The answer of a turn is over."""
        if turn.interrupted:
            after = f" after: {self._heard}" if self._heard else ""
            self._write(self._terminal.styled(f"  interrupted{after}", "dim"))
        self._agents_line = self._heard = ""
        line = latency_line(turn)
        if line is not None and not any(turn is timed for timed in self._timed):
            self._timed.append(turn)
            self._write(self._terminal.styled(f"  {line}", "dim"))

    def complained(self, code: str, message: str) -> None:
        """The gateway complains, and goes on."""
        self._terminal.live("")
        self._terminal.note(f"speko: {message} ({code})")

    def _write(self, line: str) -> None:
        self._terminal.live("")
        self._terminal.write(line)
