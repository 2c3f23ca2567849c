"""Orders that come while a worker starts."""

import asyncio
from pathlib import Path

import pytest

from speko.api.gateway import Gateway
from speko.api.workers.channel import Order, WorkersEnd, make_channel
from speko.api.workers.orders import Orders
from speko.api.workers.place import Place
from speko.api.workers.serving import run_worker
from speko.settings import Settings
from tests import loops
from tests.database import Databases

LOOPS = loops.ASYNCIO


@pytest.mark.parametrize("orders", [["drain"], ["now"], ["drain", "now"]])
async def test_a_worker_that_still_warms_up_ends_at_once(
    tmp_path: Path, databases: Databases, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    warming, here = asyncio.Event(), asyncio.get_running_loop()

    async def long(_: Gateway) -> None:
        here.call_soon_threadsafe(warming.set)
        await asyncio.sleep(60)  # and not for ever: a test that fails has to end

    monkeypatch.setattr(Gateway, "warm_up", long)
    monkeypatch.setattr(Orders, "orphaned", lambda _: None)  # it would end the process
    supervisor, own = make_channel()
    settings = Settings(workers=2, data=tmp_path, database_url=databases.url_for(tmp_path))
    with own:
        channel, place = WorkersEnd(own), Place(number=0)
        worker = asyncio.create_task(asyncio.to_thread(run_worker, settings, {}, ("127.0.0.1", 0), channel, place))
        async with asyncio.timeout(30):
            await warming.wait()
            for order in orders:
                supervisor.order(order)
            assert await worker == 0
        assert supervisor.reports() == ([], True), "it has failed at nothing"
        supervisor.close()
