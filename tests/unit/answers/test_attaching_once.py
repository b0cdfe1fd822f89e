"""The file in the thread: once, as far as Slack lets us know, whatever answer is lost and wherever the bot dies."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bot.answers.files.attaching import Attaching
from bot.cards.file_card import NoFile
from bot.slack.errors import SlackUnsureError
from tests.unit.answers.attaching import DiedError, House, Make, S, make

__all__ = ["make"]

# --- lost answers and lost shares ----------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [True, False])
async def test_without_looking_a_lost_answer_is_never_asked_again(make: Make, effect: bool) -> None:
    house = make()
    house.slack.may_read = False
    house.slack.will("share", SlackUnsureError("TimeoutError"), effect=effect)
    await house.is_read()
    await house.goes_on()
    assert house.slack.asked.count("share") == 1
    assert house.told() == [("no file", NoFile.UNSURE)]
    assert await house.state() is S.UNSEEN


async def test_without_looking_slacks_word_has_to_do(make: Make) -> None:
    house = make()
    house.slack.may_read = False
    await house.is_read()
    await house.goes_on()
    assert (len(house.slack.shows), await house.state(), house.told()) == (1, S.UNSEEN, [])
    assert "standing" not in house.slack.asked


async def test_after_a_lost_answer_nothing_is_done_before_slack_was_asked(make: Make) -> None:
    house = make()
    house.slack.will("share", SlackUnsureError("TimeoutError"))
    await house.is_read()
    await house.goes_on()
    shares = [at for at, each in enumerate(house.slack.asked) if each == "share"]
    assert "standing" in house.slack.asked[shares[0] : shares[1]]


async def test_a_call_that_slack_still_works_on_is_waited_for(make: Make) -> None:
    """Its answer was lost, and the file is not there yet; what is looked for too early proves nothing."""
    house = make()
    house.slack.will("share", SlackUnsureError("TimeoutError"))
    await house.is_read()
    await house.goes_on(15)
    file_id = next(iter(house.slack.bytes))
    house.slack.completed.add(file_id)
    house.slack.shows.append((file_id, "C0FINANCE1", "1.1"))
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert house.slack.asked.count("share") == 1


async def test_a_share_that_was_lost_is_asked_for_once_more(make: Make) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 1, True
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert await house.state() is S.SHOWN


@pytest.mark.parametrize("shares_twice", [True, False])
async def test_a_share_that_stays_lost_is_said(make: Make, shares_twice: bool) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 9, shares_twice
    await house.is_read()
    await house.goes_on()
    assert house.told() == [("no file", NoFile.LOST)]
    assert await house.state() is S.LOST
    assert house.slack.asked.count("share") == 2


async def test_a_share_that_comes_late_comes_once(make: Make) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 1, True
    await house.is_read()
    await house.goes_on(40)
    house.slack.shows.append((next(iter(house.slack.bytes)), "C0FINANCE1", "1.1"))
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert house.slack.asked.count("share") == 1


# --- every crossing ------------------------------------------------------------------------------------------------


class Crossings:
    """Counts what crosses the border of the process, in order, and kills it before or after one of them."""

    def __init__(self, house: House, dies_at: int, *, before: bool) -> None:
        self._house, self._dies_at, self._before = house, dies_at, before
        self.seen = 0

    async def cross(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self.seen += 1
        is_it = self.seen == self._dies_at
        if is_it and self._before:
            raise DiedError
        result = await work()
        if is_it:
            raise DiedError
        return result

    def database(self) -> Any:
        """The database, whose writes are crossings."""
        crossings, real = self, self._house.database

        class _Counted:
            async def write(self, *work: Any, **more: Any) -> Any:
                return await crossings.cross(lambda: real.write(*work, **more))

            async def read(self, *work: Any, **more: Any) -> Any:
                return await real.read(*work, **more)

        return _Counted()

    def slack(self) -> Any:
        """Slack, whose calls are crossings."""
        crossings, real = self, self._house.slack

        class _Counted:
            def __getattr__(self, name: str) -> Any:
                found = getattr(real, name)
                if name in {"may_write", "may_read"}:
                    return found
                return lambda *given: crossings.cross(lambda: found(*given))

        return _Counted()


def _mortal(house: House, dies_at: int, *, before: bool) -> tuple[Attaching, Crossings]:
    crossings = Crossings(house, dies_at, before=before)
    real, house.slack = house.slack, crossings.slack()
    bot = house.made(crossings.database())
    house.slack = real
    return bot, crossings


def moments() -> Iterator[tuple[int, bool, bool]]:
    """Every crossing of one file's life, before and after it, by whether Slack may be asked."""
    return itertools.product(range(1, 12), (True, False), (True, False))


@pytest.mark.parametrize(("dies_at", "before", "may_read"), list(moments()))
async def test_killed_at_any_crossing_it_comes_once(make: Make, dies_at: int, before: bool, may_read: bool) -> None:
    house = make()
    house.slack.may_read = may_read
    bot, crossings = _mortal(house, dies_at, before=before)
    try:
        await house.is_read(bot)
        await house.goes_on(300, bot)
    except DiedError:
        await house.folder.clear()  # as every start does
        house.bot = house.made()
        await house.is_read()
        await house.goes_on()
    assert crossings.seen >= min(dies_at, 6)
    if may_read:
        assert (len(house.slack.shows), house.told(), await house.state()) == (1, [], S.SHOWN)
    else:  # where nobody can say whether it came, that is said, and it is never there twice
        assert len(house.slack.shows) <= 1
        assert house.slack.shows or house.told() == [("no file", NoFile.UNSURE)]
        assert await house.state() is S.UNSEEN
    assert house.autodesk.downloads <= 2
    assert house.left() == []
