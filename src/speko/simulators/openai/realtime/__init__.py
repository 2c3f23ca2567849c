"""OpenAI's Realtime API: a spoken conversation over a WebSocket, `GET /v1/realtime?model=…`, with its GA event names.

Written from the public reference and the types of the `openai` package alone, as the rest of the simulator.

A text frame goes `socket` → `client_events` → `session`, which holds `config`, `conversation`, `input_audio` and the
`response` in flight with its `message`; `listening`, `thinking` and `voice` are the engines' doors. What a session saw
and said stands in `seen`, which the control address shows.

What `Fault` does here, at `Fault.stage` of response `Fault.turn`:

| Kind | Does |
|---|---|
| `refuse`, `cut` | the connection is reset, without a close frame |
| `close` | a close frame with `Fault.code` |
| `session_error` | the `error` event `session_expired`, then a close frame with 1001 |
| `silent`, `stall` | nothing is said any more; pings are still answered |
| `slow` | what comes next comes `Fault.seconds` late |
| `malformed` | a frame that is no JSON, then all goes on; at `connect` a page of HTML in place of the upgrade |
| a status | at `connect` the answer in place of the upgrade; at `setup` an `error` event, then a close frame; in a
  response `response.done` with status `failed`; at `transcription` the event `…input_audio_transcription.failed` |
| `truncated` | the response ends without its last events; the session goes on |
| `empty` | the response says nothing |
| `late_pong` | from the beginning of the session on |
| `disorder`, `giant` | to response `Fault.turn` |
"""
