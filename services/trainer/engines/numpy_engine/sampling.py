"""Answer with a model: the likeliest token each time, or one drawn by temperature and top_p."""

from collections.abc import Iterator, Sequence

import numpy as np
import tiktoken

from services.trainer.engines.engine import Sampling
from services.trainer.engines.numpy_engine.features import Known, features
from services.trainer.engines.numpy_engine.softmax import Cells, Floats
from services.trainer.engines.numpy_engine.spans import prompt_of
from services.trainer.engines.numpy_engine.weights import Weights
from services.trainer.examples import Turn


class LoadedModel:
    """Weights that answer, a base's and a tuned model's alike.

    It draws only from tokens that it has met, never from the shared rest.
    """

    def __init__(self, weights: Weights, encoding: tiktoken.Encoding) -> None:
        self._weights = weights
        self.end = encoding.eot_token

    def sample(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[int]:
        """Yield the tokens of an answer to `turns`."""
        known = Known.of(prompt_of(turns), self._weights.words)
        chance = np.random.default_rng(sampling.seed)
        answer: list[int] = []
        while len(answer) < sampling.max_tokens:
            token = int(self._weights.tokens[_choose(self._logits(known, answer), sampling, chance)])
            answer.append(token)
            yield token
            if token == self.end:
                return

    def _logits(self, known: Known, answer: list[int]) -> Floats:
        # Features look four tokens back at most, and at the place itself.
        hashes, values = features(known, np.array(answer, dtype=np.int64), first=len(answer))
        cells = Cells.of(self._weights, hashes, values)
        logits = self._weights.bias[:-1].copy()
        logits[cells.column] = cells.logits(self._weights.values, self._weights.bias)
        return logits


def _choose(logits: Floats, sampling: Sampling, chance: np.random.Generator) -> int:
    if not sampling.temperature:
        return int(np.argmax(logits))
    shares = np.exp((logits - logits.max()) / sampling.temperature)
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    # The smallest set of tokens whose shares reach top_p; the likeliest is always in it.
    kept = order[: int(np.searchsorted(np.cumsum(shares[order]), sampling.top_p)) + 1]
    return int(chance.choice(kept, p=shares[kept] / shares[kept].sum()))
