"""Which drawing of a message the workspace takes: its tables and charts, else plain blocks; remembered for a day.

ASSUMPTION: Slack takes tables and charts in private answers as in messages; where it does not, the plain ones go out.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.cards.blocks import Block, Message
from bot.runtime.clock import Clock

_REMEMBERED: Final = timedelta(days=1)


class Drawings:
    """What Slack has refused lately; a message without plainer blocks has one drawing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused_at: datetime | None = None

    def of(self, message: Message) -> list[list[Block]]:
        """Return the blocks of a message, the best drawing first; one that would be refused again is left out."""
        if not message.plainer:
            return [message.blocks]
        refused = self._refused_at is not None and self._clock.now() - self._refused_at < _REMEMBERED
        return [message.plainer] if refused else [message.blocks, message.plainer]

    def plainer_taken(self) -> None:
        """Note that plain blocks were taken of a message whose others were refused: it is not the message then."""
        self._refused_at = self._clock.now()
