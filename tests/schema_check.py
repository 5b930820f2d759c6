"""Hold each answer against OpenAI's own schemas, as the SDK receives it.

    client = OpenAI(base_url=…, api_key=…, http_client=checked_client())     # AsyncOpenAI: checked_async_client()

`fixtures/openai_schemas.json` is a selection from OpenAI's specification (the answers of files, jobs and models,
errors, three webhooks; the forms of the method `reinforcement` are left open), with those of chat and completions.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from jsonschema import Draft202012Validator
from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

_SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures/openai_schemas.json").read_text())
_STREAM = "text/event-stream"
_JOB = "/fine_tuning/jobs/[^/]+"
#: What answers each operation, by the last part of its path; None: bytes of any kind.
_OPERATIONS: tuple[tuple[str, str, str | None], ...] = (
    ("GET", "/files", "ListFilesResponse"),
    ("POST", "/files", "OpenAIFile"),
    ("GET", "/files/[^/]+", "OpenAIFile"),
    ("DELETE", "/files/[^/]+", "DeleteFileResponse"),
    ("GET", "/files/[^/]+/content", None),
    ("GET", "/fine_tuning/jobs", "ListPaginatedFineTuningJobsResponse"),
    ("POST", "/fine_tuning/jobs", "FineTuningJob"),
    ("GET", _JOB, "FineTuningJob"),
    ("POST", f"{_JOB}/(?:cancel|pause|resume)", "FineTuningJob"),
    ("GET", f"{_JOB}/events", "ListFineTuningJobEventsResponse"),
    ("GET", f"{_JOB}/checkpoints", "ListFineTuningJobCheckpointsResponse"),
    ("GET", "/models", "ListModelsResponse"),
    ("GET", "/models/[^/]+", "Model"),
    ("DELETE", "/models/[^/]+", "DeleteModelResponse"),
    ("POST", "/chat/completions", "ChatCompletion"),
    ("POST", "/completions", "TextCompletion"),
)
_CHUNKS = {"ChatCompletion": "ChatCompletionChunk", "TextCompletion": "TextCompletionChunk"}


def checked_client() -> DefaultHttpxClient:
    """Return an HTTP client for the SDK that raises AssertionError for the first answer of another shape."""

    def check(response: httpx2.Response) -> None:
        response.read()
        check_response(response)

    return DefaultHttpxClient(event_hooks={"response": [check]})


def checked_async_client() -> DefaultAsyncHttpxClient:
    """Return the same for AsyncOpenAI."""

    async def check(response: httpx2.Response) -> None:
        await response.aread()
        check_response(response)

    return DefaultAsyncHttpxClient(event_hooks={"response": [check]})


def check_response(response: httpx2.Response) -> None:
    """Raise AssertionError unless the answer has its operation's shape, and a request id."""
    request = response.request
    check_answer(
        request.method,
        request.url.path,
        response.status_code,
        response.headers.get("content-type", ""),
        response.content,
    )
    assert response.headers.get("x-request-id"), f"{request.method} {request.url.path} has no x-request-id"


def check_answer(method: str, path: str, status: int, content_type: str, body: bytes) -> None:
    """Raise AssertionError unless the body is what OpenAI's specification says of this operation and status."""
    where = f"{method} {path} ({status})"
    if status >= 400:
        conform("ErrorResponse", json.loads(body), where)
        return
    assert status in (200, 206), f"{where} is not among the specification's statuses"
    schema = _schema_of(method, path.partition("/v1")[2])
    if schema is None:
        return
    if content_type.startswith(_STREAM):
        _check_stream(_CHUNKS[schema], body, where)
    else:
        assert content_type.startswith("application/json"), f"{where} has the content type {content_type}"
        conform(schema, json.loads(body), where)


def conform(schema: str, value: Any, where: str) -> None:
    """Raise AssertionError, with every place that differs, unless `value` has the shape called `schema`."""
    found = [f"{error.json_path}: {error.message}" for error in _validator(schema).iter_errors(value)]
    assert not found, f"{where} is not a {schema}:\n" + "\n".join(found)


def check_webhook(payload: dict[str, Any]) -> None:
    """Raise AssertionError unless the payload is OpenAI's for its type of event."""
    name = "".join(word.title() for word in re.split(r"[._]", payload["type"]))
    conform(f"Webhook{name}", payload, payload["type"])


def _check_stream(schema: str, body: bytes, where: str) -> None:
    *chunks, last = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line]
    assert last == "[DONE]", f"{where} ends with {last!r}"
    for chunk in chunks:
        conform(schema, json.loads(chunk), where)


def _schema_of(method: str, path: str) -> str | None:
    for known, pattern, schema in _OPERATIONS:
        if known == method and re.fullmatch(pattern, path):
            return schema
    raise AssertionError(f"{method} {path} is no operation of OpenAI's that is known here")


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {**_SCHEMAS, "$ref": f"#/$defs/{name}"}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
