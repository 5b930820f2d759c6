"""A model, base or tuned, as OpenAI's API shows it."""

from typing import Literal

from pydantic import BaseModel


class Model(BaseModel):
    """OpenAI's Model object; `shutdown_date` is `YYYY-MM-DD` or null."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: str | None = None


class ModelDeleted(BaseModel):
    """OpenAI's answer to DELETE /models/{model}."""

    id: str
    object: Literal["model"] = "model"
    deleted: bool = True
