"""An error that nobody foresaw still has OpenAI's shape"""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services.trainer.middleware import answer_in_shape


async def test_an_unforeseen_error_is_a_shaped_500_with_its_id_and_no_traceback() -> None:
    async def breaks(_request: web.Request) -> web.Response:
        raise ZeroDivisionError("of ours")

    app = web.Application(middlewares=[answer_in_shape])
    app.router.add_get("/", breaks)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/", headers={"x-request-id": "req_mine"})
        body = await answer.json()
    assert (answer.status, body["error"]["type"], answer.headers["x-request-id"]) == (500, "server_error", "req_mine")
    assert "req_mine" in body["error"]["message"]
    assert "of ours" not in body["error"]["message"]
