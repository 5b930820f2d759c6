"""Other projects' own checks, run as their users have them, by an environment of their own: make bench-datasets"""

import json
import subprocess
from pathlib import Path

#: Made from `peers.lock` beside this file. What is in it never meets what Tuneyard is locked to.
_FOLDER = Path(__file__).parents[1] / ".peers"
_TOGETHER = """
import json, sys, time
from pathlib import Path
from together.lib.utils.files import check_file
wall, cpu = time.perf_counter(), time.process_time()
report = check_file(Path(sys.argv[1]))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
assert report["is_check_passed"], report["message"]
print(json.dumps({"wall": wall, "cpu": cpu}))
"""


def are_installed() -> bool:
    """Whether the environment is there."""
    return (_FOLDER / ".installed").exists()


def together(path: Path) -> tuple[float, float]:
    """Return the seconds, and CPU seconds, of Together's `check_file` for a file that it finds nothing wrong with."""
    done = subprocess.run([_FOLDER / "bin" / "python", "-I", "-c", _TOGETHER, path], stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    return told["wall"], told["cpu"]
