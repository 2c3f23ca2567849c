"""The two kinds of model: what callers send and what the gateway answers."""

from pydantic import BaseModel, ConfigDict


def camel(name: str) -> str:
    """`scores_run_id` to `scoresRunId`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


class WireModel(BaseModel):
    """`snake_case` here, `camelCase` on the wire. Error texts leave the input out: it may be somebody's words."""

    model_config = ConfigDict(
        alias_generator=camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        # `model_id` is a member of the wire; older versions of pydantic want such names for themselves.
        protected_namespaces=(),
    )


class Params(WireModel):
    """Something callers send. Members may be spelt `snake_case` or `camelCase`.

    Members that this version does not know are sent as they are, so that a newer gateway can be used.
    """

    model_config = ConfigDict(extra="allow")


class Result(WireModel):
    """Something the gateway answers. Unknown members are ignored, since the wire may grow."""

    model_config = ConfigDict(extra="ignore")
