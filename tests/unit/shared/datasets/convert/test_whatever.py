"""Whatever a file holds, a conversion counts every row or refuses the file in a sentence"""

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.datasets.convert import Conversion, Options, Target
from shared.errors import Refused

_SEEDS = [
    b'q,a\nx,"y\nz"\n',
    b'[{"instruction": "a", "output": "b"}, {"instruction": "c"}]',
    b'{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "tools": "[]"}\n',
    b'{"prompt": "a", "chosen": [{"role": "assistant", "content": "b"}], "rejected": "c"}\n',
    b'{"messages": [{"role": "user", "content": [{"type": "text", "value": "a"}]}]}\n',
    b'{"prompt": "a ->", "completion": " b END"}\n',
]
_PIECES = [
    b"null",
    b'"',
    b"{",
    b"[",
    b"]",
    b"}",
    b",",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"NaN",
    b"9" * 50,
    b"\n",
]
_ASKED = [
    Options(system="S"),
    Options(to=Target.LINES),
    Options(to=Target.PREFERENCE),
    Options(mapping={"user": "q", "assistant": "a"}),
]


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 6), st.sampled_from(_PIECES)), max_size=3),
    st.sampled_from(_ASKED),
)
@settings(max_examples=150, deadline=None)
def test_every_row_is_counted_or_the_file_is_refused(
    data: bytes, changes: list[tuple[int, int, bytes]], asked: Options
) -> None:
    for place, gone, piece in changes:
        data = data[:place] + piece + data[place + gone :]
    conversion = Conversion(lambda: io.BytesIO(data), asked)
    try:
        written = [json.loads(line) for line in conversion]
    except Refused as refused:
        assert str(refused).endswith((".", "?", "…"))  # noqa: PT017 (a refusal is right too)
        return
    tally = conversion.tally
    assert (tally.read, len(written)) == (tally.written + tally.skipped, tally.written)
    assert all(one.why for one in tally.listed)
