"""One pass over a file of any size, by as many processes as there are cores"""

from shared.datasets.reading.blocks import MAX_LINE_BYTES
from shared.datasets.scan.crew import Crew
from shared.datasets.scan.file import Heard, Scanned, scan
from shared.datasets.scan.plan import Plan
from shared.datasets.scan.tally import Tally
from shared.datasets.scan.trouble import ProcessDied

__all__ = ["MAX_LINE_BYTES", "Crew", "Heard", "Plan", "ProcessDied", "Scanned", "Tally", "scan"]
