"""Own vendor keys in the gateway's database itself, for its default organisation. No gateway needs to run; one that
does sees a change within a second."""

import argparse

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError
from speko.cli.providers import unknown_vendor
from speko.providers.own_key import problem_with_key
from speko.providers.registry import Registration, Registry


class LocalVendorKeys:
    """Stores and forgets; the results have the members that the API gives them."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._settings = settings_of(args, data=args.data, database_url=args.database_url)
        self._registry = Registry.load()

    def store(self, vendor: str, secret: str) -> dict[str, object]:
        """Stores a key; raises CommandError for what can be none."""
        problem = problem_with_key(self._known(vendor, "VALIDATION_ERROR"), secret)
        if problem is not None:
            raise CommandError(problem.text, "VALIDATION_ERROR")
        must_exist(self._settings)
        open_default(self._settings, lambda store, org_id: store.set_provider_key(org_id, vendor, secret))
        return {"provider": vendor, "configured": True}

    def forget(self, vendor: str) -> tuple[dict[str, object], bool]:
        """Forgets a key, and says whether there was one; repeatable."""
        self._known(vendor, "NOT_FOUND")
        must_exist(self._settings)
        found = open_default(self._settings, lambda store, org_id: store.remove_provider_key(org_id, vendor))
        return {"provider": vendor, "configured": False}, found

    def has_connector(self, vendor: str) -> bool:
        """Whether this build can call the vendor."""
        found = self._registry.get(vendor)
        return found is not None and any((found.stt, found.llm, found.tts, found.s2s))

    def _known(self, vendor: str, code: str) -> Registration:
        found = self._registry.get(vendor)
        if found is None:
            raise unknown_vendor(vendor, code)
        return found
