"""Say where in a piece of text an address or a number of a person may stand, so that the rest is passed over"""

import numpy as np
from numpy.typing import NDArray

from shared.datasets.quality.texts import Bytes, Places, among, in_a_row

_AT, _PLUS, _BRACKET, _BLANK = b"@+) "
_DIGITS, _CAPITALS, _POINTS = b"09", b"AZ", b"-."
#: What stands beside the sign of an address is one of these or comes after them, in ASCII and beyond.
_FIRST_BEFORE, _FIRST_AFTER = b"%-"
#: No number is so long.
_LONGEST = 32


def at_signs(data: Bytes) -> Places:
    """Return where a sign of an address stands with something before and after it."""
    at = np.flatnonzero(data[:-1] == _AT)
    return at[(data[at - 1] >= _FIRST_BEFORE) & (data[at + 1] >= _FIRST_AFTER)]


def telephones(data: Bytes) -> Places:
    """Return where a number with the code of a country may stand, or one with the code of an American area.

    An area stands in brackets or is followed by the sign that divides the rest, too: decimal numbers have the rest.
    """
    digit = among(data, *_DIGITS)
    abroad = np.flatnonzero((data[:-1] == _PLUS) & digit[1:])
    three, four = in_a_row(digit, 3), in_a_row(digit, 4)
    end = len(data) - _LONGEST
    rest = np.flatnonzero(three[:end] & among(data, *_POINTS)[3 : end + 3] & four[4 : end + 4])
    before = data[rest - 1]
    in_brackets = (before == _BRACKET) | ((before == _BLANK) & (data[rest - 2] == _BRACKET))
    divided = (before - np.uint8(_POINTS[0]) <= 1) & three[rest - 4]
    return np.concatenate((abroad, rest[in_brackets | divided]))


def cards(data: Bytes) -> Places:
    """Return where 15 digits stand in a row, or as they do on cards: four fours, or four, six and five."""
    digit = among(data, *_DIGITS)
    four = in_a_row(digit, 4)
    end = len(data) - _LONGEST
    begins = np.flatnonzero(four[1:end] & ~digit[: end - 1]) + 1
    divided = begins[_divides(data[begins + 4]) & four[begins + 5]]
    fours = _divides(data[divided + 9]) & four[divided + 10]
    american = four[divided + 7] & _divides(data[divided + 11]) & four[divided + 12]
    in_a_row_of_15 = four[begins + 4] & four[begins + 8] & four[begins + 11]
    return np.concatenate((begins[in_a_row_of_15], divided[fours | american]))


def accounts(data: Bytes) -> Places:
    """Return where two capitals and two digits stand together, which is how the number of an account begins."""
    capital, digit = among(data, *_CAPITALS), among(data, *_DIGITS)
    return np.flatnonzero(capital[:-3] & capital[1:-2] & digit[2:-1] & digit[3:])


def _divides(signs: Bytes) -> NDArray[np.bool_]:
    return np.asarray((signs == _BLANK) | (signs == _POINTS[0]))
