"""Simulated vendors: real servers on real sockets with scripted answers, engines behind them, and faults on purpose.

They are what the tests, the demonstration and the load tests call in place of the vendors. A vendor is one subclass of
`Simulator` and one row here.
"""

from speko.simulators.captured import CapturedRequest
from speko.simulators.engines import Engines
from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script, ScriptedToolCall, ScriptedUsage
from speko.simulators.server import Simulator

SIMULATORS: dict[str, type[Simulator]] = {simulator.vendor: simulator for simulator in (OpenAISimulator,)}

__all__ = [
    "SIMULATORS",
    "CapturedRequest",
    "Engines",
    "Fault",
    "FaultKind",
    "OpenAISimulator",
    "RealtimeScript",
    "Script",
    "ScriptedToolCall",
    "ScriptedUsage",
    "Simulator",
    "Stage",
]
