"""Bodies that OpenAI's API takes: JSON that is checked field by field, and forms."""

import re
from typing import TypeVar

import msgspec

from speko.simulators.answer import Refused
from speko.simulators.captured import CapturedRequest
from speko.simulators.multipart import Form, FormError
from speko.simulators.openai.errors import error, invalid

T = TypeVar("T")

_PATH = re.compile(r" - at `\$\.?(.*)`$")
_NAME = re.compile(r"field `([A-Za-z0-9_]{1,64})`")


def decode(request: CapturedRequest, decoder: msgspec.json.Decoder[T]) -> T:
    """The JSON body of a request.

    Raises:
        Refused: another content type, no JSON, a field that the API does not have, or a value it does not take.
    """
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(error(415, "This method takes application/json."))
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as failure:
        raise _about(str(failure)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise invalid("The body of the request is not valid JSON.") from None


def form(request: CapturedRequest) -> Form:
    """The form in the body of a request.

    Raises:
        Refused: another content type, or no well-formed form.
    """
    try:
        return request.form
    except FormError as failure:
        raise invalid(f"The form cannot be read: {failure}.") from None


def _about(failure: str) -> Refused:
    """msgspec's messages can quote the caller's values; names of fields and paths are all we take from them."""
    path = match.group(1) if (match := _PATH.search(failure)) else ""
    name = match.group(1) if (match := _NAME.search(failure)) else ""
    where = ".".join(part for part in (path, name) if part) or None
    if "unknown field" in failure:
        return invalid(f"Unrecognized request argument: {where}.", where, "unknown_parameter")
    if "missing required field" in failure:
        return invalid(f"Missing required parameter: {where}.", where, "missing_required_parameter")
    return invalid(f"Invalid type or value for {where or 'the body'}.", where, "invalid_value")
