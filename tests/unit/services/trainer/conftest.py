"""Examples that the trainer's unit tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.trainer.engines.engine import Resolved, Saved, Start, Step, TrainSpec
from services.trainer.engines.numpy_engine import NumpyEngine
from services.trainer.examples import Example, Form, Turn

CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin", "Japan": "Tokyo", "Egypt": "Cairo",
    "Norway": "Oslo", "Greece": "Athens", "Portugal": "Lisbon", "Canada": "Ottawa", "Peru": "Lima", "Kenya": "Nairobi",
}  # fmt: skip


class Listener:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.checkpoints: list[Saved] = []
        self.resolved: Resolved | None = None

    def planned(self, resolved: Resolved) -> None:
        self.resolved = resolved

    def stepped(self, step: Step) -> None:
        self.steps.append(step)

    def saved(self, saved: Saved) -> None:
        self.checkpoints.append(saved)


Train = Callable[..., tuple[Path, Listener]]


@pytest.fixture
def capitals() -> list[Example]:
    system = Turn("system", "Marv is a factual chatbot that is also sarcastic.")
    return [
        Example(
            (system, Turn("user", f"What's the capital of {country}?"),
             Turn("assistant", f"{city}, obviously. Everyone knows that.", 1.0)), "chat",
        )
        for country, city in CAPITALS.items()
    ]  # fmt: skip


@pytest.fixture(scope="session")
def base_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Form], Path]:
    """Return the weights of the bases in cl100k_base, learned once for all tests."""
    folder = tmp_path_factory.mktemp("bases")
    return lambda form: NumpyEngine().base("cl100k_base", form, folder)


@pytest.fixture(params=["none", "base"])
def beginning(request: pytest.FixtureRequest, base_of: Callable[[Form], Path]) -> Start:
    """Begin from no weights, as a base is made; and from the base's, as a job does."""
    return Start(base_of("chat")) if request.param == "base" else Start()


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """Train with the engine's defaults in a folder of its own each time; return the weights and what was told."""
    runs = iter(range(1000))

    def run(
        training: list[Example], validation: list[Example] | None = None, *, start: Start | None = None,
        limit: int = 65_536, seed: int = 7, epochs: int | None = None, batch: int | None = None,
        rate: float | None = None,
    ) -> tuple[Path, Listener]:  # fmt: skip
        folder = tmp_path / f"run-{next(runs)}"
        folder.mkdir()
        listener = Listener()
        spec = TrainSpec("cl100k_base", limit, seed, epochs, batch, rate)
        weights = NumpyEngine().train(
            spec, training, validation or [], start=start or Start(), folder=folder, on=listener
        )
        return weights, listener

    return run
