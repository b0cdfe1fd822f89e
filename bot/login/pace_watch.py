"""What Autodesk refuses of the pace that was chosen: administrators hear of it once, with the numbers to ask about."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.calls.turns import Turns
from bot.errors import MembershipUnknownError
from bot.people.access import Access
from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from storage import outbox, refusals
from storage.database import Database
from storage.models import About, MessageKind, NewDelivery
from storage.refusals import RefusedPace

#: A strict account refuses again every eight hours: who has heard of it once has heard what can be done.
_AGAIN_AFTER: Final = timedelta(days=7)
_ADMINISTRATORS_AGAIN: Final = SHARED.longest  #: until they are looked up again where Slack did not name them

log = structlog.get_logger(__name__)


class PaceWatch:
    """Has one message sent to each administrator when the bot is careful again; a restart sends no second one."""

    def __init__(self, database: Database, turns: Turns, access: Access, clock: Clock) -> None:
        self._database = database
        self._turns = turns
        self._access = access
        self._clock = clock

    async def run(self) -> None:
        """Look whenever a call was refused for its rate."""
        while True:
            is_known = await self.look()
            await self._turns.refused.wait(None if is_known else self._clock.now() + _ADMINISTRATORS_AGAIN)

    async def look(self) -> bool:
        """Tell the administrators of a refusal that was not told; False where Slack did not say who they are.

        Where there are none, the next refusal, or the next start within eight hours, is told to who is one then.
        """
        refused = self._turns.fallen_back()
        if refused is None:
            return True
        told = await self._database.read(refusals.told)
        if told is not None and abs(refused.at - told.at) < _AGAIN_AFTER:
            return True
        try:
            people = await self._access.administrators()
        except MembershipUnknownError:
            return False
        if people:
            await self._database.write(_tell, refused, people, self._clock.now())
        log.warning(
            "CALL_PACE is bucket, and Token Flex refused a call: I am careful for eight hours",
            minute=refused.minute,
            ten_minutes=refused.ten_minutes,
            eight_hours=refused.eight_hours,
            retry_after=refused.retry_after,
            told=sorted(people),
        )
        return True


def _tell(db: Connection, refused: RefusedPace, people: frozenset[str], now: datetime) -> None:
    refusals.note(db, refused, now)
    for person in sorted(people):
        message = NewDelivery(
            subject=f"direct:pace refused:{refused.at.isoformat()}:{person}",
            kind=MessageKind.PACE_REFUSED,
            about=About.LOGIN,
            recipient=person,
        )
        outbox.put_once(db, message, now)
