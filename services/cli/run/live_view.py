"""A run in a terminal: bars while it sends, and the loss as it falls"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from services.cli.run import curve, wording
from services.cli.run.errors import RunError
from services.cli.run.plain_view import PlainView
from services.cli.run.training import Training
from services.cli.run.view import Json

_CURVE_HEIGHT = 6
#: Two curves stand side by side from this width on.
_WIDE = 72
_REFRESH_PER_SECOND = 8


class LiveView(PlainView):
    """What stays is written as lines; below them one region is drawn again and again."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._braille = console.encoding.lower().startswith("utf")
        self._live = Live(console=console, refresh_per_second=_REFRESH_PER_SECOND, transient=True)
        self._spinner = Spinner("dots" if self._braille else "line")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    @contextmanager
    def uploading(self, file: Path, total: int) -> Iterator[Callable[[int], None]]:
        columns = (
            TextColumn(f"{'Sending':<{wording.LABEL_WIDTH - 1}}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with super().uploading(file, total), Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task("sending", total=total)
            yield lambda done: bar.update(task, completed=done)

    @contextmanager
    def checking(self, file: Json) -> Iterator[Callable[[Json], None]]:
        with self.console.status(wording.checking(file)) as status:
            yield lambda meanwhile: status.update(wording.checking(meanwhile))

    def changed(self, job: Json, training: Training, events: Sequence[Json]) -> None:
        super().changed(job, training, events)
        self._live.start()
        self._live.update(self._region(job, training))

    def _say_progress(self, job: Json, training: Training) -> None:
        """Say nothing: the region below shows it."""

    def _region(self, job: Json, training: Training) -> RenderableType:
        stage = job.get("stage") or job["status"]
        text = wording.progress(training, job, time.time()) if training.step else wording.STAGES.get(stage, stage)
        self._spinner.update(text=Text(f"{stage}: {text}"))
        return Group(*self._curves(training), self._spinner)

    def _curves(self, training: Training) -> list[RenderableType]:
        return [curves(training, self.console.width, braille=self._braille)] if training.train else []

    @contextmanager
    def waiting(self, model: str) -> Iterator[None]:
        self._live.stop()
        with self.console.status(f"waiting until {model} answers"):
            yield

    def succeeded(self, job: Json, training: Training, *, ready: bool, line_to_try: str) -> None:
        self._live.stop()
        self.console.print(*self._curves(training))
        super().succeeded(job, training, ready=ready, line_to_try=line_to_try)

    def left(self, job: Json | None, *, interrupted: bool) -> None:
        self._live.stop()
        super().left(job, interrupted=interrupted)

    def refused(self, error: RunError) -> None:
        self._live.stop()
        super().refused(error)


def curves(training: Training, width: int, *, braille: bool = True) -> Table:
    """Return the training and the validation loss by step: side by side where there is room."""
    shown = [("training loss", training.train, "cyan"), ("validation loss", training.validation, "yellow")]
    shown = [one for one in shown if one[1]]
    beside = len(shown) if width >= _WIDE else 1
    each = min(60, width // beside - 2)
    blocks = [_block(name, points, style, training.span, each, braille=braille) for name, points, style in shown]
    table = Table.grid(padding=(0, 2))
    for start in range(0, len(blocks), beside):
        table.add_row(*blocks[start : start + beside])
    return table


def _block(
    name: str, points: curve.Points, style: str, span: tuple[float, float], width: int, *, braille: bool
) -> Text:
    lines = curve.labelled(points, span=span, width=width, height=_CURVE_HEIGHT, braille=braille)
    title = (
        f"{name} {points[0][1]:.3f} → {points[-1][1]:.3f}"
        if braille
        else f"{name} {points[0][1]:.3f} to {points[-1][1]:.3f}"
    )
    return Text("\n").join([Text(f"{title:<{width}}", style="bold"), *(Text(line, style=style) for line in lines)])
