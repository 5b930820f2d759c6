"""Write the result file of a job: the guide's CSV, one row a step."""

from collections.abc import Iterable
from typing import Any

HEADER = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
_COLUMNS = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")


def as_csv(steps: Iterable[dict[str, Any]]) -> str:
    """Return the file's text from the data of metrics events; five digits, and nothing where nothing was measured."""
    rows = [",".join([str(step["step"]), *(_cell(step.get(column)) for column in _COLUMNS)]) for step in steps]
    return "\n".join([HEADER, *rows]) + "\n"


def _cell(value: float | None) -> str:
    return "" if value is None else str(round(value, 5))
