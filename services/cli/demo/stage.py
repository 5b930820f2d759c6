"""Print what the demonstration shows; `tuneyard run`'s own view, with headings, answers and webhooks"""

import json
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.cli.demo.proof import Proof
from services.cli.demo.questions import Answered
from services.cli.demo.receiver import Received
from services.cli.run import wording
from services.cli.run.connection import Connection
from services.cli.run.live_view import curves
from services.cli.run.plain_view import PlainView
from services.cli.run.training import Training
from services.cli.run.view import Json

#: Where nobody watches, as in a log or a README.
_WIDTH = 100
_BODY_FIELDS = ("id", "object", "status", "fine_tuned_model", "trained_tokens", "readiness")


class Stage(PlainView):
    """Remembers what the proofs need: `reports`, `job`, `training`, `model`."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        super().__init__(console if console.is_terminal else Console(highlight=False, width=_WIDTH))
        self.reports: list[Json] = []
        self.job: Json | None = None
        self.training = Training()
        self.model: str | None = None

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.console.print()
        self.console.print(Text(f"── {text}", style="bold cyan"), soft_wrap=True)

    def connected(self, connection: Connection) -> None:
        self._connection = connection

    def checked(self, file: Json, report: Json | None) -> None:
        name = str(file["filename"]).rpartition("/")[2]
        super().checked({**file, "filename": name}, report)
        if report is not None:
            self.reports.append(report)

    def changed(self, job: Json, training: Training, events: Sequence[Json]) -> None:
        super().changed(job, training, events)
        self.job, self.training = job, training

    def succeeded(self, job: Json, training: Training, *, ready: bool, line_to_try: str) -> None:  # noqa: ARG002
        self.model = job["fine_tuned_model"]
        self.console.print(curves(training, self.console.width, braille=self._draws_braille()))
        self.say("Loss", wording.losses(training))
        if cost := wording.settled(job):
            self.say("Cost", cost)
        self.say("Model", job["fine_tuned_model"], style="bold green")

    def side_by_side(self, answered: Sequence[Answered]) -> None:
        """Show both answers to each question."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=False, expand=True)
        for header in ("question", "base", "tuned"):
            table.add_column(header, ratio=1, overflow="fold")
        for one in answered:
            note = "" if one.trained_on else "\n(not in the training file)"
            table.add_row(Text(one.question.text).append(note, style="dim"), one.base, Text(one.tuned, style="green"))
        self.console.print(table)

    def webhook(self, received: Received, *, verified: bool) -> None:
        """Show the headers of the standard and the body, shortened."""
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            self.write(f"{name}: ", "dim", received.headers.get(name, "missing"))
        self.write(json.dumps(shortened(received.event), ensure_ascii=False))
        self.say("Signature", "verified" if verified else "NOT VERIFIED", style="green" if verified else "bold red")

    def conclude(self, proof: Proof, seconds: float) -> int:
        """Show every proof, and return the exit code."""
        good, bad = ("✓", "✗") if self._draws_braille() else ("ok ", "NO ")
        for sentence, holds in proof.facts:
            self.write(good if holds else bad, "green" if holds else "bold red", f" {sentence}")
        if missing := proof.missing:
            self.write(
                "error: ", "bold red", f"the demo is not whole after {seconds:.0f} s: not so: {'; '.join(missing)}."
            )
            return 1
        self.write(f"All of it happened, in {seconds:.0f} s.", "bold")
        return 0

    def _draws_braille(self) -> bool:
        return self.console.encoding.lower().startswith("utf")

    @staticmethod
    def data(line: str) -> None:
        """Print nothing: no script reads this."""


def shortened(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with those fields of its data that a reader looks for."""
    data = event.get("data") or {}
    kept = {name: data[name] for name in _BODY_FIELDS if name in data}
    return {**event, "data": {**kept, "…": f"{len(data) - len(kept)} more fields"}}
