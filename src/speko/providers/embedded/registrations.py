"""The vendors of the embedded engines."""

from collections.abc import Iterator

from speko.providers.catalogue import Model, Vendor
from speko.providers.embedded import espeak, flite, presence
from speko.providers.embedded.rules import responder
from speko.providers.embedded.sphinx import recogniser
from speko.providers.registry import Registration, Runtime


def registrations() -> Iterator[Registration]:
    """All of them, with fresh looks at what is installed."""
    yield _pocketsphinx()
    yield Registration(
        _vendor("flite", "flite", flite.MODEL),
        tts=lambda _: flite.Flite(),
        missing=presence.program("flite", "flite (Debian package flite)").missing,
    )
    yield Registration(
        _vendor("espeak", "eSpeak NG", espeak.model()),
        tts=lambda _: espeak.Espeak(),
        missing=presence.program("espeak-ng", "espeak-ng (Debian package espeak-ng)").missing,
    )
    yield Registration(_vendor("speko", "Speko", responder.MODEL), llm=lambda _: responder.Rules())


def _pocketsphinx() -> Registration:
    made: dict[int, tuple[Runtime, recogniser.PocketSphinx]] = {}

    def of(runtime: Runtime) -> recogniser.PocketSphinx:
        """One recogniser per runtime, so that what is warmed up is what serves."""
        if id(runtime) not in made:
            made[id(runtime)] = (runtime, recogniser.PocketSphinx.of(runtime))

            async def forget() -> None:
                del made[id(runtime)]

            runtime.on_close(forget)
        return made[id(runtime)][1]

    installed = presence.package("pocketsphinx", "pocketsphinx (Python package, in the extra speko[server])")

    async def start(runtime: Runtime) -> None:
        if installed.missing() is None:
            await of(runtime).warm()

    return Registration(
        _vendor("pocketsphinx", "PocketSphinx", recogniser.MODEL), stt=of, missing=installed.missing, start=start
    )


def _vendor(vendor_id: str, name: str, model: Model) -> Vendor:
    return Vendor(id=vendor_id, name=name, needs="program", embedded=True, models=(model,))
