"""Find the pairs of feature and token that training data supports, and make room for them in the weights."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from services.trainer.engines.numpy_engine.features import Known, WordTable, features
from services.trainer.engines.numpy_engine.hashing import Hashes
from services.trainer.engines.numpy_engine.spans import Span
from services.trainer.engines.numpy_engine.weights import Weights

_Pair = np.dtype([("feature", np.uint64), ("token", np.int64)])
#: Pairs collected before doubles are thrown out; bounds memory to about 64 MB on the way.
_AT_ONCE = 4_000_000


def widened(weights: Weights, examples: Sequence[Sequence[Span]]) -> Weights:
    """Return the weights with a place, at zero, for each pair that occurs in the examples."""
    spans = [span for of_example in examples for span in of_example]
    words = weights.words.grown(span.prompt for span in spans)
    pairs = _collected(spans, words)
    return weights.grown(pairs["feature"], pairs["token"], words)


def _collected(spans: Iterable[Span], words: WordTable) -> npt.NDArray[np.void]:
    found, waiting, count = np.zeros(0, _Pair), [], 0
    for span in spans:
        waiting.append(_pairs(span, words))
        count += len(waiting[-1])
        if count > _AT_ONCE:
            found, waiting, count = _each_once([found, *waiting]), [], 0
    return _each_once([found, *waiting])


def _each_once(collected: Sequence[npt.NDArray[np.void]]) -> npt.NDArray[np.void]:
    """Return the pairs in order, each once: several times faster than np.unique on records, and lets threads run."""
    pairs = np.concatenate(collected)
    pairs = pairs[np.lexsort((pairs["token"], pairs["feature"]))]
    new = np.ones(len(pairs), bool)
    new[1:] = (pairs["feature"][1:] != pairs["feature"][:-1]) | (pairs["token"][1:] != pairs["token"][:-1])
    return pairs[new]


def _pairs(span: Span, words: WordTable) -> npt.NDArray[np.void]:
    hashes: Hashes
    hashes, _ = features(Known.of(span.prompt, words), span.tokens[:-1])
    pairs = np.empty(hashes.size, _Pair)
    pairs["feature"], pairs["token"] = hashes.ravel(), np.repeat(span.tokens, hashes.shape[1])
    return pairs
