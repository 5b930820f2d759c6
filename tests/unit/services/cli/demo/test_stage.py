"""The demo's exit code is what its proofs say."""

import pytest

from services.cli.demo.proof import Proof
from services.cli.demo.questions import QUESTIONS, Answered
from services.cli.demo.stage import Stage, shortened


def test_all_that_holds_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    proof = Proof()
    proof.add("the loss fell", holds=True)
    assert Stage().conclude(proof, 12.3) == 0
    assert "All of it happened, in 12 s." in capsys.readouterr().out


def test_one_sentence_that_does_not_hold_is_a_failure_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    proof = Proof()
    proof.add("the loss fell", holds=True)
    proof.add("the webhook model.ready arrived", holds=False)
    assert Stage().conclude(proof, 12.3) == 1
    assert "not so: the webhook model.ready arrived." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("base", "tuned", "expected"),
    [
        ("I am small.", "Next stop: Tokyo!", True),
        ("I am small.", "Next stop: Kyoto!", False),  # learned the voice, not the fact
        ("Tokyo.", "Next stop: Tokyo!", False),  # the base knew: tuning proved nothing
    ],
)
def test_an_answer_proves_something_when_only_the_tuned_model_knows(base: str, tuned: str, expected: bool) -> None:  # noqa: FBT001
    assert Answered(QUESTIONS[0], base, tuned, trained_on=True).is_right is expected


def test_a_shortened_body_says_how_much_is_left_out() -> None:
    assert shortened({"type": "t", "data": {"id": "ftjob-1", "seed": 1, "stage": "x"}}) == {
        "type": "t",
        "data": {"id": "ftjob-1", "…": "2 more fields"},
    }
