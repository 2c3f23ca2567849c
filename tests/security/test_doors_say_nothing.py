"""The doors of OpenAI's API, with words in every member that may hold some, and vendors that fail: none of them in a
log line, a metric, a refusal or the database."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from speko.simulators.faults import Fault, FaultKind
from tests.api.test_transcribe import wav
from tests.database import POSTGRESQL
from tests.faults.show import Show, stage
from tests.observability.mix import MARK, SCRIPT
from tests.observability.test_nothing_leaks import Kept
from tests.security.test_secrets import columns_with

FAULTS = (FaultKind.UNAUTHORIZED, FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.MALFORMED)
CHAT = {
    "model": "auto",
    "user": MARK,
    "metadata": {"name": MARK},
    "messages": [
        {"role": "system", "content": MARK},
        {"role": "user", "content": [{"type": "text", "text": MARK}], "name": "someone"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "look", "arguments": json.dumps({"at": MARK})},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": MARK},
    ],
    "tools": [
        {"type": "function", "function": {"name": "look", "description": MARK, "parameters": {"type": "object"}}}
    ],
}
SPEECH = {"model": "auto", "input": MARK, "voice": "alloy", "instructions": MARK}


async def _traffic(show: Show) -> list[httpx.Response]:
    client, answers = show.gateway.client, []
    for fault in (None, *(Fault(kind=kind) for kind in FAULTS)):
        for vendor in show.vendors.values():
            vendor.fault = fault
        answers += [
            await client.post("/v1/chat/completions", json=CHAT),
            await client.post("/v1/audio/speech", json=SPEECH),
            await client.post(
                "/v1/audio/transcriptions",
                files={"file": (f"{MARK}.wav", wav(), "audio/wav")},
                data={"model": "auto", "prompt": MARK},
            ),
        ]
    for vendor in show.vendors.values():
        vendor.fault = None
    for wrong in ({"tools": MARK}, {"messages": MARK}, {"stream": MARK}, {"temperature": MARK}):
        answers.append(await client.post("/v1/chat/completions", json={**CHAT, **wrong}))
    return answers


async def _conversation(show: Show) -> None:
    url = f"{show.gateway.url.replace('http', 'ws')}/v1/realtime?model=auto&note={MARK}"
    headers = {"authorization": f"Bearer {show.gateway.key}", "user-agent": MARK}
    said: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": MARK}]}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        for event in (
            {"type": "session.update", "session": {"type": "realtime", "instructions": MARK}},
            {"type": "conversation.item.create", "item": said},
            {"type": MARK, "event_id": MARK},
            {"type": "response.create"},
        ):
            await socket.send(json.dumps(event))
        async for message in socket:
            if json.loads(message)["type"] == "response.done":
                break


async def test_doors_say_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    monkeypatch.setattr(logging.getLogger("speko"), "level", logging.DEBUG)
    logging.getLogger().addHandler(kept)
    try:
        async with stage(tmp_path, SCRIPT) as show:
            answers = await _traffic(show)
            await _conversation(show)
            metrics, key = (await show.gateway.client.get("/metrics")).text, show.gateway.key
    finally:
        logging.getLogger().removeHandler(kept)
    refusals = [answer for answer in answers if answer.status_code >= 400]
    assert {answer.status_code for answer in answers} >= {200, 400, 500}
    log = "\n".join(kept.lines)
    assert "no provider answered" in log
    for secret in (MARK, key, "key-of-openai", "key-of-twin"):
        assert secret not in log
        assert secret not in metrics
        assert not any(secret in answer.text or secret in str(answer.headers) for answer in refusals)
    if not POSTGRESQL:
        # The prompt is stored with its session, as that of any session is.
        assert columns_with(MARK, tmp_path) <= {("sessions", "spec")}
