"""The tokenizer: its tables, and counts that are exact for any text"""

from shared.tokenizer.counting import SHORT, Counter
from shared.tokenizer.vocabulary import NAMES, load

__all__ = ["NAMES", "SHORT", "Counter", "load"]
