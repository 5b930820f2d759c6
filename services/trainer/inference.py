"""Ask a model: chat completions and completions, whole or as a stream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import tiktoken
from aiohttp import web

from services.trainer.asked import Asked, ChatAsked, CompletionAsked
from services.trainer.context import REQUEST_ID, SHELF, STORE
from services.trainer.engines.engine import Handle
from services.trainer.examples import ExampleRefused, Form, Turn, turns
from services.trainer.replies import Reply, pieces
from services.trainer.state.models import Offered
from shared import tokenizer
from shared.wire import ids
from shared.wire.errors import ApiError
from shared.wire.parse import parse

routes = web.RouteTableDef()


@dataclass(slots=True)
class Answering:
    """One request while it is answered: a list of prompts, `n` replies for each."""

    asked: Asked
    most: int
    model: Offered
    handle: Handle
    encoding: tiktoken.Encoding
    prompts: list[tuple[Turn, ...]]
    prompt_tokens: int
    chat: bool
    id: str = ""
    created: int = field(default_factory=lambda: int(time.time()))
    replies: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = ids.new("chatcmpl-" if self.chat else "cmpl-")
        self.replies = [Reply() for _ in self.prompts for _ in range(self.asked.n or 1)]

    def pieces(self, choice: int) -> Iterator[str]:
        """Yield the text of the reply number `choice`."""
        count = self.asked.n or 1
        sampling = self.asked.sampling(self.most, choice % count)
        prompt = self.prompts[choice // count]
        return pieces(self.handle, self.encoding, prompt, sampling, self.asked.stops, self.replies[choice])

    def envelope(self, object_: str) -> dict[str, Any]:
        name = self.model.name
        return {"id": self.id, "object": object_, "created": self.created, "model": name, "system_fingerprint": None}

    @property
    def usage(self) -> dict[str, int]:
        completion = sum(reply.tokens for reply in self.replies)
        total = self.prompt_tokens + completion
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": completion, "total_tokens": total}


@routes.post("/v1/chat/completions", name="chat.completions")
async def chat(request: web.Request) -> web.StreamResponse:
    asked = parse(ChatAsked, await request.read())
    try:
        prompt = turns(asked.messages, trained=False)
    except ExampleRefused as exc:
        raise ApiError(f"messages: {exc}.", param="messages") from exc
    model = _speaking(request, asked.model, "chat")
    encoding = await asyncio.to_thread(tokenizer.load, model.base.encoding)
    count = 3 + sum(3 + len(encoding.encode_ordinary(turn.role + turn.text + turn.name)) for turn in prompt)
    handle = await asyncio.to_thread(request.app[SHELF].take, model)
    return await _answer(request, Answering(asked, asked.most, model, handle, encoding, [prompt], count, chat=True))


@routes.post("/v1/completions", name="completions")
async def complete(request: web.Request) -> web.StreamResponse:
    asked = parse(CompletionAsked, await request.read())
    model = _speaking(request, asked.model, "completion")
    encoding = await asyncio.to_thread(tokenizer.load, model.base.encoding)
    try:
        texts = [given if isinstance(given, str) else encoding.decode(given) for given in asked.prompts]
    except (KeyError, OverflowError) as exc:
        message = f"prompt: {exc} is no token of {encoding.name}, the encoding of {model.base.name}."
        raise ApiError(message, param="prompt") from exc
    count = sum(len(encoding.encode_ordinary(text)) for text in texts)
    handle = await asyncio.to_thread(request.app[SHELF].take, model)
    prompts: list[tuple[Turn, ...]] = [(Turn("user", text),) for text in texts]
    return await _answer(request, Answering(asked, asked.most, model, handle, encoding, prompts, count, chat=False))


def _speaking(request: web.Request, name: str, form: Form) -> Offered:
    """Return the model if it takes this form of request; raises OpenAI's 404 for the other form."""
    model = request.app[STORE].models.get(name)
    if model.form == form:
        return model
    message = (
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
        " Did you mean to use v1/completions?"
        if model.form == "completion"
        else "This is a chat model and not supported in the v1/completions endpoint."
        " Did you mean to use v1/chat/completions?"
    )
    raise ApiError(message, status=404, param="model")


async def _answer(request: web.Request, answering: Answering) -> web.StreamResponse:
    if answering.asked.stream:
        return await _stream(request, answering)
    for choice in range(len(answering.replies)):
        await asyncio.to_thread(_exhaust, answering.pieces(choice))
    whole = "chat.completion" if answering.chat else "text_completion"
    choices = [_choice(answering, index) for index in range(len(answering.replies))]
    return web.json_response(answering.envelope(whole) | {"choices": choices, "usage": answering.usage})


def _exhaust(said: Iterator[str]) -> None:
    for _ in said:
        pass


def _choice(answering: Answering, index: int) -> dict[str, Any]:
    reply = answering.replies[index]
    about = {"index": index, "finish_reason": reply.finish, "logprobs": None}
    if answering.chat:
        return about | {"message": {"role": "assistant", "content": reply.text, "refusal": None}}
    return about | {"text": reply.text}


async def _stream(request: web.Request, answering: Answering) -> web.StreamResponse:
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-request-id": request[REQUEST_ID]}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for chunk in _chunks(answering):
        await response.write(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _chunks(answering: Answering) -> AsyncIterator[dict[str, Any]]:
    kind = "chat.completion.chunk" if answering.chat else "text_completion"
    envelope = answering.envelope(kind) | ({"usage": None} if answering.asked.with_usage else {})
    for index, reply in enumerate(answering.replies):
        if answering.chat:
            yield envelope | {
                "choices": [_delta(answering, index, {"role": "assistant", "content": "", "refusal": None})]
            }
        said = answering.pieces(index)
        while (piece := await asyncio.to_thread(next, said, None)) is not None:
            yield envelope | {"choices": [_delta(answering, index, {"content": piece})]}
        yield envelope | {"choices": [_delta(answering, index, {}) | {"finish_reason": reply.finish}]}
    if answering.asked.with_usage:
        yield envelope | {"choices": [], "usage": answering.usage}


def _delta(answering: Answering, index: int, delta: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {"index": index, "finish_reason": None, "logprobs": None}
    return about | ({"delta": delta} if answering.chat else {"text": delta.get("content", "")})
