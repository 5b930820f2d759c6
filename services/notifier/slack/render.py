"""A message as Block Kit, within every limit whatever the data"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.notifier.curve import sparkline
from services.notifier.messages.message import Fact, Message, Tone
from services.notifier.slack import limits

Block = dict[str, Any]
SIGNS = {Tone.GOOD: "✅", Tone.BAD: "❌", Tone.WARNING: "⚠️", Tone.NEUTRAL: "🔹"}
#: A value is for reading in a row of two; what is longer is in the dashboard.
_VALUE = 280
_ITEM = 400
#: Of facts, in the one message of a job: the rest stands in its thread.
_BRIEF_FACTS = 6


def whole(message: Message) -> dict[str, Any]:
    """Return `text` and `blocks` of all there is to tell."""
    return _payload(message, [*_head(message), *_body(message, message.facts, curve=True), *_foot(message)])


def brief(message: Message) -> dict[str, Any]:
    """Return what stands in the channel for a job: how it stands, and what a glance is for."""
    body = _body(message, message.facts[:_BRIEF_FACTS], curve=True, snippet=False)
    return _payload(message, [*_head(message), *body, *_foot(message)])


def details(message: Message) -> dict[str, Any]:
    """Return what stands in the thread below `brief`; the curve follows as a picture."""
    return _payload(message, [_section(_bold(message.title)), *_body(message, message.facts, curve=False)])


def custom(message: Message, text: str) -> dict[str, Any]:
    """Return a message whose words an operator's template wrote; `text` is mrkdwn that is escaped already."""
    return _payload(message, [_section(part) for part in _pieces(text)] + _foot(message))


def text_only(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the same message without blocks, for a Slack that does not take them."""
    return {name: value for name, value in payload.items() if name != "blocks"}


def _payload(message: Message, blocks: Sequence[Block]) -> dict[str, Any]:
    return {
        "text": limits.escaped(f"{_sign(message)} {message.fallback}", limits.TEXT),
        "blocks": _within(blocks),
        "unfurl_links": False,
        "unfurl_media": False,
        "parse": "none",
        "link_names": False,
    }


def _head(message: Message) -> list[Block]:
    title = limits.plain(f"{_sign(message)} {message.title}", limits.HEADER)
    head: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}]
    if message.summary:
        head.append(_section(limits.escaped(message.summary, limits.SECTION)))
    return head


def _body(message: Message, facts: Sequence[Fact], *, curve: bool, snippet: bool = True) -> Iterator[Block]:
    if message.cause:
        yield _section(f"*Cause*\n{limits.escaped(message.cause, limits.SECTION - 20)}")
    if message.items:
        yield _section(_list(message))
    if message.cure:
        yield _section(f"*What to do*\n{limits.escaped(message.cure, limits.SECTION - 20)}")
    for start in range(0, len(facts), limits.FIELDS):
        fields = [_mrkdwn(_field(fact)) for fact in facts[start : start + limits.FIELDS]]
        yield {"type": "section", "fields": fields}
    if curve and (drawn := sparkline(message.curve)):
        yield _section(f"```{limits.in_code(drawn, limits.SECTION - 6)}```")
    if snippet and message.snippet:
        yield _section(f"*Try it*\n```{limits.in_code(message.snippet, limits.SECTION - 20)}```")


def _foot(message: Message) -> list[Block]:
    foot: list[Block] = []
    buttons = [_button(number, link.label, link.url) for number, link in enumerate(message.links[: limits.ACTIONS])]
    if buttons := [button for button in buttons if 0 < limits.length(button["url"]) <= limits.URL]:
        foot.append({"type": "actions", "elements": buttons})
    words = [f"`{limits.in_code(word, 100)}`" for word in (message.event_type, message.event_id)]
    foot.append({"type": "context", "elements": [_mrkdwn(" · ".join(words))]})
    return foot


def _sign(message: Message) -> str:
    return f"TEST {SIGNS[message.tone]}" if message.test else SIGNS[message.tone]


def _field(fact: Fact) -> str:
    value = f"`{limits.in_code(fact.value, _VALUE)}`" if fact.code else limits.escaped(fact.value, _VALUE)
    return f"{_bold(fact.label)}\n{value}"


def _bold(text: str) -> str:
    return f"*{limits.escaped(text, 200).replace('*', '∗')}*"


def _list(message: Message) -> str:
    lines = [f"• {limits.escaped(item, _ITEM)}" for item in message.items]
    kept = list(_fitting(lines, limits.SECTION - 40))
    more = message.more + len(lines) - len(kept)
    return "\n".join([*kept, f"_and {more:,} more_"] if more else kept)


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= limits.length(line) + 1
        if room < 0:
            return
        yield line


def _button(number: int, label: str, url: str) -> Block:
    text = {"type": "plain_text", "text": limits.plain(label, limits.BUTTON) or "Open", "emoji": False}
    return {"type": "button", "action_id": f"open-{number}", "text": text, "url": url}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # Verbatim: no bare URL becomes a link, and no word a mention, because it looks like one.
    return {"type": "mrkdwn", "text": text or "–", "verbatim": True}


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text into sections, at the ends of lines where there are any."""
    while limits.length(text) > limits.SECTION:
        cut = text.rfind("\n", 0, limits.SECTION // 2) + 1 or limits.SECTION // 2
        yield text[:cut].rstrip() or "…"
        text = text[cut:]
    if text.strip():
        yield text


def _within(blocks: Sequence[Block]) -> list[Block]:
    """Leave out the last blocks of what is too much in all; what is said first matters most."""
    kept: list[Block] = []
    room = limits.ALL_BLOCKS
    for block in blocks[: limits.BLOCKS]:
        room -= limits.length(json.dumps(block, ensure_ascii=False))
        if room < 0:
            break
        kept.append(block)
    return kept
