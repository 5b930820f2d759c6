"""Files: lists, ranges, reports, and what cannot be deleted."""

import asyncio

import pytest

from tests.conftest import chats, lines, until
from tests.integration.services.gateway.conftest import Api


async def test_the_list_goes_on_after_its_last_id_in_both_orders(own: Api) -> None:
    empty = (await own.get("/files")).body
    assert (empty["data"], empty["has_more"], empty["first_id"], empty["last_id"]) == ([], False, "", "")
    made = [(await own.upload(name=f"{n}.jsonl")).id for n in range(5)]
    for order, expected in (("desc", made[::-1]), ("asc", made)):
        seen: list[str] = []
        after = ""
        while True:
            page = (await own.get(f"/files?limit=2&order={order}{after}")).body
            ids = [file["id"] for file in page["data"]]
            assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
            seen += ids
            if not page["has_more"]:
                break
            after = f"&after={page['last_id']}"
        assert seen == expected
    assert len((await own.get("/files")).body["data"]) == 5
    assert (await own.get("/files?purpose=fine-tune-results")).body["data"] == []
    assert len((await own.get("/files?purpose=fine-tune&limit=5")).body["data"]) == 5
    assert (await own.get("/files?limit=5")).body["has_more"] is False


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"), ("limit=10001", "limit"), ("limit=-1", "limit"), ("limit=", "limit"),
        ("limit=1.5", "limit"), ("limit=ten", "limit"), ("limit=%D9%A1", "limit"), ("limit=" + "9" * 30, "limit"),
        ("order=up", "order"), ("order=", "order"),
    ],
)  # fmt: skip
async def test_a_parameter_out_of_its_range_is_refused(api: Api, query: str, param: str) -> None:
    answer = await api.get(f"/files?{query}")
    assert (answer.status, answer.error["param"]) == (400, param)


@pytest.mark.parametrize(
    ("header", "status", "content"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-4", 206, b"4"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-99", 206, b"0123456789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-4", 200, b"0123456789"),  # RFC 9110, 14.2: what is no range is ignored
        ("bytes=a-b", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=0-1,4-5", 200, b"0123456789"),
        ("", 200, b"0123456789"),
    ],
)
async def test_a_range_is_obeyed(api: Api, header: str, status: int, content: bytes | None) -> None:
    file_id = (await api.upload(b"0123456789")).id
    answer = await api.get(f"/files/{file_id}/content", headers={"Range": header})
    assert answer.status == status
    if status == 206:
        start = 10 - len(content or b"") if header.startswith("bytes=-") else int(header[6:].partition("-")[0])
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(content or b'') - 1}/10"
    if status == 416:
        assert answer.headers["content-range"] == "bytes */10"
    else:
        assert answer.raw == content


async def test_an_empty_file_has_no_range_and_no_bytes(api: Api) -> None:
    file_id = (await api.upload(b"")).id
    assert (await api.get(f"/files/{file_id}/content")).raw == b""
    assert (await api.get(f"/files/{file_id}/content", headers={"Range": "bytes=0-"})).status == 416


async def test_a_file_that_a_job_waits_for_is_kept(api: Api) -> None:
    training, validation = (await api.upload()).id, (await api.upload(chats(11))).id
    job_id = (await api.job(training_file=training, validation_file=validation)).id
    for file_id in (training, validation):
        answer = await api.call("DELETE", f"/files/{file_id}")
        assert (answer.status, answer.headers["x-should-retry"]) == (409, "false")
        assert job_id in answer.error["message"]
    assert (await api.post(f"/fine_tuning/jobs/{job_id}/cancel")).body["status"] == "cancelled"
    for file_id in (training, validation):
        assert (await api.call("DELETE", f"/files/{file_id}")).body["deleted"] is True
        assert (await api.call("DELETE", f"/files/{file_id}")).status == 404
        assert (await api.get(f"/files/{file_id}/content")).status == 404
        assert (await api.job(training_file=file_id)).error["param"] == "training_file"


async def test_the_report_comes_after_the_check(own: Api) -> None:
    good, bad = (await own.upload()).id, (await own.upload(chats() + lines({"messages": []}))).id
    early = await own.get(f"/files/{good}/report")
    assert (early.status, early.error["code"], early.headers["x-should-retry"]) == (409, "file_not_checked", "false")
    await own.house.start_worker()

    async def checked() -> bool:
        return all([(await own.get(f"/files/{file_id}")).body["status"] != "uploaded" for file_id in (good, bad)])

    await until(checked)
    report = (await own.get(f"/files/{good}/report")).body
    assert (report["object"], report["valid"], report["examples"]) == ("dataset.report", True, 12)
    report = (await own.get(f"/files/{bad}/report")).body
    assert report["valid"] is False
    assert 13 in [finding["line"] for finding in report["findings"]]
    shown = (await own.get(f"/files/{bad}")).body
    assert shown["status"] == "error"
    assert "13" in shown["status_details"]


async def test_a_file_is_deleted_or_used_but_never_both(api: Api) -> None:
    for _ in range(10):
        file_id = (await api.upload()).id
        used, deleted = await asyncio.gather(api.job(training_file=file_id), api.call("DELETE", f"/files/{file_id}"))
        assert (used.status, deleted.status) in ((200, 409), (404, 200))
