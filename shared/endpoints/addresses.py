"""What a channel needs to reach somebody, checked strictly: a URL, a Slack channel, mail addresses, a service"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.endpoints.apprise_urls import fault
from shared.endpoints.states import Channel
from shared.errors import Refused
from shared.security.reach import PUBLIC, Reach
from shared.security.targets import TargetRefused, check_url

_SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_SLACK_PATH = re.compile(r"/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{8,64}")
_BOT_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]{10,250}")
_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{8,20}")
MOST_RECIPIENTS = 20
MOST_ADDRESS_CHARACTERS = 254
#: One mailbox, without a name, a comment, a list or quotes: what no server reads in two ways.
_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_MOST_LOCAL_CHARACTERS = 64
_APPRISE_URL = re.compile(r"([a-z][a-z0-9]{1,30})://[\x21-\x7e]{1,2000}")


@dataclass(frozen=True)
class Offered:
    """What this service can reach: the operator's settings."""

    mail: bool = False
    apprise: Sequence[str] = ()
    reach: Reach = PUBLIC


@dataclass(frozen=True)
class Address:
    """Where a channel leads. `credentials` are secret; `hint` is what is shown of them."""

    url: str | None = None
    target: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, str] | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Given:
    """What a caller gave, of whatever channel. None: not given."""

    url: str | None = None
    target: dict[str, Any] | None = None
    credentials: dict[str, Any] | None = None


def read_address(channel: str, given: Given, offered: Offered) -> Address:
    """Return the address of a channel; raise Refused, naming the field, for what is missing, wrong or too much."""
    match channel:
        case Channel.WEBHOOK:
            return _webhook(given, offered)
        case Channel.SLACK:
            return _slack(given, offered)
        case Channel.EMAIL:
            return _email(given, offered)
        case _:
            return _apprise(given, offered)


def _webhook(given: Given, offered: Offered) -> Address:
    _refuse_surplus(given, "webhook", "target", "credentials")
    if given.url is None:
        raise Refused("url: is required for a webhook.", param="url")
    check_url(given.url, offered.reach)
    return Address(url=given.url)


def _slack(given: Given, offered: Offered) -> Address:
    _refuse_surplus(given, "slack", "url")
    credentials, target = given.credentials or {}, given.target or {}
    _only("credentials", credentials, "url", "token")
    _only("target", target, "channel")
    if len(credentials) != 1:
        raise Refused(
            'credentials: give {"url": …}, an incoming webhook\'s, or {"token": "xoxb-…"}, a bot\'s, and not both.',
            param="credentials",
        )
    if "url" in credentials:
        if target:
            raise Refused("target: an incoming webhook has its own channel. Leave it out.", param="target")
        return _slack_webhook(credentials["url"], offered)
    return _slack_bot(credentials["token"], target.get("channel"))


def _slack_webhook(url: Any, offered: Offered) -> Address:
    try:
        parsed = check_url(str(url), offered.reach)
    except TargetRefused as exc:
        raise _not_slack() from exc
    theirs = parsed.host in _SLACK_HOSTS and _SLACK_PATH.fullmatch(parsed.path)
    if not theirs and not _is_inside(str(url)):
        raise _not_slack()
    hint = f"{parsed.scheme}://{parsed.host}/services/…{str(url)[-4:]}"
    return Address(target={"kind": "webhook"}, credentials={"url": str(url)}, hint=hint)


def _is_inside(url: str) -> bool:
    """Say whether the URL passes only because the operator adds to our reach: a Slack of development, or of a test."""
    try:
        check_url(url)
    except TargetRefused:
        return True
    return False


def _not_slack() -> Refused:
    # The URL is a secret: it is not repeated.
    return Refused(
        "credentials.url: is not an incoming webhook's URL, https://hooks.slack.com/services/T…/B…/…",
        param="credentials.url",
    )


def _slack_bot(token: Any, channel: Any) -> Address:
    if not isinstance(token, str) or not _BOT_TOKEN.fullmatch(token):
        raise Refused('credentials.token: is not a bot token, which begins with "xoxb-".', param="credentials.token")
    if not isinstance(channel, str) or not _SLACK_CHANNEL.fullmatch(channel):
        raise Refused(
            'target.channel: must be a channel\'s id, such as "C024BE91L" (in Slack: View channel details), '
            "and not its name, which may change.",
            param="target.channel",
        )
    return Address(target={"kind": "bot", "channel": channel}, credentials={"token": token}, hint=f"xoxb-…{token[-4:]}")


def _email(given: Given, offered: Offered) -> Address:
    _refuse_surplus(given, "email", "url", "credentials")
    if not offered.mail:
        raise Refused(
            "channel: there is no mail server here. The operator names one by TUNEYARD_SMTP__HOST.", param="channel"
        )
    target = given.target or {}
    _only("target", target, "to", "reply_to")
    to = [target["to"]] if isinstance(target.get("to"), str) else target.get("to")
    if not isinstance(to, list) or not 1 <= len(to) <= MOST_RECIPIENTS:
        raise Refused(f"target.to: must be an address, or 1 to {MOST_RECIPIENTS} of them.", param="target.to")
    checked = [_mailbox(address, "target.to") for address in to]
    # What differs by nothing but case is one mailbox everywhere, and is written to as it was given first.
    once: dict[str, str] = {}
    for address in checked:
        once.setdefault(address.lower(), address)
    kept: dict[str, Any] = {"to": list(once.values())}
    if target.get("reply_to") is not None:
        kept["reply_to"] = _mailbox(target["reply_to"], "target.reply_to")
    return Address(target=kept)


def _mailbox(address: Any, param: str) -> str:
    if (
        not isinstance(address, str)
        or len(address) > MOST_ADDRESS_CHARACTERS
        or not _MAILBOX.fullmatch(address)
        or len(address.partition("@")[0]) > _MOST_LOCAL_CHARACTERS
    ):
        raise Refused(
            f"{param}: {str(address)[:100]!r} is not one plain mail address (name@example.com, at most "
            f"{MOST_ADDRESS_CHARACTERS} characters, ASCII; a domain with other letters in its xn-- form).",
            param=param,
        )
    return address


def _apprise(given: Given, offered: Offered) -> Address:
    _refuse_surplus(given, "apprise", "url", "target")
    credentials = given.credentials or {}
    _only("credentials", credentials, "url")
    found = _APPRISE_URL.fullmatch(str(credentials.get("url", "")))
    if found is None:
        raise Refused(
            'credentials.url: must be the address of a service as Apprise writes it, such as "discord://…".',
            param="credentials.url",
        )
    if found[1] not in offered.apprise:
        allowed = ", ".join(offered.apprise) or "none"
        raise Refused(
            f'credentials.url: the service "{found[1]}" is not allowed here. The operator allows: {allowed}.',
            param="credentials.url",
        )
    if (wrong := fault(found[0])) is not None:
        raise Refused(f"credentials.url: {wrong}", param="credentials.url")
    return Address(target={"service": found[1]}, credentials={"url": found[0]}, hint=f"{found[1]}://…{found[0][-4:]}")


def _refuse_surplus(given: Given, channel: str, *fields: str) -> None:
    for name in fields:
        if getattr(given, name):
            raise Refused(f'{name}: the channel "{channel}" has none. Leave it out.', param=name)


def _only(name: str, given: dict[str, Any], *known: str) -> None:
    for key in given:
        if key not in known:
            raise Refused(
                f"{name}.{key[:50]}: is not a field of {name} here; it has {', '.join(known)}.",
                param=f"{name}.{key[:50]}",
            )
