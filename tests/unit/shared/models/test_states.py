"""A model answers once and is deleted once."""

import itertools

import pytest

from shared.models.states import ARROWS, Readiness

LEGAL = {
    (Readiness.LOADING, Readiness.READY),
    (Readiness.LOADING, Readiness.DELETED),
    (Readiness.READY, Readiness.DELETED),
}


@pytest.mark.parametrize(("here", "there"), list(itertools.product(Readiness, Readiness)))
def test_only_these_arrows_are_legal(here: Readiness, there: Readiness) -> None:
    assert (there in ARROWS[here]) is ((here, there) in LEGAL)
