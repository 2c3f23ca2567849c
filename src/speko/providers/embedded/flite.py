"""flite as a voice. English, ASCII, 16 kHz. Manual: `flite --help`, http://cmuflite.org."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from speko.providers.call import Call
from speko.providers.catalogue import Model, Voice
from speko.providers.embedded.ascii_english import ascii_english
from speko.providers.embedded.speaking_program import SpeakingProgram
from speko.providers.embedded.utterances import without_controls
from speko.providers.errors import Unsupported
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest

DEFAULT_VOICE = "rms"
"""Of the four the one that is understood best: 3 % word errors in the embedded recogniser, against 7 to 11."""
VOICES = (
    Voice("slt", "SLT (American woman)", ("en-US",)),
    Voice("rms", "RMS (American man)", ("en-US",)),
    Voice("awb", "AWB (Scottish man)", ("en-GB",)),
    Voice("kal16", "KAL (American man, diphones)", ("en-US",)),
)
MODEL = Model(modality="tts", id="flite", languages=("en",), voices=VOICES, default_voice=DEFAULT_VOICE)


class Flite:
    """Speaks sentence by sentence, each in a process of its own."""

    capabilities = TtsCapabilities(streaming=True, speed=True)

    def __init__(self, program: SpeakingProgram | None = None) -> None:
        self._program = program or SpeakingProgram("flite")

    async def synthesize(self, request: TtsRequest, call: Call) -> AsyncGenerator[Sequence[AudioChunk], None]:
        """See `TextToSpeech`.

        Raises:
            Unsupported: not English, or a voice that flite does not have.
        """
        if request.language.split("-", 1)[0] != "en":
            raise Unsupported("flite speaks English only")
        voice = request.voice or DEFAULT_VOICE
        # flite itself takes an unknown name for a file or an address to load a voice from.
        if voice not in {known.id for known in VOICES}:
            raise Unsupported("flite has no voice of that name", about="voice")
        arguments = ["-voice", voice]
        if request.speed is not None:
            arguments += ["--setf", f"duration_stretch={1 / request.speed:.4f}"]
        arguments += ["-f", "/dev/stdin", "-o", "/dev/stdout"]
        async with aclosing(self._program.speak(arguments, request.text, _sayable, call)) as batches:
            async for batch in batches:
                yield batch


def _sayable(text: str) -> str:
    return ascii_english(without_controls(text))
