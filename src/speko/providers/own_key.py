"""Whether a text can be an organisation's own key for a vendor, before anybody is asked."""

from dataclasses import dataclass

from speko.providers.registry import Registration


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Why it cannot."""

    member: str
    """What is wrong: `provider` or `apiKey`."""
    text: str
    """For people, without the key."""
    issue: str
    """The same in a few words, about the member."""


def problem_with_key(registration: Registration | None, secret: str) -> KeyProblem | None:
    """What keeps `secret` from being stored, or None.

    Args:
        registration: of the vendor; None = the catalogue has no such vendor.
        secret: without white space around it.
    """
    if registration is None:
        return KeyProblem("provider", "Unknown provider", "the catalogue does not know it")
    if registration.vendor.embedded:
        return KeyProblem("provider", f"{registration.vendor.name} needs no key", "needs no key")
    if not secret:
        return KeyProblem("apiKey", "apiKey is blank", "must not be blank")
    if not all("!" <= character <= "~" for character in secret):
        issue = "only printable ASCII without spaces"
        return KeyProblem("apiKey", "apiKey holds a character that no key has", issue)
    return None
