"""Read what a message tells beyond the event's snapshot: the loss curve, names of files, the gist of a report"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from services.notifier.messages.files import MOST_FINDINGS
from services.notifier.messages.happening import Background, Finding, Happening, Report
from services.notifier.messages.message import Curve
from shared import log
from shared.datasets import queries as datasets
from shared.db.database import Database
from shared.jobs import queries as jobs

_log = log.get(__name__)
#: A picture has no room for more.
_MOST_POINTS = 160
#: Far above any loss, and far below what arithmetic can draw.
_MOST_LOSS = 1e6


async def with_background(database: Database, event: Happening) -> Happening:
    """Return the event with what the database has on it. A message without it is better than none."""
    try:
        return replace(event, background=await _read(database, event))
    except (SQLAlchemyError, OSError, TimeoutError) as exc:
        _log.warning("message.has_no_background", event_id=event.id, error=f"{type(exc).__name__}: {exc}")
        return event


async def _read(database: Database, event: Happening) -> Background:
    subject = event.text("id") or ""
    async with database.begin() as session:
        match event.value("object"):
            case "file":
                return Background(report=_report(await datasets.gist(session, subject, most=MOST_FINDINGS)))
            case "fine_tuning.job":
                files = [name for key in ("training_file", "validation_file") if (name := event.text(key))]
                return Background(
                    curve=curve(await jobs.metrics(session, subject, most=_MOST_POINTS)),
                    files=await datasets.names(session, files),
                )
    return Background()


def curve(metrics: Iterable[Mapping[str, Any]]) -> Curve:
    """Return the losses that metrics tell, by step; what a provider sent besides numbers is left out."""
    train: dict[int, float] = {}
    batches: dict[int, float] = {}
    whole: dict[int, float] = {}
    for data in metrics:
        step = data.get("step")
        if isinstance(step, int) and not isinstance(step, bool):
            for name, series in (("train_loss", train), ("valid_loss", batches), ("full_valid_loss", whole)):
                value = data.get(name)
                if isinstance(value, int | float) and isfinite(value) and abs(value) < _MOST_LOSS:
                    series[step] = float(value)
    # The whole file's is measured at the end of an epoch, and is steadier than a batch's.
    valid = whole if len(whole) > 1 else batches | whole
    return Curve(tuple(sorted(train.items())), tuple(sorted(valid.items())))


def _report(gist: datasets.Gist | None) -> Report | None:
    if gist is None:
        return None
    findings = tuple(Finding(found.get("line"), str(found.get("message", ""))) for found in gist.findings)
    return Report(gist.examples, gist.tokens, gist.totals.get("error", 0), gist.totals.get("warning", 0), findings)
