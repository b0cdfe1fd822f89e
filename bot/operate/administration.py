"""What administrators can do: see how things stand, and have messages sent again that were given up."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlite_utils import Database as Connection

from bot.calls.health import Health
from bot.calls.turns import Turns
from bot.cards.actions import MadeFor
from bot.cards.admin_card import Autodesk, Overview
from bot.errors import MembershipUnknownError, NotAllowedError, NotGivenUpError, OldButtonError
from bot.exports.presses import was_drawn_after
from bot.people.access import Access
from bot.people.asker import Asker
from bot.runtime.clock import Clock
from storage import audit, outbox, troubles
from storage import exports as export_store
from storage.audit import Act, Entry
from storage.by_itself import alerts_now, schedules_now
from storage.database import Database
from storage.models import CallsSpent, Delivery
from storage.troubles import Trouble

_SHOWN = 10  #: messages, and exports
_NAMED = 3  #: of what runs by itself

log = structlog.get_logger(__name__)


class Administration:
    """The use cases of administrators; each checks that it is one who asks."""

    def __init__(
        self,
        database: Database,
        access: Access,
        turns: Turns,
        last_poll: Callable[[], datetime | None],
        health: Health,
        clock: Clock,
    ) -> None:
        self._database = database
        self._access = access
        self._turns = turns
        self._last_poll = last_poll
        self._health = health
        self._clock = clock

    async def overview(self, asker: Asker) -> Overview:
        """Return how things stand.

        Raises:
            NotAllowedError: that is for administrators.

        """
        await self._access.check_administrator(asker)
        health = self._health
        autodesk = Autodesk(health.is_known, health.trouble, health.since)
        spent, last_poll = self._turns.spent(), self._last_poll()
        return await self._database.read(_overview, spent, last_poll, autodesk, self._clock.now())

    async def at_home(self, asker: Asker) -> Overview | None:
        """Return how things stand for who administers, None for others, and where Slack does not say now who does."""
        try:
            return await self.overview(asker)
        except (NotAllowedError, MembershipUnknownError):
            return None

    async def untold_trouble(self, asker: Asker) -> Trouble | None:
        """Return what Slack refuses us as a whole, where this person has not been told; they are from now on."""
        if await self._database.read(troubles.standing) is None:
            return None
        return await self._database.write(troubles.tell, asker.person, self._clock.now())

    async def send_again(self, made_for: MadeFor, asker: Asker, message_ts: str) -> Delivery:
        """Have a message delivered that was given up; one that may stand in Slack already is looked for first.

        Raises:
            NotAllowedError: that is for administrators.
            NotGivenUpError: it was not given up, or is being sent again already.
            OldButtonError: the button, in the message of this `ts`, was made for another one.

        """
        await self._access.check_administrator(asker)
        delivery = await self._database.write(_send_again, made_for, asker, message_ts, self._clock.now())
        log.info("a message is sent again", export=delivery.export_number, subject=delivery.subject)
        return delivery


def _overview(
    db: Connection, spent: CallsSpent, last_poll: datetime | None, autodesk: Autodesk, now: datetime
) -> Overview:  # fmt: skip
    return Overview(
        export_store.count_by_state(db),
        export_store.newest(db, _SHOWN),
        outbox.given_up(db, _SHOWN),
        spent,
        last_poll,
        autodesk,
        troubles.standing(db),
        schedules_now(db, _NAMED, now),
        alerts_now(db, _NAMED),
    )


def _send_again(db: Connection, made_for: MadeFor, asker: Asker, message_ts: str, now: datetime) -> Delivery:
    delivery = outbox.send_again(db, made_for.number, now)
    if delivery is None:
        raise NotGivenUpError
    is_meant = made_for.mark == delivery.mark if made_for.mark else was_drawn_after(message_ts, delivery.created_at)
    if not is_meant:
        raise OldButtonError(None)
    what, number = delivery.kind.value, delivery.export_number
    audit.add(db, Entry(now, asker.person, Act.SENT_AGAIN, number, asker.channel, asker.source, what))
    return delivery
