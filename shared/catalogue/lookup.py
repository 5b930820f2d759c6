"""Find a base by its name, its alias, or the name of a model tuned from it."""

import difflib
from functools import cache

from shared.catalogue.table import PACKAGED, BaseModel, load


class Catalogue:
    """The rows of one file and the names that lead to them."""

    def __init__(self, bases: tuple[BaseModel, ...]) -> None:
        self.bases = bases
        self._by_name = {name: base for base in bases for name in (base.name, *base.aliases)}

    def find(self, name: str) -> BaseModel | None:
        """Return the base of a snapshot, an alias, `ft:BASE:…` (checkpoints too) or `BASE:ft-…`; None if unknown.

        Only whole names match: a map of prefixes, as tiktoken's, takes `ft:gpt-4.1` for a gpt-4 and counts wrongly.
        """
        head, _, rest = name.partition(":")
        if head == "ft":
            return self._by_name.get(rest.partition(":")[0])
        if rest.startswith("ft-"):  # the form of /v1/fine-tunes, until 2023: curie:ft-acme-2023-03-01
            return self._by_name.get(head)
        return self._by_name.get(name)

    def exact(self, name: str) -> BaseModel | None:
        """Return the base whose snapshot or alias is `name`; a tuned model's name is none, whatever it begins with."""
        return self._by_name.get(name)

    def suggest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Return up to `count` known names that look like `name`, the nearest first."""
        head = name.split(":")[1] if name.startswith("ft:") else name
        return tuple(difflib.get_close_matches(head, self._by_name, n=count, cutoff=0.5))


@cache
def _packaged() -> Catalogue:
    return Catalogue(load(PACKAGED))


def find(name: str) -> BaseModel | None:
    """Return the base that `name` leads to in the packaged catalogue (see Catalogue.find)."""
    return _packaged().find(name)


def exact(name: str) -> BaseModel | None:
    """Return the base of that very name in the packaged catalogue (see Catalogue.exact)."""
    return _packaged().exact(name)


def suggest(name: str, count: int = 3) -> tuple[str, ...]:
    """Return names of the packaged catalogue that look like `name`."""
    return _packaged().suggest(name, count)


def all_bases() -> tuple[BaseModel, ...]:
    """Return every base of the packaged catalogue, newest family first."""
    return _packaged().bases
