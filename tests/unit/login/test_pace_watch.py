"""A refusal under the pace `bucket`: back to careful for eight hours, told once, and known to the next process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.calls.budget import Rank
from bot.calls.turns import Turns
from bot.delivery.kinds import Words, load
from bot.errors import MembershipUnknownError
from bot.login.pace_watch import PaceWatch
from bot.operate.checks.activity import BUDGET, check_activity
from bot.operate.findings import Level
from bot.runtime.server_time import ServerTime
from bot.settings import CallPace
from storage.models import Delivery, MessageKind
from tests.harness.moved_clock import MovedClock, settle
from tests.harness.stored import MemoryDatabase

HOUR = 3600.0
CAREFUL, BUCKET = CallPace.CAREFUL, CallPace.BUCKET


@dataclass
class Administrators:
    """Slack, asked who administers."""

    people: frozenset[str] = frozenset({"U0CARLA004", "U0DAVE0005"})
    silent: bool = False

    async def administrators(self) -> frozenset[str]:
        if self.silent:
            raise MembershipUnknownError
        return self.people


class House:
    """A database, the line of calls, and who watches it."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.database = MemoryDatabase()
        self.administrators = Administrators()

    async def begin(self, pace: CallPace = BUCKET) -> None:
        """Begin a process."""
        self.turns = Turns(self.database, self.clock, ServerTime(self.clock), pace)
        await self.turns.load()
        some: Any = self.administrators
        self.watch = PaceWatch(self.database, self.turns, some, self.clock)

    async def calls(self, number: int, *, refused: bool = False, retry_after: float | None = None) -> None:
        """Make that many calls, the last of which may be refused."""
        for left in range(number - 1, -1, -1):
            turn = await self.turns.wait("list", rank=Rank.PEOPLE)
            turn.used = True
            is_refused = refused and left == 0
            await self.turns.end(turn, rate_limited=is_refused, retry_after=retry_after if is_refused else None)

    def told(self) -> list[Delivery]:
        """The messages to administrators."""
        rows = map(Delivery.from_row, self.database.db.query("SELECT * FROM outbox ORDER BY id"))
        return [row for row in rows if row.kind is MessageKind.PACE_REFUSED]

    def doctor(self, pace: CallPace = BUCKET) -> Any:
        """What `doctor` says of calls."""
        findings = check_activity(self.database.db, self.clock.now(), bot_runs=True, pace=pace)
        return next(each for each in findings if each.name == BUDGET)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A house with the pace `bucket`."""
    built = House()
    await built.begin()
    yield built
    await built.database.close()


async def test_a_refusal_is_told_to_each_administrator_once_with_the_numbers(house: House) -> None:
    """Also where others follow, and the process begins anew."""
    await house.calls(2)
    await house.clock.advance(300)
    await house.calls(14, refused=True, retry_after=25.0)
    await house.watch.look()
    assert [row.recipient for row in house.told()] == ["U0CARLA004", "U0DAVE0005"]
    text = load(house.database.db, house.told()[0]).message(None, Words()).text
    assert "14 requests in that minute, 16 requests in ten minutes, 16 requests in eight hours" in text
    assert "asked me to wait for 25 seconds" in text
    await house.watch.look()
    await house.begin()
    await house.watch.look()
    await house.clock.advance(HOUR)
    await house.calls(1, refused=True)
    await house.watch.look()
    assert len(house.told()) == 2


async def test_it_is_careful_for_eight_hours_also_after_a_restart(house: House) -> None:
    """Then as fast again; both are seen by administrators and in doctor."""
    assert house.turns.spent().saved == 50
    assert house.doctor().level is Level.OK
    await house.calls(6, refused=True)
    await house.begin()
    spent = house.turns.spent()
    assert (spent.saved, spent.careful_until) == (None, house.clock.now() + timedelta(hours=8))
    assert "CALL_PACE is careful instead of bucket until" in house.doctor().found
    assert house.doctor().level is Level.WARNING
    await house.clock.advance(8 * HOUR - 1)
    assert house.turns.room().saved is None
    await house.clock.advance(1)
    assert house.turns.room().saved == 38
    assert house.turns.spent().careful_until is None


async def test_doctor_names_the_numbers_of_the_refusal(house: House) -> None:
    """Not those of the minute in which it is asked, which say nothing of it."""
    await house.calls(2)
    await house.clock.advance(7 * HOUR)
    await house.calls(3)
    await house.clock.advance(300)
    await house.calls(14, refused=True)
    await house.clock.advance(2 * HOUR)
    said = house.doctor()
    assert said.found.startswith(
        "0 calls in the last minute, 17 of 2400 in the last 8 hours; refused for their rate: 1,"
    )
    assert said.found.endswith("Calls up to the first refusal: 14 in a minute, 17 in ten minutes, 19 in eight hours.")
    assert "the numbers of the first refusal" in said.mend


@pytest.mark.parametrize(
    ("retry_after", "said"), [(1.0, "1 second."), (25.0, "25 seconds."), (900.0, "a quarter of an hour or longer.")]
)
async def test_it_is_told_how_long_autodesk_had_it_wait(house: House, retry_after: float, said: str) -> None:
    """What was more than is believed is not told as a number that Autodesk never said."""
    await house.calls(6, refused=True, retry_after=retry_after)
    await house.watch.look()
    text = load(house.database.db, house.told()[0]).message(None, Words()).text
    assert f"Autodesk asked me to wait for {said}" in text


async def test_a_strict_account_is_told_of_again_after_a_week(house: House) -> None:
    """Not every eight hours."""
    for _ in range(21):
        await house.calls(6, refused=True)
        await house.watch.look()
        await house.clock.advance(8 * HOUR)
    assert len(house.told()) == 2
    await house.calls(6, refused=True)
    await house.watch.look()
    assert len(house.told()) == 4


async def test_a_refusal_under_the_careful_pace_is_no_matter_of_the_pace(house: House) -> None:
    """Another program of the same user caused it."""
    await house.begin(CAREFUL)
    await house.calls(3, refused=True)
    assert await house.watch.look()
    assert house.told() == []
    assert house.turns.spent().careful_until is None
    assert "CALL_PACE" not in house.doctor(CAREFUL).found


async def test_who_administers_is_asked_again_where_slack_does_not_say(house: House) -> None:
    """Nothing is told until then, and it is told once."""
    house.administrators.silent = True
    await house.calls(6, refused=True)
    assert not await house.watch.look()
    assert house.told() == []
    house.administrators.silent = False
    assert await house.watch.look()
    assert len(house.told()) == 2


async def test_where_nobody_administers_the_next_refusal_is_told_to_who_does_then(house: House) -> None:
    """A message that nobody got keeps nobody from hearing of it."""
    house.administrators.people = frozenset()
    await house.calls(6, refused=True)
    await house.watch.look()
    house.administrators.people = frozenset({"U0CARLA004"})
    await house.begin()
    await house.watch.look()
    assert [row.recipient for row in house.told()] == ["U0CARLA004"]


async def test_a_refusal_from_before_the_pace_was_chosen_is_not_blamed_on_it(house: House) -> None:
    """The bot is careful for the rest of the eight hours; a refusal that `bucket` causes after them is told."""
    await house.begin(CAREFUL)
    await house.calls(3, refused=True)
    await house.clock.advance(1)
    await house.begin()
    assert await house.watch.look()
    assert house.told() == []
    assert house.turns.room().saved is None
    assert "CALL_PACE is careful instead of bucket until" in house.doctor().found
    await house.clock.advance(8 * HOUR)
    await house.calls(30, refused=True)
    await house.watch.look()
    assert len(house.told()) == 2


async def test_a_pace_that_is_changed_and_changed_back_is_as_careful_and_tells_nothing_twice(house: House) -> None:
    """The eight hours go on; who has heard of the refusal hears of it once."""
    await house.calls(6, refused=True)
    await house.watch.look()
    await house.begin(CAREFUL)
    await house.watch.look()
    await house.clock.advance(HOUR)
    await house.begin()
    await house.watch.look()
    assert len(house.told()) == 2
    assert house.turns.room().saved is None
    assert house.turns.spent().careful_until == house.clock.now() + timedelta(hours=7)


async def test_a_refusal_that_was_not_told_before_a_crash_is_told_after_it(house: House) -> None:
    """By the log of calls."""
    await house.watch.look()
    await house.calls(6, refused=True)
    await house.begin()
    await house.watch.look()
    assert len(house.told()) == 2


async def test_the_log_says_each_time_until_when_it_is_careful(house: House) -> None:
    """Also when administrators have heard of it lately; by the careful pace there is nothing to say."""
    await house.calls(6, refused=True)
    await house.watch.look()
    await house.clock.advance(9 * HOUR)
    with capture_logs() as said:
        await house.calls(1, refused=True)
        await house.watch.look()
    until = house.clock.now() + timedelta(hours=8)
    assert [each["careful_until"] for each in said if "refused a call" in each["event"]] == [until.isoformat()]
    await house.clock.advance(HOUR)
    await house.begin(CAREFUL)
    with capture_logs() as said:
        await house.calls(1, refused=True)
    assert [each["careful_until"] for each in said] == [None]


async def test_the_watch_looks_when_a_call_is_refused(house: House) -> None:
    """Without anybody's asking."""
    watching = asyncio.create_task(house.watch.run())
    await settle()
    await house.calls(6, refused=True)
    await settle()
    assert len(house.told()) == 2
    watching.cancel()
