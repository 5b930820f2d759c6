"""Jobs, events and checkpoints as real servers tell them, whole or in part."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.provider.answers import OUR_ID, NewJob, ProviderCheckpoint, ProviderEvent, ProviderJob

FIXTURES = Path(__file__).parents[3] / "fixtures" / "provider"
BARE = {"id": "ftjob-1"}


def _golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return body


def test_a_job_just_created_has_an_empty_object_for_its_error() -> None:
    job = ProviderJob.read(_golden("job__created"))
    assert (job.id, job.status, job.created_at) == ("ftjob-xxx", "validating_files", 1725983532)
    assert (job.error_code, job.error_message, job.fine_tuned_model) == (None, None, None)
    assert job.hyperparameters == {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


def test_a_job_that_succeeded_names_model_tokens_and_result_file() -> None:
    job = ProviderJob.read(_golden("job__succeeded"))
    assert job.fine_tuned_model == "ft:gpt-4.1-nano-2025-04-14:openai::BTz2REMH"
    assert (job.trained_tokens, job.result_files) == (1700, ("file-9TLxKY2A8tC5YE1RULYxf6",))
    assert job.hyperparameters["n_epochs"] == 10


def test_a_partial_job_is_read() -> None:
    job = ProviderJob.read(_golden("job__paused"))
    assert (job.status, job.hyperparameters, job.result_files) == ("paused", {}, ())


@pytest.mark.parametrize(
    ("more", "expected", "remark"),
    [
        ({"error": None}, {"error_message": None}, "null, as documented"),
        ({"error": {"code": None, "message": None}}, {"error_code": None}, "an object of nulls is no error"),
        ({"error": {"code": "x", "message": "y"}}, {"error_code": "x", "error_message": "y"}, "an error"),
        ({"error": "it broke"}, {"error_message": "it broke"}, "a bare text"),
        ({"error": {"code": 7, "message": ["a"]}}, {"error_code": "7", "error_message": '["a"]'}, "of other types"),
        ({"hyperparameters": None}, {"hyperparameters": {}}, "null for failed jobs"),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}},
            {"hyperparameters": {"beta": 0.1}},
            "under the method alone",
        ),
        ({"method": "supervised"}, {"hyperparameters": {}}, "a word in the method's place"),
        ({"result_files": None}, {"result_files": ()}, "null before success"),
        ({"result_files": [None, "file-1"]}, {"result_files": ("file-1",)}, "a hole in the list"),
        ({"status": None}, {"status": "unknown"}, "no status means still running"),
        ({"fine_tuned_model": ""}, {"fine_tuned_model": None}, "an empty name is none"),
        ({"trained_tokens": "1700"}, {"trained_tokens": 1700}, "a number as text"),
        ({"trained_tokens": 10**30}, {"trained_tokens": None}, "more than a bigint holds"),
        ({"created_at": "yesterday"}, {"created_at": 0}, "words for an instant"),
        ({"estimated_finish": 1e300}, {"estimated_finish": None}, "after the end of time"),
        ({"metadata": []}, {"metadata": {}}, "PHP's empty object"),
        ({"metadata": {"a": 1}}, {"metadata": {"a": "1"}}, "a number as a value"),
    ],
)
def test_a_job_is_read_tolerantly(more: dict[str, Any], expected: dict[str, Any], remark: str) -> None:
    job = ProviderJob.read({**BARE, **more})
    assert {name: getattr(job, name) for name in expected} == expected, remark


def test_a_reason_as_long_as_a_page_is_cut() -> None:
    job = ProviderJob.read({**BARE, "error": {"message": "x" * 10**6}})
    assert len(job.error_message or "") == 4000


def test_an_answer_without_an_id_is_not_a_job() -> None:
    with pytest.raises(KeyError):
        ProviderJob.read({"status": "queued"})


@pytest.mark.parametrize("data", [None, {}, [], "text"])
def test_an_event_without_data_has_none(data: object) -> None:
    event = ProviderEvent.read({"id": "e", "created_at": None, "message": None, "data": data})
    assert (event.data, event.level, event.type, event.message) == (None, "info", "message", "")


def test_an_event_with_a_page_of_data_keeps_its_message() -> None:
    event = ProviderEvent.read({"id": "e", "message": "m", "data": {"a": "x" * 10**6}})
    assert (event.message, event.data) == ("m", None)


def test_metrics_of_a_checkpoint_that_are_no_numbers_are_left_out() -> None:
    body = {"id": "c", "fine_tuned_model_checkpoint": "ft:m:ckpt", "step_number": 88, "metrics": {"a": 1, "b": "x"}}
    assert ProviderCheckpoint.read(body).metrics == {"a": 1.0}
    assert ProviderCheckpoint.read({**body, "metrics": None}).metrics == {}
    # Python's JSON reads integers of any length; a double ends at 1.8e308.
    assert ProviderCheckpoint.read({**body, "metrics": {"a": 10**400, "b": True, "c": 2}}).metrics == {"c": 2.0}
    assert ProviderCheckpoint.read({**body, "step_number": 2**40}).step == 2**31 - 1


def test_a_new_job_leaves_out_what_is_not_set_and_carries_our_id() -> None:
    chosen = {"n_epochs": "auto"}
    bare = NewJob("ftjob-ours", "gpt-4o-mini-2024-07-18", "file-1", None, None, None, chosen).body()
    assert bare == {
        "model": "gpt-4o-mini-2024-07-18",
        "training_file": "file-1",
        "method": {"type": "supervised", "supervised": {"hyperparameters": chosen}},
        "metadata": {OUR_ID: "ftjob-ours"},
    }
    full = NewJob("ftjob-ours", "m", "file-1", "file-2", "s", 0, chosen).body()
    assert full["validation_file"] == "file-2" and full["suffix"] == "s"
    assert full["seed"] == 0  # zero is a seed, not an absence
