"""Write the tree of ARCHITECTURE.md anew from the files' own captions: python -m docs.tree"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
FOLDERS = ("services", "workers", "shared", "migrations", "benchmarks")
_BEGIN, _END = "<!-- tree -->\n```text\n", "```\n<!-- end of tree -->"
_COLUMN = 38


def caption(path: Path) -> str:
    """Return the first line of the file's docstring without a final period; "" when it has none."""
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
    return lines[0].removesuffix(".") if lines else ""


def tree() -> str:
    """Return the tree, one line per folder and file; a folder's caption is that of its `__init__.py`."""
    return "\n".join(line for folder in FOLDERS for line in _lines(ROOT / folder, 0)) + "\n"


def written(page: str) -> str:
    """Return the tree that stands in the page; raise ValueError when its marks are gone."""
    return page[page.index(_BEGIN) + len(_BEGIN) : page.index(_END)]


def _lines(folder: Path, depth: int) -> Iterator[str]:
    yield _line(f"{folder.name}/", folder / "__init__.py", depth)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and _holds_code(path):
            yield from _lines(path, depth + 1)
        elif path.suffix == ".py" and path.name != "__init__.py":
            yield _line(path.name, path, depth + 1)


def _line(name: str, file: Path, depth: int) -> str:
    return f"{'  ' * depth + name:{_COLUMN}} {caption(file)}"


def _holds_code(folder: Path) -> bool:
    """Say whether the folder is a package; the steps of the schema tell of themselves in their names."""
    return (folder / "__init__.py").exists()


def main() -> int:
    """Rewrite the page when its tree is not the files'."""
    page = PAGE.read_text("utf-8")
    if (old := written(page)) != (new := tree()):
        PAGE.write_text(page.replace(_BEGIN + old + _END, _BEGIN + new + _END), "utf-8")
        print("ARCHITECTURE.md: the tree was written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
