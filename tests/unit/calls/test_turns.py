"""The line in front of Token Flex, on a clock moved by hand, against the limits in every reading."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest

from bot.calls.budget import Rank
from bot.calls.turns import StoppingError, Turn, Turns
from bot.runtime.server_time import ServerTime
from bot.settings import CallPace
from sandbox.tokenflex.limits import limiter_for
from storage import calls as call_log
from tests.harness.moved_clock import MovedClock, settle
from tests.harness.stored import MemoryDatabase


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    """An empty database."""
    opened = MemoryDatabase()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovedClock:
    """A clock that stands still."""
    return MovedClock()


@pytest.fixture
def turns(database: MemoryDatabase, clock: MovedClock) -> Turns:
    """An empty line."""
    return Turns(database, clock, ServerTime(clock))


async def called(turns: Turns, number: int, *, rank: Rank = Rank.PEOPLE, person: str = "") -> list[Turn]:
    """Make that many calls at once, each ending at once; return their turns."""
    made = [await turns.wait("call", rank=rank, person=person) for _ in range(number)]
    for turn in made:
        turn.used = True
        await turns.end(turn)
    return made


async def test_a_sixth_call_waits_until_the_first_has_left_the_minute(turns: Turns, clock: MovedClock) -> None:
    """Five at once, then one 62 s after they have ended."""
    await called(turns, 5)
    sixth = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE))
    await clock.advance(61.9)
    assert not sixth.done()
    await clock.advance(0.2)
    assert sixth.done()


async def test_polls_leave_one_call_to_people(turns: Turns, clock: MovedClock) -> None:
    """A fifth poll waits; a person does not."""
    await called(turns, 4, rank=Rank.POLL)
    poll = asyncio.ensure_future(turns.wait("list", rank=Rank.POLL))
    await settle()
    assert not poll.done()
    await called(turns, 1)
    await clock.advance(65)
    assert poll.done()


async def test_a_turn_that_is_given_back_serves_the_next(turns: Turns) -> None:
    """The budget has room again at once, and the log forgets the call."""
    given = [await turns.wait("call", rank=Rank.PEOPLE) for _ in range(5)]
    sixth = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE))
    await settle()
    assert not sixth.done()
    await turns.give_back(given[2])
    await settle()
    assert sixth.done()


async def test_whoever_leaves_the_line_takes_nothing_along(turns: Turns, clock: MovedClock) -> None:
    """Cancelled while waiting, or at the very moment of the grant: the call goes to somebody else."""
    await called(turns, 5)
    leaves = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE, person="a"))
    stays = [asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE, person="b")) for _ in range(5)]
    await settle()
    place = turns._line[0]
    place.granted.cancel()  # the future of one who is just being cancelled
    turns._serve()
    await settle()
    assert leaves.cancelled()
    await clock.advance(63)
    assert all(each.done() for each in stays)
    assert turns.people_waiting() == 0


async def test_equal_turns_are_not_confused(turns: Turns) -> None:
    """Two calls granted to one person in one instant: ending one leaves the other in flight."""
    first, second = await turns.wait("a", rank=Rank.PEOPLE), await turns.wait("b", rank=Rank.PEOPLE)
    await turns.give_back(first)
    assert turns._past == [second]
    await turns.end(second)
    assert second.call.ended_at is not None
    assert turns._past[0].call.ended_at is not None


async def test_what_is_told_of_the_line_comes_true(turns: Turns, clock: MovedClock) -> None:
    """Persons take turns, so whoever asks for the first time is told one place for each other person, and a time."""
    await called(turns, 5)
    for person in ("ana", "ana", "ana", "ben"):
        asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE, person=person))  # noqa: RUF006 - ends with the loop
    await settle()
    assert turns.ahead_of("cem") == 2
    assert turns.ahead_of("ana") == 4
    told = turns.likely_wait(turns.ahead_of("cem"))
    mine = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE, person="cem"))
    await clock.advance(told - 1)
    assert not mine.done()
    await clock.advance(62)
    assert mine.done()
    turns.close()


async def test_a_crowd_is_told_that_a_burst_will_serve_it(turns: Turns) -> None:
    """Where the burst is free, nobody in a crowd of forty is told to wait for eight minutes."""
    assert turns.likely_wait(40) <= 130
    assert turns.likely_wait(8) == 48


async def test_a_place_in_the_line_is_told_by_what_is_saved(database: MemoryDatabase, clock: MovedClock) -> None:
    """By the pace `bucket` many looks of the last minute keep nobody waiting while calls are saved."""
    turns = Turns(database, clock, ServerTime(clock), CallPace.BUCKET)
    assert turns.likely_wait(30) == 0
    for _ in range(2):
        await called(turns, 10, rank=Rank.POLL)
    assert turns.likely_wait(0) == 0
    for _ in range(29):
        await called(turns, 1)
    told = turns.likely_wait(1)
    line = [asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE, person=person)) for person in ("ana", "ben")]
    await clock.advance(told - 1)
    assert not line[1].done()
    await clock.advance(2)
    assert line[1].done()


async def test_a_stop_sends_everybody_away(turns: Turns) -> None:
    """Those in the line and those who come later are told that there is no call any more."""
    await called(turns, 5)
    waiting = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE))
    await settle()
    turns.close()
    with pytest.raises(StoppingError):
        await waiting
    with pytest.raises(StoppingError):
        await turns.wait("call", rank=Rank.PEOPLE)


async def test_a_restart_remembers_every_call(database: MemoryDatabase, turns: Turns, clock: MovedClock) -> None:
    """Ended ones, those in flight at the crash, and the lesson of a refusal."""
    for turn in [await turns.wait("call", rank=Rank.PEOPLE, person="a") for _ in range(3)][:2]:
        await turns.end(turn)
    refused = await turns.wait("call", rank=Rank.PEOPLE, person="a")
    await turns.end(refused, rate_limited=True, retry_after=100)
    await clock.advance(5)
    again = Turns(database, clock, ServerTime(clock))
    await again.load()
    assert [turn.call.rate_limited for turn in again._past] == [False, False, False, True]
    assert all(turn.call.ended_at is not None for turn in again._past)
    waiting = asyncio.ensure_future(again.wait("call", rank=Rank.PEOPLE))
    await clock.advance(96)
    assert not waiting.done()
    await clock.advance(2)
    assert waiting.done()


async def test_what_was_under_way_at_a_kill_is_not_saved(database: MemoryDatabase, clock: MovedClock) -> None:
    """By the pace `bucket` the next process takes it for calls that were counted when it began."""
    turns = Turns(database, clock, ServerTime(clock), CallPace.BUCKET)
    for _ in range(37):
        await called(turns, 1)
    for _ in range(12):
        await turns.wait("call", rank=Rank.PEOPLE)
    await clock.advance(30)
    again = Turns(database, clock, ServerTime(clock), CallPace.BUCKET)
    await again.load()
    line = [asyncio.ensure_future(again.wait("call", rank=Rank.PEOPLE)) for _ in range(2)]
    saved = 1 + 30 / 12
    await clock.advance(0.1)
    assert [waiting.done() for waiting in line] == [True, True]
    assert again.spent().saved == int(saved - 2 - 2 / 12)


async def test_no_bucket_makes_more_than_2400_calls_in_eight_hours(database: MemoryDatabase, clock: MovedClock) -> None:
    """Neither where another process has made most of them."""
    for _ in range(2399):
        started = call_log.start(database.db, name="list", rank=Rank.PEOPLE, person="", burst=False, now=clock.now())
        call_log.end(database.db, started, now=clock.now(), rate_limited=False, retry_after=None)
        await clock.advance(11.9)
    turns = Turns(database, clock, ServerTime(clock), CallPace.BUCKET)
    await turns.load()
    await clock.advance(100)
    assert turns.spent().saved == 38
    await called(turns, 1)
    waiting = asyncio.ensure_future(turns.wait("call", rank=Rank.PEOPLE))
    await clock.advance(28_800 - 100 - 2399 * 11.9)
    assert not waiting.done()
    await clock.advance(3)
    assert waiting.done()


async def test_the_log_of_calls_has_an_end(database: MemoryDatabase, turns: Turns, clock: MovedClock) -> None:
    """A process that runs for weeks keeps a day of it."""
    for _ in range(4):
        await called(turns, 2)
        await clock.advance(12 * 3600)
    kept = await database.read(lambda db: call_log.since(db, clock.now() - timedelta(days=9)))
    assert len(kept) == 6


@pytest.mark.parametrize("reading", "BCDEFG")
async def test_no_call_is_refused_under_any_reading(turns: Turns, clock: MovedClock, reading: str) -> None:
    """Hours of polls, people and rushes of thirty, with calls that take up to 3 s and are counted anywhere in them."""
    random, limiter, refused = Random(reading), limiter_for(reading), []
    arrivals: list[tuple[float, float]] = []

    async def make(rank: Rank, person: str) -> None:
        turn = await turns.wait("call", rank=rank, person=person)
        turn.used = True
        takes = random.uniform(0, 3)
        counted = random.uniform(0, takes)
        await clock.sleep(counted)
        wait = limiter.allows(clock.now().timestamp())
        arrivals.append((clock.now().timestamp(), wait or 0.0))
        if wait is not None:
            refused.append(clock.now())
        await clock.sleep(takes - counted)
        await turns.end(turn)

    tasks = set()
    for minute in range(90):
        tasks.add(asyncio.ensure_future(make(Rank.POLL, "")))
        for _ in range(random.choice((0, 0, 0, 1, 2)) if minute not in (7, 60) else 30):
            tasks.add(asyncio.ensure_future(make(Rank.PEOPLE, random.choice("abc"))))
        await clock.advance(random.uniform(5, 60))
    for _ in range(60):
        if all(task.done() for task in tasks):
            break
        await clock.advance(60)
    assert all(task.done() for task in tasks)
    assert refused == []
    assert len(arrivals) == len(tasks)
    turns.close()
