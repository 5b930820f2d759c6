"""A mail as it is handed over: whole, small, the same on each try, with nothing added to its headers"""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.mail.letter import MOST_SUBJECT, Envelope, Writer, one_line, subject
from services.notifier.mail.page import as_html
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Fact, Link, Message, Tone
from services.notifier.messages.samples import sample, types
from services.notifier.messages.writers import write
from services.notifier.templates import Templates
from shared.events.catalogue import EventType
from shared.settings import SmtpSettings

LINKS = Links("https://tune.example.com")
ENVELOPE = Envelope("dlv_1", "wh_1", "ada@example.com")
EVENT = sample(EventType.JOB_SUCCEEDED)


def _writer(unsubscribe_url: str | None = None) -> Writer:
    sender = "Tuneyard <tuneyard@tune.example.com>"
    return Writer(SmtpSettings(host="mail", sender=sender, unsubscribe_url=unsubscribe_url), Templates())


def _written(
    message: Message, envelope: Envelope = ENVELOPE, event: Happening = EVENT, unsubscribe_url: str | None = None
) -> EmailMessage:
    parsed = message_from_bytes(_writer(unsubscribe_url).write(event, message, envelope), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


@pytest.mark.parametrize("event_type", types())
def test_text_and_html_tell_what_the_message_holds(event_type: str) -> None:
    event = sample(event_type)
    message = write(event, LINKS)
    mail = _written(message, event=event)
    text, html = _part(mail, "plain"), _part(mail, "html")
    for fact in message.facts:
        assert fact.value in text
    for part in (message.title, message.summary, message.cause, message.cure, *message.items):
        assert part is None or part in text
    assert message.links[0].url in text and message.links[0].url in html
    assert mail["Subject"] == message.title


def test_the_curve_is_inside_the_mail_and_nothing_is_fetched_from_elsewhere() -> None:
    mail = _written(write(EVENT, LINKS))
    html = _part(mail, "html")
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    cid = str(picture["Content-ID"]).strip("<>")
    assert f'src="cid:{cid}"' in html and picture.get_content()[:4] == b"\x89PNG"
    assert [word for word in ("<script", "http-equiv", "url(", "<link", 'src="http') if word in html] == []
    assert "prefers-color-scheme: dark" in html


def test_a_message_is_the_same_on_each_try_and_another_for_each_recipient() -> None:
    message = write(EVENT, LINKS)
    one, again = _written(message), _written(message)
    assert one["Message-ID"] == again["Message-ID"] and one["Message-ID"].endswith("@tune.example.com>")
    assert _written(message, replace(ENVELOPE, recipient="bob@example.com"))["Message-ID"] != one["Message-ID"]
    assert one["To"] == "ada@example.com"


def test_the_mails_of_one_job_meet_in_one_thread() -> None:
    running = _written(write(sample(EventType.JOB_RUNNING), LINKS), replace(ENVELOPE, delivery_id="dlv_0"))
    assert running["References"] == _written(write(EVENT, LINKS))["References"]
    refused = sample(EventType.FILE_ERROR)
    assert _written(write(refused, LINKS), event=refused)["References"] is None


def test_it_says_that_nobody_wrote_it_and_how_to_be_told_no_more() -> None:
    mail = _written(write(EVENT, LINKS), unsubscribe_url="https://tune.example.com/u?e={endpoint_id}&a={address}")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://tune.example.com/u?e=wh_1&a=ada%40example.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Feedback-ID"] is None
    plain = _written(write(EVENT, LINKS), unsubscribe_url="mailto:stop@tune.example.com?subject={endpoint_id}")
    assert plain["List-Unsubscribe"] == "<mailto:stop@tune.example.com?subject=wh_1>"
    assert plain["List-Unsubscribe-Post"] is None
    assert _written(write(EVENT, LINKS))["List-Unsubscribe"] is None


_TEXT = st.text(st.sampled_from("\r\n\0\t :<>@,;=?_é😀\u202e") | st.characters(codec="utf-8"), max_size=300)
_HEADERS = {
    *("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "list-id"),
    *("x-auto-response-suppress", "mime-version", "content-type"),
}


@settings(max_examples=80)
@given(_TEXT, _TEXT)
def test_nothing_a_caller_writes_becomes_a_header(title: str, thread: str) -> None:
    message = Message(
        "evt_1", "t", title, Tone.GOOD, title, cause=title, facts=(Fact("a", title),), thread=thread or "j"
    )
    raw = _writer().write(EVENT, message, ENVELOPE)
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    names = {line.partition(":")[0].lower() for line in head.split("\r\n") if not line[:1].isspace()}
    assert names == _HEADERS
    assert max(map(len, head.split("\r\n"))) <= 998
    parsed = message_from_bytes(raw, policy=policy.default)
    # Where Python folds a subject between two encoded words it may lose the blank that stood there.
    assert str(parsed["Subject"]).replace(" ", "") == subject(title, test=False).replace(" ", "")
    assert len(str(parsed["Subject"])) <= MOST_SUBJECT


@pytest.mark.parametrize(
    "recipient",
    ["ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", "ada", "a b@example.com"],
)
def test_what_is_not_one_address_is_not_written_to(recipient: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        _writer().write(EVENT, write(EVENT, LINKS), replace(ENVELOPE, recipient=recipient))


def test_a_long_subject_is_cut_and_a_test_says_so() -> None:
    assert subject("x" * 500, test=False) == "x" * (MOST_SUBJECT - 1) + "…"
    assert subject("Fine", test=True) == "[Test] Fine"
    assert one_line(" a\r\nBcc: b\u2028c ") == "a Bcc: b c"


def test_what_is_for_a_terminal_looks_so() -> None:
    failed = sample(EventType.JOB_FAILED)
    html = as_html(write(failed, LINKS), None)
    assert ">tuneyard check FILE --model MODEL</code>" in html
    assert "one ` alone" in as_html(Message("e", "t", "x", Tone.BAD, "y", cause="one ` alone"), None)


def test_a_page_of_any_data_stays_small_and_escapes_it() -> None:
    worst = "<b>&" * 10_000
    message = Message(
        "evt_1",
        "t",
        worst,
        Tone.BAD,
        worst,
        facts=tuple(Fact(f"label {n}", worst) for n in range(200)),
        items=(worst,) * 500,
        cause=worst,
        cure=worst,
        snippet=worst,
        links=(Link("Open", "https://tune.example.com/x"),),
    )
    html = as_html(message, None)
    assert len(html.encode()) < 100_000
    assert "<b>" not in html and "and 460 more" in html
