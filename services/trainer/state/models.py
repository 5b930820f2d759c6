"""Models: the bases of the catalogue, and the tuned ones that this trainer has made."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.trainer.examples import Form, form_of
from services.trainer.state.database import Database
from shared.catalogue import BaseModel, all_bases, find
from shared.wire.errors import ApiError
from shared.wire.models import Model

#: When a base was made is not known here; the day of OpenAI's oldest model that is still listed stands for it.
BASES_CREATED = 1677610602


@dataclass(frozen=True, slots=True)
class Offered:
    """A model that can be asked or tuned on; a base's weights are the engine's own, and None here."""

    name: str
    base: BaseModel
    created: int = BASES_CREATED
    weights: Path | None = None

    @property
    def form(self) -> Form:
        return form_of(self.base.formats)

    def shown(self) -> dict[str, Any]:
        owner = "tuneyard" if self.weights else "system"
        return Model(id=self.name, created=self.created, owned_by=owner).model_dump()


class Models:
    """What this trainer offers."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder

    def add(self, name: str, base: str, weights: str, *, ready_in: float = 0) -> None:
        """Offer weights, a path under the data directory, under a name; doing it twice is doing it once."""
        now = time.time()
        self._db.insert(
            "models", or_ignore=True, name=name, base=base, created=int(now), weights=weights, ready_at=now + ready_in
        )

    def get(self, name: str) -> Offered:
        """Return a model; raises ApiError 404 for one that is unknown, deleted or not ready yet."""
        row = self._db.one("SELECT * FROM models WHERE name = ? AND ready_at <= ?", name, time.time())
        if row is not None:
            return self._tuned(row)
        base = find(name)
        # The catalogue also leads from the name of a tuned model to its base; here that is another model.
        if base is None or name not in (base.name, *base.aliases):
            raise not_found(name)
        return Offered(base.name, base)

    def every(self) -> list[dict[str, Any]]:
        """Return all models for the wire, the newest tuned ones first."""
        rows = self._db.every("SELECT * FROM models WHERE ready_at <= ? ORDER BY seq DESC", time.time())
        bases = [Offered(name, base) for base in all_bases() for name in (base.name, *base.aliases)]
        return [offered.shown() for offered in (*map(self._tuned, rows), *bases)]

    def remove(self, name: str) -> bool:
        """Forget a tuned model; its weights go with the last name that they have."""
        row = self._db.one("SELECT weights FROM models WHERE name = ?", name)
        if row is None:
            return False
        self._db.run("DELETE FROM models WHERE name = ?", name)
        if self._db.one("SELECT 1 FROM models WHERE weights = ?", row["weights"]) is None:
            (self._folder / row["weights"]).unlink(missing_ok=True)
        return True

    def _tuned(self, row: sqlite3.Row) -> Offered:
        base = find(row["base"])
        assert base is not None, f"{row['name']} was tuned from {row['base']}, which has left the catalogue"
        return Offered(row["name"], base, row["created"], self._folder / row["weights"])


def not_found(name: str) -> ApiError:
    """Return OpenAI's answer for a model that is not there."""
    message = f"The model `{name}` does not exist or you do not have access to it."
    return ApiError(message, status=404, code="model_not_found", param="model")
