"""The checks of quality: what a file as a whole would teach, found in one pass over it"""

from shared.datasets.quality.sketch import Sketch, Taken
from shared.datasets.quality.verdict import Quality

__all__ = ["Quality", "Sketch", "Taken"]
