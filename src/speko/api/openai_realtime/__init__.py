"""The door `/v1/realtime`: OpenAI's Realtime API in its GA form, over the session machine of this gateway.

An event of a client goes `link` → `client_events` → `translation`, which holds what of the conversation the protocol
shows: `settings`, `items`, `input` and `output`. What the translation wants done, the link carries out. Sound goes past
the translation, from the link to the bridge and back.

Source: https://platform.openai.com/docs/api-reference/realtime
"""
