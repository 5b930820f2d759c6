"""Text of others as a terminal may be given it: nothing in it is obeyed"""

import re

#: What a terminal obeys (it begins with one of the control characters), and what turns the direction of the text.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return text of others as it may be printed: what a terminal would obey stands there as its number.

    The form is JSON's, so that a JSON text means the same afterwards.
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
