"""Keep the models that were asked last in memory: tuned ones, and the bases that they came from."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from services.trainer.engines.engine import Handle
from services.trainer.engines.registry import DEFAULT, engine_named
from services.trainer.state.models import Offered

#: A tuned model of a hundred examples takes a few MB.
MOST = 16


class Shelf:
    """Loaded models, the least recently asked dropped first; for several threads."""

    def __init__(self, bases: Path) -> None:
        self._bases = bases
        self._handles: OrderedDict[str, Handle] = OrderedDict()
        self._lock = Lock()

    def take(self, model: Offered) -> Handle:
        """Return the model, loading it on first use; the first of all asks for a base may have it learned."""
        # Bases of one encoding and form are one model under many names.
        key = model.name if model.weights else f"{model.form} {model.base.encoding}"
        with self._lock:
            if key not in self._handles:
                self._handles[key] = self._load(model)
            self._handles.move_to_end(key)
            while len(self._handles) > MOST:
                self._handles.popitem(last=False)
            return self._handles[key]

    def drop(self, name: str) -> None:
        with self._lock:
            self._handles.pop(name, None)

    def _load(self, model: Offered) -> Handle:
        engine = engine_named(DEFAULT)
        weights = model.weights or engine.base(model.base.encoding, model.form, self._bases)
        return engine.load(model.base.encoding, weights)
