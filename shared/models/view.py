"""A tuned model as the API shows it."""

from typing import Any

from shared.clock import unix
from shared.models.tables import TunedModel
from shared.wire.models import Model


def show(model: TunedModel) -> dict[str, Any]:
    """Return OpenAI's Model object with our lineage and readiness."""
    body = Model(id=model.id, created=unix(model.created_at), owned_by=model.project_id).model_dump(mode="json")
    lineage = {"base_model": model.base_model, "parent_model": model.parent_model, "job_id": model.job_id}
    return {**body, "readiness": model.readiness, "lineage": lineage}
