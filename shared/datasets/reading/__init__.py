"""From the bytes of a file as it was handed in to its plain text"""

from shared.datasets.reading.blocks import MAX_LINE_BYTES, Block, Blocks
from shared.datasets.reading.lines import Lines
from shared.datasets.reading.packing import Packing, Unpackable, UnpackLimits
from shared.datasets.reading.plain import Plain, open_plain, unpacked
from shared.datasets.reading.unpacker import Unpacker

__all__ = [
    "MAX_LINE_BYTES",
    "Block",
    "Blocks",
    "Lines",
    "Packing",
    "Plain",
    "UnpackLimits",
    "Unpackable",
    "Unpacker",
    "open_plain",
    "unpacked",
]
