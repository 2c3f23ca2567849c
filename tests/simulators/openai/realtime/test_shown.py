"""What the control address shows of conversations."""

import httpx
from websockets.asyncio.client import connect

from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import Script


async def test_the_state_can_be_read_and_set_after_a_conversation() -> None:
    async with OpenAISimulator(script=Script(text="hello")) as simulator:
        address = simulator.base_url.replace("http", "ws") + "/realtime?model=gpt-realtime"
        headers = {"authorization": "Bearer key"}
        async with connect(address, additional_headers=headers, proxy=None) as socket:
            await socket.recv()
        root = simulator.base_url.rsplit("/v1", 1)[0] + "/__sim__"
        async with httpx.AsyncClient(trust_env=False) as client:
            state = (await client.get(f"{root}/state")).raise_for_status().json()
            assert state["realtime"]["opened"] == 1
            assert state["realtime"]["sessions"][0]["heard"] == []
            (await client.put(f"{root}/script", json={"text": "x"})).raise_for_status()
