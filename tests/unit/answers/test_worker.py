"""The worker of answers between a Token Flex and a Slack on paper, on virtual time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.answers.files.download import PASSING
from bot.answers.shown import Shown
from bot.calls.budget import Rank
from bot.cards.figures import FAULTS, Fault, Unread
from bot.delivery.kinds import Words
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DOWNLOAD, DownloadLink, ExportRequest
from storage import answers
from storage.answers import AnswerState
from tests.harness import virtual_time
from tests.harness.paper import Process, Slack, TokenFlex, Upstream, started
from tests.harness.people import admitted
from tests.harness.reading import ReadOnPaper
from tests.harness.virtual_time import VirtualClock

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = 3600.0


class Counted(TokenFlex):
    """Token Flex, whose links live for `life`, and which counts for how many it was asked."""

    life = timedelta(seconds=60)
    asked_for_links = 0
    gives_links = True

    def refresh_link(self, contract: str, key: str) -> Any:
        self.asked_for_links += 1
        return super().refresh_link(contract, key)

    def _give_link(self, export: Upstream) -> None:
        if self.gives_links:
            expires = self.clock.now() + self.life
            export.link = DownloadLink(f"https://files.example/{export.key}/{expires.timestamp():.0f}", expires)


class House:
    """A bot of this test."""

    def __init__(self, clock: VirtualClock, token_flex: Counted, slack: Slack, bot: Process, shown: Shown) -> None:
        self.clock, self.token_flex, self.slack, self.bot, self.shown = clock, token_flex, slack, bot, shown

    @property
    def reading(self) -> ReadOnPaper:
        reading = self.bot.parts.reading
        assert isinstance(reading, ReadOnPaper)
        return reading

    async def asks(self, mark: str = "1", **more: Any) -> int:
        """Somebody asks for an export, which is made at once."""
        request = ExportRequest("110000123456", ("productName",), ("tokensConsumed",), where=f"contractYear={mark}")
        asker = admitted("U1", "C1")
        accepted = await self.bot.parts.exports.accept(request, asker, channel="C1", origin=mark, **more)
        return accepted.export.number

    async def made(self, seconds: float = 60.0) -> None:
        """All is sent to Token Flex, which finishes it; then time passes."""
        await self.clock.sleep(20)
        for each in self.token_flex.exports:
            self.token_flex.end(each, DOWNLOAD)
        await self.clock.sleep(seconds)

    def said(self, begin: str) -> list[Any]:
        """The messages whose subject begins so."""
        return [each for each in self.slack.messages if each.subject.startswith(begin)]

    async def state(self, number: int) -> AnswerState | None:
        """How far the answer of an export is."""
        answer = await self.bot.parts.database.read(answers.of, number, 1)
        return None if answer is None else answer.state


Live = Callable[..., None]


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Live through a day in a house."""

    def _live(
        day: Callable[[House], Awaitable[None]],
        *,
        detail: AnswerDetail = AnswerDetail.FIGURES,
        audience: LinkAudience = LinkAudience.CHANNEL,
        gives_links: bool = True,
    ) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        clock = VirtualClock(BEGIN)

        async def _day() -> None:
            token_flex, slack = Counted(clock), Slack(clock)
            token_flex.gives_links = gives_links
            words = Words(answers=Shown(Catalogue(), detail=detail, audience=audience))
            bot = await started(tmp_path / "a.db", clock, token_flex, slack, words=words, audience=audience)
            try:
                await day(House(clock, token_flex, slack, bot, words.answers))
                assert bot.parts.supervisor.crashes == {}
            finally:
                bot.kill()
                bot.gate.end()

        virtual_time.run(clock, _day())
        structlog.reset_defaults()

    return _live


def test_an_answer_costs_no_link_of_its_own(live: Live) -> None:
    """Links live for a minute; ten exports are ready at the same time, and files are read one after another."""

    async def day(house: House) -> None:
        for number in range(10):
            await house.asks(str(number))
        await house.clock.sleep(200)
        await house.made(120)
        assert len(house.said("result:")) == len(house.said("answer:")) == 10
        announced = {each.subject.split(":")[1]: each.at for each in house.said("result:")}
        assert len(announced) == 10
        with_answers = house.token_flex.asked_for_links
        assert with_answers <= len([each for each in house.said("result:") if "files.example" in str(each.message)])
        assert len(house.reading.read_at) == 10

    live(day)


def test_the_announcement_does_not_wait_for_the_file(live: Live) -> None:
    """Not even where the file is never read to its end."""

    async def day(house: House) -> None:
        house.reading._seconds = 100 * HOUR
        number = await house.asks()
        await house.made(30)
        assert [each.subject for each in house.said("result:")] == [f"result:{number}:1"]
        assert house.said("answer:") == []
        assert await house.state(number) is AnswerState.WANTED

    live(day)


def test_no_file_is_read_of_an_export_that_wants_no_figures(live: Live) -> None:
    """Nor does anything wait for it."""

    async def day(house: House) -> None:
        number = await house.asks(wants_answer=False)
        await house.made()
        assert len(house.said("result:")) == 1
        assert (await house.state(number), house.reading.read_at) == (None, [])

    live(day)


def test_no_file_is_read_where_the_settings_say_so(live: Live) -> None:
    """And nothing is left that waits."""

    async def day(house: House) -> None:
        number = await house.asks()
        await house.made()
        assert len(house.said("result:")) == 1
        assert (await house.state(number), house.reading.read_at, house.said("answer:")) == (None, [], [])

    live(day, detail=AnswerDetail.LINK)


@pytest.mark.parametrize("fault", Fault)
def test_a_file_without_figures_is_said_once(live: Live, fault: Fault) -> None:
    """At once, or where it may pass after six tries in half an hour."""

    async def day(house: House) -> None:
        house.reading.faults = [Unread(fault)] * 6
        number = await house.asks()
        await house.made(60)
        passing = fault in PASSING
        assert len(house.said("answer:")) == (0 if passing else 1)
        await house.clock.sleep(HOUR)
        (told,) = house.said("answer:")
        assert FAULTS[fault] in told.message.text
        assert await house.state(number) is AnswerState.UNREAD
        assert len(house.reading.read_at) == (6 if passing else 1)

    live(day)


def test_what_passes_ends_in_figures(live: Live) -> None:
    """The second time the file comes."""

    async def day(house: House) -> None:
        house.reading.faults = [Unread(Fault.CUT_OFF)]
        number = await house.asks()
        await house.made(300)
        assert await house.state(number) is AnswerState.FOUND
        (told,) = house.said("answer:")
        assert told.message.text.startswith(f"Answer to export #{number}: ")

    live(day)


def test_what_crashes_holds_up_no_other_and_ends(live: Live) -> None:
    """Six times, with pauses; the other file is read meanwhile."""

    async def day(house: House) -> None:
        house.reading.faults = [RuntimeError("unforeseen")]
        first, second = await house.asks("1"), await house.asks("2")
        await house.made(60)
        assert (await house.state(first), await house.state(second)) == (AnswerState.WANTED, AnswerState.FOUND)
        house.reading.faults = [RuntimeError("unforeseen")] * 5
        await house.clock.sleep(HOUR)
        assert await house.state(first) is AnswerState.UNREAD
        assert len(house.said("answer:")) == 2

    live(day)


def test_without_a_link_it_is_tried_for_a_while(live: Live) -> None:
    """Token Flex gives none, neither to the announcement nor for the file."""

    async def day(house: House) -> None:
        number = await house.asks()
        await house.made(90)
        assert len(house.said("result:")) == 1
        assert await house.state(number) is AnswerState.WANTED
        await house.clock.sleep(2 * HOUR)
        (told,) = house.said("answer:")
        assert FAULTS[Fault.NO_LINK] in told.message.text
        assert house.reading.read_at == []

    live(day, gives_links=False)


def test_what_was_deleted_meanwhile_is_not_read(live: Live) -> None:
    """Its answer is wanted no more, and nobody hears of it."""

    async def day(house: House) -> None:
        house.reading.faults = [Unread(Fault.CUT_OFF)] * 2
        number = await house.asks()
        await house.made(30)
        await house.bot.parts.exports.delete(number, admitted("U1", "C1"))
        await house.clock.sleep(HOUR)
        assert (await house.state(number), house.said("answer:")) == (None, [])

    live(day)


@pytest.mark.parametrize("audience", LinkAudience)
def test_who_sees_it_is_who_sees_the_link(live: Live, audience: LinkAudience) -> None:
    """The channel, whoever presses, or the requester alone."""

    async def day(house: House) -> None:
        await house.asks()
        await house.made(90)
        in_thread, private = house.said("answer:"), house.said("direct:1:answer:")
        assert (len(in_thread), len(private)) == ((0, 1) if audience is LinkAudience.REQUESTER else (1, 0))
        shown = str([each.message.blocks for each in (*in_thread, *private)])
        assert ("Read: 0 rows" in shown) == (audience is not LinkAudience.PRESS)
        assert ("answer.show" in shown) == (audience is LinkAudience.PRESS)

    live(day, audience=audience)


@pytest.mark.parametrize("audience", [LinkAudience.CHANNEL, LinkAudience.REQUESTER])
def test_names_are_in_memory_until_they_are_sent(live: Live, audience: LinkAudience) -> None:
    """Where the settings show them; whatever else is committed meanwhile, and no longer than that."""

    async def day(house: House) -> None:
        request = ExportRequest("110000123456", ("userName",), ("tokensConsumed",), where="contractYear=1")
        await house.bot.parts.exports.accept(request, admitted("U1", "C1"), channel="C1", origin="people")
        await house.asks("2")
        remembered = house.shown.remember
        seen = []

        def remember(*what: Any) -> None:
            remembered(*what)
            seen.append(house.shown.remembered)

        house.shown.remember = remember  # type: ignore[method-assign, assignment]
        house.slack.faults = ["unreachable"] * 2
        await house.made(300)
        assert (1,) in seen
        assert house.shown.remembered == ()
        said = [each.message for each in (*house.said("answer:"), *house.said("direct:1:answer:"))]
        assert not any("Names of people are not shown here." in str(each.blocks) for each in said)

    live(day, detail=AnswerDetail.ALL, audience=audience)


def test_what_was_seen_before_its_file_was_read_is_not_read_again(live: Live) -> None:
    """The loop has read what is wanted, and what it read is done when it begins with that."""

    async def day(house: House) -> None:
        number = await house.asks()
        await house.made(0)
        seen = None
        while seen is None:
            await house.clock.sleep(0.5)
            seen = await house.bot.parts.database.read(answers.of, number, 1)
        assert seen.state is AnswerState.WANTED
        await house.clock.sleep(60)
        assert (await house.state(number), len(house.reading.read_at)) == (AnswerState.FOUND, 1)
        await house.bot.parts.answer_worker._answer(seen)
        assert len(house.reading.read_at) == 1

    live(day)


def test_a_file_that_has_a_link_is_read_whoever_waits_for_one(live: Live) -> None:
    """Thirty wait for calls that never come, at the lowest rank; the next one's link is used while it lives."""

    async def day(house: House) -> None:
        links, never = house.bot.parts.fresh_links, asyncio.get_running_loop().create_future()
        fresh = links.fresh

        async def rarely(number: int, person: str, rank: Rank = Rank.PEOPLE) -> DownloadLink:
            if rank is Rank.AHEAD:
                await never
            return await fresh(number, person, rank)

        links.fresh = rarely  # type: ignore[method-assign]
        house.token_flex.gives_links = False
        for number in range(30):
            await house.asks(str(number))
        await house.clock.sleep(600)
        await house.made(600)
        assert house.reading.read_at == []
        house.token_flex.gives_links = True
        number = await house.asks("30")
        await house.made(120)
        assert await house.state(number) is AnswerState.FOUND
        assert [read for read, _ in house.reading.read_at] == [number]

    live(day)
