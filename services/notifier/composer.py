"""From a delivery's bytes to its message: the same for every channel that people read"""

from services.notifier.background import with_background
from services.notifier.messages.happening import Happening, read
from services.notifier.messages.links import Links
from services.notifier.messages.message import Message
from services.notifier.messages.writers import write
from services.notifier.templates import Templates
from shared.db.database import Database
from shared.endpoints.deliveries import Claimed


class Composer:
    """Reads what a message needs when it is sent, and has it written."""

    def __init__(self, database: Database, links: Links, templates: Templates) -> None:
        self._database = database
        self._links = links
        self.templates = templates

    async def compose(self, delivery: Claimed) -> tuple[Happening, Message]:
        """Return the event with its background, and its message."""
        event = await with_background(self._database, read(delivery.body))
        return event, write(event, self._links)
