"""What a project chose of the checks: read it, and put another in its place"""

from typing import Any

from aiohttp import web
from sqlalchemy.dialects.postgresql import insert

from services.gateway.routes import Route, caller, runtime
from shared.clock import unix
from shared.datasets import queries as datasets
from shared.datasets.policy_file import PolicyError, read_policy
from shared.datasets.tables import DatasetPolicy
from shared.db.database import server_time
from shared.security.keys import Scope
from shared.wire.errors import ApiError
from shared.wire.parse import read_json


async def retrieve(request: web.Request) -> web.Response:
    """Show the policy; a project that chose nothing has the defaults."""
    async with runtime(request).database.begin() as session:
        return web.json_response(_show(await datasets.policy_row(session, caller(request).project_id)))


async def replace(request: web.Request) -> web.Response:
    """Put a policy in place of the one before. Files are judged by the policy that stands when they are checked."""
    document = read_json(await request.read() or b"{}")
    try:
        policy = read_policy(document)
    except PolicyError as exc:
        raise ApiError(str(exc), param=exc.path) from exc
    async with runtime(request).begin() as session:
        chosen = {"policy": policy.as_dict(), "updated_at": await server_time(session)}
        # Two that come at once both find none: the later takes the place of the other.
        put = insert(DatasetPolicy).values(project_id=caller(request).project_id, **chosen)
        await session.exec(put.on_conflict_do_update(index_elements=["project_id"], set_=chosen))
        row = await datasets.policy_row(session, caller(request).project_id)
        return web.json_response(_show(row))


def _show(row: DatasetPolicy | None) -> dict[str, Any]:
    policy = {"codes": {}, "thresholds": {}} if row is None else row.policy
    return {"object": "dataset.policy", **policy, "updated_at": None if row is None else unix(row.updated_at)}


ROUTES = (
    Route("GET", "/v1/dataset_policy", retrieve, Scope.FILES_READ),
    Route("PUT", "/v1/dataset_policy", replace, Scope.FILES_WRITE),
)
