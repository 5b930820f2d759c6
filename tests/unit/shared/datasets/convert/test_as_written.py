"""What is only brought onto lines stays as it was written."""

import io

import pytest

from shared.datasets.convert import Conversion, Options, Target


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            b'[{"a": 0.12345678901234567890123, "b": [1E5, -0, 1.0]}]',
            b'{"a":0.12345678901234567890123,"b":[1E5,-0,1.0]}',
        ),
        (b'{"a": 2.50 ,\r\n "b": "\\u00e9 \\/ \xc3\xa9"}', b'{"a":2.50,"b":"\\u00e9 \\/ \xc3\xa9"}'),
        (b'\xef\xbb\xbf{"a": 1e-400}\n\n{"a": 3}', b'{"a":1e-400}\n{"a":3}'),
        (b'{"n": 18446744073709551615}', b'{"n":18446744073709551615}'),
    ],
)
def test_numbers_and_strings_of_records_as_they_are_stay_as_they_are_written(given: bytes, expected: bytes) -> None:
    written = b"".join(Conversion(lambda: io.BytesIO(given), Options(to=Target.LINES)))
    assert written == expected + b"\n"
