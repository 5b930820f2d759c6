"""Write the codes in docs/findings.md anew, from the registry and the labelled corpus: python -m docs.findings"""

import re
import sys
from pathlib import Path

from shared.datasets.checks import Finding
from shared.datasets.checks.codes import GROUPS, Code
from tests.corpus import Case, cases

PAGE = Path(__file__).with_name("findings.md")
_CORPUS = "../tests/fixtures/datasets/"
_READABLE = {".jsonl", ".json", ".csv"}
_SHOWN_LINES, _SHOWN_CHARACTERS = 3, 300
_SHORT_LINE = 30  #: A line so short is shown with what follows it.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa1-\U0010ffff]")


def parts() -> dict[str, str]:
    """Return what stands between the marks of the page: a table to find a code by, and an entry for each."""
    shown: dict[str, Case] = {}
    for case in cases():
        for code in case.codes:
            if code not in shown or case.path.name.partition(".")[0] == code:
                shown[code] = case
    return {
        "table": "\n".join(_table(title, rows) for title, rows in GROUPS.items()),
        "codes": "\n".join(_section(title, rows, shown) for title, rows in GROUPS.items()),
    }


def written(page: str, part: str) -> str:
    """Return a part as it stands in the page; raise ValueError when its marks are gone."""
    begin, end = _marks(part)
    return page[page.index(begin) + len(begin) : page.index(end)]


def _marks(part: str) -> tuple[str, str]:
    return f"<!-- {part} -->\n", f"<!-- end of {part} -->"


def _table(title: str, rows: tuple[Code, ...]) -> str:
    head = f"**{title}**\n\n| code | severity | what is right |\n| --- | --- | --- |\n"
    return head + "".join(map(_row, rows))


def _row(code: Code) -> str:
    rule = code.rule.replace("|", "\\|")
    return f"| [`{code.name}`](#{code.name}) | {_severity(code)} | {rule} |\n"


def _section(title: str, rows: tuple[Code, ...], shown: dict[str, Case]) -> str:
    return f"## {title}\n\n" + "\n".join(_entry(row, shown.get(row.name)) for row in rows)


def _entry(code: Code, case: Case | None) -> str:
    told = [f"### `{code.name}`\n", f"*{_severity(code)}*: {code.rule}\n"]
    source = f"**Source**: {code.source}."
    if case is not None:
        found = next(one for one in case.check().findings if one.code == code.name)
        told += [f"```text\n{_example(case, found)}\n```\n", f"> {_said(found)}\n"]
        source += f" **File**: [{case.name}]({_CORPUS}{case.name})."
    return "\n".join([*told, f"**Cure**: {code.cure}\n{source}\n"])


def _severity(code: Code) -> str:
    return f"{code.severity.value}, fixed" if code.fixed else code.severity.value


def _said(found: Finding) -> str:
    where = "" if found.line is None else f"line {found.line}"
    place = f"{where}, `{found.path}`: " if found.path else f"{where}: " * bool(where)
    return f"{place}{found.message}"


def _example(case: Case, found: Finding) -> str:
    """Return the line that has the finding, or the beginning of a file that has it as a whole."""
    data = case.path.read_bytes()
    if case.path.suffix not in _READABLE:
        return f"{data[:8].hex(' ')} … ({len(data)} bytes)"
    if not data:
        return "(0 bytes)"
    lines = data.removesuffix(b"\n").split(b"\n")
    if found.line is not None:
        lines = lines[found.line - 1 :]
        lines = lines if len(lines[0]) < _SHORT_LINE else lines[:1]
    more = len(lines) > _SHOWN_LINES
    return "\n".join([*map(_shown, lines[:_SHOWN_LINES]), *["…"] * more])


def _shown(line: bytes) -> str:
    text = line[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
    text = _UNPRINTABLE.sub(lambda match: repr(match[0])[1:-1], text)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def main() -> int:
    """Rewrite the page where it is not what the registry and the corpus say."""
    page = PAGE.read_text("utf-8")
    for part, new in parts().items():
        if (old := written(page, part)) != new:
            begin, end = _marks(part)
            page = page.replace(begin + old + end, begin + new + end)
            print(f"docs/findings.md: the {part} was written anew")
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
