"""The rules of prompt/completion lines."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.keys import check_keys
from shared.datasets.checks.wording import named


def check_pair(example: dict[str, Any], place: Place) -> None:
    """Add what is wrong with a prompt/completion line. An empty prompt is right: the model then writes unasked."""
    check_keys(example, ("prompt", "completion"), "", place, "a prompt/completion pair")
    prompt, completion = example.get("prompt"), example.get("completion")
    if not isinstance(prompt, str):
        found = f"it is {named(prompt)}" if "prompt" in example else "it is missing"
        place.add("prompt_invalid", f'"prompt" must be a string; {found}.', "prompt")
    if not isinstance(completion, str):
        found = f"it is {named(completion)}" if "completion" in example else "it is missing"
        place.add("completion_invalid", f'"completion" must be a string; {found}.', "completion")
    elif not completion:
        place.add("completion_invalid", '"completion" must not be empty: it is what the model learns.', "completion")
