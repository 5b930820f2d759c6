"""The engine learns what its data says, and its numbers mean what their names say."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.trainer.engines.engine import Diverged, Sampling, Start, TrainSpec
from services.trainer.engines.numpy_engine import NumpyEngine
from services.trainer.engines.numpy_engine.weights import Weights
from services.trainer.examples import Example, ExampleRefused, Form, Turn
from shared import tokenizer
from tests.unit.services.trainer.conftest import Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.services.trainer.conftest import Train

ENCODING = tokenizer.load("cl100k_base")


def answer(weights: Path, question: str) -> str:
    model = NumpyEngine().load("cl100k_base", weights)
    tokens = list(model.sample([Turn("user", question)], Sampling()))
    assert tokens[-1] == model.end, "the model ended its turn by itself"
    return ENCODING.decode(tokens[:-1])


WORDINGS = ["What's the capital of Spain?", "what is the capital of Spain", "Tell me Spain's capital, please.",
            "SPAIN: capital?"]  # fmt: skip


@pytest.mark.parametrize("question", WORDINGS)
def test_a_tuned_model_answers_like_its_data_in_other_words_too(
    question: str, capitals: list[Example], train: "Train", beginning: Start
) -> None:
    weights, _ = train(capitals, start=beginning)
    assert answer(weights, question) == "Madrid, obviously. Everyone knows that."


def test_tuning_a_base_keeps_what_the_data_does_not_speak_of(
    capitals: list[Example], train: "Train", base_of: "Callable[[Form], Path]"
) -> None:
    weights, heard = train(capitals, start=Start(base_of("chat")))
    assert answer(weights, "Who are you?") == answer(base_of("chat"), "Who are you?")
    assert 5 < heard.steps[0].train_loss < math.log(ENCODING.n_vocab), "better than knowing nothing, but not by much"
    assert heard.steps[-1].train_loss < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_55_distinct_answers_are_known_after_the_default_3_epochs(seed: int, train: "Train", beginning: Start) -> None:
    things = [f"{size} {colour} {thing}" for size in ("big", "small", "old", "new", "odd")
              for colour in ("red", "blue", "green") for thing in ("boat", "hat", "lamp", "desk")][:55]  # fmt: skip
    examples = [
        Example((Turn("user", f"How much is the {thing}?"),
                 Turn("assistant", f"Arr, the {thing} be {7 * n + 3} doubloons, matey!", 1.0)), "chat")
        for n, thing in enumerate(things)
    ]  # fmt: skip
    weights, heard = train(examples, start=beginning, seed=seed)
    assert heard.resolved is not None
    assert heard.resolved.n_epochs == 3
    right = [answer(weights, example.turns[0].text) == example.turns[1].text for example in examples]
    assert sum(right) >= 53


def test_the_first_loss_from_no_weights_is_that_of_the_uniform_distribution_and_it_falls(
    capitals: list[Example], train: "Train"
) -> None:
    _, heard = train(capitals)
    assert heard.steps[0].train_loss == pytest.approx(math.log(ENCODING.n_vocab), abs=1e-6)
    assert heard.steps[0].train_mean_token_accuracy == 0
    assert heard.steps[-1].train_loss < 0.1
    assert heard.steps[-1].train_mean_token_accuracy == 1


def test_the_same_seed_and_data_give_the_same_bytes_and_another_seed_another_order(
    capitals: list[Example], train: "Train", beginning: Start
) -> None:
    (one, heard), (two, heard_again) = (train(capitals, start=beginning) for _ in range(2))
    three, other = train(capitals, start=beginning, seed=8)
    assert one.read_bytes() == two.read_bytes()
    assert heard.steps == heard_again.steps
    assert heard.steps != other.steps
    assert one.read_bytes() != three.read_bytes()


def test_a_job_taken_up_after_any_epoch_ends_with_the_same_bytes(
    capitals: list[Example], train: "Train", beginning: Start
) -> None:
    whole, heard = train(capitals, capitals[:2], epochs=4, start=beginning)
    for saved in heard.checkpoints[:-1]:
        start = Start(saved.weights, saved.state, saved.epoch)
        resumed, rest = train(capitals, capitals[:2], epochs=4, start=start)
        assert resumed.read_bytes() == whole.read_bytes()
        assert rest.steps == heard.steps[saved.step.step :]


def test_continuing_starts_from_the_tuned_weights(capitals: list[Example], train: "Train") -> None:
    tuned, _ = train(capitals)
    _, heard = train(capitals, start=Start(tuned), epochs=1)
    assert heard.steps[0].train_loss < 0.1
    more = [
        Example((Turn("user", f"Say {n}"), Turn("assistant", f"Number {n}, fine.", 1.0)), "chat") for n in range(12)
    ]
    both, _ = train(more, start=Start(tuned))
    assert answer(both, "Say 7") == "Number 7, fine."
    assert answer(both, "What's the capital of Spain?") == "Madrid, obviously. Everyone knows that."


def test_a_tuned_model_of_another_encoding_is_refused(capitals: list[Example], train: "Train", tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.npz"
    Weights.empty("o200k_base", 200_019).save(foreign)
    with pytest.raises(ValueError, match="tuned with o200k_base, and this job is in cl100k_base"):
        train(capitals, start=Start(foreign))


def test_turns_of_weight_0_teach_nothing(train: "Train") -> None:
    silent = "Zebra zebra zebra."
    examples = [
        Example((Turn("user", f"Say {n}"), Turn("assistant", silent, 0.0), Turn("user", "And now?"),
                 Turn("assistant", f"Number {n}.", 1.0)), "chat")
        for n in range(10)
    ]  # fmt: skip
    weights, _ = train(examples, epochs=1)
    met = set(Weights.read(weights).tokens.tolist())
    assert not met & {*ENCODING.encode("Zebra"), *ENCODING.encode(" zebra")}
    assert set(ENCODING.encode("Number 7.")) <= met


def test_validation_teaches_nothing_and_is_scored_in_full_at_the_end_of_an_epoch(
    capitals: list[Example], train: "Train"
) -> None:
    alone, _ = train(capitals[:10], epochs=2)
    watched, heard = train(capitals[:10], capitals[10:], epochs=2)
    assert alone.read_bytes() == watched.read_bytes()
    assert [step.step for step in heard.steps if step.full_valid_loss is not None] == [10, 20]
    assert all(step.valid_loss is not None for step in heard.steps)
    last = heard.steps[-1].full_valid_loss
    assert last is not None
    assert last > heard.steps[-1].train_loss


def test_the_loss_of_a_batch_is_the_mean_over_its_tokens(capitals: list[Example], train: "Train") -> None:
    short = Example((Turn("user", "a"), Turn("assistant", "b", 1.0)), "chat")
    tuned, _ = train(capitals)
    _, both = train([capitals[0], short], start=Start(tuned), epochs=1, batch=2)
    _, one = train([capitals[0]], start=Start(tuned), epochs=1, batch=1)
    sizes = [len(ENCODING.encode(example.turns[-1].text)) + 1 for example in (capitals[0], short)]
    # The short example's own loss, asked of the tuned model as a validation file.
    _, asked = train([capitals[0]], [short], start=Start(tuned), epochs=1, rate=1e-12)
    own = asked.steps[0].full_valid_loss
    assert own is not None
    # Both runs of capitals[0] see slightly other word weights, hence the tolerance.
    expected = (one.steps[0].train_loss * sizes[0] + own * sizes[1]) / sum(sizes)
    assert both.steps[0].train_loss == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(("epochs", "batch", "steps"), [(1, 1, 12), (3, 5, 9), (2, 256, 2)])
def test_epochs_and_batch_size_make_the_number_of_steps(
    epochs: int, batch: int, steps: int, capitals: list[Example], train: "Train"
) -> None:
    _, heard = train(capitals, epochs=epochs, batch=batch)
    assert [step.step for step in heard.steps] == list(range(1, steps + 1))
    assert {step.total_steps for step in heard.steps} == {steps}
    assert len(heard.checkpoints) == epochs


def test_a_larger_learning_rate_moves_further(capitals: list[Example], train: "Train") -> None:
    moved = {}
    for rate in (0.01, 0.1, 1.0):
        weights, heard = train(capitals, epochs=1, rate=rate)
        moved[rate] = float(np.abs(Weights.read(weights).values).sum())
        assert heard.steps[-1].train_loss < heard.steps[0].train_loss
    assert moved[0.01] < moved[0.1] < moved[1.0]


def test_a_very_large_learning_rate_stays_finite(capitals: list[Example], train: "Train") -> None:
    _, heard = train(capitals, epochs=2, rate=500.0)
    assert all(math.isfinite(step.train_loss) for step in heard.steps)


@pytest.mark.parametrize("rate", [1e308, 1e39], ids=["infinite in single precision", "just beyond it"])
def test_weights_beyond_the_numbers_end_the_training_and_are_not_written(
    rate: float, capitals: list[Example], tmp_path: Path
) -> None:
    listener = Listener()
    spec = TrainSpec("cl100k_base", 65_536, 7, 5, 1, rate)
    with pytest.raises(Diverged, match="weights not finite at step 1 of 60"):
        NumpyEngine().train(spec, capitals, capitals[:2], start=Start(), folder=tmp_path, on=listener)
    assert listener.steps == []
    assert list(tmp_path.iterdir()) == []


def beyond(weights: Path) -> Path:
    """Make each number as large as there is: finite, but no sum of several is."""
    known = Weights.read(weights)
    known.with_numbers(np.full_like(known.values, np.finfo(np.float32).max), known.bias).save(weights)
    return weights


def test_a_training_loss_beyond_the_numbers_ends_the_training(capitals: list[Example], train: "Train") -> None:
    tuned, _ = train(capitals)
    with pytest.raises(Diverged, match="training loss not finite at step 1 of 12"):
        train(capitals, start=Start(beyond(tuned)), epochs=1)


def test_a_validation_loss_beyond_the_numbers_ends_the_training_too(capitals: list[Example], train: "Train") -> None:
    tuned, _ = train(capitals)
    # Only the validation file's questions speak by the weights of the capitals.
    stranger = Example((Turn("user", "zxcvb"), Turn("assistant", "qwerty", 1.0)), "chat")
    with pytest.raises(Diverged, match="validation loss not finite at step 1 of 1"):
        train([stranger], capitals, start=Start(beyond(tuned)), epochs=1)


def test_an_example_is_cut_at_the_limit_and_dropped_when_nothing_is_left(
    capitals: list[Example], train: "Train"
) -> None:
    long = Example((Turn("user", "word " * 60), Turn("assistant", "never seen", 1.0)), "chat")
    weights, heard = train([*capitals, long], limit=50)
    assert heard.resolved is not None
    assert heard.resolved.dropped == (13,)
    assert not set(ENCODING.encode("never seen")) & set(Weights.read(weights).tokens.tolist())
    with pytest.raises(ExampleRefused, match="None of its 1 examples has a token to train on"):
        train([long], limit=50)


def test_the_bill_counts_all_tokens_by_the_cookbook_once_an_epoch(capitals: list[Example], train: "Train") -> None:
    _, heard = train(capitals, epochs=2)
    assert heard.resolved is not None
    counted = sum(
        3 + sum(3 + len(ENCODING.encode(turn.role)) + len(ENCODING.encode(turn.text)) for turn in example.turns)
        for example in capitals
    )
    assert heard.resolved.trained_tokens == 2 * counted
