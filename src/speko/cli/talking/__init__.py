"""A spoken conversation from this machine: for `speko talk` and the demo.

`turns` keeps what was said and when, without I/O; `wav` reads and writes recordings; `uplink` sends the user's voice in
real time; `playback` plays the agent's, and knows how much of it was heard; `devices` are the programs behind
microphone and loudspeaker; `conversation` ties them to a session.
"""
