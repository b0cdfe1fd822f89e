"""What a running bot notes about itself: seldom, small, and only what has changed."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.operate import vital_signs
from bot.operate.vital_signs import Recorded, VitalSigns
from bot.tokenflex.oauth import TokenState
from storage.database import Database

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class HandClock:
    """A clock that is moved by hand; a sleep moves it and ends a loop after so many."""

    def __init__(self, sleeps: int = 0) -> None:
        self.time = NOON
        self.left = sleeps

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if self.left == 0:
            raise EndOfTestError
        self.left -= 1
        self.time += timedelta(seconds=seconds)


class EndOfTestError(Exception):
    """The loop has slept often enough."""


async def opened(path: Path) -> Database:
    """A database to note in."""
    database = Database(path / "signs.db")
    await database.open()
    return database


async def yes() -> bool:
    """The connection stands."""
    return True


async def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    """Times, the state of the token and the difference of clocks come back as they were."""
    database = await opened(tmp_path)
    state = TokenState(NOON + timedelta(hours=1), "Autodesk does not answer")
    signs = {
        vital_signs.LAST_POLL: lambda: vital_signs.moment(NOON),
        vital_signs.LAST_POST: lambda: None,
        vital_signs.TOKEN_STATE: lambda: vital_signs.token_state(state),
        vital_signs.AUTODESK_AHEAD: lambda: vital_signs.whole_seconds(12.4),
    }
    await VitalSigns(database, HandClock(), yes, signs).note()
    recorded = await database.read(Recorded.load)
    await database.close()
    assert recorded == Recorded(
        connected_since=NOON,
        noted_at=NOON,
        last_poll=NOON,
        token_good_until=NOON + timedelta(hours=1),
        token_trouble="Autodesk does not answer",
        autodesk_ahead=12.0,
    )


async def test_it_notes_once_a_minute_and_only_what_changed(tmp_path: Path) -> None:
    """Ten minutes are eleven notes; a sign that stays as it is is written once."""
    database = await opened(tmp_path)
    clock = HandClock(sleeps=10)
    with contextlib.suppress(EndOfTestError):
        await VitalSigns(database, clock, yes, {vital_signs.LAST_POLL: NOON.isoformat}).run()
    rows = await database.read(lambda db: {row["name"]: row["saved_at"] for row in db["facts"].rows})
    await database.close()
    assert datetime.fromisoformat(rows[vital_signs.LAST_POLL]) == NOON
    assert datetime.fromisoformat(rows[vital_signs.CONNECTED_SINCE]) == NOON + timedelta(minutes=10)


async def test_a_lost_connection_is_noted_and_begins_anew(tmp_path: Path) -> None:
    """Connected since the last time that it was not."""
    database = await opened(tmp_path)
    clock, stands = HandClock(), [True, False, True]

    async def _connected() -> bool:
        return stands.pop(0)

    signs = VitalSigns(database, clock, _connected, {})
    seen = []
    for _ in range(3):
        await signs.note()
        seen.append((await database.read(Recorded.load)).connected_since)
        clock.time += timedelta(minutes=1)
    await database.close()
    assert seen == [NOON, None, NOON + timedelta(minutes=2)]


def test_nothing_is_said_of_a_token_before_there_was_one() -> None:
    """A bot that has not asked for a token yet writes nothing about it."""
    assert vital_signs.token_state(TokenState()) is None
    assert vital_signs.whole_seconds(None) is None
