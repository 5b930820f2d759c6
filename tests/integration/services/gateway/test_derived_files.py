"""Files made of files: two sides of a split, a conversion; made once, whatever happens, and checked as any other."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from shared.datasets.states import DatasetState
from shared.datasets.tables import Dataset
from shared.db.database import sql
from shared.runtime import Runtime
from shared.work.claim import Lease, claim
from shared.work.outcomes import Again, Done
from tests.conftest import chats, lines, until
from tests.integration.services.gateway.conftest import Api
from workers import derive


async def leased(runtime: Runtime, kind: str, subject_id: str) -> Lease:
    async with runtime.begin() as session:
        found = text("SELECT id FROM work_items WHERE kind = :kind AND subject_id = :subject_id")
        item_id = (await sql(session, found, kind=kind, subject_id=subject_id)).scalar_one()
    lease = await claim(runtime.database, item_id, [kind], owner="test", lease_seconds=60)
    assert lease is not None
    return lease


async def checked(api: Api, *ids: str) -> list[dict[str, Any]]:
    async def all_checked() -> list[dict[str, Any]] | None:
        files = [(await api.get(f"/files/{file_id}")).body for file_id in ids]
        return files if all(file["status"] != "uploaded" for file in files) else None

    return await until(all_checked)


async def test_a_split_makes_two_files_that_share_no_question(own: Api) -> None:
    await own.house.start_worker()
    source = (await own.upload(chats(60), name="sums.jsonl")).id
    answer = (await own.post(f"/files/{source}/split", {"test_fraction": 0.2, "seed": 7})).body
    assert (answer["object"], answer["derived_from"], answer["seed"]) == ("dataset.split", source, 7)
    assert [answer[side]["status"] for side in ("train", "test")] == ["uploaded", "uploaded"]
    train, test = await checked(own, answer["train"]["id"], answer["test"]["id"])
    assert (train["filename"], test["filename"]) == ("sums.train.jsonl", "sums.test.jsonl")
    assert [file["derived_from"] for file in (train, test)] == [source, source]
    assert test["validation_of"] == train["id"]
    contents = [(await own.get(f"/files/{file['id']}/content")).raw.splitlines() for file in (train, test)]
    assert sorted(contents[0] + contents[1]) == sorted(chats(60).splitlines())
    assert [len(content) for content in contents] == [train["derivation"]["result"][side] for side in ("train", "test")]
    assert [file["bytes"] for file in (train, test)] == [sum(len(line) + 1 for line in content) for content in contents]
    # Asked again, it is the same split of other ids.
    again = (await own.post(f"/files/{source}/split", {"test_fraction": 0.2, "seed": 7})).body
    (other,) = await checked(own, again["test"]["id"])
    assert (await own.get(f"/files/{other['id']}/content")).raw.splitlines() == contents[1]


async def test_a_job_may_be_created_of_a_split_that_is_still_being_made(own: Api) -> None:
    source = (await own.upload(chats(40))).id
    made = (await own.post(f"/files/{source}/split", {"test_count": 5})).body
    early = await own.get(f"/files/{made['train']['id']}/content")
    assert (early.status, early.error["code"]) == (409, "file_not_made")
    job = await own.job(training_file=made["train"]["id"], validation_file=made["test"]["id"])
    await own.house.start_worker()

    async def ended() -> dict[str, Any] | None:
        shown = (await own.get(f"/fine_tuning/jobs/{job.id}")).body
        return shown if shown["status"] in ("succeeded", "failed") else None

    assert (await until(ended))["status"] == "succeeded"


async def test_a_conversion_becomes_a_file_of_examples(own: Api) -> None:
    await own.house.start_worker()
    table = b"question,answer,topic\n" + b"".join(b"Q%d?,A%d.,x\n" % (n, n) for n in range(12)) + b"empty,,x\n"
    source = (await own.upload(table, name="faq.csv")).id
    body = {"map": {"user": "question", "assistant": "answer"}, "system": "Be brief."}
    strict, lenient = [
        (await own.post(f"/files/{source}/convert", {**body, "skip": skip})).id for skip in (False, True)
    ]
    refused, made = await checked(own, strict, lenient)
    assert (refused["status"], made["status"], made["filename"]) == ("error", "processed", "faq.chat.jsonl")
    assert refused["status_details"].startswith("Row 13 cannot be converted: the column 'answer' is empty")
    result = made["derivation"]["result"]
    assert (result["read"], result["written"], result["skipped"], result["left_out"]) == (13, 12, 1, {"topic": 13})
    first = json.loads((await own.get(f"/files/{lenient}/content")).raw.splitlines()[0])
    assert [message["content"] for message in first["messages"]] == ["Be brief.", "Q0?", "A0."]


async def test_what_cannot_be_made_ends_with_the_reason(own: Api) -> None:
    await own.house.start_worker()
    few, bad = (await own.upload(chats(10))).id, (await own.upload(lines({"text": "x"}))).id
    gone = (await own.upload(chats(30))).id
    asked = [(await own.post(f"/files/{file_id}/convert", {"from": "parquet"})).id for file_id in (few, bad)]
    for file in await checked(own, *asked):
        assert file["status"] == "error"
        assert "cannot be read as Parquet" in file["status_details"]
    await checked(own, few, bad, gone)
    answer = await own.post(f"/files/{few}/split", {"test_fraction": 0.5})
    assert (answer.status, answer.error["message"].startswith("The file has 10 examples; 10 must stay")) == (400, True)
    answer = await own.post(f"/files/{bad}/split", {"test_fraction": 0.5})
    assert (answer.status, answer.error["param"]) == (400, "file_id")


async def test_what_a_table_calls_its_columns_can_be_stored_whatever_it_is(own: Api) -> None:
    await own.house.start_worker()
    table = b"q,a,no\x00te\n" + b"".join(b"Q%d,A%d,x\n" % (n, n) for n in range(12))
    source = (await own.upload(table)).id
    (made,) = await checked(
        own, (await own.post(f"/files/{source}/convert", {"map": {"user": "q", "assistant": "a"}})).id
    )
    assert (made["status"], made["derivation"]["result"]["left_out"]) == ("processed", {"no\ufffdte": 12})


async def test_a_file_over_the_limit_is_not_made(own: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (await own.upload(chats(30))).id
    made = (await own.post(f"/files/{source}/convert", {"system": "x" * 200})).id
    monkeypatch.setattr(own.house.runtime.settings, "max_file_bytes", len(chats(30)) + 100)
    assert await derive.run(own.house.runtime, await leased(own.house.runtime, "dataset.derive", made)) == Done()
    shown = (await own.get(f"/files/{made}")).body
    assert (shown["status"], "would be larger than" in shown["status_details"]) == ("error", True)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("split", {}, None),
        ("split", {"test_fraction": 1.5}, "test_fraction"),
        ("split", {"test_fraction": 0.1, "test_count": 3}, None),
        ("split", {"test_count": 0}, "test_count"),
        ("split", {"test_count": "3"}, "test_count"),
        ("split", {"share": 0.1}, "share"),
        ("convert", {"to": "text"}, "to"),
        ("convert", {"from": "xml"}, "from"),
        ("convert", {"map": {"user": "q"}}, "map"),
        ("convert", {"skip": "yes"}, "skip"),
    ],
)
async def test_what_cannot_be_asked_is_refused_at_once(api: Api, path: str, body: dict[str, Any], param: str) -> None:
    source = (await api.upload(chats(30))).id
    answer = await api.post(f"/files/{source}/{path}", body)
    assert (answer.status, answer.error["param"]) == (400, param), answer.raw
    assert (await api.post(f"/files/{source}x/{path}", {"test_count": 5} if path == "split" else {})).status == 404


async def test_the_same_key_promises_the_same_two_files(api: Api) -> None:
    source = (await api.upload(chats(30))).id
    answers = [
        await api.post(f"/files/{source}/split", {"test_count": 5}, headers={"Idempotency-Key": f"split-{source}"})
        for _ in range(2)
    ]
    assert answers[0].body == answers[1].body


async def test_a_second_try_writes_the_same_and_a_deleted_file_leaves_nothing(own: Api) -> None:
    runtime = own.house.runtime
    source, other = (await own.upload(chats(30))).id, (await own.upload(chats(31))).id
    made = (await own.post(f"/files/{source}/convert", {})).id
    # A worker that died after it had written the bytes, and before it said so.
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, made)
        before = await session.get_one(Dataset, source)
    stored, result = await derive._made(runtime, dataset, before)
    lease = await leased(runtime, "dataset.derive", made)
    assert await derive.run(runtime, lease) == Done()
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, made)
    assert (dataset.state, dataset.sha256, dataset.bytes) == (DatasetState.UPLOADED, stored.sha256, stored.bytes)
    assert dataset.derivation is not None
    assert dataset.derivation["result"] == result
    # Deleted while it is being made.
    late = (await own.post(f"/files/{other}/convert", {})).id
    lease = await leased(runtime, "dataset.derive", late)
    async with runtime.begin() as session:
        dataset = await session.get_one(Dataset, late)
        from_ = await session.get_one(Dataset, other)
    stored, result = await derive._made(runtime, dataset, from_)
    assert (await own.call("DELETE", f"/files/{late}")).status == 200
    await derive._end(runtime, lease, dataset, stored, result)
    with pytest.raises(Exception, match="has no"):
        [chunk async for chunk in runtime.storage.get(dataset.stored_as)]


async def test_a_split_waits_for_the_check_and_ends_when_its_source_is_deleted(own: Api) -> None:
    runtime = own.house.runtime
    source = (await own.upload(chats(30))).id
    made = (await own.post(f"/files/{source}/split", {"test_count": 5})).body["train"]["id"]
    lease = await leased(runtime, "dataset.derive", made)
    assert isinstance(await derive.run(runtime, lease), Again)
    assert (await own.call("DELETE", f"/files/{source}")).status == 200
    assert await derive.run(runtime, lease) == Done()
    shown = (await own.get(f"/files/{made}")).body
    assert (shown["status"], "was deleted" in shown["status_details"]) == ("error", True)
