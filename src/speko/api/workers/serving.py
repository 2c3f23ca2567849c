"""`speko serve --workers N`: what the supervisor prepares, and what a worker does."""

import asyncio
from collections.abc import Callable, Mapping

from speko.api.gateway import Gateway
from speko.api.server import CannotListen, Ready, Server, bound, run_gateway
from speko.api.workers.channel import Failed, Serves, WorkersEnd
from speko.api.workers.orders import End, Orders
from speko.api.workers.place import Place
from speko.api.workers.supervisor import Supervisor
from speko.routing.score_rows import ScoreFileError
from speko.settings import Settings
from speko.storage.errors import StorageError


def serve_with_workers(settings: Settings, environment: Mapping[str, str], *, on_ready: Callable[[Ready], None]) -> int:
    """Like `speko.api.server.serve`, in as many processes as the settings say, above which this one stands.

    Each worker has a listening socket of its own and the kernel spreads connections over them. So nobody waits in the
    queue of a worker that has died, as with a socket of the supervisor's, and no idle worker takes them all, as with
    one socket for all.

    Raises:
        CannotListen: the address is taken or is none of this machine's.
        StartFailed: a worker could not start.
    """
    # A shared address can be had although another gateway has it, too: alone, it cannot.
    bound(settings.host, settings.port).close()
    group = Place()
    # Not listened on: it holds the address while no worker has it, and the port where that was free to choose.
    with bound(settings.host, settings.port, shared=True) as held:
        host, port = held.getsockname()[:2]

        def work(number: int, channel: WorkersEnd) -> int:
            return run_worker(settings, environment, (host, port), channel, Place(group.group, number, link=group.link))

        supervisor = Supervisor(
            settings.workers,
            work,
            lambda serves: on_ready(Ready(serves.url, serves.console_url)),
            settings.drain_seconds,
            inherited=(held,),
        )
        return supervisor.run()


def run_worker(
    settings: Settings, environment: Mapping[str, str], address: tuple[str, int], channel: WorkersEnd, place: Place
) -> int:
    """The life of one worker; the exit code."""
    orders = Orders()
    channel.listen(orders.take, orders.orphaned)

    def on_ready(ready: Ready) -> None:
        channel.report(Serves(ready.url, ready.console_url))

    def on_server(server: Server) -> None:
        orders.to(_end_of(server))

    try:
        with bound(*address, shared=True) as sock:
            return run_gateway(Gateway(settings, environment=environment, place=place), sock, on_ready, on_server)
    except (StorageError, CannotListen, ScoreFileError) as error:
        channel.report(Failed(_KINDS[type(error)], str(error)))
        return 1
    except asyncio.CancelledError:  # see `_end_of`
        return 0


def _end_of(server: Server) -> End:
    """How to end a worker, told in the task that runs it. While it starts that task is cancelled: engines take seconds
    to warm up, and there is nothing to drain yet."""
    running = asyncio.current_task()
    assert running is not None  # noqa: S101 - a coroutine that runs has one

    def end(*, at_once: bool) -> None:
        server.end(at_once=at_once)
        if not server.started and not running.cancelling():
            running.cancel()

    return end


_KINDS: dict[type[Exception], str] = {
    StorageError: "STORAGE",
    CannotListen: "CANNOT_LISTEN",
    ScoreFileError: "BAD_SCORES",
}
