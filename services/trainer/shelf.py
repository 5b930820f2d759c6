"""Keep the models that were asked last in memory."""

from collections import OrderedDict
from threading import Lock

from services.trainer.engines.engine import Handle
from services.trainer.engines.registry import DEFAULT, engine_named
from services.trainer.state.models import Offered

#: A tuned model of a hundred examples takes a few MB.
MOST = 16


class Shelf:
    """Loaded models by name, the least recently asked dropped first; for several threads."""

    def __init__(self) -> None:
        self._handles: OrderedDict[str, Handle] = OrderedDict()
        self._lock = Lock()

    def take(self, model: Offered) -> Handle:
        """Return the model, loading it on first use."""
        with self._lock:
            if model.name not in self._handles:
                engine = engine_named(DEFAULT)
                self._handles[model.name] = engine.load(model.base.encoding, model.weights, model.name)
            self._handles.move_to_end(model.name)
            while len(self._handles) > MOST:
                self._handles.popitem(last=False)
            return self._handles[model.name]

    def drop(self, name: str) -> None:
        with self._lock:
            self._handles.pop(name, None)
