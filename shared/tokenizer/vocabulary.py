"""Load a table of the tokenizer from inside the package, so that no count needs the network"""

import os
import threading
from functools import cache
from pathlib import Path

import tiktoken

from shared.tokenizer.pages import in_large_pages

#: Files named as tiktoken's cache names them, sha1 of their address; tiktoken checks the sha256 of each as it loads.
TABLES = Path(__file__).parent / "tables"
NAMES = ("o200k_base", "cl100k_base", "r50k_base")
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_loading = threading.Lock()


@cache
def load(name: str) -> tiktoken.Encoding:
    """Return the encoding `name` (0.2–0.4 s and about 60 MiB the first time, then at once).

    Raises KeyError for a name whose table is not in the package: tiktoken would go to the network for it.
    """
    if name not in NAMES:
        raise KeyError(f"encoding {name!r} is not in this package; it has {', '.join(NAMES)}")
    with _loading:
        before = os.environ.get(_CACHE_VARIABLE)
        os.environ[_CACHE_VARIABLE] = str(TABLES)
        try:
            with in_large_pages():
                return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ[_CACHE_VARIABLE]
            else:
                os.environ[_CACHE_VARIABLE] = before
