"""Put questions together whose examples are nearly the same: one of them in training gives the other away"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.datasets.policy import DEFAULT
from shared.datasets.quality.keys import answer_key
from shared.datasets.quality.near import find_alike
from shared.datasets.quality.shingles import Shingles
from shared.datasets.quality.talk import Talk


@dataclass
class Likeness:
    """What is kept of each example to tell which are nearly the same: a kilobyte at most."""

    shingles: Shingles = field(default_factory=Shingles)
    answers: bytearray = field(default_factory=bytearray)

    def take(self, talk: Talk) -> None:
        """Look at an example, in the order of the file."""
        self.shingles.take(talk)
        self.answers += answer_key(talk.answer)

    def joined(self, group: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
        """Return for each group the least group that it belongs together with, itself where it stands alone."""
        answers: NDArray[Any] = np.frombuffer(bytes(self.answers), np.uint64)
        parent = np.arange(groups)
        alike = find_alike(
            self.shingles.batches(),
            np.ones(len(group), bool),
            answers,
            least=DEFAULT.thresholds.near_duplicate,
            most=self.shingles.most,
        )
        for pair in alike:
            one, other = _root(parent, int(group[pair.one])), _root(parent, int(group[pair.other]))
            parent[max(one, other)] = min(one, other)
        for place in np.flatnonzero(parent != np.arange(groups)):
            parent[place] = _root(parent, int(place))
        return parent


def _root(parent: NDArray[np.int64], place: int) -> int:
    while (above := int(parent[place])) != place:
        parent[place] = parent[above]
        place = above
    return place
