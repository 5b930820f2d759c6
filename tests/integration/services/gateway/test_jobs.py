"""Jobs: what may be asked for, lists and filters, cancelling."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.services.gateway.conftest import JSON, MODEL, Api


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 1}, "model"),
        ({"model": ""}, "model"),
        ({"model": "gpt-9"}, "model"),
        ({"training_file": None}, "training_file"),
        ({"training_file": ["file-1"]}, "training_file"),
        ({"validation_file": 5}, "validation_file"),
        ({"suffix": ""}, "suffix"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"suffix": 3}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"seed": True}, "seed"),
        ({"hyperparameters": []}, "hyperparameters"),
        ({"hyperparameters": {"n_epochs": 0}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": 2.5}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": True}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "many"}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "3"}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"batch_size": 0}}, "hyperparameters.batch_size"),
        ({"hyperparameters": {"batch_size": 257}}, "hyperparameters.batch_size"),
        ({"hyperparameters": {"learning_rate_multiplier": 0}}, "hyperparameters.learning_rate_multiplier"),
        ({"hyperparameters": {"learning_rate_multiplier": -1}}, "hyperparameters.learning_rate_multiplier"),
        ({"hyperparameters": {"speed": 1}}, "hyperparameters.speed"),
        ({"method": {"type": "magic"}}, "method.type"),
        ({"method": {"supervised": {}}}, "method.type"),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 99}}}},
            "method.supervised.hyperparameters.n_epochs",
        ),
        ({"method": {"type": "supervised"}, "hyperparameters": {}}, None),
        ({"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]}, "integrations"),
        ({"metadata": {f"k{n}": "v" for n in range(17)}}, "metadata"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"metadata": {"k": 1}}, "metadata.k"),
        ({"metadata": "k=v"}, "metadata"),
        ({"n_epochs": 3}, "n_epochs"),
        ({"Model": MODEL}, "Model"),
    ],
)
async def test_a_wrong_field_is_refused_by_its_name(api: Api, asked: dict[str, Any], param: str | None) -> None:
    answer = (
        await api.job(**asked)
        if "training_file" not in asked
        else await api.post("/fine_tuning/jobs", {"model": MODEL, **asked})
    )
    assert (answer.status, answer.error["param"], answer.error["type"]) == (400, param, "invalid_request_error")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, ("auto", "auto", "auto")),
        ({"hyperparameters": {"n_epochs": None, "batch_size": "auto"}}, ("auto", "auto", "auto")),
        ({"hyperparameters": {"n_epochs": 1, "batch_size": 256}}, (1, 256, "auto")),
        ({"hyperparameters": {"n_epochs": 50, "learning_rate_multiplier": 1e-9}}, (50, "auto", 1e-9)),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"learning_rate_multiplier": 2}}}},
            ("auto", "auto", 2),
        ),
        ({"hyperparameters": None, "method": None, "suffix": None, "metadata": None, "integrations": None},
         ("auto", "auto", "auto")),
    ],
)  # fmt: skip
async def test_hyperparameters_are_shown_as_asked_and_auto_until_chosen(
    api: Api, asked: dict[str, Any], shown: tuple[Any, ...]
) -> None:
    job = (await api.job(**asked)).body
    names = ("n_epochs", "batch_size", "learning_rate_multiplier")
    assert tuple(job["hyperparameters"][name] for name in names) == shown
    assert job["method"] == {"type": "supervised", "supervised": {"hyperparameters": job["hyperparameters"]}}
    assert (job["error"], job["result_files"], job["trained_tokens"]) == (None, [], None)


async def test_a_job_shows_what_was_asked_at_its_limits(api: Api) -> None:
    metadata = {"k" * 64: "v" * 512} | {str(n): "" for n in range(15)}
    asked: dict[str, Any] = {"suffix": "s" * 64, "seed": 2**31 - 1, "metadata": metadata}
    job = (await api.job(**asked, model="gpt-3.5-turbo")).body
    assert (job["user_provided_suffix"], job["seed"], job["metadata"]) == tuple(asked.values())
    assert job["model"] == "gpt-3.5-turbo-0125"


async def test_files_that_do_not_fit_are_refused(api: Api) -> None:
    file_id = (await api.upload()).id
    same = await api.job(training_file=file_id, validation_file=file_id)
    assert (same.status, same.error["param"]) == (400, "validation_file")
    for name in ("training_file", "validation_file"):
        asked = {"training_file": file_id, name: "file-unknown"}
        missing = await api.job(**asked)
        assert (missing.status, missing.error["param"]) == (404, name)


async def test_a_tuned_model_that_nobody_made_cannot_be_gone_on_from(api: Api) -> None:
    answer = await api.job(model=f"ft:{MODEL}:org:suffix:abc")
    assert (answer.status, answer.error["code"], answer.error["param"]) == (404, "model_not_found", "model")


async def test_jobs_are_paged_newest_first_without_ids_of_the_ends(own: Api) -> None:
    assert (await own.get("/fine_tuning/jobs")).body == {"object": "list", "data": [], "has_more": False}
    file_id = (await own.upload()).id
    made = [(await own.job(training_file=file_id)).id for _ in range(5)]
    first = (await own.get("/fine_tuning/jobs?limit=2")).body
    assert [job["id"] for job in first["data"]] == made[:2:-1]
    assert first["has_more"] is True
    rest = (await own.get(f"/fine_tuning/jobs?limit=3&after={made[3]}")).body
    assert [job["id"] for job in rest["data"]] == made[2::-1]
    assert rest["has_more"] is False


async def test_metadata_filters_by_every_pair(own: Api) -> None:
    file_id = (await own.upload()).id
    told: list[dict[str, str] | None] = [
        {"team": "a", "try": "1"},
        {"team": "a", "try": ""},
        {"é[x]\n=&": "b"},
        None,
        {},
    ]
    made = [(await own.job(training_file=file_id, metadata=metadata)).id for metadata in told]
    for query, expected in [
        ("", {0, 1, 2, 3, 4}),
        ("metadata[team]=a", {0, 1}),
        ("metadata%5Bteam%5D=a", {0, 1}),
        ("metadata[team]=a&metadata[try]=1", {0}),
        ("metadata[team]=a&metadata[try]=", {1}),
        ("metadata[try]=", {1}),
        ("metadata[team]=b", set()),
        ("metadata[Team]=a", set()),
        (f"metadata[{quote('é[x]' + chr(10) + '=&')}]=b", {2}),
        ("metadata=null", {3, 4}),
        ("metadata=", {0, 1, 2, 3, 4}),
    ]:
        found = {job["id"] for job in (await own.get(f"/fine_tuning/jobs?{query}")).body["data"]}
        assert found == {made[n] for n in expected}, query


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("metadata=null&metadata[a]=b", "metadata"),
        ("metadata=some", "metadata"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(api: Api, query: str, param: str) -> None:
    answer = await api.get(f"/fine_tuning/jobs?{query}")
    assert (answer.status, answer.error["param"]) == (400, param)


async def test_events_are_paged_and_checkpoints_are_none_yet(api: Api) -> None:
    job_id = (await api.job()).id
    whole = (await api.get(f"/fine_tuning/jobs/{job_id}/events")).body
    assert len(whole["data"]) >= 2
    assert "data" not in whole["data"][-1]
    first = (await api.get(f"/fine_tuning/jobs/{job_id}/events?limit=1")).body
    assert first["has_more"] is True
    rest = (await api.get(f"/fine_tuning/jobs/{job_id}/events?after={first['data'][0]['id']}")).body
    assert first["data"] + rest["data"] == whole["data"]
    none = (await api.get(f"/fine_tuning/jobs/{job_id}/checkpoints")).body
    assert none == {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("request_", [{}, {"headers": JSON}, {"data": b"", "headers": JSON}, {"data": b"not json"}])
async def test_a_cancel_needs_no_body_and_reads_none(api: Api, request_: dict[str, Any]) -> None:
    job_id = (await api.job()).id
    cancelled = await api.call("POST", f"/fine_tuning/jobs/{job_id}/cancel", **request_)
    assert (cancelled.status, cancelled.body["status"]) == (200, "cancelled")
    assert cancelled.body["finished_at"] is not None
    again = await api.post(f"/fine_tuning/jobs/{job_id}/cancel")
    assert again.body == cancelled.body


async def test_training_and_validation_may_not_hold_the_same_bytes(api: Api) -> None:
    one, other = (await api.upload()).id, (await api.upload()).id
    refused = await api.job(training_file=one, validation_file=other)
    assert (refused.status, refused.error["param"]) == (400, "validation_file")


@pytest.mark.parametrize("query", ["status=failed", "after=nope", "after=file-0123456789012345678901234"])
async def test_a_parameter_that_would_do_nothing_is_refused(api: Api, query: str) -> None:
    refused = await api.get(f"/fine_tuning/jobs?{query}")
    assert (refused.status, refused.error["param"]) == (400, query.partition("=")[0])


async def test_a_name_that_looks_tuned_is_no_base(api: Api) -> None:
    name = "gpt-3.5-turbo:ft-another-2023-01-01"
    assert (await api.get(f"/models/{name}")).status == 404
    assert (await api.post("/chat/completions", {"model": name, "messages": []})).status == 404
    assert (
        await api.post("/fine_tuning/jobs", {"model": name, "training_file": (await api.upload()).id})
    ).status == 400


async def test_many_errors_make_a_short_answer(api: Api) -> None:
    pairs = {f"k{number}": 1 for number in range(50_000)}
    refused = await api.post("/fine_tuning/jobs", {"model": MODEL, "training_file": "file-x", "metadata": pairs})
    assert refused.status == 400
    assert "at most 16" in refused.error["message"]
    unknown = await api.post("/fine_tuning/jobs", {"model": MODEL, "training_file": "file-x", **pairs})
    assert len(unknown.error["details"]) == 20
