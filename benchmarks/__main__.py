"""Run every benchmark of this folder in a small size, each in a process of its own: make bench"""

import subprocess
import sys
import time
from pathlib import Path

from docs.tree import caption

FOLDER = Path(__file__).parent
#: What makes a benchmark small; one that is not named is small by itself.
SMALL = {
    "datasets": ("--megabytes", "5"),
    "quality": ("--rows", "5000"),
    "survival": ("--deliveries", "3000", "--times", "2"),
}


def names() -> list[str]:
    """Return the benchmarks: every module here that is not private."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def run(name: str) -> bool:
    """Run one and say whether it met its own limit; its figures go to where ours go."""
    print(f"== {name}: {caption(FOLDER / f'{name}.py')}", flush=True)
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *SMALL.get(name, ())], check=False)
    print(
        f"-- {name}: {'met' if done.returncode == 0 else 'MISSED'}, {time.perf_counter() - begun:.1f} s\n", flush=True
    )
    return done.returncode == 0


def main() -> int:
    """Run those that are named, or all; exit with 1 when one misses its limit, 2 for a name that is none."""
    chosen = sys.argv[1:] or names()
    if unknown := [name for name in chosen if name not in names()]:
        print(f"error: there is no benchmark {unknown[0]!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    missed = [name for name in chosen if not run(name)]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
