"""How a run can end, and the one exception that says why it ended early"""

from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """The exit codes of the command line (docs/terminal.md)."""

    DONE = 0
    FAILED = 1  #: The job failed or was cancelled, or a file has errors.
    USAGE = 2  #: Wrong options, or the service refused the request as it was put.
    UNREACHABLE = 3  #: The service does not answer, or answers with 5xx for long.
    INTERRUPTED = 130  #: Ctrl-C; a job that was created goes on.


class RunError(Exception):
    """One sentence for a person, what to do next, and the request id that the service's log knows."""

    def __init__(
        self, message: str, exit_code: Exit, *, hint: str = "", code: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.hint = hint
        self.code = code
        self.request_id = request_id

    def as_dict(self) -> dict[str, Any]:
        """Return the line that `--json` prints."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "hint": self.hint or None,
                "request_id": self.request_id,
                "retryable": self.exit_code is Exit.UNREACHABLE,
            }
        }
