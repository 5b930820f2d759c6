"""The grammar of faults, and which requests they meet."""

import pytest

from services.trainer.faults import DEFAULTS, OF_OPERATIONS, OF_REQUESTS, Fault, FaultBook, FaultRefused, parse

#: text, what it means, remark
READ = [
    ("", [], "none"),
    ("rate_limit", [Fault("rate_limit", value="1")], "a default of its own"),
    ("rate_limit=7", [Fault("rate_limit", value="7")], "seconds"),
    ("jobs.create:error_after*2", [Fault("error_after", "jobs.create", left=2)], "twice, at one operation"),
    ("files.*:slow=0.5*1", [Fault("slow", "files.*", "0.5", 1)], "all of a resource"),
    ("error_before, drop_after", [Fault("error_before"), Fault("drop_after")], "two"),
    ("unknown_status", [Fault("unknown_status", value="pausing_for_lunch")], "a word, not seconds"),
]


@pytest.mark.parametrize(("text", "faults", "remark"), READ, ids=[row[2] for row in READ])
def test_the_grammar_reads(text: str, faults: list[Fault], remark: str) -> None:
    assert parse(text) == faults


@pytest.mark.parametrize("fault", sorted({*OF_REQUESTS, *OF_OPERATIONS}))
def test_what_is_listed_can_be_read_again(fault: str) -> None:
    book = FaultBook(f"jobs.create:{fault}*3")
    assert parse(", ".join(book.listed())) == parse(f"jobs.create:{fault}={DEFAULTS[fault]}*3"
                                                    if fault in DEFAULTS else f"jobs.create:{fault}*3")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [("explode", "there are"), ("rate_limit=soon", "expected seconds"), ("a b", "cannot be read"), ("slow*x", "read")],
)
def test_what_cannot_be_read_is_named(text: str, words: str) -> None:
    with pytest.raises(FaultRefused, match=words):
        parse(text)


def test_a_counted_fault_meets_so_many_requests_and_no_more() -> None:
    book = FaultBook("jobs.create:error_after*2")
    met = [bool(book.take(operation)) for operation in ("jobs.list", "jobs.create", "jobs.create", "jobs.create")]
    assert met == [False, True, True, False]
    assert book.listed() == []


def test_a_fault_of_one_operation_spares_the_others() -> None:
    book = FaultBook("training_not_available")
    assert not book.take("files.create")
    assert book.take("jobs.create")


def test_the_header_comes_before_what_stands_and_leaves_it_its_count() -> None:
    book = FaultBook("rate_limit=1*1")
    assert book.take("jobs.list", "rate_limit=9")["rate_limit"].value == "9"
    assert book.take("jobs.list")["rate_limit"].value == "1"


def test_clearing_ends_all() -> None:
    book = FaultBook("error_before")
    book.add("slow")
    book.clear()
    assert not book.take("jobs.list")
