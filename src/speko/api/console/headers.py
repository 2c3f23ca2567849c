"""What the console's pages may do, said to the browser in headers.

Sources: Content Security Policy 3, Permissions Policy, HTML (cross-origin opener policy).
"""

import re
from ipaddress import ip_address

from speko.api.arrival import Reached

_SOURCE = re.compile(r"wss?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?\Z")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'{sockets}; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_FIXED = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self), speaker-selection=(self)"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_ALONE = (b"cross-origin-opener-policy", b"same-origin")
PRIVATE = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Of answers about a login."""


def content_security_policy(sockets: str) -> str:
    """The policy of a page.

    Args:
        sockets: where this page's S2S sockets will be. That is named even where it is the page's own host: Safari
            before 15.4 does not count `ws:` as `'self'` there. The grammar has no IPv6 address, and such a host is not
            named.
    """
    source = "/".join(sockets.split("/", 3)[:3])
    return _POLICY.format(sockets=f" {source}" if _SOURCE.match(source) else "")


def security_headers(sockets: str, at: Reached) -> list[tuple[bytes, bytes]]:
    """All of them.

    Args:
        sockets: see `content_security_policy`.
        at: where the browser reached us. To a page that it does not call trustworthy (plain http from another machine)
            it does not apply an opener policy, and warns about one.
    """
    policy = (b"content-security-policy", content_security_policy(sockets).encode())
    return [policy, *_FIXED, *([_ALONE] if _is_trustworthy(at) else [])]


def _is_trustworthy(at: Reached) -> bool:
    """Source: Secure Contexts, 3.1."""
    host = re.sub(r":[0-9]+\Z", "", at.host.lower())
    if at.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
