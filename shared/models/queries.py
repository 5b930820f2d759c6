"""Read tuned models: always within one project, never a deleted one."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.errors import NotFound
from shared.models.states import Readiness
from shared.models.tables import TunedModel


async def find(session: AsyncSession, project_id: str, name: str) -> TunedModel | None:
    """Return the model, or None when this project has none of that name."""
    model = await session.get(TunedModel, name)
    return model if model and model.project_id == project_id and model.readiness != Readiness.DELETED else None


async def get(session: AsyncSession, project_id: str, name: str) -> TunedModel:
    """Return the model; raise NotFound, with OpenAI's words and code."""
    if (model := await find(session, project_id, name)) is None:
        raise no_such_model(name)
    return model


async def of_project(session: AsyncSession, project_id: str) -> list[TunedModel]:
    """Return all models of a project, newest first."""
    query = select(TunedModel).where(TunedModel.project_id == project_id, TunedModel.readiness != Readiness.DELETED)
    return list((await session.exec(query.order_by(col(TunedModel.created_at).desc()))).all())


def no_such_model(name: str) -> NotFound:
    """Return the error for a name that is neither a base nor a model of this project."""
    message = f"The model '{name}' does not exist or you do not have access to it"
    return NotFound(message, param="model", code="model_not_found")
