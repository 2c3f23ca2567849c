"""The types of the `openai` package, without their leniency."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar, cast

import pytest
from openai import APIStatusError, AsyncOpenAI
from openai.types.shared import ErrorObject
from pydantic import BaseModel, TypeAdapter

from speko.simulators import OpenAISimulator

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def validated(kind: type[T], data: Any) -> T:
    """`data` as a type of the package: all required fields there, no type coerced, no field that it does not know."""
    value: T = _adapter(cast(Any, kind)).validate_python(data, strict=True)
    assert_known(value)
    return value


def assert_known(value: Any) -> None:
    """No field came that the types do not know, however deep."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, f"{type(value).__name__} does not know {set(value.model_extra)}"
        for member in type(value).model_fields:
            assert_known(getattr(value, member))
    elif isinstance(value, list):
        for item in value:
            assert_known(item)


def assert_error(error: APIStatusError) -> ErrorObject:
    """An error answer as the package's clients read it."""
    return validated(ErrorObject, error.body)


@asynccontextmanager
async def client(simulator: OpenAISimulator) -> AsyncIterator[AsyncOpenAI]:
    """The package's own client, which does not try again."""
    async with AsyncOpenAI(base_url=simulator.base_url, api_key="sk-test", max_retries=0) as made:
        yield made


def refused(status: int) -> Any:
    """Expects an error answer with that status."""
    return pytest.raises(APIStatusError, check=lambda error: error.status_code == status)
