"""What a running bot notes about itself, at most once a minute, for `doctor`, which must not disturb it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.runtime.clock import Clock
from bot.tokenflex.oauth import TokenState
from storage import facts
from storage.database import Database

CONNECTED_SINCE = "connected since"  #: a time; empty while there is no connection. Stored each minute: a heartbeat
LAST_POLL = "last poll"  #: when a list of exports last came back
LAST_POST = "last post"  #: when Slack last took a message
TOKEN_STATE = "token state"  #: JSON: `good_until`, `trouble`  # noqa: S105
CONTRACTS_TROUBLE = "contracts trouble"  #: why the list of contracts could not be fetched, empty where it could
AUTODESK_AHEAD = "autodesk clock"  #: seconds by which Autodesk's clock is ahead of ours

_EVERY = 60.0  #: seconds

Sign = Callable[[], str | None]


class VitalSigns:
    """Writes the signs that have changed; each is a function that returns None while there is nothing to say."""

    def __init__(
        self, database: Database, clock: Clock, connected: Callable[[], Awaitable[bool]], signs: Mapping[str, Sign]
    ) -> None:
        self._database = database
        self._clock = clock
        self._connected = connected
        self._signs = signs
        self._connected_since = ""
        self._written: dict[str, str] = {}

    async def run(self) -> None:
        """Note the signs each minute."""
        while True:
            await self.note()
            await self._clock.sleep(_EVERY)

    async def note(self) -> None:
        """Note them now, in one transaction."""
        now = self._clock.now()
        self._connected_since = (self._connected_since or now.isoformat()) if await self._connected() else ""
        values = {name: value for name, sign in self._signs.items() if (value := sign()) is not None}
        changed = {name: value for name, value in values.items() if self._written.get(name) != value}
        changed[CONNECTED_SINCE] = self._connected_since
        await self._database.write(_put, changed, now)
        self._written |= changed


def _put(db: Connection, changed: Mapping[str, str], now: datetime) -> None:
    for name, value in changed.items():
        facts.put(db, name, value, now)


def token_state(state: TokenState) -> str | None:
    """Return the stored form of the state of the access token; None before the first attempt to get one."""
    if state == TokenState():
        return None
    return json.dumps({"good_until": moment(state.good_until), "trouble": state.trouble})


def moment(value: datetime | None) -> str | None:
    """Return the stored form of a time."""
    return None if value is None else value.isoformat()


def whole_seconds(value: float | None) -> str | None:
    """Return the stored form of a span, so rough that it seldom changes."""
    return None if value is None else str(round(value))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the bot that runs now, or ran last, has noted."""

    connected_since: datetime | None = None
    noted_at: datetime | None = None
    last_poll: datetime | None = None
    last_post: datetime | None = None
    token_good_until: datetime | None = None
    token_trouble: str = ""
    contracts_trouble: str = ""
    autodesk_ahead: float | None = None

    @classmethod
    def load(cls, db: Connection) -> "Recorded":
        """Read it."""
        token = json.loads(facts.get(db, TOKEN_STATE) or "{}")
        ahead = facts.get(db, AUTODESK_AHEAD)
        return cls(
            connected_since=_moment(facts.get(db, CONNECTED_SINCE)),
            noted_at=facts.saved_at(db, CONNECTED_SINCE),
            last_poll=_moment(facts.get(db, LAST_POLL)),
            last_post=_moment(facts.get(db, LAST_POST)),
            token_good_until=_moment(token.get("good_until")),
            token_trouble=token.get("trouble", ""),
            contracts_trouble=facts.get(db, CONTRACTS_TROUBLE) or "",
            autodesk_ahead=float(ahead) if ahead else None,
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
