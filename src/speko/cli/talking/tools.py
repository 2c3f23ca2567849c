"""Tools that the agent may call, out of a file."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from speko import RealtimeToolSpec
from speko.cli.exits import CommandError, UsageError


class _Tool(RealtimeToolSpec):
    answer: Any


class Tools:
    """What the agent is told of the tools, and their answers."""

    def __init__(self, specs: list[dict[str, Any]], answers: dict[str, str]) -> None:
        self.specs = specs
        self._answers = answers

    @classmethod
    def read(cls, file: Path | None) -> "Tools":
        """The tools of a file. Raises CommandError for one that cannot be read, or holds something else."""
        if file is None:
            return cls([], {})
        try:
            tools = TypeAdapter(list[_Tool]).validate_json(file.read_bytes())
        except OSError as error:
            raise CommandError(f"cannot read {file}: {error.strerror}", "CANNOT_READ") from error
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise UsageError(f"{file} is no list of tools: {where + ': ' if where else ''}{problem['msg']}") from error
        specs = [tool.model_dump(by_alias=True, exclude={"answer"}) for tool in tools]
        return cls(specs, {tool.name: _as_text(tool.answer) for tool in tools})

    def answer(self, name: str, arguments: str) -> str | None:
        """See `ToolRunner`: the same answer to any arguments."""
        return self._answers.get(name)


def _as_text(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
