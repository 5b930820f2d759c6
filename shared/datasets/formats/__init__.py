"""What a line may hold: the formats of an example, told apart by their keys."""

from shared.datasets.formats.detect import Format, detect
from shared.datasets.formats.lines import MAX_LINE_BYTES, Lines
from shared.datasets.formats.plain import PlainChat, PlainPair, read_plain

__all__ = ["MAX_LINE_BYTES", "Format", "Lines", "PlainChat", "PlainPair", "detect", "read_plain"]
