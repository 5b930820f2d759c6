"""Kill notifiers in the middle of their work, then end them gently: what is lost, and what comes twice"""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.sending.house import open_house
from benchmarks.sending.kills import count_toll
from benchmarks.sending.receivers import Receivers

ENDPOINTS = 100


async def measure(deliveries: int, times: int) -> bool:
    """Print the toll of so many kills and of as many gentle ends; return whether both can be borne."""
    receivers, borne = Receivers(), True
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with open_house(Path(folder), receivers, ENDPOINTS) as house:
                for how in (signal.SIGKILL, signal.SIGTERM):
                    log = Path(folder) / "notifier.log"
                    toll = await count_toll(house, receivers, log, deliveries, [how] * times)
                    print(f"{how.name} x {times} in {deliveries:,} deliveries: {toll}", flush=True)
                    borne = borne and toll.bearable and (how is signal.SIGKILL or not toll.repeated)
    finally:
        receivers.stop()
    return borne


def main() -> int:
    """Run; exit with 1 when something was lost, changed, or came twice without need."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--deliveries", type=int, default=20_000)
    options.add_argument("--times", type=int, default=8, help="notifiers that are ended in each way")
    chosen = options.parse_args()
    return 0 if asyncio.run(measure(chosen.deliveries, chosen.times)) else 1


if __name__ == "__main__":
    sys.exit(main())
