"""The table of channels: which sender takes a delivery of which"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import aiohttp

from services.notifier.apprise_sender import AppriseSender
from services.notifier.composer import Composer
from services.notifier.mail.letter import Writer
from services.notifier.mail.post import Post
from services.notifier.mail.sender import MailSender
from services.notifier.messages.links import Links
from services.notifier.sender import Sender
from services.notifier.slack.client import Client
from services.notifier.slack.sender import SlackSender
from services.notifier.templates import Templates
from services.notifier.webhook import WebhookSender
from shared import log
from shared.db.database import Database
from shared.endpoints.states import Channel
from shared.security.reach import Reach
from shared.security.secrets_at_rest import KeyRing
from shared.security.targets import check_url
from shared.settings import Settings, SmtpSettings

_log = log.get(__name__)


@dataclass(frozen=True)
class Options:
    """What the operator chose for the channels that people read; where nothing was chosen, what holds then."""

    public_url: str | None = None
    templates: Path | None = None
    slack_api_url: str = "https://slack.com/api/"
    smtp: SmtpSettings | None = None
    apprise_services: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Return the settings' own."""
        return cls(
            settings.public_url,
            settings.templates,
            settings.slack_api_url,
            settings.smtp,
            tuple(settings.apprise_services),
        )


@asynccontextmanager
async def open_senders(
    session: aiohttp.ClientSession, database: Database, ring: KeyRing, reach: Reach, options: Options
) -> AsyncIterator[dict[str, Sender]]:
    """Yield one sender for each channel that is offered here; what they keep open is closed at the end."""
    templates = Templates(options.templates)
    composer = Composer(database, Links(options.public_url), templates)
    slack = Client(session, options.slack_api_url, partial(check_url, reach=reach))
    table: dict[str, Sender] = {
        Channel.WEBHOOK: WebhookSender(session, ring, reach),
        Channel.SLACK: SlackSender(slack, database, ring, composer),
    }
    async with AsyncExitStack() as stack:
        if options.smtp is not None:
            writer = Writer(options.smtp, templates)
            post = Post(options.smtp, writer.domain)
            stack.push_async_callback(post.close)
            table[Channel.EMAIL] = MailSender(post, writer, composer, database)
        if options.apprise_services and find_spec("apprise") is None:
            # Deliveries wait for a notifier that has it.
            _log.error("apprise.is_not_installed", services=options.apprise_services, install="tuneyard[apprise]")
        elif options.apprise_services:
            others = AppriseSender(ring, composer, options.apprise_services)
            stack.push_async_callback(others.close)
            table[Channel.APPRISE] = others
        yield table
