"""What is said of one example alone: secrets, personal data, wrong encodings, promises, circles; and ordinary text"""

import base64
import json
import random
import string
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.datasets.quality.personal import iban, luhn
from shared.datasets.report import check
from tests.unit.shared.datasets.quality.examples import Example, chat, found, judged

_CHANCE = random.Random(7)  # noqa: S311 (secrets that open nothing)


def made(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return random characters, a digit among them: a secret that never was one."""
    return "".join(_CHANCE.choices(alphabet, k=length - 1)) + "7"


#: Put together here, so that no scanner of secrets stops at this file.
SECRETS = {
    "AWS": "AK" + "IA" + made(15, string.ascii_uppercase + "234567") + "Q",
    "GitHub": "gh" + "p_" + made(36),
    "GitHub, fine-grained": "github" + "_pat_" + made(22) + "_" + made(59),
    "GitLab": "gl" + "pat-" + made(20),
    "Slack": "xo" + "xb-" + "298374650192-" + made(24),
    "Slack's hook": "https://hooks.sl" + "ack.com/services/T0" + made(8) + "/B0" + made(8) + "/" + made(24),
    "Stripe": "sk" + "_live_" + made(24),
    "Google": "AI" + "za" + made(35),
    "OpenAI": "sk" + "-proj-" + made(48),
    "Anthropic": "sk" + "-ant-api03-" + made(48),
    "Hugging Face": "hf" + "_" + made(34),
    "npm": "np" + "m_" + made(36),
    "SendGrid": "SG" + "." + made(22) + "." + made(43),
    "Tuneyard": "ty" + "_" + made(43),
    "webhooks": "whs" + "ec_" + base64.b64encode(_CHANCE.randbytes(32)).decode(),
    "JWT": ".".join(("ey" + "J" + made(20), "ey" + "J" + made(40), made(43))),
    "private key": "-----BEGIN RSA PRIV" + "ATE KEY-----\nMII" + made(61) + "\n",
    "assigned": made(32),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_found_where_it_stands_and_never_shown(name: str) -> None:
    text = f'Here: DB_PASSWORD = "{SECRETS[name]}"' if name == "assigned" else f"use {SECRETS[name]} for it"
    quality, findings = judged([chat("How do I call it?", text, "Be brief.")])
    assert [(finding.code, finding.path) for finding in findings.listed()] == [("secret", "messages[2].content")]
    assert not _tells(str(findings.listed()) + str(quality.as_dict()), SECRETS[name])


def _tells(shown: str, secret: str) -> bool:
    return any(secret[start : start + 12] in shown for start in range(len(secret.strip()) - 12))


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_said_of_a_wrong_value_shows_no_secret_in_it(name: str) -> None:
    text = f'password = "{SECRETS[name]}"' if name == "assigned" else f"{SECRETS[name]}"
    call = {"id": text, "type": "function", "function": {"name": text, "arguments": text}}
    learned = {"role": "assistant", "content": None, "weight": text, "tool_calls": [call]}
    turns = [{"role": text, "content": "Hi"}, {"role": "tool", "tool_call_id": text, "content": "x"}, learned]
    wrong = json.dumps({"messages": turns, text: 1})
    report = check([f"{wrong}\n{{{json.dumps(text)}: 1, {json.dumps(text)}: 2}}\n".encode()], model=None)
    assert {"role_unknown", "unknown_key", "weight_invalid", "arguments_invalid", "duplicate_key"} <= set(
        report.findings_by_code
    )
    assert not _tells(json.dumps(report.as_dict()), SECRETS[name])


@pytest.mark.parametrize(
    "text",
    [
        "export AWS_ACCESS_KEY_ID=AK" + "IAIOSFODNN7EXAMPLE",  # AWS's own documentation
        "openai.api_key = 'sk-" + "x" * 48 + "'",
        "Set OPENAI_API_KEY to sk-your-key-goes-here-and-is-long-enough-to-match.",
        'password = "correct-horse-battery-staple"',
        'api_key = os.environ["SERVICE_API_KEY_OF_PRODUCTION"]',
        'token: "abcdefghijklmnopqrstuvwxyz0123456789"',
        "-----BEGIN PRIV" + "ATE KEY-----\n(your key)\n-----END PRIV" + "ATE KEY-----",
        "The class risk-adjusted-return-of-capital-and-other-measures-2024 is in sk-learn.",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b changes party_" + "a" * 43,
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "A JWT is header.payload.signature, and begins with eyJ.",
    ],
)
def test_documentation_and_placeholders_are_no_secrets(text: str) -> None:
    assert found([chat("How?", text)]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to maria.keller@posteo.de today", ["personal_email"]),
        ("mailto:tom_b+list@mail.bbc.co.uk", ["personal_email"]),
        ("Write to support@posteo.de or info@bbc.co.uk", []),
        ("user@example.com, jane@corp.example, me@localhost", []),
        ("john.doe@gmail.com is what forms show", []),
        ("git clone git@github.com:a/b.git", []),
        ("@property and @dataclass, a@b", []),
        ("Follow Maria\n@posteo.de, a@b", []),  # a handle on a line of its own
        ("Call +49 30 2093 70333 now", ["personal_phone"]),
        ("Call (212) 736-5000 or 212-736-5000", ["personal_phone"]),
        ("Call 1-800-356-9377", []),  # free of charge: a company's
        ("Call 202-555-0143 or (415) 555-2671", []),  # fiction
        ("Call +44 7700 900123", []),  # fiction, too
        ("DFARS 252.227-7013 and +1980-02-29 01:00", []),
        ("123-456-7890 and 2024-11-28 and 10.0.255.255", []),
        ("x = 2129-736-5000 / 736.500.00017 and 212.736.5000.1", []),
        ("ISBN 978-3-16-148410-0, order 4158-2239-1", []),
        ("My card 4539 1488 0343 6467 please", ["personal_card"]),
        ("Card 2 4539-1488-0343-6467 12/27 123", ["personal_card"]),
        ("It lies at +52.520008 +13.404954", []),
        ("Call +49.30901820347", ["personal_phone"]),  # as registries of domains write it
        ("4539 1488 0343 6467 7100 7200", []),  # Four numbers of a list of numbers are no card,
        ("800 990 4539 1488 0343 6467 12", []),  # at its end neither.
        ("7 12 4539 1488 0343 6467", []),
        ("4539 1488 0343 6467 12 7 5 900", []),
        ("My card 378282246310005 or 4242 4242 4242 4242", []),  # for tests
        ("My card 4539 1488 0343 6468 please", []),  # one digit off
        ("The id 1234567890123456 and 1700000000000", []),
        ("Pay to DE75 5121 0800 1245 1261 99.", ["personal_iban"]),
        ("Pay to GB33BUKB20201555555555 NOW", ["personal_iban"]),
        ("Pay to DE89 3704 0044 0532 0130 00 or GB82 WEST 1234 5698 7654 32", []),  # everybody's example
        ("Pay to DE75 5121 0800 1245 1261 98.", []),  # the checksum is wrong
    ],
)
def test_personal_data_is_told_from_what_looks_like_it(text: str, expected: list[str]) -> None:
    assert [code for code, _ in found([chat("Fill the form", text)])] == expected


def test_personal_data_is_not_shown() -> None:
    _, findings = judged([chat("My card is 4539 1488 0343 6467, I am maria.keller@posteo.de", "Thanks.")])
    assert len(findings.listed()) == 2
    assert not {"6467", "maria", "posteo"} & set(str(findings.listed()).replace("@", " ").split())
    assert "4539" not in str(findings.listed())


@given(st.text("0123456789", min_size=12, max_size=18))
@settings(max_examples=50)
def test_one_digit_of_ten_completes_a_number_of_luhn(digits: str) -> None:
    assert sum(luhn(digits + str(last)) for last in range(10)) == 1


@given(st.text("0123456789", min_size=18, max_size=18))
@settings(max_examples=50)
def test_one_pair_of_check_digits_makes_an_account(account: str) -> None:
    assert sum(iban(f"DE{check:02}{account}") for check in range(2, 99)) == 1
    assert not iban(f"DE00{account}0")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("It doesnâ€™t work", '"â€™" stands where "’" was written, in 1 place:'),
        ("Un cafÃ© et un thÃ©", '"Ã©" stands where "é" was written, in 2 places:'),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", '"Ð¿" stands where "п"'),
        ("a \ufffd b \ufffd", "2 replacement characters"),
    ],
)
def test_text_read_in_the_wrong_encoding_is_shown_with_what_was_meant(text: str, hint: str) -> None:
    (finding,) = judged([chat("Hi", text)])[1].listed()
    assert (finding.code, finding.path) == ("mojibake", "messages[1].content")
    assert hint in finding.message


def test_a_text_that_is_misread_throughout_takes_no_more_memory_than_another() -> None:
    example = chat("Hi", "Ã©" * 100_000)
    tracemalloc.start()
    try:
        (finding,) = judged([example])[1].listed()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert "in 100,000 places" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "Un café à Noël, où ça ?",
        "SÃO PAULO, NÃO",
        "“Quoted” – and … 20 °C",
        "Привет, мир",
        "你好,世界",
        "naïve Ångström 5 Å",
        "👩‍🚀 ok",
        "«Â»",
    ],
)
def test_text_beyond_ascii_is_no_wrong_encoding(text: str) -> None:
    assert found([chat("Hi", text)]) == []


def with_tools(example: Example) -> dict[str, Any]:
    return example | {"tools": [{"type": "function", "function": {"name": "f"}}]}


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (chat("Set up a meeting", "I will schedule this meeting for you."), ["promise"]),
        (chat("Where is my parcel?", "Sorry to hear that. I'll call you back tomorrow."), ["promise"]),
        (chat("Remind me", "Sure, I'll remind you at noon."), ["promise"]),
        (chat("Book it", "Done! I've booked a table for two."), ["promise"]),
        (
            with_tools(chat("Set up a meeting", "I will schedule this meeting for you.")),
            [],
        ),  # it may be able to
        (chat("Write an e-mail to my boss", "I'll call you tomorrow."), []),  # another's words
        (chat("Apologise to her", "Dear Ms Keller,\nI will call you tomorrow.\nRegards"), []),
        (chat("What is recursion?", "I will explain it with an example. I'll call the function f."), []),
        (chat("Who was she?", "She said that I will call you was his only answer."), []),
    ],
)
def test_promises_are_those_of_the_assistant(example: Example, expected: list[str]) -> None:
    assert [code for code, _ in found([example])] == expected


LYRICS = "\n".join(
    f"{verse}\nAnd the river runs on to the sea, to the sea." for verse in ("One", "Two", "Three", "Four", "Five")
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The sky is blue. " * 12, ["answer_repeats"]),
        ("It begins well enough. " + "And then it goes on and on. " * 9 + "And then", ["answer_repeats"]),
        (LYRICS, []),  # a chorus comes back, but not at once
        ("| a | b |\n" + "| --- | --- |\n" * 20, []),
        ("ha" * 100, []),
        ("    }\n" * 40, []),
        ("[None,\n None,\n None,\n" * 30, []),
        ("我们可以这样做,也可以那样做。" * 10, ["answer_repeats"]),
        ("0, 1, 1, 0, " * 20, []),
    ],
)
def test_answers_that_run_in_circles(answer: str, expected: list[str]) -> None:
    assert [code for code, _ in found([chat("Go on", answer)])] == expected
