"""A run in a pipe or a log: one plain line per change, and while it trains at most one each ten seconds"""

import asyncio
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.text import Text

from services.cli.output import drawable
from services.cli.report_view import show
from services.cli.run import wording
from services.cli.run.connection import Connection
from services.cli.run.errors import Exit, RunError
from services.cli.run.training import Training
from services.cli.run.view import Json

#: Seconds between two lines about the same training.
EVERY = 10.0
#: A log needs to know what is wrong, not each place of it.
_OF_EACH_CODE = 20
_FOLLOW = "tuneyard run --follow {}"
_CANCEL = 'curl -sS -X POST {}/fine_tuning/jobs/{}/cancel -H "Authorization: Bearer {}"'


class PlainView:
    """Everything on standard error, but the model's name (or, detached, the job's id) on standard output."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._connection: Connection | None = None
        self._stages = 0
        self._status: str | None = None
        self._said_at = 0.0
        self._said_step = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def connected(self, connection: Connection) -> None:
        self._connection = connection
        theirs = [name for name in (connection.url_from, connection.key_from) if name.startswith("OPENAI_")]
        if theirs:
            self.say("Service", f"{connection.url} (by {' and '.join(theirs)})")

    @contextmanager
    def uploading(self, file: Path, total: int) -> Iterator[Callable[[int], None]]:
        began = time.monotonic()
        yield lambda _done: None
        seconds = max(time.monotonic() - began, 0.001)
        rate = f" in {seconds:.1f} s, {wording.size(total / seconds)}/s"
        self.say("Sent", f"{file.name}, {wording.size(total)}{rate}")

    @contextmanager
    def checking(self, file: Json) -> Iterator[Callable[[Json], None]]:
        self.say("Checking", file["id"])
        yield lambda _: None

    def checked(self, file: Json, report: Json | None) -> None:
        if report is not None:
            name = shlex.quote(file["filename"])
            show(report, file["filename"], self.console, most=_OF_EACH_CODE, rest=f"`tuneyard check {name}` lists all")
        elif file.get("status_details"):
            self.say("Not valid", file["status_details"], style="bold red")

    def priced(self, estimate: Json | None, retirement: str | None) -> None:
        self.say("Cost", wording.estimated(estimate))
        if retirement:
            self.say("Warning", retirement, style="yellow")

    async def confirm(self) -> bool:
        # Asked only where somebody can answer: check_order saw to that.
        self.console.print(Text("Create the job? [y/N] ", style="bold"), end="")
        return (await _typed()).strip().lower() in ("y", "yes")

    def created(self, job: Json) -> None:
        self.say("Job", f"{job['id']} ({job['model']})")

    def changed(self, job: Json, training: Training, events: Sequence[Json]) -> None:
        self._say_stages(job)
        for event in events:
            if event.get("level") in ("warn", "error") and not _tells_the_end(event, job):
                self.say(event["level"].title(), event["message"], style="yellow")
        self._say_progress(job, training)

    def _say_stages(self, job: Json) -> None:
        stages = job.get("stages")
        if stages is None:
            new = [{"stage": job["status"], "at": int(time.time())}] if job["status"] != self._status else []
        else:
            new = stages[self._stages :]
            self._stages = len(stages)
        self._status = job["status"]
        for passed in new:
            self.write(wording.stage(passed["stage"], passed["at"]))

    def _say_progress(self, job: Json, training: Training) -> None:
        now = time.monotonic()
        if not job.get("finished_at") and training.step > self._said_step and now - self._said_at >= EVERY:
            self._said_at, self._said_step = now, training.step
            self.say("Training", wording.progress(training, job, time.time()))

    @contextmanager
    def waiting(self, model: str) -> Iterator[None]:
        self.say("Waiting", f"until {model} answers")
        yield

    def succeeded(self, job: Json, training: Training, *, ready: bool, line_to_try: str) -> None:
        if training.train:
            self.say("Loss", wording.losses(training))
        if cost := wording.settled(job):
            self.say("Cost", cost)
        self.say("Model", job["fine_tuned_model"], style="bold green")
        if not ready:
            self.say("", "It does not answer yet; that can take some minutes. model.ready tells when it does.")
        self.say("Try it", line_to_try)
        self.data(job["fine_tuned_model"])

    def failed(self, job: Json) -> None:
        error = job.get("error") or {}
        if job["status"] == "cancelled":
            self.refused(
                RunError(f"{job['id']} was cancelled.", Exit.FAILED, hint="what was trained until then is billed")
            )
            return
        reason = error.get("message") or "the provider gave no reason."
        hint = (
            "correct the file and run it again"
            if error.get("param")
            else f"GET /v1/fine_tuning/jobs/{job['id']}/events tells more"
        )
        self.refused(RunError(f"{job['id']} failed: {reason}", Exit.FAILED, hint=hint, code=error.get("code")))

    def left(self, job: Json | None, *, interrupted: bool) -> None:
        if job is None:
            self.write("Stopped. No job was created.")
            return
        self.write(f"{'Stopped watching. ' if interrupted else ''}{job['id']} goes on without this terminal.")
        self.say("Follow it", _FOLLOW.format(job["id"]))
        if self._connection is not None:
            self.say("Cancel it", _CANCEL.format(self._connection.url, job["id"], self._connection.key_in_shell))
        if not interrupted:
            self.data(job["id"])

    def refused(self, error: RunError) -> None:
        self.write("error: ", "bold red", error.message)
        if error.hint:
            self.write("hint:  ", "bold", error.hint)
        if error.request_id:
            self.write("request id: ", "dim", error.request_id)

    def say(self, label: str, text: str, style: str = "") -> None:
        """Write one line of this view's form."""
        self.write(f"{label:<{wording.LABEL_WIDTH}}", "", text, style)

    def write(self, label: str, style: str = "", text: str = "", text_style: str = "") -> None:
        """Write one line; never wrapped by us, so that it can be copied whole."""
        label, text = (drawable(part, self.console.encoding) for part in (label, text))
        self.console.print(Text(label, style=style).append(text, style=text_style), soft_wrap=True)

    @staticmethod
    def data(line: str) -> None:
        """Write what a script wants; a person who sees both outputs has read it in the lines above."""
        if sys.stdout.isatty() and sys.stderr.isatty():
            return
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _tells_the_end(event: Json, job: Json) -> bool:
    """Whether the event says what `failed` says in a moment, with what to do."""
    reason = (job.get("error") or {}).get("message")
    return job["status"] == "failed" and bool(reason) and event["message"].endswith(reason)


async def _typed() -> str:
    """Return the line that is typed next. A plain read would hold the loop, and Ctrl-C with it."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(sys.stdin, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()


def plain_console(**options: Any) -> Console:
    """Return the console of standard error; where it is no terminal, lines come without colour and without wrap."""
    return Console(stderr=True, highlight=False, **options)
