"""What training on a file would cost: from its report, from the file, or not at all"""

from typing import Any

import pytest

from tests.conftest import chat, chats, lines, until
from tests.integration.services.gateway.conftest import MODEL, Api


async def _checked(api: Api, content: bytes) -> str:
    file_id = (await api.upload(content)).id

    async def done() -> bool:
        return bool((await api.get(f"/files/{file_id}")).body["status"] != "uploaded")

    await until(done)
    return file_id


async def test_the_estimate_is_the_jobs_own(own: Api) -> None:
    early = (await own.upload()).id
    answer = await own.post(f"/files/{early}/estimate", {"model": MODEL})
    assert (answer.status, answer.error["code"]) == (409, "file_not_checked")
    await own.house.start_worker()
    file_id = await _checked(own, chats(40))
    found = (await own.post(f"/files/{file_id}/estimate", {"model": "gpt-4o-mini"})).body
    assert (found["object"], found["file_id"], found["model"]) == ("dataset.estimate", file_id, MODEL)
    assert (found["n_epochs"], found["n_epochs_from"]) == (3, "default")
    assert found["billed_tokens"] == 3 * found["tokens_per_epoch"]
    assert found["arithmetic"].startswith(f"{found['tokens_per_epoch']:,} tokens × 3 epochs × $3.00 per 1M tokens")
    given = (await own.post(f"/files/{file_id}/estimate", {"model": MODEL, "n_epochs": 7})).body
    assert (given["n_epochs"], given["n_epochs_from"]) == (7, "given")
    job = await own.job(training_file=file_id)

    async def priced() -> Any:
        return (await own.get(f"/fine_tuning/jobs/{job.id}")).body["estimate"]

    assert (await until(priced))["cost_usd"] == found["cost_usd"]


async def test_another_encoding_is_counted_in_the_file_itself(own: Api) -> None:
    await own.house.start_worker()
    file_id = await _checked(own, lines(*(chat(f"Wieviel ist {n}?", "Schön viel. 漢字") for n in range(20))))
    found = [
        (await own.post(f"/files/{file_id}/estimate", {"model": model})).body["tokens_per_epoch"]
        for model in (MODEL, "gpt-3.5-turbo-0125")
    ]
    assert found[0] < found[1]
    nothing = await _checked(own, lines({"messages": []}))
    answer = await own.post(f"/files/{nothing}/estimate", {"model": "gpt-3.5-turbo-0125"})
    assert (answer.status, answer.error["param"]) == (400, "file_id")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "model"),
        ({"model": "gpt-4o-minni"}, 400, "model"),
        ({"model": MODEL, "n_epochs": 0}, 400, "n_epochs"),
        ({"model": MODEL, "n_epochs": "3"}, 400, "n_epochs"),
        ({"model": MODEL, "epochs": 3}, 400, "epochs"),
    ],
)
async def test_what_cannot_be_priced_is_refused(api: Api, body: dict[str, Any], status: int, param: str) -> None:
    file_id = (await api.upload()).id
    answer = await api.post(f"/files/{file_id}/estimate", body)
    assert (answer.status, answer.error["param"]) == (status, param)
