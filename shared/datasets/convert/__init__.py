"""Other people's files into lines that can be trained on: read a source, turn each record, lose nothing in silence."""

from shared.datasets.convert.conversion import Conversion, Options, Target
from shared.datasets.convert.mapping import read_mapping
from shared.datasets.convert.shapes import Shape
from shared.datasets.convert.sources import Container
from shared.datasets.convert.tally import Skipped, Tally

__all__ = ["Container", "Conversion", "Options", "Shape", "Skipped", "Tally", "Target", "read_mapping"]
