"""The table of channels: which sender takes a delivery of which"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from services.notifier.composer import Composer
from services.notifier.messages.links import Links
from services.notifier.sender import Sender
from services.notifier.slack.client import Client
from services.notifier.slack.sender import SlackSender
from services.notifier.templates import Templates
from services.notifier.webhook import WebhookSender
from shared.db.database import Database
from shared.endpoints.states import Channel
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.security.targets import check_url
from shared.settings import Settings


@dataclass(frozen=True)
class Options:
    """What the operator chose for the channels that people read; where nothing was chosen, what holds then."""

    public_url: str | None = None
    templates: Path | None = None
    slack_api_url: str = "https://slack.com/api/"

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Return the settings' own."""
        return cls(settings.public_url, settings.templates, settings.slack_api_url)


def senders(
    session: aiohttp.ClientSession, database: Database, ring: KeyRing, reach: Reach, options: Options
) -> dict[str, Sender]:
    """Return one sender for each channel, over one guarded session."""
    composer = Composer(database, Links(options.public_url), Templates(options.templates))
    slack = Client(session, options.slack_api_url, partial(check_url, reach=reach))
    return {
        Channel.WEBHOOK: WebhookSender(session, ring, reach),
        Channel.SLACK: SlackSender(slack, database, ring, composer),
    }
