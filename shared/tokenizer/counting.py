"""Count the tokens of any text exactly, whatever its length, as fast as this machine can"""

import importlib.metadata
import importlib.util
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder

import tiktoken

from shared.tokenizer.pages import in_large_pages
from shared.tokenizer.pieces import SIZE, Run, pieces
from shared.tokenizer.runs import count_run
from shared.tokenizer.vocabulary import NAMES, load

#: What tiktoken does not do well it does not do to texts of this length.
SHORT = SIZE
#: The release that the tests hold equal to tiktoken. Another may count otherwise, and is left alone.
FAST_PACKAGE, FAST_VERSION = "bpe-openai", "0.1.4"
_FAST_NAMES = ("o200k_base", "cl100k_base")


class Counter:
    """Counts in one encoding. With `tuneyard[fast]` it is GitHub's counter that counts, else tiktoken: the same."""

    def __init__(self, name: str, *, fast: bool | None = None) -> None:
        """Load the tables. Raises KeyError for an encoding that is not in the package.

        `fast` chooses which of the two counts; None takes the fast one where it is installed.
        """
        if name not in NAMES:
            raise KeyError(f"encoding {name!r} is not in this package; it has {', '.join(NAMES)}")
        self.name = name
        self.is_fast = name in _FAST_NAMES and is_fast_installed() if fast is None else fast
        #: Counts a text of fewer than SHORT characters; raises UnicodeEncodeError for half a surrogate pair.
        self.short = _fast(name) if self.is_fast else _plain(self._encoding())

    def count(self, text: str) -> int:
        """Return the number of tokens of any text, one that spells a special token like `<|endoftext|>` too."""
        try:
            if len(text) < SHORT:
                return self.short(text)
            return sum(
                count_run(piece.text, self._encoding()) if isinstance(piece, Run) else self.short(piece)
                for piece in pieces(text, self._encoding)
            )
        except UnicodeEncodeError:
            # Half a surrogate pair is counted as what UTF-8 replaces it by, as tiktoken does.
            return self.count(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    def _encoding(self) -> tiktoken.Encoding:
        return load(self.name)


@cache
def is_fast_installed() -> bool:
    """Whether the fast counter is here, in the release that is known to count right."""
    try:
        return importlib.metadata.version(FAST_PACKAGE) == FAST_VERSION
    except importlib.metadata.PackageNotFoundError:
        return False


@cache
def _fast(name: str) -> Callable[[str], int]:
    # Its extension alone. To import the package would read the tables once more, in Python, half a second long.
    package = importlib.util.find_spec("bpe_openai")
    spec = package and PathFinder.find_spec("bpe_openai._bindings", package.submodule_search_locations)
    assert spec is not None, f"{FAST_PACKAGE} {FAST_VERSION} has lost its extension"
    assert spec.loader is not None
    bindings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bindings)
    with in_large_pages():
        count: Callable[[str], int] = bindings.tokenizer_for_encoding(name).count
    return count


def _plain(encoding: tiktoken.Encoding) -> Callable[[str], int]:
    # Its public methods make a list of all tokens first, which is a twentieth of the work. Four bytes each.
    encode = encoding._core_bpe.encode_to_tiktoken_buffer  # noqa: SLF001
    none: frozenset[str] = frozenset()
    return lambda text: memoryview(encode(text, none)).nbytes // 4
