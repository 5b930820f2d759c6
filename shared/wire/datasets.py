"""The bodies of what is ours about files: estimate, split, convert"""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.wire.parse import Body

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Suffix = Annotated[str, StringConstraints(max_length=256)]
#: A system prompt may be long; a column's name and a suffix are not.
Words = Annotated[str, StringConstraints(max_length=100_000)]


class EstimateFile(Body):
    """The body of POST /files/{id}/estimate."""

    model: Name
    n_epochs: Annotated[int, Field(ge=1, le=50)] | None = None


class SplitFile(Body):
    """The body of POST /files/{id}/split: one of the first two."""

    test_fraction: float | None = None
    test_count: int | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] = 0


class ConvertFile(Body):
    """The body of POST /files/{id}/convert; what is left out is found out."""

    to: Name = "chat"
    from_: Annotated[Name | None, Field(alias="from")] = None
    map: dict[Name, Name] | None = None
    system: Words | None = None
    separator: Suffix | None = None
    stop: Suffix | None = None
    skip: bool = False
