""" "auto" by rule, and the order of examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trainer.engines.engine import TrainSpec
from services.trainer.engines.numpy_engine.plan import default_batch, default_epochs, make
from services.trainer.examples import Example, Turn
from shared import tokenizer

#: examples, epochs, batch, remark
RULES = [
    (10, 10, 1, "the guide's own job: 100 // 10"),
    (3, 25, 1, "never more than 25"),
    (33, 3, 1, "99 seen examples are too few, and 100 // 33 is 3 all the same"),
    (100, 3, 1, "the usual case"),
    (1_000, 3, 2, "0.2 %"),
    (8_333, 3, 17, "the last with 3 epochs"),
    (8_334, 2, 17, "25,000 // n"),
    (60_000, 1, 120, "never less than 1"),
    (500_000, 1, 256, "never more than 256"),
]


@pytest.mark.parametrize(("examples", "epochs", "batch", "remark"), RULES, ids=[row[3] for row in RULES])
def test_auto_is_resolved_by_rule(examples: int, epochs: int, batch: int, remark: str) -> None:
    assert (default_epochs(examples), default_batch(examples)) == (epochs, batch)


@given(seed=st.integers(0, 2**31 - 1), batch=st.integers(1, 20), epoch=st.integers(1, 50))
def test_each_epoch_sees_each_example_once(seed: int, batch: int, epoch: int) -> None:
    spec = TrainSpec("cl100k_base", 1000, seed, batch_size=batch)
    example = Example((Turn("user", "a"), Turn("assistant", "b", 1.0)), "chat")
    plan = make(spec, [example] * 12, [], tokenizer.load("cl100k_base"))
    batches = plan.order(epoch)
    assert sorted(number for of_batch in batches for number in of_batch) == list(range(12))
    assert len(batches) == -(-12 // batch)
    assert batches == plan.order(epoch)
