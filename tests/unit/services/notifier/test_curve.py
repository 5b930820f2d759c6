"""A curve in a line of text and as a picture"""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.notifier import picture
from services.notifier.background import curve
from services.notifier.curve import resampled, sparkline
from services.notifier.messages.message import Curve
from services.notifier.messages.samples import sample

_POINTS = st.dictionaries(st.integers(1, 10**9), st.floats(-1e6, 1e6), max_size=30).map(
    lambda p: tuple(sorted(p.items()))
)


def test_a_falling_loss_falls_and_both_series_have_one_scale() -> None:
    drawn = sparkline(Curve(((1, 4.0), (2, 2.0), (3, 0.0)), ((1, 4.0), (3, 2.0))), width=3)
    assert drawn.splitlines() == ["train  █▅▁  4.000 → 0.000", "valid  ██▅  4.000 → 2.000"]


def test_a_point_is_no_curve() -> None:
    assert sparkline(Curve(((1, 2.0),))) == ""


def test_an_empty_part_of_the_span_has_the_value_before_it() -> None:
    assert resampled(((1, 3.0), (4, 1.0)), (1, 4), 4) == [3.0, 3.0, 3.0, 1.0]


@settings(max_examples=40)
@given(_POINTS, _POINTS)
def test_any_losses_can_be_drawn(train: tuple[tuple[int, float], ...], valid: tuple[tuple[int, float], ...]) -> None:
    drawn = Curve(train, valid)
    sparkline(drawn)
    if drawn.told:
        assert picture.draw(drawn).startswith(b"\x89PNG") and picture.described(drawn)


def test_the_picture_is_small_and_dense() -> None:
    png = picture.draw(sample("fine_tuning.job.succeeded").background.curve)
    assert len(png) < 20_000
    assert Image.open(BytesIO(png)).size == (picture.WIDTH * 2, picture.HEIGHT * 2)


@pytest.mark.parametrize(
    ("metrics", "train", "valid"),
    [
        ([{"step": 2, "train_loss": 1}, {"step": 1, "train_loss": 2.5}], ((1, 2.5), (2, 1.0)), ()),
        ([{"step": 1, "train_loss": 2.0, "valid_loss": 3}], ((1, 2.0),), ((1, 3.0),)),
        # The whole validation file's, where there are two of it: a batch's is noise beside it.
        (
            [
                {"step": 1, "valid_loss": 3, "full_valid_loss": 2.0},
                {"step": 2, "valid_loss": 9, "full_valid_loss": 1.0},
            ],
            (),
            ((1, 2.0), (2, 1.0)),
        ),
        ([{"step": "1", "train_loss": 2.0}, {"train_loss": 1.0}, {"step": True, "train_loss": 1.0}], (), ()),
        (
            [{"step": 1, "train_loss": float("nan")}, {"step": 2, "train_loss": 1e300}, {"step": 3, "train_loss": "1"}],
            (),
            (),
        ),
    ],
)
def test_what_a_provider_sends_besides_numbers_is_left_out(
    metrics: list[dict[str, object]], train: tuple[tuple[int, float], ...], valid: tuple[tuple[int, float], ...]
) -> None:
    assert curve(metrics) == Curve(train, valid)
