"""What a line may hold: the formats of an example, told apart by their keys."""

from shared.datasets.formats.declared import Declared
from shared.datasets.formats.detect import Format, bare, detect
from shared.datasets.formats.keys import DEEPEST
from shared.datasets.formats.object import read_object_at_once
from shared.datasets.formats.plain import PlainChat, PlainPair, bare_key, is_json, read_plain

__all__ = [
    "DEEPEST",
    "Declared",
    "Format",
    "PlainChat",
    "PlainPair",
    "bare",
    "bare_key",
    "detect",
    "is_json",
    "read_object_at_once",
    "read_plain",
]
