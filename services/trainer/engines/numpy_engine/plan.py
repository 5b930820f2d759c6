"""Resolve "auto", render the examples once, and count what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tiktoken

from services.trainer.engines.engine import Resolved, TrainSpec
from services.trainer.engines.numpy_engine.spans import Span, billed_tokens, spans_of
from services.trainer.examples import Example, ExampleRefused

#: The cookbook's rule of default epochs (openai-api-facts 5.7, point 4).
TARGET_EPOCHS, MIN_TARGET_EXAMPLES, MAX_TARGET_EXAMPLES, MAX_DEFAULT_EPOCHS = 3, 100, 25_000, 25
#: About 0.2 % of the examples, at most 256 (trainer-facts 4.3).
BATCH_SHARE, MAX_BATCH = 0.002, 256


def default_epochs(examples: int) -> int:
    """Return the number of epochs for "auto"."""
    if examples * TARGET_EPOCHS < MIN_TARGET_EXAMPLES:
        return min(MAX_DEFAULT_EPOCHS, MIN_TARGET_EXAMPLES // examples)
    if examples * TARGET_EPOCHS > MAX_TARGET_EXAMPLES:
        return max(1, MAX_TARGET_EXAMPLES // examples)
    return TARGET_EPOCHS


def default_batch(examples: int) -> int:
    """Return the batch size, in examples, for "auto"."""
    return min(MAX_BATCH, max(1, round(BATCH_SHARE * examples)))


@dataclass(frozen=True, slots=True)
class Plan:
    """Spans by example, in the file's order, and the numbers of the run."""

    spec: TrainSpec
    resolved: Resolved
    examples: tuple[tuple[Span, ...], ...]
    validation: tuple[tuple[Span, ...], ...]

    def order(self, epoch: int) -> list[list[int]]:
        """Return the batches of an epoch (from 1): a pure function of seed and epoch, so a resumed run agrees."""
        shuffled = np.random.default_rng([self.spec.seed, epoch]).permutation(len(self.examples)).tolist()
        size = self.resolved.batch_size
        return [shuffled[at : at + size] for at in range(0, len(shuffled), size)]


def make(
    spec: TrainSpec, training: Sequence[Example], validation: Sequence[Example], encoding: tiktoken.Encoding
) -> Plan:
    """Return the plan; raises ExampleRefused if no example leaves a token to train on."""
    limit = spec.tokens_per_example
    spans = [tuple(spans_of(example, encoding, limit)) for example in training]
    kept = tuple(of_example for of_example in spans if of_example)
    if not kept:
        raise ExampleRefused(
            f"None of its {len(spans)} examples has a token to train on:"
            f" every assistant message has weight 0 or begins after the first {limit:,} tokens."
        )
    n_epochs = spec.n_epochs or default_epochs(len(training))
    batch_size = spec.batch_size or default_batch(len(training))
    resolved = Resolved(
        n_epochs=n_epochs,
        batch_size=batch_size,
        learning_rate_multiplier=spec.learning_rate_multiplier or 1.0,
        total_steps=n_epochs * -(-len(kept) // batch_size),
        trained_tokens=n_epochs * sum(billed_tokens(example, encoding, limit) for example in training),
        dropped=tuple(number for number, of_example in enumerate(spans, start=1) if not of_example),
    )
    held_out = tuple(tuple(spans_of(example, encoding, limit)) for example in validation)
    return Plan(spec, resolved, kept, tuple(of_example for of_example in held_out if of_example))
