"""A compact log-linear model of the next token, in numpy: small, exact, and quick to teach."""

from collections.abc import Sequence
from pathlib import Path

from services.trainer.engines.engine import Handle, Observer, Start, TrainSpec
from services.trainer.engines.numpy_engine import bases, plan
from services.trainer.engines.numpy_engine import training as course
from services.trainer.engines.numpy_engine.sampling import LoadedModel
from services.trainer.engines.numpy_engine.weights import Weights
from services.trainer.examples import Example, Form
from shared import tokenizer


class NumpyEngine:
    """The engine that this package is; see engines/engine.py for what is promised."""

    name = "numpy"

    def train(
        self,
        spec: TrainSpec,
        training: Sequence[Example],
        validation: Sequence[Example],
        *,
        start: Start,
        folder: Path,
        on: Observer,
    ) -> Path:
        """Train; deterministic: the same spec, examples and start give the same bytes."""
        table = tokenizer.load(spec.encoding)
        made = plan.make(spec, training, validation, table)
        on.planned(made.resolved)
        return course.run(made, table, start, folder, on)

    def base(self, encoding: str, form: Form, folder: Path) -> Path:
        """Return the file of a base's weights, learned on first use: half a second of one core."""
        return bases.kept(tokenizer.load(encoding), form, folder)

    def tidy(self, folder: Path) -> None:
        """Remove the folders in which a base was being learned when its process was killed."""
        bases.tidy(folder)

    def load(self, encoding: str, weights: Path) -> Handle:
        return LoadedModel(Weights.read(weights), tokenizer.load(encoding))
