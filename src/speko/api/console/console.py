"""What a gateway holds for its console: the files, the link of this start, and who is logged in."""

from collections.abc import Callable, Mapping
from datetime import datetime

from litestar.types import HTTPScope, Scope

from speko.api.arrival import Reached, arrival_of, reached
from speko.api.console.cookies import cookie_name, cookie_values
from speko.api.console.link import LoginLink, usable
from speko.api.console.origin import is_foreign
from speko.api.console.sessions import COOKIE_LABEL, CSRF_LABEL, ConsoleSession, ConsoleSessions
from speko.api.context import unauthorized
from speko.console.site import Site
from speko.settings import Settings
from speko.storage.records import Organization
from speko.storage.store import Store

CSRF_HEADER = "x-speko-csrf"


class Console:
    """The console of one gateway process.

    Args:
        settings: of the gateway.
        site: what is served.
        store: knows API keys and organisations, and what was used up or ended.
        organization: whose console the printed link opens.
        now: the clock, aware.
        link: of this start.
    """

    def __init__(
        self,
        settings: Settings,
        site: Site,
        store: Store,
        organization: Organization,
        now: Callable[[], datetime],
        *,
        link: LoginLink,
    ) -> None:
        self.site = site
        self.sessions = ConsoleSessions(
            store.derived_keys(COOKIE_LABEL), store.derived_keys(CSRF_LABEL), now, store.directory.is_spent
        )
        self._link = link
        self._now = now
        self._store = store
        self._directory = store.directory
        self._organization_id = organization.id
        self._proxies = settings.trusted_proxies
        self._public_url = settings.public_url.rstrip("/") if settings.public_url else None
        self._public = _parts(self._public_url) if self._public_url else None

    def link(self, url: str) -> str | None:
        """The link that logs in once; None without a build.

        Args:
            url: where the gateway listens.
        """
        return self._link.to(self._public_url or usable(url)) if self.site.built else None

    # ---- login

    async def log_in_by_link(self, token: str) -> tuple[ConsoleSession, str]:
        """A session and its cookie for the token of the link. Raises 401, and StorageError where nobody can tell
        whether it was used before."""
        link = self._link
        # What is no token of ours never reaches the database.
        if not link.is_token(token, self._now()) or not await self._store.spend(link.id, link.expires_at):
            raise unauthorized(
                "This link does not work (any more): it logs in once, until the gateway starts again. "
                "Use the link of the latest start, or an API key"
            )
        return self.sessions.start(self._organization_id, None)

    def log_in_by_key(self, presented: str) -> tuple[ConsoleSession, str]:
        """A session and its cookie for an API key. Raises 401."""
        key = self._directory.authenticate(presented.strip())
        if key is None:
            raise unauthorized("The gateway does not know this key, or it was revoked")
        self._directory.touched(key.id)
        return self.sessions.start(key.organization_id, key.id)

    async def log_out(self, session: ConsoleSession) -> None:
        """Ends a session, in every process and for good. Raises StorageError."""
        await self._store.spend(session.id, session.expires_at)

    def organization(self, session: ConsoleSession) -> Organization:
        """Whose session it is. Raises 401 when there is no such organisation any more."""
        found = self._directory.organization(session.organization_id)
        if found is None:
            raise unauthorized("Not logged in")
        return found

    # ---- requests

    def authenticate(self, scope: Scope) -> ConsoleSession:
        """Whose cookie a request carries, when it is a request of our own page. Raises 401 for all others."""
        session = self.session_of_own_page(scope)
        if session is None:
            raise unauthorized("Not logged in: send 'Authorization: Bearer sk_live_…', or log in to the console")
        presented = _headers(scope).get(CSRF_HEADER.encode())
        if presented is None or not self.sessions.is_csrf_token(session, presented):
            raise unauthorized(f"The session's cookie counts only together with the header {CSRF_HEADER}")
        return session

    def session_of_own_page(self, scope: Scope | HTTPScope) -> ConsoleSession | None:
        """Whose cookie a request carries. Enough to be told the token that `authenticate` asks for, and for nothing
        else. Raises 401 when another page has made the request."""
        self.own_page_only(scope)
        for value in cookie_values(scope["headers"], cookie_name(self.reached(scope))):
            session = self.sessions.read(value)
            if session is not None and self._holds(session):
                return session
        return None

    def own_page_only(self, scope: Scope | HTTPScope) -> None:
        """Raises 401 when the browser says that a page of another origin has made the request."""
        hosts = {self.reached(scope).host, *([self._public.host] if self._public else [])}
        if is_foreign(_headers(scope), frozenset(hosts)):
            raise unauthorized(
                "Only the console's own page may do this. Is it behind a proxy that does not pass the Host header on? "
                "Then set SPEKO_PUBLIC_URL"
            )

    def reached(self, scope: Scope | HTTPScope) -> Reached:
        """Where the browser reached us. At the host of the public URL, that URL's scheme holds: its proxy need not be a
        trusted one for that."""
        at = reached(arrival_of(scope), self._proxies)
        return self._public if self._public and self._public.host == at.host.lower() else at

    def _holds(self, session: ConsoleSession) -> bool:
        return session.key_id is None or self._directory.holds(session.key_id)


def _parts(public_url: str) -> Reached:
    scheme, _, rest = public_url.lower().partition("://")
    return Reached("https" if scheme == "https" else "http", rest.partition("/")[0])


def _headers(scope: Scope | HTTPScope) -> Mapping[bytes, bytes]:
    return dict(scope["headers"])
