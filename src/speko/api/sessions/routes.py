"""All routes of sessions."""

from speko.api.sessions.create import create_session
from speko.api.sessions.delete import delete_session
from speko.api.sessions.entries import get_session, list_sessions
from speko.api.sessions.observe import observe_session
from speko.api.sessions.recording import recording
from speko.api.sessions.turns import ingest_turns, timings, transcript

SESSION_ROUTES = (create_session,)
"""`create_session` says in the contract's own words that a session could not be stored."""
STORED_SESSION_ROUTES = (
    list_sessions,
    get_session,
    delete_session,
    transcript,
    timings,
    ingest_turns,
    recording,
    observe_session,
)
