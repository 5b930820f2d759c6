"""Write the table of codes in docs/findings.md anew from the registry: python -m docs.findings"""

import sys
from pathlib import Path

from shared.datasets.checks import as_table

PAGE = Path(__file__).with_name("findings.md")
_BEGIN, _END = "<!-- codes -->\n", "<!-- end of codes -->"


def written(page: str) -> str:
    """Return the table that stands in the page; raise ValueError when its marks are gone."""
    return page[page.index(_BEGIN) + len(_BEGIN) : page.index(_END)]


def main() -> int:
    """Rewrite the page when its table is not the registry's."""
    page = PAGE.read_text("utf-8")
    if (old := written(page)) != (new := as_table()):
        PAGE.write_text(page.replace(_BEGIN + old + _END, _BEGIN + new + _END), "utf-8")
        print("docs/findings.md: the codes were written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
