"""What can go wrong with the processes of a pass"""

from shared.errors import TuneyardError, Unavailable


class ProcessDied(Unavailable):
    """A process of the check ended before it had answered."""

    def __init__(self, first: int, last: int, exit_code: int | None) -> None:
        cause = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"exit code {exit_code}"
        super().__init__(
            f"A process of the check died ({cause}) while it looked at lines {first:,} to {last:,}; the system may "
            "have run out of memory. Check the file again, or those lines by themselves."
        )


class ProcessFailed(TuneyardError):
    """A process of the check met a defect of ours."""

    def __init__(self, first: int, last: int, why: str) -> None:
        super().__init__(f"The check of lines {first:,} to {last:,} failed: {why}")


class CrewClosed(Unavailable):
    """The processes that check files are being ended."""
