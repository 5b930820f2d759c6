"""Say when a provider's training of a base ends: its last days are no time to begin without knowing."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from shared.catalogue.lookup import find
from shared.catalogue.table import BaseModel

#: Whoever tunes now wants to tune again; this long before the end it is told.
_SOON = timedelta(days=60)


def is_over(base: BaseModel, today: date | None = None) -> bool:
    """Return whether the provider's last day for new jobs of this base has passed (in UTC)."""
    return base.training_ends is not None and base.training_ends < (today or _today())


def notice(base: BaseModel, today: date | None = None) -> str | None:
    """Return one sentence when training has ended, or ends within 60 days; None while there is time."""
    today = today or _today()
    if base.training_ends is None or base.training_ends > today + _SOON:
        return None
    when = "since" if is_over(base, today) else "after"
    said = f"{base.name}: OpenAI takes no new jobs {when} {base.training_ends}; the trainer of Tuneyard does"
    if base.shutdown_date is None or base.shutdown_date == base.training_ends:
        return said
    end = "stopped answering" if base.shutdown_date <= today else "stop answering"
    return f"{said}. Models that OpenAI tuned from it {end} on {base.shutdown_date}"


def trainable_first(names: Iterable[str], today: date | None = None) -> tuple[str, ...]:
    """Return names of the catalogue in their order, but those whose training is over after the others."""
    return tuple(sorted(names, key=lambda name: (base := find(name)) is None or is_over(base, today)))


def _today() -> date:
    return datetime.now(UTC).date()
