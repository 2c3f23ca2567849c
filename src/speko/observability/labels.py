"""Values of labels. Each stays in memory for as long as the process lives, so nobody outside may choose them freely."""

from collections.abc import Callable

from speko.providers.catalogue import MODALITIES, Modality

Knows = Callable[[str, Modality, str], bool]
"""Whether a vendor has that model in the catalogue or in the configuration."""
OTHER = "other"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Models:
    """Names of models as labels: callers may name models freely, and those nobody knows share one."""

    def __init__(self, knows: Knows) -> None:
        self._knows = knows
        self._known: set[tuple[str, Modality, str]] = set()
        """Found before: every call asks twice, and a vendor's models are searched one by one."""

    def label(self, provider: str, modality: Modality, model: str) -> str:
        """The model's name, or `other`."""
        named = (provider, modality, model)
        if named not in self._known:
            if not self._knows(*named):
                return OTHER
            self._known.add(named)
        return model

    def label_of_any(self, provider: str, model: str) -> str:
        """The same where nobody tells the modality."""
        return model if any(self._knows(provider, modality, model) for modality in MODALITIES) else OTHER


def method_label(method: str) -> str:
    """The HTTP method, or `other`: a client may send any word."""
    return method if method in _METHODS else OTHER
