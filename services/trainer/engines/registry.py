"""Find an engine by its name."""

from functools import cache

from services.trainer.engines.engine import Engine
from services.trainer.engines.numpy_engine import NumpyEngine

DEFAULT = "numpy"


@cache
def engine_named(name: str) -> Engine:
    """Return the engine; raises KeyError with the names that there are."""
    engines: dict[str, Engine] = {"numpy": NumpyEngine()}
    if name not in engines:
        raise KeyError(f"there is no engine {name!r}; there are {', '.join(engines)}")
    return engines[name]
