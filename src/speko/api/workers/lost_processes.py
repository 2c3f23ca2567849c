"""Processes of this machine that died without a word."""

from speko.api.workers.siblings import Siblings
from speko.storage.sessions import Sessions


async def bury_the_dead(sessions: Sessions, siblings: Siblings) -> None:
    """Puts in order what processes of this machine have left that died without a word."""
    for owner in siblings.dead():
        await end_of(sessions, siblings, owner)
    siblings.forget_groups()


async def end_of(sessions: Sessions, siblings: Siblings, owner: str) -> None:
    """A process has died: so have its sessions."""
    await sessions.end_lost(owner)
    siblings.forget(owner)
