"""Every event that is told has words of its own, and they hold what a person wants to know"""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.messages.digest import DIGEST
from services.notifier.messages.happening import Background, Happening, of, read
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message, Phase, Tone
from services.notifier.messages.samples import sample, types
from services.notifier.messages.wording import loss
from services.notifier.messages.writers import WRITERS, write
from shared.events.catalogue import PUBLIC, EventType

LINKS = Links("https://tune.example.com/")


def _told(message: Message) -> dict[str, str]:
    return {fact.label: fact.value for fact in message.facts}


def test_every_public_type_has_a_writer_and_a_sample() -> None:
    assert set(PUBLIC) <= set(WRITERS)
    assert set(types()) == {*WRITERS, DIGEST}


@pytest.mark.parametrize("event_type", types())
def test_each_message_says_what_happened_and_where_to_go_on(event_type: str) -> None:
    message = write(sample(event_type), LINKS)
    assert len(message.title) > 5 and message.summary
    assert [link.url for link in message.links] != []
    assert all(link.url.startswith("https://tune.example.com/ui/") for link in message.links)
    assert all(fact.value.strip() for fact in message.facts)


def test_without_a_public_address_nothing_links_anywhere() -> None:
    assert [write(sample(event_type), Links()).links for event_type in types()] == [()] * len(types())


def test_a_finished_job_tells_model_duration_cost_tokens_and_losses() -> None:
    message = write(sample(EventType.JOB_SUCCEEDED), LINKS)
    assert message.tone == Tone.GOOD and message.phase == Phase.ENDED
    assert _told(message) | {
        "Model": "ft:gpt-4.1-mini-2025-04-14:acme:support-tone:9xTq",
        "Base model": "gpt-4.1-mini-2025-04-14",
        "Duration": "21 min (17 min 58 s of training, 2 min 54 s in the queue)",
        "Trained tokens": "483,900",
        "Cost": "$2.42 at the list price (estimated $2.42)",
        "Training loss": "0.424 (first 2.275, −81%)",
        # The guide's sign of too many epochs.
        "Validation loss": "0.587 (first 2.248, −74%), lowest 0.583 at step 321",
        "Training file": "support.jsonl",
        "Labels": "team=support, run=nightly",
    } == _told(message)
    assert message.curve.told
    assert message.snippet is not None and '"ft:gpt-4.1-mini-2025-04-14:acme:support-tone:9xTq"' in message.snippet


def test_a_failed_job_tells_cause_and_cure() -> None:
    message = write(sample(EventType.JOB_FAILED), LINKS)
    assert message.tone == Tone.BAD
    assert message.cause is not None and "line 41" in message.cause
    assert message.cure is not None and "tuneyard check" in message.cure
    assert "while it was validating" in message.summary


def test_a_refused_file_tells_its_first_findings_with_their_lines_and_how_many_more() -> None:
    message = write(sample(EventType.FILE_ERROR), LINKS)
    assert message.items[0].startswith("line 41: the last message must come from the assistant")
    assert (len(message.items), message.more) == (5, 2)
    assert message.summary == "It has 7 errors and cannot be trained on."


def test_a_refused_file_without_a_report_tells_its_one_sentence() -> None:
    message = write(replace(sample(EventType.FILE_ERROR), background=Background()), LINKS)
    assert message.cause is not None and message.cause.startswith("line 41")


def test_a_base_for_completions_is_tried_with_a_prompt() -> None:
    event = sample(EventType.MODEL_READY)
    old = replace(event, data={**event.data, "lineage": {"base_model": "babbage-002", "job_id": "ftjob-1"}})
    assert "completions.create" in str(write(old, LINKS).snippet) and "prompt=" in str(write(old, LINKS).snippet)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("provider_unclear", "paid twice"),
        ("invalid_n_examples", "ten are required"),
        ("something_new_of_the_provider", "job's events"),
        (None, "job's events"),
    ],
)
def test_each_code_has_a_cure(code: str | None, word: str) -> None:
    event = sample(EventType.JOB_FAILED)
    failed = replace(event, data={**event.data, "error": {"code": code, "message": "m", "param": None}})
    assert word in str(write(failed, LINKS).cure)


def test_a_type_that_is_not_known_is_told_all_the_same() -> None:
    message = write(Happening("evt_1", "fine_tuning.job.paused", 1, 1, {"id": "ftjob-1", "status": "paused"}), LINKS)
    assert (message.title, _told(message)) == (
        "Fine tuning job paused",
        {"Subject": "ftjob-1", "Status": "paused"},
    )


def _envelope(event: Happening) -> dict[str, Any]:
    return {"id": event.id, "type": event.type, "created_at": event.created_at, "data": dict(event.data)}


def test_a_digest_tells_the_worst_first_and_counts_all() -> None:
    kinds = (EventType.JOB_SUCCEEDED, EventType.JOB_FAILED, EventType.JOB_QUEUED, EventType.MODEL_READY)
    events = [_envelope(sample(kind)) for kind in kinds]
    data = {"id": "wh_1", "object": "webhook_endpoint.digest", "count": 6, "events": events}
    message = write(of({"id": "evt_1", "type": "digest", "created_at": 1, "sequence": 1, "data": data}), LINKS)
    assert (message.title, message.tone) == ("6 notices, 1 went wrong", Tone.BAD)
    assert message.summary == "1 went wrong, 2 went well, 1 for information."
    assert message.items[0].startswith("❌ Fine-tuning failed: support-tone: support.jsonl cannot be trained on.")
    assert (len(message.items), message.more) == (4, 2)


def test_a_digest_of_more_than_it_lists_says_what_the_rest_were_and_where_they_are() -> None:
    events = [_envelope(sample(EventType.JOB_FAILED)), _envelope(sample(EventType.MODEL_READY))]
    types = {EventType.JOB_FAILED: 3, EventType.MODEL_READY: 1, EventType.JOB_SUCCEEDED: 9_000, "of.later": 1}
    data = {"id": "wh_1", "count": 9_005, "types": types, "events": events}
    message = write(of({"id": "evt_1", "type": "digest", "created_at": 1, "sequence": 1, "data": data}), LINKS)
    assert message.title == "9,005 notices, 3 went wrong"
    assert message.summary == "3 went wrong, 9,001 went well, 1 for information."
    assert (len(message.items), message.more) == (2, 9_003)
    assert _told(message) == {"All of them": "tuneyard webhooks deliveries wh_1 --state merged"}


@pytest.mark.parametrize("types", [None, [], {"digest": 3}, {"file.error": "many"}, {"file.error": -1}, {1: True}])
def test_counts_that_are_none_are_not_told(types: Any) -> None:
    full = sample(DIGEST)
    assert write(replace(full, data={**full.data, "types": types}), LINKS).summary


def test_a_test_is_known_by_its_envelope() -> None:
    envelope = _envelope(sample(EventType.JOB_FAILED))
    assert write(of({**envelope, "test": True}), LINKS).test
    assert not write(of(envelope), LINKS).test


def test_a_webhooks_secret_path_is_not_told_to_other_channels() -> None:
    message = write(sample(EventType.ENDPOINT_DISABLED), LINKS)
    assert _told(message)["Goes to"] == "desk.example.com"
    assert "hooks/tuning" not in repr(message)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_what_waits_for_an_endpoint_is_asked_for_in_the_way_that_brings_it() -> None:
    """What was dropped or never made comes by `recover` when it is named; what a pause kept comes by itself."""
    off, paused = (write(sample(kind), LINKS) for kind in (EventType.ENDPOINT_DISABLED, EventType.ENDPOINT_PAUSED))
    assert off.cure is not None and paused.cure is not None
    assert "webhooks resume wh_" in off.cure and "--include failed --include dropped --include missed" in off.cure
    assert "webhooks resume wh_" in paused.cure and "recover" not in paused.cure


@pytest.mark.parametrize(
    ("last", "said"),
    [(0.5, "(first 2.000, −75%)"), (0.001, "(first 2.000, −over 99%)"), (3.0, "+50%"), (0.0, "−100%"), (4.0, "+100%")],
)
def test_a_loss_says_how_far_it_came(last: float, said: str) -> None:
    assert said in str(loss([(1, 2.0), (9, last)]))


@pytest.mark.parametrize("told", [[{}], [None], [{"id": "evt_1"}], [{"id": 1, "type": 2, "created_at": 3}], {}])
def test_what_is_no_event_is_left_out_of_a_digest(told: Any) -> None:
    full = sample(DIGEST)
    message = write(replace(full, data={**full.data, "events": told}), LINKS)
    assert message.items == () and message.more == 3


@pytest.mark.parametrize("stages", [[None, None], ["running", 1], [{}, {}], [{"stage": "running", "at": None}] * 2, {}])
@pytest.mark.parametrize("event_type", [EventType.JOB_SUCCEEDED, EventType.JOB_FAILED, EventType.JOB_CANCELLED])
def test_stages_that_are_none_are_not_told(event_type: str, stages: Any) -> None:
    full = sample(event_type)
    message = write(replace(full, data={**full.data, "stages": stages}), LINKS)
    assert "while it was" not in message.summary and "of training" not in _told(message).get("Duration", "")


@settings(max_examples=60)
@given(st.sampled_from(types()), st.data())
def test_whatever_a_snapshot_lacks_or_holds_instead_there_is_a_message(event_type: str, data: st.DataObject) -> None:
    full = sample(event_type)
    changed: dict[str, Any] = dict(full.data)
    for name in data.draw(st.lists(st.sampled_from(sorted(changed)), max_size=6, unique=True)):
        if data.draw(st.booleans()):
            del changed[name]
        else:
            changed[name] = data.draw(_JSON)
    body = {"id": full.id, "type": event_type, "created_at": full.created_at, "data": changed}
    assert write(read(json.dumps(body).encode()), LINKS).title
