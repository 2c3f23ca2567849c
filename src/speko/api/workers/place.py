"""Which of several processes this is."""

from dataclasses import dataclass, field
from secrets import token_hex

from speko.api.console.link import LoginLink


@dataclass(frozen=True, slots=True)
class Place:
    """One gateway process among those that serve the same data. Alone, it is a group of itself."""

    group: str = field(default_factory=lambda: token_hex(4))
    """The processes of one start: one supervisor's workers, over all their restarts."""
    number: int | None = None
    """Which worker of the group; None: there is no supervisor."""
    owner: str = ""
    """Name of this process, like that of no other: whose the sessions are that it serves. Begins with the group."""
    link: LoginLink = field(default_factory=LoginLink, repr=False)
    """Logs in to the console, once in the whole group."""

    def __post_init__(self) -> None:
        if not self.owner:
            object.__setattr__(self, "owner", f"{self.group}_{token_hex(8)}")
