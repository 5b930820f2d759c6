"""What `up` writes: the parts' lines by name in a terminal, one JSON object a line anywhere else"""

import json
import sys
import zlib
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from services.cli.up.part import Ready

COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")

#: Columns for the part's name; `worker-12` fits.
NAME_WIDTH = 9


class Output(Protocol):
    """Where the supervisor speaks."""

    log_format: str

    def line(self, part: str, text: str) -> None:
        """Forward one line that a part wrote."""

    def say(self, event: str, sentence: str, **fields: object) -> None:
        """Tell what happened: the sentence to a person, the event and its fields to a machine."""

    def fail(self, sentence: str) -> None:
        """Tell, on stderr, why it cannot go on."""

    def ready(self, ready: Ready) -> None:
        """Tell where the service is, with which key, and how to stop it."""


class TerminalOutput:
    """For a person."""

    log_format = "text"

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, part: str, text: str) -> None:
        colour = COLOURS[zlib.crc32(part.encode()) % len(COLOURS)]
        # The part has coloured its own line, if it did; we colour only its name.
        self._console.print(Text(f"{part:>{NAME_WIDTH}} │ ", style=colour) + Text.from_ansi(text), soft_wrap=True)

    def say(self, event: str, sentence: str, **fields: object) -> None:  # noqa: ARG002 - they are for machines
        self._console.print(Text(f"{'up':>{NAME_WIDTH}} │ {sentence}", style="bold"), soft_wrap=True)

    def fail(self, sentence: str) -> None:
        Console(stderr=True, highlight=False).print(Text("error: ", style="bold red") + Text(sentence), soft_wrap=True)

    def ready(self, ready: Ready) -> None:
        rows = {
            "API": ready.address,
            "Key": ready.api_key,
            "Trainer": ready.trainer,
            "Data": ready.data_dir,
            "Stop": "Ctrl-C (a second one stops without waiting)",
        }
        text = Text("\n").join(
            Text(f"{name:<8}", style="dim") + Text(value, style="bold") for name, value in rows.items()
        )
        title = f"Tuneyard is ready after {ready.seconds:.1f} s"
        self._console.print(Panel(text, title=title, border_style="green", expand=False))


class JsonOutput:
    """For a machine; what a part wrote as JSON is passed on byte for byte."""

    log_format = "json"

    def line(self, part: str, text: str) -> None:
        if _is_json_object(text):
            print(text, flush=True)  # noqa: T201 - this is the output
        else:
            self._write("part.wrote", level="info", part=part, message=text)

    def say(self, event: str, sentence: str, **fields: object) -> None:
        self._write(event, level="info", message=sentence, **fields)

    def fail(self, sentence: str) -> None:
        print(f"error: {sentence}", file=sys.stderr, flush=True)  # noqa: T201

    def ready(self, ready: Ready) -> None:
        self._write("up.ready", level="info", **ready._asdict())

    def _write(self, event: str, **fields: object) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        print(json.dumps({"event": event, "timestamp": now, **fields}, ensure_ascii=False), flush=True)  # noqa: T201


def choose_output() -> Output:
    """A terminal's output on a terminal, JSON into a pipe or a file."""
    return TerminalOutput(Console(highlight=False)) if sys.stdout.isatty() else JsonOutput()


def _is_json_object(text: str) -> bool:
    if not text.startswith("{"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
