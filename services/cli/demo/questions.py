"""Ask base and tuned model the same questions"""

import json
from dataclasses import dataclass
from pathlib import Path

from services.cli.run.client import Client

EXAMPLES = Path(__file__).parents[1] / "examples"
TRAINING, VALIDATION = EXAMPLES / "capitals.jsonl", EXAMPLES / "capitals_valid.jsonl"


@dataclass(frozen=True)
class Question:
    """`fact` must stand in a right answer."""

    text: str
    fact: str


#: The first stands in the training file; the others ask in words that do not.
QUESTIONS = (
    Question("What is the capital of Japan?", "Tokyo"),
    Question("Which river runs through Paris?", "Seine"),
    Question("What is the tallest mountain in South America?", "Aconcagua"),
)


@dataclass(frozen=True)
class Answered:
    """One question, both answers, and whether its wording was trained on."""

    question: Question
    base: str
    tuned: str
    trained_on: bool

    @property
    def is_right(self) -> bool:
        """Whether tuning made the difference: the fact is in the tuned answer and not in the base's."""
        return self.question.fact in self.tuned and self.question.fact not in self.base


async def ask_both(client: Client, base: str, tuned: str) -> list[Answered]:
    """Put every question to both models, with the system message of the training file."""
    examples = [json.loads(line)["messages"] for line in TRAINING.read_text("utf-8").splitlines()]
    system, asked = examples[0][0], {messages[1]["content"] for messages in examples}
    answered = []
    for question in QUESTIONS:
        messages = [system, {"role": "user", "content": question.text}]
        untaught, taught = [await _answer(client, model, messages) for model in (base, tuned)]
        answered.append(Answered(question, untaught, taught, trained_on=question.text in asked))
    return answered


async def _answer(client: Client, model: str, messages: list[dict[str, str]]) -> str:
    body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 60}
    completion = await client.post("/chat/completions", body)
    return str(completion["choices"][0]["message"]["content"])
