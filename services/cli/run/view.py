"""What a run tells while it goes: the words every view understands"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, Self

from services.cli.run.connection import Connection
from services.cli.run.errors import RunError
from services.cli.run.training import Training

Json = Mapping[str, Any]


class View(Protocol):
    """A terminal, a log, or a machine. Entered before the first word and left after the last."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *exc_info: object) -> None:
        """Give the terminal back as it was."""

    def connected(self, connection: Connection) -> None:
        """Tell which service it is, when that came from a variable that other programs use too."""

    def uploading(self, file: Path, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show an upload; what is yielded takes the bytes sent so far."""

    def checking(self, file: Json) -> AbstractContextManager[Callable[[Json], None]]:
        """Show that the service is reading the file; what is yielded takes the file as it stands meanwhile."""

    def checked(self, file: Json, report: Json | None) -> None:
        """Show what the check found."""

    def priced(self, estimate: Json | None, retirement: str | None) -> None:
        """Show the cost before the job exists, and when the provider's training of the base ends."""

    async def confirm(self) -> bool:
        """Ask whether to create the job."""

    def created(self, job: Json) -> None:
        """Show that the job exists, or was found."""

    def changed(self, job: Json, training: Training, events: Sequence[Json]) -> None:
        """Show how the job stands now; `events` are those that are new."""

    def waiting(self, model: str) -> AbstractContextManager[None]:
        """Show that the model is being loaded."""

    def succeeded(self, job: Json, training: Training, *, ready: bool, line_to_try: str) -> None:
        """Show the model."""

    def failed(self, job: Json) -> None:
        """Show why there is no model, and what to do."""

    def left(self, job: Json | None, *, interrupted: bool) -> None:
        """Tell how to follow a job that goes on, and how to cancel it."""

    def refused(self, error: RunError) -> None:
        """Show why it cannot go on."""
