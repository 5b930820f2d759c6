"""The options that `create` and `update` share, and the body they make"""

import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from services.cli.asking import an_id
from services.cli.webhooks import words

Endpoint = Annotated[str, typer.Argument(help="The endpoint's id, wh_…", metavar="ENDPOINT", callback=an_id)]
Events = Annotated[
    list[str] | None, typer.Option("--event", "-e", help="A type of event; may be given often. See `webhooks events`.")
]
Url = Annotated[str | None, typer.Option(help="Where a webhook goes.")]
To = Annotated[list[str] | None, typer.Option(help="A mail address; may be given often.")]
ReplyTo = Annotated[str | None, typer.Option(help="Where answers to mails go, or off.")]
SlackChannel = Annotated[str | None, typer.Option("--slack-channel", help="The channel's id, for a bot: C024BE91L.")]
Credentials = Annotated[
    str | None,
    typer.Option(
        help="Slack's webhook URL or bot token, or Apprise's URL: the name of an environment variable that holds it, "
        "or - to read it from standard input. A secret on a command line is seen by others."
    ),
]
Models = Annotated[list[str] | None, typer.Option("--model", help="Only events of this model, base or tuned.")]
Jobs = Annotated[list[str] | None, typer.Option("--job", help="Only events of this job.")]
Labels = Annotated[
    list[str] | None, typer.Option("--filter-metadata", metavar="KEY=VALUE", help="Only with this pair.")
]
Headers = Annotated[list[str] | None, typer.Option("--header", metavar="NAME=VALUE", help="A header of your own.")]
Quiet = Annotated[str | None, typer.Option(help='"22:00-07:00 Europe/Berlin", or off.')]
HoldFailures = Annotated[bool, typer.Option("--hold-failures", help="Quiet hours hold failures too.")]
Digest = Annotated[str | None, typer.Option(help="Minutes to collect into one message (Slack, mail), or off.")]
RateLimit = Annotated[str | None, typer.Option(help="Messages a second, or off.")]
Ordered = Annotated[bool | None, typer.Option("--ordered/--unordered", help="One after the other, by job.")]
Thin = Annotated[bool | None, typer.Option("--thin/--full", help="Send the id alone, or the whole object.")]
Ed25519 = Annotated[bool | None, typer.Option("--ed25519/--hmac", help="Sign with a key pair as well.")]
Description = Annotated[str | None, typer.Option(help="What it is for.")]


@dataclass(frozen=True)
class Wishes:
    """What was given; None was not."""

    name: str | None = None
    url: str | None = None
    to: list[str] | None = None
    reply_to: str | None = None
    slack_channel: str | None = None
    credentials: str | None = None
    events: list[str] | None = None
    models: list[str] | None = None
    jobs: list[str] | None = None
    labels: list[str] | None = None
    headers: list[str] | None = None
    quiet: str | None = None
    hold_failures: bool = False
    digest: str | None = None
    rate_limit: str | None = None
    ordered: bool | None = None
    thin: bool | None = None
    ed25519: bool | None = None
    description: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the fields that the API is sent; refuse wishes that contradict each other."""
        self._refuse_contradictions()
        plain = {
            "name": self.name,
            "url": self.url,
            "event_types": self.events,
            "description": self.description,
            "ordered": self.ordered,
            "payload_style": _either(self.thin, "thin", "full"),
            "signature": _either(self.ed25519, "ed25519", "hmac"),
        }
        return {name: value for name, value in plain.items() if value is not None} | self._address() | self._read()

    def _refuse_contradictions(self) -> None:
        if self.hold_failures and (self.quiet is None or self.quiet.strip() == "off"):
            raise typer.BadParameter("--hold-failures: goes with the hours. Give them too: --quiet.")
        if self.slack_channel and (self.to or self.reply_to):
            raise typer.BadParameter("--slack-channel: an endpoint tells people in Slack or by mail. Make two.")

    def _address(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        mail = {"to": self.to, "reply_to": self.reply_to}
        if asked := {name: value for name, value in mail.items() if value}:
            found["target"] = {name: None if value == "off" else value for name, value in asked.items()}
        if self.slack_channel:
            found["target"] = {"channel": self.slack_channel}
        if self.credentials:
            secret = secret_of(self.credentials)
            found["credentials"] = {"token" if secret.startswith("xox") else "url": secret}
        return found

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.models or self.jobs or self.labels:
            labels = words.pairs(self.labels or [], "--filter-metadata")
            found["filter"] = {"models": self.models or [], "jobs": self.jobs or [], "metadata": labels}
        if self.headers is not None:
            found["headers"] = words.pairs(self.headers, "--header")
        if self.quiet is not None:
            found["quiet_hours"] = words.quiet_hours(self.quiet, failures_pass=not self.hold_failures)
        if self.digest is not None:
            found["digest_minutes"] = words.whole_or_off(self.digest, "--digest")
        if self.rate_limit is not None:
            found["rate_limit"] = words.number_or_off(self.rate_limit, "--rate-limit")
        return found


def secret_of(place: str) -> str:
    """Return the secret that is at a place: standard input, or a variable of the environment."""
    if place == "-":
        return sys.stdin.readline().strip()
    if (found := os.environ.get(place)) is None:
        raise typer.BadParameter(
            # Not repeated: whoever misunderstood the option has given the secret itself.
            "--credentials: there is no environment variable of this name. Give the name of one that holds the "
            "secret, not the secret; - reads standard input."
        )
    return found.strip()


def _either(chosen: bool | None, yes: str, no: str) -> str | None:  # noqa: FBT001 (a flag of two words)
    return None if chosen is None else yes if chosen else no
