"""Run the demonstration; 0 only when everything it shows really happened"""

import asyncio
import io
import signal
import sys
import tempfile
from pathlib import Path

from services.cli.demo.story import tell
from services.cli.run.errors import Exit, RunError


def main() -> int:
    """Return the exit code. Whatever ends it, its folder and its processes go with it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without UTF-8 shows question marks; it is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    with tempfile.TemporaryDirectory(prefix="tuneyard-demo-", ignore_cleanup_errors=True) as folder:
        try:
            return asyncio.run(_until_told(Path(folder)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            print("\nStopped. Nothing is left behind.", file=sys.stderr)  # noqa: T201 (this is its output)
            return Exit.INTERRUPTED
        except RunError as error:
            print(f"error: {error.message}\n{error.hint}".rstrip(), file=sys.stderr)  # noqa: T201
            return Exit.FAILED


async def _until_told(folder: Path) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await tell(folder)


if __name__ == "__main__":
    sys.exit(main())
