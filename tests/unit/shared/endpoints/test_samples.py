"""What a test sends is complete as a real event, and says that it is none."""

import pytest

from shared.endpoints.registry import EVENT_TYPES
from shared.endpoints.samples import sample


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_sample_names_its_subject_and_says_that_it_is_a_test(event_type: str) -> None:
    data = sample(event_type, "proj_1", 1_795_305_600)
    assert data["test"] is True
    assert data["object"] == {"model": "model", "file": "file"}.get(event_type.partition(".")[0], data["object"])
    assert "test" in data["id"]


@pytest.mark.parametrize(
    ("event_type", "fields"),
    [
        ("fine_tuning.job.created", {"status": "validating_files", "finished_at": None, "fine_tuned_model": None}),
        ("fine_tuning.job.succeeded", {"status": "succeeded", "trained_tokens": 11_151, "error": None}),
        ("fine_tuning.job.failed", {"status": "failed", "fine_tuned_model": None}),
        ("file.error", {"status": "error", "status_details": "This is a test: no file has errors."}),
        ("file.processed", {"status": "processed"}),
        ("model.ready", {"readiness": "ready"}),
    ],
)
def test_a_sample_is_as_the_api_shows_its_subject_then(event_type: str, fields: dict[str, object]) -> None:
    data = sample(event_type, "proj_1", 1_795_305_600)
    assert {name: data[name] for name in fields} == fields
    assert (data.get("error") is not None) is (event_type == "fine_tuning.job.failed")
