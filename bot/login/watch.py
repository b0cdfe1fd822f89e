"""What Autodesk refuses for good, our login or our app: the administrators hear of it once, however long it lasts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.calls.gateway import TokenFlexCalls
from bot.cards.notices import API_NOT_ENABLED, APP_REFUSED, SCOPE_MISSING, SIGN_IN_REFUSED, WRONG_CLIENT
from bot.errors import MembershipUnknownError
from bot.people.permissions import Named
from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from bot.slack.members import Members
from bot.tokenflex.errors import (
    ApiNotEnabledError,
    AppRefusedError,
    LoginNeededError,
    ScopeMissingError,
    SignInRefusedError,
    TokenFlexError,
    WrongClientError,
)
from storage import facts, outbox
from storage.database import Database
from storage.models import About, MessageKind, NewDelivery

LOGIN_LOST = "login lost"  #: the fact that says since when, and so that it was told; none while the login is good
APP_LOST = "app refused"  #: the one that says which kind of calls showed it, and so that it was told
#: What only an administrator can mend: the detail of its message, the first kind that fits.
DETAILS: Final[Mapping[type[TokenFlexError], str]] = {
    LoginNeededError: "",
    WrongClientError: WRONG_CLIENT,
    SignInRefusedError: SIGN_IN_REFUSED,
    ScopeMissingError: SCOPE_MISSING,
    ApiNotEnabledError: API_NOT_ENABLED,
    AppRefusedError: APP_REFUSED,
}
#: How each of the details is mended.
_MENDS: Final = {
    "": "Autodesk does not accept the login: run `python -m bot login`",
    WRONG_CLIENT: "Autodesk does not accept APS_CLIENT_ID and APS_CLIENT_SECRET: set the right ones and start the bot "
    "again",
    SIGN_IN_REFUSED: "Autodesk does not sign us in: run `python -m bot doctor`",
    SCOPE_MISSING: "the Autodesk login lacks a scope: run `python -m bot login` and give both",
    API_NOT_ENABLED: "the Autodesk app may not use Token Flex: enable the Token Flex Usage Data API for it",
    APP_REFUSED: "Autodesk does not let the app through to Token Flex: run `python -m bot doctor`",
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
        """Look whenever a call has shown how it stands with the login, or with the app."""
        while True:
            is_known = await self.look()
            await self._calls.login_seen.wait(None if is_known else self._clock.now() + _AGAIN)

    async def look(self) -> bool:
        """Tell the administrators of what has been refused, or take note that it is accepted again.

        Returns False where Slack did not say who they are, so that it has to be tried again.
        """
        login_is_known = await self._look_at_login()
        return await self._look_at_app() and login_is_known

    async def _look_at_login(self) -> bool:
        told = await self._database.read(facts.get, LOGIN_LOST)
        lost = self._calls.login_lost
        if lost is False and told is not None:
            await self._database.write(facts.forget, LOGIN_LOST)
            log.info("Autodesk accepts the login again")
        if not lost or told is not None:
            return True
        return await self._tell(LOGIN_LOST, self._clock.now().isoformat(), lost)

    async def _look_at_app(self) -> bool:
        """Do that for the app: it is accepted again when a call of the kind that was refused is."""
        told, shown = await self._database.read(facts.get, APP_LOST), self._calls.app_refused
        refused = next(((kind, error) for kind, error in shown.items() if error is not None), None)
        if told in shown and shown[told] is None:
            await self._database.write(_go_on, refused[0] if refused else None, self._clock.now())
        elif told is None and refused is not None:
            return await self._tell(APP_LOST, *refused)
        return True

    async def _tell(self, fact: str, value: str, lost: TokenFlexError) -> bool:
        try:
            people = await self._named()
        except MembershipUnknownError:
            return False
        if not people and self._administrators.groups:
            if not self._nobody:
                log.error("Autodesk refuses us, and the groups in ADMINISTRATORS show nobody to tell")
            self._nobody = True
            return False
        detail = next(detail for kind, detail in DETAILS.items() if isinstance(lost, kind))
        await self._database.write(_tell, fact, value, people, detail, self._clock.now())
        log.error(_MENDS[detail], reason=str(lost), told=sorted(people))
        return True

    async def _named(self) -> frozenset[str]:
        groups = [await self._members.of_group(group) for group in sorted(self._administrators.groups)]
        return self._administrators.accounts.union(*groups)


def _go_on(db: Connection, refused: str | None, now: datetime) -> None:
    """Note that calls of the kind that was told are accepted again, while those of another may not be."""
    if refused is None:
        facts.forget(db, APP_LOST)
    else:
        facts.put(db, APP_LOST, refused, now)


def _tell(db: Connection, fact: str, value: str, people: frozenset[str], detail: str, now: datetime) -> None:
    facts.put(db, fact, value, now)
    matter = "login needed" if fact == LOGIN_LOST else fact
    for person in sorted(people):
        message = NewDelivery(
            subject=f"direct:{matter}:{now.isoformat()}:{person}",
            kind=MessageKind.LOGIN_LOST,
            about=About.LOGIN,
            recipient=person,
            detail=detail,
        )
        outbox.put_once(db, message, now)
