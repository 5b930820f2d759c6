"""What each channel needs to reach somebody, and what it refuses."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.endpoints.addresses import Address, Given, Offered, read_address
from shared.endpoints.states import Channel
from shared.errors import Refused
from shared.security.reach import Reach

SLACK = "https://hooks.slack.com/services/T024BE91L/B024BE91M/abcdefghijklmnopqrstuvwx"
TOKEN = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy"
_FIELDS = ("url", "token", "channel", "to", "reply_to")
OFFERED = Offered(mail=True, apprise=("discord", "tgram"))
HERE = Offered(mail=True, reach=Reach(loopback=True))


@pytest.mark.parametrize(
    ("channel", "given", "address"),
    [
        ("webhook", Given(url="https://a.example.com/h"), Address(url="https://a.example.com/h")),
        (
            "slack",
            Given(credentials={"url": SLACK}),
            Address(
                target={"kind": "webhook"}, credentials={"url": SLACK}, hint="https://hooks.slack.com/services/…uvwx"
            ),
        ),
        (
            "slack",
            Given(target={"channel": "C024BE91L"}, credentials={"token": TOKEN}),
            Address(target={"kind": "bot", "channel": "C024BE91L"}, credentials={"token": TOKEN}, hint="xoxb-…qqgy"),
        ),
        ("email", Given(target={"to": "a@b.com"}), Address(target={"to": ["a@b.com"]})),
        (
            "email",
            Given(target={"to": ["a.b+c@x-y.co.uk", "d@e.fr", "d@e.fr"], "reply_to": "r@s.de"}),
            Address(target={"to": ["a.b+c@x-y.co.uk", "d@e.fr"], "reply_to": "r@s.de"}),
        ),
        (
            "email",
            Given(target={"to": ["d@e.fr", "Ann@B.com", "ann@b.com", "D@E.FR"]}),
            Address(target={"to": ["d@e.fr", "Ann@B.com"]}),
        ),
        (
            "apprise",
            Given(credentials={"url": "discord://id/token1234"}),
            Address(
                target={"service": "discord"}, credentials={"url": "discord://id/token1234"}, hint="discord://…1234"
            ),
        ),
    ],
)
def test_what_is_right_is_kept(channel: str, given: Given, address: Address) -> None:
    assert read_address(channel, given, OFFERED) == address


def test_a_slack_of_development_may_be_where_the_operator_lets_it() -> None:
    url = "http://127.0.0.1:9999/services/T1/B1/x"
    assert read_address("slack", Given(credentials={"url": url}), HERE).target == {"kind": "webhook"}
    with pytest.raises(Refused, match="is not an incoming webhook's URL"):
        read_address("slack", Given(credentials={"url": "https://evil.example.com/services/T1/B1/x"}), HERE)


@pytest.mark.parametrize(
    ("channel", "given", "param"),
    [
        ("webhook", Given(), "url"),
        ("webhook", Given(url="http://a.example.com/h"), "url"),
        ("webhook", Given(url="https://a.example.com/h", target={"to": "a@b.com"}), "target"),
        ("webhook", Given(url="https://a.example.com/h", credentials={"token": "x"}), "credentials"),
        ("slack", Given(), "credentials"),
        ("slack", Given(url=SLACK), "url"),
        ("slack", Given(credentials={"url": SLACK, "token": TOKEN}), "credentials"),
        ("slack", Given(credentials={"url": SLACK, "password": "x"}), "credentials.password"),
        ("slack", Given(credentials={"url": SLACK}, target={"channel": "C024BE91L"}), "target"),
        (
            "slack",
            Given(credentials={"url": "https://hooks.slack.com.evil.com/services/T1/B1/abcdefgh"}),
            "credentials.url",
        ),
        ("slack", Given(credentials={"url": "https://slack.com/services/T1/B1/abcdefgh"}), "credentials.url"),
        ("slack", Given(credentials={"url": "https://hooks.slack.com/workflows/T1/A1/1/x"}), "credentials.url"),
        (
            "slack",
            Given(credentials={"url": "https://hooks.slack.com@127.0.0.1/services/T1/B1/abcdefgh"}),
            "credentials.url",
        ),
        ("slack", Given(credentials={"url": 7}), "credentials.url"),
        (
            "slack",
            Given(credentials={"token": "xoxp-123456789012"}, target={"channel": "C024BE91L"}),
            "credentials.token",
        ),
        ("slack", Given(credentials={"token": TOKEN}), "target.channel"),
        ("slack", Given(credentials={"token": TOKEN}, target={"channel": "#general"}), "target.channel"),
        ("slack", Given(credentials={"token": TOKEN}, target={"chanel": "C024BE91L"}), "target.chanel"),
        ("email", Given(), "target.to"),
        ("email", Given(target={"to": []}), "target.to"),
        ("email", Given(target={"to": ["a@b.com"] * 21}), "target.to"),
        ("email", Given(target={"to": "a@b.com"}, url="https://x.com"), "url"),
        ("email", Given(target={"to": "a@b.com", "reply_to": "nobody"}), "target.reply_to"),
        ("email", Given(target={"to": "a@b.com", "cc": "c@d.com"}), "target.cc"),
        ("apprise", Given(credentials={"url": "json://inside/"}), "credentials.url"),
        ("apprise", Given(credentials={"url": "discord"}), "credentials.url"),
        ("apprise", Given(), "credentials.url"),
        ("apprise", Given(credentials={"url": "discord://1/2?verify=no"}), "credentials.url"),
        ("apprise", Given(credentials={"url": "discord://1/2?silent=1;template=/etc/passwd"}), "credentials.url"),
        ("apprise", Given(credentials={"url": "discord://1/2#?template=/etc/passwd"}), "credentials.url"),
        ("apprise", Given(credentials={"url": "discord://[1/2"}), "credentials.url"),
    ],
)
def test_what_is_wrong_is_named(channel: str, given: Given, param: str) -> None:
    with pytest.raises(Refused) as refused:
        read_address(channel, given, OFFERED)
    assert refused.value.param == param


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "a@", "@b.com", "a@b", "a@@b.com", "a@b@c.com", "a@b.com,c@d.com", "a@b.com;c@d.com", "a b@c.com"),
        *(
            "A <a@b.com>",
            "<a@b.com>",
            '"a b"@c.com',
            "a@b.com\r\nBcc: x@y.com",
            "a@b.com\n",
            "a\x00@b.com",
            "a@[127.0.0.1]",
        ),
        *("a@-b.com", "a@b-.com", "a..b@c.com", ".a@b.com", "a.@b.com", "a@b..com", "ä@b.com", "a@bücher.de"),
        *("a" * 65 + "@b.com", "a@" + "b" * 250 + ".com", "a(comment)@b.com", "a:b@c.com", "undisclosed: ;"),
    ],
)
def test_what_is_not_one_plain_mail_address(address: str) -> None:
    with pytest.raises(Refused, match="is not one plain mail address"):
        read_address("email", Given(target={"to": [address]}), OFFERED)


def test_what_the_operator_does_not_offer_is_refused_with_what_is() -> None:
    with pytest.raises(Refused, match="no mail server here"):
        read_address("email", Given(target={"to": "a@b.com"}), Offered())
    with pytest.raises(Refused, match="The operator allows: none"):
        read_address("apprise", Given(credentials={"url": "discord://a/b"}), Offered())


@pytest.mark.parametrize(
    ("channel", "credentials"),
    [
        ("slack", {"url": SLACK.replace("hooks.", "evil.")}),
        ("slack", {"token": "xoxa-secret-secret"}),
        ("apprise", {"url": "json://user:secret@inside/"}),
        ("apprise", {"url": "discord secret"}),
    ],
)
def test_a_refusal_does_not_repeat_a_secret(channel: str, credentials: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read_address(channel, Given(credentials=credentials), OFFERED)
    assert all(value not in str(refused.value) and "secret" not in str(refused.value) for value in credentials.values())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([SLACK, TOKEN, "a@b.com"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS) | st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
_OBJECTS = st.none() | st.dictionaries(st.sampled_from(_FIELDS) | st.text(), _JSON, max_size=3)


@given(channel=st.sampled_from(Channel), url=st.none() | st.text(), target=_OBJECTS, credentials=_OBJECTS)
@settings(max_examples=150, deadline=None)
def test_any_json_is_an_address_or_refused_and_never_breaks(
    channel: str, url: str | None, target: dict[str, Any] | None, credentials: dict[str, Any] | None
) -> None:
    with suppress(Refused):
        read_address(channel, Given(url, target, credentials), OFFERED)
