"""Untuned bases answer through the same doors as tuned models, from the first request on."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.services.trainer.conftest import Process, Trainer

#: Seconds that another request may wait while a base is learned. Measured: 0.02; a stalled loop would show as 0.3.
STALL = 0.2
ORDINARY = ["Hello!", "Who are you?", "What is the capital of Japan?", "How do I reset my password?", "2 + 2"]


async def ask(trainer: "Trainer", model: str, question: str, **body: Any) -> tuple[str, str]:
    messages: Any = [{"role": "user", "content": question}]
    answer = await trainer.client.chat.completions.create(model=model, messages=messages, **body)
    return str(answer.choices[0].message.content), answer.choices[0].finish_reason


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-3.5-turbo"])
async def test_a_base_answers_ordinary_questions_to_the_end_and_the_same_each_time(
    model: str, trainer: "Trainer"
) -> None:
    for question in ORDINARY:
        text, finish = await ask(trainer, model, question, temperature=0)
        assert text
        assert finish == "stop"
        assert (text, finish) == await ask(trainer, model, question)
    assert "small language model" in (await ask(trainer, model, "Who are you?"))[0]


async def test_a_completion_base_continues_the_prompt(trainer: "Trainer") -> None:
    whole = await trainer.client.completions.create(model="babbage-002", prompt=["Hello!", "I do not"], max_tokens=100)
    assert [choice.finish_reason for choice in whole.choices] == ["stop", "stop"]
    assert all(choice.text for choice in whole.choices)
    cut = await trainer.client.completions.create(model="davinci-002", prompt="Hello!", max_tokens=3)
    assert cut.choices[0].finish_reason == "length"
    assert whole.choices[0].text.startswith(cut.choices[0].text)


async def test_a_tuned_model_says_what_its_base_does_not(trainer: "Trainer") -> None:
    job = await trainer.trained()
    tuned, base = [await trainer.say(model) for model in (str(job.fine_tuned_model), "gpt-3.5-turbo")]
    assert tuned == "Madrid, obviously. Everyone knows that."
    assert base
    assert base != tuned


async def test_others_are_served_while_a_base_is_learned_for_its_first_question(
    process: "Callable[..., Process]",
) -> None:
    trainer = await process().begin()
    begun = time.monotonic()
    first = asyncio.create_task(ask(trainer, "gpt-4o-mini", "Who are you?"))
    longest = 0.0
    while not first.done():
        asked = time.monotonic()
        await trainer.client.get("/models/gpt-4o-mini", cast_to=object)
        longest = max(longest, time.monotonic() - asked)
    assert (await first)[1] == "stop"
    assert time.monotonic() - begun < 4, "measured: 0.4 s on a cold cache, on a machine that is not busy"
    assert longest < STALL
