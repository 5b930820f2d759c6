"""A curve is drawn where its values are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.run.curve import Points, draw, labelled

values = st.floats(min_value=-1e6, max_value=1e6)
points = st.lists(values, min_size=1, max_size=60).map(lambda ys: [(float(x), y) for x, y in enumerate(ys, 1)])


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([(1, 3.0), (2, 2.0), (3, 1.0)], ["*", " *", "  *"]),  # falls from the top left to the bottom right
        ([(1, 1.0), (2, 2.0), (3, 3.0)], ["  *", " *", "*"]),  # rises
        ([(1, 3.0), (3, 1.0)], ["*", " *", "  *"]),  # a gap is bridged
        ([(1, 2.0), (2, 2.0), (3, 2.0)], ["***", "", ""]),  # no height at all
        ([(1, 2.0)], ["*", "", ""]),  # the first step of a training
        ([], ["", "", ""]),  # before it
    ],
)
def test_ascii_stands_where_the_values_are(series: Points, expected: list[str]) -> None:
    assert draw(series, span=(1, 3), width=3, height=3, braille=False) == expected


def test_braille_has_two_by_four_dots_a_character() -> None:
    falling: Points = [(x, 8.0 - x) for x in range(1, 9)]
    assert draw(falling, span=(1, 8), width=4, height=2) == ["⠑⢄", "  ⠑⢄"]


def test_a_growing_curve_keeps_its_place() -> None:
    half: Points = [(1, 3.0), (2, 2.0)]
    assert max(map(len, draw(half, span=(1, 4), width=40, height=4))) <= 14


@given(series=points, width=st.integers(1, 80), height=st.integers(1, 12), braille=st.booleans())
def test_a_curve_fits_its_frame_and_touches_the_top(*, series: Points, width: int, height: int, braille: bool) -> None:
    lines = draw(series, span=(1, len(series)), width=width, height=height, braille=braille)
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)
    assert lines[0].strip()
    assert all(
        character == " " or (0x2800 < ord(character) < 0x2900) == braille for line in lines for character in line
    )


def test_the_largest_and_the_smallest_value_stand_at_the_left() -> None:
    lines = labelled([(1, 12.206), (2, 0.5)], span=(1, 2), width=20, height=3)
    assert lines[0].startswith("12.21 │") and lines[2].startswith(" 0.50 │")
    assert labelled([], span=(1, 2), width=20, height=3) == []
