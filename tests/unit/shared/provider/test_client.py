"""A result file in either encoding; how long to wait when asked to."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.provider.client import plain_csv, upload_seconds
from shared.provider.transport import retry_after

CSV = b"step,train_loss\n1,0.5\n"
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("raw", "expected", "remark"),
    [
        (CSV, CSV, "as documented"),
        (BOM + CSV, CSV, "with a byte order mark"),
        (base64.b64encode(CSV), CSV, "as OpenAI serves it since 2024"),
        (BOM + base64.b64encode(CSV), CSV, "both"),
        (base64.b64encode(b"\x00\x01"), base64.b64encode(b"\x00\x01"), "base64 of something else stays as it is"),
        (b"epoch,loss\n1,2\n", b"epoch,loss\n1,2\n", "another table stays as it is"),
        (b"", b"", "nothing"),
        (b"\xff\xfe\x00", b"\xff\xfe\x00", "no text at all"),
    ],
)
def test_a_result_file_is_plain_text_in_the_end(raw: bytes, expected: bytes, remark: str) -> None:
    assert plain_csv(raw) == expected, remark


@given(st.binary(max_size=200))
def test_a_table_is_the_same_in_either_encoding(rest: bytes) -> None:
    table = b"step," + rest
    assert plain_csv(table) == plain_csv(base64.b64encode(table)) == table


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("1e9", 3600.0),
        ("inf", 3600.0),
        ("nan", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_up_to_an_hour(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_the_largest_file_may_be_on_its_way_for_nine_minutes() -> None:
    assert 8 * 60 < upload_seconds(512 * 1024 * 1024) < 9 * 60
