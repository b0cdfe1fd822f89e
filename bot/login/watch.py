"""A login that Autodesk has refused for good: the administrators hear of it once, however long it lasts."""

from datetime import datetime

import structlog
from sqlite_utils import Database as Connection

from bot.calls.gateway import TokenFlexCalls
from bot.cards.notices import SIGN_IN_REFUSED, WRONG_CLIENT
from bot.errors import MembershipUnknownError
from bot.people.permissions import Named
from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from bot.slack.members import Members
from bot.tokenflex.errors import SignInRefusedError, TokenFlexError, WrongClientError
from storage import facts, outbox
from storage.database import Database
from storage.models import About, MessageKind, NewDelivery

LOGIN_LOST = "login lost"  #: the fact that says since when, and so that it was told; none while the login is good
#: How each of the details is mended.
_MENDS = {
    "": "Autodesk does not accept the login: run `python -m bot login`",
    WRONG_CLIENT: "Autodesk does not accept APS_CLIENT_ID and APS_CLIENT_SECRET: set the right ones and start the bot "
    "again",
    SIGN_IN_REFUSED: "Autodesk does not sign us in: run `python -m bot doctor`",
}
_AGAIN = SHARED.longest  #: until the administrators are looked up again where Slack did not name them

log = structlog.get_logger(__name__)


class LoginWatch:
    """Has one message sent to each administrator per outage; a restart in between sends no second one."""

    def __init__(
        self, database: Database, calls: TokenFlexCalls, administrators: Named, members: Members, clock: Clock
    ) -> None:
        self._database = database
        self._calls = calls
        self._administrators = administrators
        self._members = members
        self._clock = clock
        self._nobody = False  #: whether the log has it that the groups of the settings show nobody

    async def run(self) -> None:
        """Look whenever a call has shown how it stands with the login."""
        while True:
            is_known = await self.look()
            await self._calls.login_seen.wait(None if is_known else self._clock.now() + _AGAIN)

    async def look(self) -> bool:
        """Tell the administrators of a login that has been lost, or take note that it is good again.

        Returns False where Slack did not say who they are, so that it has to be tried again.
        """
        told = await self._database.read(facts.get, LOGIN_LOST)
        lost = self._calls.login_lost
        if lost is False and told is not None:
            await self._database.write(facts.forget, LOGIN_LOST)
            log.info("Autodesk accepts the login again")
        if not lost or told is not None:
            return True
        try:
            people = await self._named()
        except MembershipUnknownError:
            return False
        if not people and self._administrators.groups:
            if not self._nobody:
                log.error("Autodesk does not accept the login, and the groups in ADMINISTRATORS show nobody to tell")
            self._nobody = True
            return False
        detail = _detail(lost)
        await self._database.write(_tell, people, detail, self._clock.now())
        log.error(_MENDS[detail], reason=str(lost), told=sorted(people))
        return True

    async def _named(self) -> frozenset[str]:
        groups = [await self._members.of_group(group) for group in sorted(self._administrators.groups)]
        return self._administrators.accounts.union(*groups)


def _detail(lost: TokenFlexError) -> str:
    if isinstance(lost, WrongClientError):
        return WRONG_CLIENT
    return SIGN_IN_REFUSED if isinstance(lost, SignInRefusedError) else ""


def _tell(db: Connection, people: frozenset[str], detail: str, now: datetime) -> None:
    facts.put(db, LOGIN_LOST, now.isoformat(), now)
    for person in sorted(people):
        message = NewDelivery(
            subject=f"direct:login needed:{now.isoformat()}:{person}",
            kind=MessageKind.LOGIN_LOST,
            about=About.LOGIN,
            recipient=person,
            detail=detail,
        )
        outbox.put_once(db, message, now)
