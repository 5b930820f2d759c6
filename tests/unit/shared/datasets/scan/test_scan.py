"""However a file is cut, packed and shared out, its report is the same."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue import find
from shared.datasets.checks import Finding
from shared.datasets.reading import Block, Blocks
from shared.datasets.report import Report, check
from shared.datasets.scan import Crew, ProcessDied
from shared.datasets.scan import crew as crews
from shared.datasets.scan import file as scans

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MODEL = find("gpt-3.5-turbo-0613")
CHAT = b'{"messages": [{"role": "user", "content": "Hi %d"}, {"role": "assistant", "content": "Hello"}]}'
LINES = [
    CHAT % 1,
    CHAT % 2,
    CHAT.replace(b"Hi", "é\\u00e9 Größe".encode()) % 3,
    b'{"messages": [{"role": "user", "content": "Hi"}]}',
    b'{"messages": [{"role": "user", "content": "' + b"word " * 4100 + b'"}, {"role": "assistant", "content": "a"}]}',
    b'{"prompt": "a", "completion": "b"}',
    b'{"prompt": "a", "prompt": "b", "completion": "b"}',
    b'{"zz": 1}',
    b"",
    b"   ",
    b"{",
    b"[1]",
    b'["a"]',
    b"\xff",
    b"\xef\xbb\xbf" + CHAT % 4,
    b"x" * 30_000,
]


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(2) as found:
        yield found


def told(report: Report) -> dict[str, Any]:
    """Return all of a report that does not depend on how its bytes were packed."""
    return {**report.as_dict(), "bytes": 0, "sha256": "", "compression": None}


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


files = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(st.sampled_from(LINES), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([b"", b"\n"]),
)
packers = st.sampled_from([bytes, gzip.compress, lambda data: zstd.compress(data[:9]) + zstd.compress(data[9:])])


@settings(max_examples=60)
@given(
    files,
    st.sampled_from([1, 7, 1000]),
    st.integers(1, 3000),
    packers,
    st.sampled_from([0, 2]),
    st.sampled_from([20_000, 10**6]),
)
def test_a_report_is_the_same_however_the_file_is_cut_packed_and_shared_out(
    crew: Crew, data: bytes, chunk: int, block: int, pack: Any, others: int, max_line: int
) -> None:
    options: dict[str, Any] = {"model": MODEL, "max_line": max_line, "quality": True}
    whole = check([data], **options)
    heard: list[Finding] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scans, "Blocks", lambda text, max_line: Blocks(text, max_line=max_line, sizes=(block,)))
        patch.setattr(scans, "ALONE_BYTES", 0)
        shared = crew if others else None
        parted = check(cut(pack(data), chunk), crew=shared, on_findings=heard.extend, **options)
    assert told(parted) == told(whole)
    assert {replace(one, count=1) for one in whole.findings if one.line is not None} >= set(heard)


@given(files, st.integers(1, 300), st.integers(1, 200), st.integers(1, 60))
def test_blocks_are_whole_numbered_lines(data: bytes, chunk: int, size: int, max_line: int) -> None:
    blocks = Blocks(cut(data, chunk), max_line=max_line, sizes=(1, size))
    found: list[bytes | None] = []
    for block in blocks:
        assert block.first == len(found) + 1
        found += [None] if block.data is None else block.lines()
        assert block.last == len(found) == blocks.count
    expected = data.split(b"\n") if data else []
    if expected and not expected[-1]:
        expected.pop()
    # A line over the limit is still given where it came in one piece with its end.
    kept = [
        line if got is not None or len(line) <= max_line else None for got, line in zip(found, expected, strict=True)
    ]
    assert found == kept


def many(lines: int) -> bytes:
    return b"".join(CHAT % number + b"\n" for number in range(lines))


def test_a_small_file_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "Hand", None)
    assert check([many(1000)], model=None, processes=4).examples == 1000


def test_progress_and_findings_are_told_while_it_goes(crew: Crew) -> None:
    data = b"{}\n" + many(40_000)
    progress: list[tuple[int, int]] = []
    found: list[tuple[int, Finding]] = []
    check(
        cut(data, 100_000),
        model=None,
        tokens=False,
        crew=crew,
        on_progress=lambda *done: progress.append(done),
        on_findings=lambda listed: found.extend((len(progress), one) for one in listed),
    )
    assert progress == sorted(progress)
    assert progress[-1] == (len(data), 40_001)
    [(when, finding)] = found
    assert (when, finding.line, finding.code) == (0, 1, "unknown_format")


def test_without_tokens_all_else_is_the_same() -> None:
    data = many(60) + b"{}\n"
    with_tokens, without = check([data], model=MODEL), check([data], model=MODEL, tokens=False)
    assert (without.encoding, without.total_tokens, without.estimate) == (None, 0, None)
    assert without.findings == with_tokens.findings


def killing(crew: Crew, data: bytes) -> Iterator[bytes]:
    """Yield a file, and kill a process of those that look at it on the way."""
    for number, chunk in enumerate(cut(data, 100_000)):
        yield chunk
        if number == 30:
            os.kill(crew._lent[0]._process.pid, signal.SIGKILL)


def test_a_process_that_is_killed_is_reported_and_the_crew_works_on(crew: Crew) -> None:
    data = many(100_000)
    with pytest.raises(ProcessDied, match=r"died \(signal 9\) while it looked at lines [\d,]+ to [\d,]+"):
        check(killing(crew, data), model=None, tokens=False, crew=crew)
    assert check([data], model=None, tokens=False, crew=crew).examples == 100_000


def test_a_process_that_is_killed_while_it_is_idle_costs_no_file_anything(crew: Crew) -> None:
    check([many(100_000)], model=None, tokens=False, crew=crew)
    for hand in crew._idle:
        os.kill(hand._process.pid, signal.SIGKILL)
        hand._process.join()
    assert check([many(100_000)], model=None, tokens=False, crew=crew).examples == 100_000


def test_told_to_stop_with_all_of_a_service_a_process_goes_on_until_who_ordered_ends_it(crew: Crew) -> None:
    def stopping() -> Iterator[bytes]:
        for number, chunk in enumerate(cut(many(100_000), 100_000)):
            yield chunk
            if number == 30:
                os.kill(crew._lent[0]._process.pid, signal.SIGTERM)

    assert check(stopping(), model=None, tokens=False, crew=crew).examples == 100_000


def test_a_crew_that_nobody_closed_holds_up_no_exit() -> None:
    script = (
        "from shared.datasets.scan import Crew\ncrew = Crew(1)\nhand = crew.borrow()\n"
        "while not hand.is_ready:\n    hand.hear()"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == 0


def test_a_reader_that_stops_leaves_the_crew_to_others(crew: Crew) -> None:
    def stopping() -> Iterator[bytes]:
        yield many(20_000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(stopping(), model=None, tokens=False, crew=crew)
    assert crew._lent == []
    assert check([many(20_000)], model=None, tokens=False, crew=crew).examples == 20_000


def test_checks_share_a_crew_and_none_waits_for_ever(crew: Crew) -> None:
    data = many(30_000)
    reports: list[Report] = []
    threads = [
        threading.Thread(target=lambda: reports.append(check([data], model=None, tokens=False, crew=crew)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [told(report) for report in reports] == [told(reports[0])] * 5
    assert len(crew._idle) <= crew.size and crew._lent == []


def test_a_line_larger_than_a_block_passes_in_pieces(crew: Crew) -> None:
    long = {"messages": [{"role": "user", "content": "a b " * 2_000_000}, {"role": "assistant", "content": "x"}]}
    report = check([many(10), json.dumps(long).encode(), b"\n", many(10)], model=None, tokens=False, crew=crew)
    assert (report.examples, report.findings_total["error"]) == (21, 0)


def test_a_damaged_archive_is_reported_on_up_to_its_fault() -> None:
    packed = gzip.compress(many(5000) + b"{}\n" + many(5000))
    report = check([packed[:-100]], model=None)
    assert report.findings_by_code == {"unknown_format": 1, "packed_file_broken": 1}
    assert (report.bytes, report.compression, report.valid) == (len(packed) - 100, "gzip", False)
    assert str(report.findings[-1]).startswith("the file is gzip and breaks off")


def test_a_block_knows_its_lines() -> None:
    assert list(Block(1, 2, b"a\nb").lines()) == list(Block(1, 2, b"a\nb\n").lines()) == [b"a", b"b"]
    assert list(Block(1, 1, None).lines()) == []
