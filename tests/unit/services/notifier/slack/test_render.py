"""Whatever a message holds, Slack takes it, and it pings nobody and links nowhere"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.messages.links import Links
from services.notifier.messages.message import Curve, Fact, Link, Message, Phase, Tone
from services.notifier.messages.samples import sample, types
from services.notifier.messages.writers import write
from services.notifier.slack import limits, render
from tests.slack_server import Posted, problem

LINKS = Links("https://tune.example.com")
ALL = (render.whole, render.brief, render.details)
#: What Slack would make something of, between what it would not.
_TEXT = st.text(
    st.sampled_from("<>&!@#|`*_~:^\n\0\u202e😀🇩🇪 abé") | st.characters(codec="utf-8"), max_size=400
) | st.sampled_from(
    [
        "<!channel>",
        "@here <!here|x>",
        "<@U123>",
        "<https://evil.example|ok>",
        "<!date^1392734382^{date}|x>",
        "`" * 50,
        "&lt;" * 900,
        "😀" * 4000,
        "x" * 20_000,
        "<!subteam^S1>" * 300,
    ]
)
_MESSAGES = st.builds(
    Message,
    event_id=_TEXT,
    event_type=_TEXT,
    title=_TEXT,
    tone=st.sampled_from(Tone),
    summary=_TEXT,
    facts=st.lists(st.builds(Fact, _TEXT, _TEXT, st.booleans()), max_size=40).map(tuple),
    items=st.lists(_TEXT, max_size=30).map(tuple),
    more=st.integers(0, 10**9),
    cause=st.none() | _TEXT,
    cure=st.none() | _TEXT,
    snippet=st.none() | _TEXT,
    curve=st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1e6)), max_size=8).map(lambda p: Curve(tuple(p))),
    links=st.lists(st.builds(Link, _TEXT, _TEXT), max_size=30).map(tuple),
    phase=st.sampled_from(Phase),
    test=st.booleans(),
)


def _mrkdwn(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for each in value for found in _mrkdwn(each)]
    if not isinstance(value, dict):
        return []
    mine = [value] if value.get("type") == "mrkdwn" else []
    return mine + [found for each in value.values() for found in _mrkdwn(each)]


def _harmless(payload: dict[str, Any]) -> bool:
    objects = _mrkdwn(payload["blocks"])
    # A mention, a link and a date begin with `<`, and a bare word becomes one only where text is not verbatim.
    parsed = [payload["text"], *(each["text"] for each in objects)]
    return (
        all("<" not in text and ">" not in text for text in parsed)
        and all(each["verbatim"] for each in objects)
        and (payload["parse"], payload["link_names"]) == ("none", False)
    )


@settings(max_examples=60)
@given(_MESSAGES)
def test_no_message_is_over_any_limit_and_none_mentions_anybody(message: Message) -> None:
    for drawn in ALL:
        payload = drawn(message)
        assert problem(payload) is None
        assert len(json.dumps(payload["blocks"], ensure_ascii=False)) <= limits.ALL_BLOCKS + 100
        assert payload["text"].strip() and limits.length(payload["text"]) <= limits.TEXT
        assert _harmless(payload)


@settings(max_examples=100)
@given(_TEXT, st.integers(1, 200))
def test_a_text_is_cut_between_characters_and_between_entities(text: str, limit: int) -> None:
    cut = limits.escaped(text, limit)
    assert limits.length(cut) <= limit
    rest = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("&<>") & set(rest)
    cut.encode("utf-8")


@pytest.mark.parametrize("event_type", types())
def test_what_a_sample_tells_stands_in_its_blocks(event_type: str) -> None:
    message = write(sample(event_type), LINKS)
    texts = "\n".join(Posted("1", render.whole(message), 0).texts)
    for part in (message.title, message.cause, message.cure, *message.items):
        assert part is None or limits.escaped(part, 3000) in texts
    for fact in message.facts:
        assert fact.label in texts and limits.escaped(fact.value, 3000) in texts


def test_buttons_are_links_to_the_dashboard() -> None:
    blocks = render.whole(write(sample("fine_tuning.job.succeeded"), LINKS))["blocks"]
    (actions,) = [block for block in blocks if block["type"] == "actions"]
    assert actions["elements"][0]["url"].startswith("https://tune.example.com/ui/jobs/ftjob-")


def test_a_test_says_that_it_is_one() -> None:
    message = Message("evt_1", "file.error", "File refused", Tone.BAD, "It has 1 error.", test=True)
    payload = render.whole(message)
    assert payload["text"].startswith("TEST") and payload["blocks"][0]["text"]["text"].startswith("TEST")


def test_a_template_of_any_length_becomes_sections_that_fit() -> None:
    message = write(sample("file.error"), LINKS)
    for text in ("a\n" * 4000, "x" * 9000, "short"):
        payload = render.custom(message, text)
        assert problem(payload) is None and payload["blocks"][0]["type"] == "section"
