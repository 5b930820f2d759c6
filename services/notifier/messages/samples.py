"""A sample of every event that is told, with its background: for previews, tests and the pictures in the documents"""

from collections.abc import Mapping
from math import exp
from typing import Any

from services.notifier.messages.digest import DIGEST
from services.notifier.messages.happening import Background, Finding, Happening, Report
from services.notifier.messages.message import Curve
from shared.events.catalogue import EventType

_AT = 1_795_305_600
_JOB = "ftjob-03ha9kk2s9oet0t14uximfeq"
_FILE = "file-03ha9kj0vd2mh5r8s1bqywzn"
_HELD_OUT = "file-03ha9kj4c8yq7x0e9tfpadlm"
_MODEL = "ft:gpt-4.1-mini-2025-04-14:acme:support-tone:9xTq"

_ESTIMATE = {
    "model": "gpt-4.1-mini-2025-04-14",
    "n_epochs": 3,
    "n_epochs_from": "default",
    "tokens_per_epoch": 161_420,
    "billed_tokens": 484_260,
    "price_per_million_usd": 5.0,
    "price_date": "2026-11-02",
    "cost_usd": 2.4213,
    "arithmetic": "161,420 tokens × 3 epochs × $5.00 per 1M tokens = $2.42",
}
_QUEUED: dict[str, Any] = {
    "id": _JOB,
    "object": "fine_tuning.job",
    "model": "gpt-4.1-mini-2025-04-14",
    "created_at": _AT - 1_260,
    "finished_at": None,
    "fine_tuned_model": None,
    "status": "queued",
    "training_file": _FILE,
    "validation_file": _HELD_OUT,
    "hyperparameters": {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 2.0},
    "trained_tokens": None,
    "error": None,
    "user_provided_suffix": "support-tone",
    "metadata": {"team": "support", "run": "nightly"},
    "stage": "queued",
    "stages": [
        {"stage": "validating", "at": _AT - 1_260},
        {"stage": "uploading", "at": _AT - 1_257},
        {"stage": "creating", "at": _AT - 1_255},
        {"stage": "queued", "at": _AT - 1_254},
    ],
    "estimate": _ESTIMATE,
    "provider": {"name": "default", "job_id": "ftjob-provider", "status": "queued"},
    "lineage": {"base_model": "gpt-4.1-mini-2025-04-14", "parent_model": None},
}
_RUNNING = {
    **_QUEUED,
    "status": "running",
    "stage": "running",
    "stages": [*_QUEUED["stages"], {"stage": "running", "at": _AT - 1_080}],
    "estimated_finish": _AT + 900,
}
_SUCCEEDED = {
    **_RUNNING,
    "status": "succeeded",
    "stage": "succeeded",
    "stages": [*_RUNNING["stages"], {"stage": "finishing", "at": _AT - 2}, {"stage": "succeeded", "at": _AT}],
    "finished_at": _AT,
    "fine_tuned_model": _MODEL,
    "trained_tokens": 483_900,
    "estimated_finish": None,
}
_FAILED = {
    **_QUEUED,
    "status": "failed",
    "stage": "failed",
    "stages": [{"stage": "validating", "at": _AT - 1_260}, {"stage": "failed", "at": _AT - 1_257}],
    "finished_at": _AT - 1_257,
    "error": {
        "code": "invalid_training_file",
        "message": "support.jsonl cannot be trained on. First: line 41: the last message must come from the assistant; "
        "it comes from the user.",
        "param": "training_file",
    },
}
_CANCELLED = {
    **_RUNNING,
    "status": "cancelled",
    "stage": "cancelled",
    "stages": [*_RUNNING["stages"], {"stage": "cancelled", "at": _AT}],
    "finished_at": _AT,
    "trained_tokens": 120_400,
}
_UPLOADED = {
    "id": _FILE,
    "object": "file",
    "bytes": 1_284_302,
    "created_at": _AT - 1_300,
    "filename": "support.jsonl",
    "purpose": "fine-tune",
    "status": "processed",
}
_REFUSED = {
    **_UPLOADED,
    "status": "error",
    "status_details": "line 41: the last message must come from the assistant; it comes from the user.",
}
_READY = {
    "id": _MODEL,
    "object": "model",
    "created": _AT,
    "owned_by": "proj_default",
    "readiness": "ready",
    "lineage": {"base_model": "gpt-4.1-mini-2025-04-14", "parent_model": None, "job_id": _JOB},
}
_ENDPOINT = {
    "id": "wh_03ha9kf7m2d0r6xw",
    "object": "webhook_endpoint",
    "name": "training desk",
    "url": "https://desk.example.com/hooks/tuning",
    "channel": "webhook",
    "status": "disabled",
    "status_reason": "The endpoint answered 410 Gone.",
}

_FAILING = {
    **_ENDPOINT,
    "status": "enabled",
    "status_reason": None,
    "percent": 70,
    "failing_since": _AT - 302_400,
    "last_error": "The endpoint answered 503.",
}
_PAUSED = {
    **_ENDPOINT,
    "name": "tuning channel",
    "url": None,
    "channel": "slack",
    "target": {"kind": "bot", "channel": "C0TUNING9"},
    "status": "paused",
    "status_reason": "The Slack channel is archived. Unarchive it, or choose another.",
}

_TOLD: tuple[tuple[str, Mapping[str, Any]], ...] = (
    (EventType.JOB_SUCCEEDED, _SUCCEEDED),
    (EventType.MODEL_READY, _READY),
    (EventType.JOB_FAILED, _FAILED),
)
_DIGEST = {
    "id": _ENDPOINT["id"],
    "object": "webhook_endpoint.digest",
    "count": len(_TOLD),
    "types": {kind: 1 for kind, _ in _TOLD},
    "events": [
        {"id": f"evt_03ha9kk2s9oet0t14uximfe{number}", "type": kind, "created_at": _AT, "sequence": 7, "data": data}
        for number, (kind, data) in enumerate(_TOLD)
    ],
}


def _curve() -> Curve:
    train = tuple(
        (step, 0.38 + 1.95 * exp(-step / 90) + 0.05 * ((step * 7919) % 13 - 6) / 6) for step in range(1, 364, 3)
    )
    valid = tuple((step, 0.52 + 1.75 * exp(-step / 80) + max(0, step - 242) * 0.0004) for step in range(1, 364, 40))
    return Curve(train, valid)


_NAMES = {_FILE: "support.jsonl", _HELD_OUT: "support-held-out.jsonl"}
_GOOD_REPORT = Report(
    examples=412,
    tokens=161_420,
    warnings=2,
    findings=(
        Finding(12, "the same example stands in line 310 too; a duplicate weighs double in training."),
        Finding(77, "the answer is cut off in the middle of a sentence."),
    ),
)
_BAD_REPORT = Report(
    examples=412,
    tokens=161_420,
    errors=7,
    warnings=2,
    findings=(
        Finding(41, "the last message must come from the assistant; it comes from the user."),
        Finding(58, 'messages[1].role is "asistant"; it must be system, user, assistant, tool or developer.'),
        Finding(59, "this is no JSON object: expected a comma at character 118."),
        Finding(120, "messages is empty; an example needs at least one assistant message."),
        Finding(121, "messages is empty; an example needs at least one assistant message."),
    ),
)
_TRAINED = Background(curve=_curve(), files=_NAMES)

_SAMPLES: Mapping[str, tuple[Mapping[str, Any], Background]] = {
    EventType.FILE_PROCESSED: (_UPLOADED, Background(report=_GOOD_REPORT)),
    EventType.FILE_ERROR: (_REFUSED, Background(report=_BAD_REPORT)),
    EventType.JOB_CREATED: ({**_QUEUED, "stage": "validating", "status": "validating_files"}, Background(files=_NAMES)),
    EventType.JOB_QUEUED: (_QUEUED, Background(files=_NAMES)),
    EventType.JOB_RUNNING: (_RUNNING, Background(files=_NAMES)),
    EventType.JOB_SUCCEEDED: (_SUCCEEDED, _TRAINED),
    EventType.JOB_FAILED: (_FAILED, Background(files=_NAMES)),
    EventType.JOB_CANCELLED: (_CANCELLED, Background(curve=Curve(_curve().train[:40]), files=_NAMES)),
    EventType.MODEL_READY: (_READY, Background()),
    EventType.MODEL_DELETED: ({**_READY, "readiness": "deleted"}, Background()),
    EventType.ENDPOINT_FAILING: (_FAILING, Background()),
    EventType.ENDPOINT_PAUSED: (_PAUSED, Background()),
    EventType.ENDPOINT_DISABLED: (_ENDPOINT, Background()),
    DIGEST: (_DIGEST, Background()),
}


def sample(event_type: str) -> Happening:
    """Return the sample of a type. Raises KeyError for one that nobody is told."""
    data, background = _SAMPLES[event_type]
    return Happening("evt_03ha9kk2s9oet0t14uximfeq2", event_type, _AT, 7, data, background)


def types() -> list[str]:
    """Return every type that has a sample."""
    return sorted(_SAMPLES)
