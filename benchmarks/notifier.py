"""Measure the notifier, beside the same client without a database: how many a second, how soon, how fairly"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.sending import delay, speed
from benchmarks.sending.figures import LONG, SHORT
from benchmarks.sending.house import open_house
from benchmarks.sending.receivers import Receivers

ENDPOINTS = 100
PARTS = {"speed": speed.measure, "delay": delay.measure}


async def measure(chosen: argparse.Namespace) -> int:
    """Print each figure as it is measured; return how many are missed that no busy machine excuses."""
    size, missed = (LONG if chosen.long else SHORT), 0
    receivers = Receivers()
    try:
        with tempfile.TemporaryDirectory() as folder:
            log = chosen.log or Path(folder) / "notifier.log"
            async with open_house(Path(folder), receivers, ENDPOINTS) as house:
                for part in chosen.only or PARTS:
                    for figure in await PARTS[part](house, receivers, size, log):
                        print(figure.line(), flush=True)
                        missed += not figure.must or (chosen.strict and figure.met is False)
    finally:
        receivers.stop()
    return missed


def main() -> int:
    """Run; exit with 1 when something is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true", help="the sizes of the promise, not a tenth of them")
    options.add_argument("--strict", action="store_true", help="count every aim, not only what a busy machine excuses")
    options.add_argument("--only", choices=PARTS, action="append", help="measure this part only")
    options.add_argument("--log", type=Path, help="keep the notifier's lines in this file")
    chosen = options.parse_args()
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{ENDPOINTS} endpoints, PostgreSQL with fsync, receivers on the same {cores} cores; load before: {load:.1f}")
    return 1 if asyncio.run(measure(chosen)) else 0


if __name__ == "__main__":
    sys.exit(main())
