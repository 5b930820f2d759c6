"""What a channel is to the notifier: something that tries a delivery once and says how that ended"""

from typing import Protocol

from shared.endpoints.deliveries import Claimed
from shared.endpoints.policy import Answer


class Sender(Protocol):
    """One channel. It opens secrets itself, and writes nothing down: that is the recorder's."""

    async def send(self, delivery: Claimed) -> Answer:
        """Try once. What passes or the receiver is to blame for is an Answer; what raises is a defect of ours."""
        ...
