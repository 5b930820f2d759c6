"""Look at the lines of a block: read them, hold them against the rules, count their tokens"""

from typing import Any

from shared.datasets.checks import Place
from shared.datasets.checks.example import check_example
from shared.datasets.checks.syntax import read_object
from shared.datasets.checks.whole import what_is_wrong_at_all
from shared.datasets.formats import Format, PlainChat, PlainPair, is_json, read_plain
from shared.datasets.reading.blocks import Block
from shared.datasets.scan.blanks import Blanks, pieces
from shared.datasets.scan.plan import Plan
from shared.datasets.scan.tally import Tally
from shared.datasets.tokens import TokenCounter

_BOM = b"\xef\xbb\xbf"
_CRLF = "lines end with a carriage return and a line feed, which is read well."
_BLANK = "the line is blank. Remove it."


class Examiner:
    """One process's eyes. It remembers nothing of a block but how many tokens texts have that come again."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._counter = None if plan.encoding is None else TokenCounter(plan.encoding)

    def examine(self, block: Block, kind: Format | None, *, opening: bool = False) -> Tally:
        """Return the tally of a block; `kind` is the format of the lines before it, `opening`: there was no example."""
        tally = Tally(self._plan, kind)
        if block.data is None:
            self._too_long(block.first, tally)
            return tally
        for piece in pieces(block):
            if isinstance(piece, Blanks):
                _pass_over(piece, tally)
            else:
                self._look(piece, tally, opening=opening)
            if tally.hopeless:
                break
        tally.judge()
        return tally

    def _look(self, block: Block, tally: Tally, *, opening: bool) -> None:
        data = block.data or b""
        # Lines that end in CRLF, and the first of all, are looked at one by one; the others as fast as can be.
        is_odd = opening or b"\r" in data or len(data) > self._plan.max_line
        for number, line in enumerate(block.lines(), block.first):
            plain = None if is_odd else read_plain(line, tally.format)
            if plain is not None:
                tally.examples += 1
                self._take_plain(number, plain, tally)
            elif self._is_text(number, line, tally, opening=opening):
                tally.examples += 1
                text = line.removeprefix(_BOM) if number == 1 else line
                self._take_example(number, text, tally, may_be_plain=is_odd)
            if tally.hopeless:
                break

    def _too_long(self, number: int, tally: Tally) -> None:
        tally.examples += 1
        tally.findings.add("line_too_long", "the line is over 64 MiB and was not read. Split it.", line=number)

    def _is_text(self, number: int, line: bytes, tally: Tally, *, opening: bool) -> bool:
        """Whether there is an example to read in a line."""
        if len(line) > self._plan.max_line:
            self._too_long(number, tally)
            return False
        if number == 1 and line.startswith(_BOM):
            said = "the file begins with a byte order mark. Save it without."
            tally.findings.add("byte_order_mark", said, line=number)
            line = line[len(_BOM) :]
        is_blank = not line.strip(b" \t\r")
        if not is_blank and self._is_hopeless(number, line, tally, opening=opening):
            return False
        if line.endswith(b"\r"):
            tally.findings.add("crlf", _CRLF, line=number)
        if is_blank:
            tally.findings.add("blank_line", _BLANK, line=number)
        return not is_blank

    def _is_hopeless(self, number: int, line: bytes, tally: Tally, *, opening: bool) -> bool:
        if not opening or tally.examples:
            return False
        if wrong := what_is_wrong_at_all(line, is_json(line)):
            tally.hopeless = True
            tally.findings.add(wrong[0], wrong[1], line=number)
        return tally.hopeless

    def _take_example(self, number: int, line: bytes, tally: Tally, *, may_be_plain: bool) -> None:
        plain = read_plain(line, tally.format) if may_be_plain else None
        if plain is not None:
            self._take_plain(number, plain, tally)
            return
        place = Place(tally.findings, number)
        example = read_object(line, place)
        if example is None:
            return
        kind = check_example(example, tally.format, place)
        tally.format = tally.format or kind
        if kind is not None and not place.errors:
            self._take_checked(number, example, kind, tally)

    def _take_plain(self, number: int, example: PlainChat | PlainPair, tally: Tally) -> None:
        if self._counter is not None:
            self._note(number, *self._counter.plain(example), tally)
        if tally.format is not None:
            tally.take(number, example, tally.format)

    def _take_checked(self, number: int, example: dict[str, Any], kind: Format, tally: Tally) -> None:
        if self._counter is not None:
            total, learned, uncertain = self._counter.example(example, kind)
            self._note(number, total, learned, tally)
            tally.uncertain += self._billed(total + uncertain) - self._billed(total)
        tally.take(number, example, kind)

    def _billed(self, tokens: int) -> int:
        return tokens if self._plan.limit is None else min(tokens, self._plan.limit)

    def _note(self, number: int, total: int, learned: int, tally: Tally) -> None:
        tally.counts.append(total)
        tally.learned += learned
        limit = self._plan.limit
        if limit is not None and total > limit:
            tally.truncated += 1
            said = f"the example has {total:,} tokens; {self._plan.model} takes {limit:,}"
            cut = f"the last {total - limit:,} are cut off, which is where the answer stands."
            tally.findings.add("example_truncated", f"{said}: {cut}", line=number)


def _pass_over(blanks: Blanks, tally: Tally) -> None:
    if blanks.is_crlf:
        tally.findings.add("crlf", _CRLF, line=blanks.first, times=blanks.count)
    tally.findings.add("blank_line", _BLANK, line=blanks.first, times=blanks.count)
