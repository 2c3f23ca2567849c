"""espeak-ng as a voice: about 110 languages, 22 kHz. Manual: `man espeak-ng`."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from speko.providers.call import Call
from speko.providers.catalogue import Model
from speko.providers.embedded.espeak_voices import catalogue_languages, catalogue_voices, voice_for, voices
from speko.providers.embedded.speaking_program import SpeakingProgram
from speko.providers.embedded.utterances import without_controls
from speko.providers.errors import Unsupported
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest

_NORMAL_SPEED = 175
"""Words a minute, espeak's own default."""


def model() -> Model:
    """As the catalogue lists it. No default voice: the language of a request decides."""
    return Model(modality="tts", id="espeak-ng", languages=catalogue_languages(), voices=catalogue_voices())


class Espeak:
    """Speaks sentence by sentence, each in a process of its own."""

    capabilities = TtsCapabilities(streaming=True, speed=True)

    def __init__(self, program: SpeakingProgram | None = None) -> None:
        self._program = program or SpeakingProgram("espeak-ng")

    async def synthesize(self, request: TtsRequest, call: Call) -> AsyncGenerator[Sequence[AudioChunk], None]:
        """See `TextToSpeech`. Without a voice, the request's language chooses one.

        Raises:
            Unsupported: a language or a voice that espeak-ng does not have.
        """
        if not request.voice:
            voice = voice_for(request.language)
            if voice is None:
                raise Unsupported("espeak-ng does not speak this language")
        elif any(known.id == request.voice for known in voices()):
            voice = request.voice
        else:
            raise Unsupported("espeak-ng has no voice of that name", about="voice")
        arguments = ["-v", voice, "--stdin", "--stdout"]
        if request.speed is not None:
            arguments += ["-s", str(round(_NORMAL_SPEED * request.speed))]
        async with aclosing(self._program.speak(arguments, request.text, _sayable, call)) as batches:
            async for batch in batches:
                yield batch


def _sayable(text: str) -> str:
    # Double brackets would be read as phoneme names.
    plain = without_controls(text).replace("[[", "[ [")
    return plain if any(char.isalnum() for char in plain) else ""
