"""The rules of reinforcement lines: a conversation that asks, and what a grader compares the answer with."""

from typing import Any

from shared.datasets.checks.chat import check_messages
from shared.datasets.checks.declared import check_declared
from shared.datasets.checks.findings import Place
from shared.datasets.checks.images import check_number
from shared.datasets.checks.roles import REINFORCEMENT_ROLES
from shared.datasets.checks.turns import check_answered, check_offered

_RESERVED = ("messages", "tools")


def check_reinforcement(example: dict[str, Any], place: Place) -> None:
    """Add what is wrong with a reinforcement line (OpenAI's FineTuneReinforcementRequestInput)."""
    check_declared({"tools": example.get("tools")}, place)
    messages = check_messages(example["messages"], "messages", place, REINFORCEMENT_ROLES)
    check_number(place)
    if messages:
        check_answered(messages, "messages", place)
        check_offered(example, messages, "messages", place)
        if messages[-1]["role"] == "assistant":
            said = 'the last message comes from "assistant", and the answer is sampled. End with "user".'
            place.add("answer_given", said, f"messages[{len(messages) - 1}]")
    if all(key in _RESERVED for key in example):
        said = 'a grader reads keys beside "messages", as {{item.KEY}}; this line has none to compare an answer with.'
        place.add("nothing_to_grade", said)
