"""An operator's template takes the place of ours, cannot reach out of its sandbox, and never costs a message"""

from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from services.notifier.bounds import MOST_AT_ONCE, TookTooLong, TooMuch
from services.notifier.messages.happening import Happening
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message
from services.notifier.messages.samples import sample
from services.notifier.messages.writers import write
from services.notifier.preview import Preview
from services.notifier.templates import Part, Templates, TooLong
from shared.settings import NoticeSettings

TYPE = "fine_tuning.job.failed"
EVENT = sample(TYPE)


def _named(suffix: str) -> tuple[Happening, Message]:
    event = Happening(EVENT.id, TYPE, 1, 1, {**EVENT.data, "user_provided_suffix": suffix})
    return event, write(event, Links())


@pytest.mark.parametrize(
    ("part", "template", "expected"),
    [
        ("slack", "*{{ message.title }}*", "*Fine-tuning failed: &lt;!channel&gt; &amp; 'x'*"),
        ("html", "<b>{{ message.title }}</b>", "<b>Fine-tuning failed: &lt;!channel&gt; &amp; &#39;x&#39;</b>"),
        ("text", "{{ message.title }}", "Fine-tuning failed: <!channel> & 'x'"),
        ("subject", "{{ event.data.status }}: {{ event.type }}", "failed: fine_tuning.job.failed"),
        (
            "text",
            "{% for fact in message.facts if fact.code %}{{ fact.label }} {% endfor %}",
            "Code Concerns Base model Job",
        ),
    ],
)
def test_each_part_is_escaped_for_where_it_goes(tmp_path: Path, part: Part, template: str, expected: str) -> None:
    (tmp_path / f"{TYPE}.{part}.j2").write_text(template)
    assert Templates(tmp_path).render(part, *_named("<!channel> & 'x'")) == expected


def test_a_template_of_the_type_comes_before_the_one_for_all_and_without_either_ours_is_used(tmp_path: Path) -> None:
    (tmp_path / "default.text.j2").write_text("for all")
    (tmp_path / f"{TYPE}.text.j2").write_text("for this")
    templates, message = Templates(tmp_path), write(EVENT, Links())
    other = sample("file.error")
    assert templates.render("text", EVENT, message) == "for this"
    assert templates.render("text", other, write(other, Links())) == "for all"
    assert templates.render("slack", EVENT, message) is None
    assert Templates().render("text", EVENT, message) is None


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("{{ message.titel }}", UndefinedError),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", SecurityError),
        ("{{ message.__init__.__globals__ }}", SecurityError),
        ("{% for n in range(99999) %}{{ message.title }}{% endfor %}", TooLong),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", TookTooLong),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", RecursionError),
        ("{{ 1 / 0 }}", ZeroDivisionError),
        ("{% include '../secret' %}", Exception),
        ("{% if", Exception),
    ],
)
def test_a_broken_template_is_logged_and_ours_is_sent(
    tmp_path: Path, template: str, fault: type[Exception], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path.parent / "secret").write_text("secret")
    (tmp_path / f"{TYPE}.text.j2").write_text(template)
    templates, message = Templates(tmp_path), write(EVENT, Links())
    with pytest.raises(fault):
        templates.attempt("text", EVENT, message)
    assert templates.render("text", EVENT, message) is None
    assert "template.broke" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "operation",
    [
        "'a' * 10 ** 9",  # constants are worked out when the template is read
        "10 ** 9 * [0]",
        "message.title * 10 ** 9",
        "7 ** (7 ** 9)",
        f"'a' * {MOST_AT_ONCE + 1}",
    ],
)
def test_one_operation_cannot_fill_the_memory(tmp_path: Path, operation: str) -> None:
    (tmp_path / "default.text.j2").write_text(f"{{% set made = {operation} %}}")
    with pytest.raises(TooMuch):
        Templates(tmp_path).attempt("text", *_named("x"))


@pytest.mark.parametrize(
    ("operation", "made"),
    [
        ("'-' * 3", "---"),
        ("3 * [1]", "[1, 1, 1]"),
        ("6 * 7", "42"),
        ("1.5 * 2", "3.0"),
        ("2 ** 10", "1024"),
        ("2 ** -1", "0.5"),
        ("'-' * -1", ""),
        ("true * 2", "2"),
    ],
)
def test_what_a_message_may_need_is_worked_out(tmp_path: Path, operation: str, made: str) -> None:
    (tmp_path / "default.text.j2").write_text(f"{{{{ {operation} }}}}")
    assert Templates(tmp_path).attempt("text", *_named("x")) == made


def test_a_template_cannot_change_the_message_for_others(tmp_path: Path) -> None:
    (tmp_path / f"{TYPE}.text.j2").write_text("{{ event.data.stages.clear() }}")
    assert Templates(tmp_path).render("text", EVENT, write(EVENT, Links())) is None
    assert EVENT.data["stages"]


def test_a_preview_shows_what_the_template_makes(tmp_path: Path) -> None:
    (tmp_path / f"{TYPE}.slack.j2").write_text("It failed: {{ message.cause }}")
    shown = Preview.of(TYPE, NoticeSettings(templates=tmp_path)).slack()
    assert '"text": "It failed: support.jsonl cannot be trained on.' in shown
