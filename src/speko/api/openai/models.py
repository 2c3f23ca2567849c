"""`GET /v1/models`: the names that the other doors take."""

from typing import Any, Literal

from litestar import Request, get
from litestar.params import FromPath
from msgspec import Struct

from speko.api.context import context_of
from speko.api.errors import ApiError
from speko.api.gateway import gateway_of
from speko.api.openai.described import LIST_MODELS, ONE_MODEL
from speko.api.openai.naming import AUTO_NAMES, names
from speko.providers.catalogue import MODALITIES

_OURS = "speko"


class ListedModel(Struct, frozen=True):
    """A model that can be asked for. Nobody knows when a model was made, so `created` is 0."""

    id: str
    owned_by: str
    """The vendor's id; `speko` where routing chooses."""
    object: Literal["model"] = "model"
    created: int = 0


class ListedModels(Struct, frozen=True):
    """All that can be asked for."""

    data: tuple[ListedModel, ...]
    object: Literal["list"] = "list"


@get("/v1/models", **LIST_MODELS)
async def list_models(request: Request[Any, Any, Any]) -> ListedModels:
    """Names of models that the caller's organisation can use now: those that routing decides about, then each model
    with its vendor, then the names that one vendor alone has."""
    return ListedModels(tuple(_models(request).values()))


@get("/v1/models/{model:path}", **ONE_MODEL)
async def get_model(request: Request[Any, Any, Any], model: FromPath[str]) -> ListedModel:
    """One of them."""
    name = model.removeprefix("/")  # the framework's paths begin with one; names of models may hold some
    found = _models(request).get(name)
    if found is None:
        issue = {"path": "model", "message": "is not served"}
        raise ApiError(404, "MODEL_NOT_FOUND", "There is no such model here, or no key for it", issues=[issue])
    return found


def _models(request: Request[Any, Any, Any]) -> dict[str, ListedModel]:
    gateway = gateway_of(request.app)
    own_keys = gateway.own_keys(context_of(request).organization_id)
    found = {name: ListedModel(name, _OURS) for name in AUTO_NAMES}
    for modality in MODALITIES:
        for name, vendor in names(modality, gateway.router, own_keys):
            found.setdefault(name, ListedModel(name, vendor))
    return found
