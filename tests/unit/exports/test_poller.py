"""The background loop on a clock moved by hand: when it calls, when it does not, and what it makes of failures."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calls.gateway import TokenFlexCalls, Work
from bot.calls.turns import Turns
from bot.exports.fresh_links import FreshLinks
from bot.exports.poll_policy import targets
from bot.exports.poller import Poller
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import (
    ContractRefusedError,
    LoginNeededError,
    NotAuthorisedError,
    NotFoundError,
    TokenFlexError,
    UpstreamBrokenError,
)
from bot.tokenflex.models import DOWNLOAD, REQUESTED, DownloadLink, UpstreamExport
from bot.tokenflex.oauth import AccessTokens
from storage import exports as export_store
from storage.database import Table
from storage.states import Event, ExportState
from tests.harness.moved_clock import MovedClock
from tests.harness.stored import CONTRACT, MemoryDatabase, accepted, in_doubt, requested

T = TypeVar("T")
OTHER = "11000099871"
SECOND = timedelta(seconds=1)


class OneContract:
    """Token Flex as far as the poller uses it: answers from what a test puts in, and notes what was asked."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self.lists: list[tuple[datetime, str, datetime, datetime]] = []
        self.gets: list[str] = []
        self.records: dict[str, list[UpstreamExport]] = {}
        self.errors: dict[str, list[TokenFlexError]] = {}

    def list_exports(self, contract: str, start: datetime, end: datetime) -> tuple[UpstreamExport, ...]:
        """Answer a list, or fail as planned."""
        self.lists.append((self._clock.now(), contract, start, end))
        if self.errors.get(contract):
            raise self.errors[contract].pop(0)
        return tuple(self.records.get(contract, ()))

    def get_export(self, contract: str, key: str) -> UpstreamExport:
        """Know nothing of what is asked for singly."""
        self.gets.append(key)
        raise NotFoundError


class CallsOnLoop(TokenFlexCalls):
    """The real turns, and work that is done on the loop."""

    async def _in_thread(self, work: Work[T]) -> T:
        return work(self._client)


class Bench:
    """A poller and what it works on."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.database = MemoryDatabase()
        self.token_flex = OneContract(self.clock)
        self.server_time = ServerTime(self.clock)
        turns = Turns(self.database, self.clock, self.server_time)
        client, no_tokens = cast("TokenFlexClient", self.token_flex), cast("AccessTokens", None)
        calls = CallsOnLoop(client, no_tokens, turns, self.clock, Random(1))
        progress = Progress(self.database, calls, self.clock)
        self.links = FreshLinks(self.database, calls, self.server_time, progress, self.clock)
        self.slots = Slots()
        self.wake = Bell(self.clock)
        self.slots.subscribe(self.wake.ring)
        self.poller = Poller(
            self.database, calls, progress, self.links, self.slots, self.server_time, self.clock, self.wake,
        )  # fmt: skip

    def requested(self, key: str, *, contract: str = CONTRACT) -> int:
        """Have an export under way, of which lists tell."""
        export = requested(self.database.db, self.clock.now(), key, key, contract=contract)
        entry = UpstreamExport(key, REQUESTED, f"{key}.csv", self.clock.now())
        self.token_flex.records.setdefault(contract, []).append(entry)
        self.wake.ring()
        return export.number

    def becomes(self, key: str, status: str, link: DownloadLink | None = None) -> None:
        """Let lists show another status."""
        for entries in self.token_flex.records.values():
            for index, entry in enumerate(entries):
                if entry.request_key == key:
                    entries[index] = UpstreamExport(
                        key, status, entry.download_file_name, entry.requested_at, link=link
                    )

    def state(self, number: int) -> ExportState:
        """Return where an export stands."""
        return export_store.get(self.database.db, number).state


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A poller that runs."""
    made = Bench()
    running = asyncio.ensure_future(made.poller.run())
    yield made
    assert not running.done(), "the poller has ended"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await made.database.close()


async def test_nothing_outstanding_no_call(bench: Bench) -> None:
    """Queued ones are not looked for either, as long as there is a place; nor is anything that has ended."""
    accepted(bench.database.db, bench.clock.now())
    bench.wake.ring()
    await bench.clock.advance(3600)
    assert bench.token_flex.lists == []
    bench.requested("k1")
    bench.becomes("k1", DOWNLOAD)
    await bench.clock.advance(600)
    seen = len(bench.token_flex.lists)
    assert seen >= 1
    await bench.clock.advance(3600)
    assert len(bench.token_flex.lists) == seen


async def test_queued_ones_are_looked_for_when_no_place_is_free(bench: Bench) -> None:
    """Only a list shows that somebody else's export has ended."""
    accepted(bench.database.db, bench.clock.now())
    bench.slots.refused(bench.clock.now())
    bench.wake.ring()
    await bench.clock.advance(50)
    assert [contract for _, contract, _, _ in bench.token_flex.lists]


async def test_a_link_that_a_list_shows_is_kept(bench: Bench) -> None:
    """What becomes ready needs no further call for its link."""
    number = bench.requested("k1")
    await bench.clock.advance(12)
    link = DownloadLink("https://example.test/file?signature=x", bench.clock.now() + 180 * SECOND)
    bench.becomes("k1", DOWNLOAD, link)
    await bench.clock.advance(40)
    assert bench.state(number) is ExportState.READY
    assert bench.links.known(number) is link


async def test_who_is_woken_by_a_list_has_its_links(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit may wake who needs a link before the poller goes on; it costs no call all the same."""
    number = bench.requested("k1")
    await bench.clock.advance(12)
    link = DownloadLink("https://example.test/file?signature=x", bench.clock.now() + 180 * SECOND)
    bench.becomes("k1", DOWNLOAD, link)
    woken: list[asyncio.Future[DownloadLink]] = []
    wake = bench.links.fresh
    bench.database.subscribe(Table.EXPORTS, lambda: woken.append(asyncio.ensure_future(wake(number, "U1"))))
    write = bench.database.write

    async def goes_on_last(work: Callable[..., T], *values: object, **named: object) -> T:
        outcome = await write(work, *values, **named)
        if woken:
            await asyncio.wait(woken)
        return outcome

    monkeypatch.setattr(bench.database, "write", goes_on_last)
    await bench.clock.advance(40)
    assert [each.result() for each in woken] == [link]


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_a_list_reaches_over_both_clocks(bench: Bench, minutes: int) -> None:
    """From before the oldest export to ahead of now, by the server's clock and by ours."""
    bench.server_time.observe(bench.clock.now() + timedelta(minutes=minutes))
    asked_at = bench.clock.now()
    bench.requested("k1")
    await bench.clock.advance(20)
    at, _, start, end = bench.token_flex.lists[0]
    for ahead in (timedelta(), timedelta(minutes=minutes)):
        assert start <= asked_at + ahead - 60 * SECOND
        assert end >= at + ahead + 60 * SECOND


async def test_failures_are_logged_once_and_tried_less_and_less_often(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """2 s, 4 s, … up to half a minute, in the long run a minute; the first that works is logged, and all is well."""
    caplog.set_level(logging.INFO)
    number = bench.requested("k1")
    bench.token_flex.errors[CONTRACT] = [UpstreamBrokenError() for _ in range(8)]
    await bench.clock.advance(8 + 2 + 4 + 8 + 46 + 4 * 30)
    times = [at for at, *_ in bench.token_flex.lists]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    assert [round(gap) for gap in gaps[:7]] == pytest.approx([2, 4, 8, 46 + 4, 30, 30, 30], abs=3)
    await bench.clock.advance(60)
    bench.becomes("k1", DOWNLOAD)
    await bench.clock.advance(600)
    assert bench.state(number) is ExportState.READY
    told = [record.getMessage() for record in caplog.records if record.name == "bot.exports.poller"]
    assert told == ["polling fails", "polling works again"]


async def test_an_ended_token_costs_no_pause(bench: Bench) -> None:
    """The next call has a new one; without a login it is waited for like anything else."""
    bench.requested("k1")
    bench.token_flex.errors[CONTRACT] = [NotAuthorisedError()]
    await bench.clock.advance(9)
    assert len(bench.token_flex.lists) == 2
    bench.token_flex.errors[CONTRACT] = [LoginNeededError() for _ in range(20)]
    await bench.clock.advance(600)
    assert len(bench.token_flex.lists) < 30


async def test_a_contract_that_is_refused_stops_no_other(bench: Bench) -> None:
    """Its lists are tried now and then; the other contract's export is seen to end."""
    refused, fine = bench.requested("k1", contract=OTHER), bench.requested("k2")
    bench.token_flex.errors[OTHER] = [ContractRefusedError() for _ in range(100)]
    await bench.clock.advance(20)
    bench.becomes("k2", DOWNLOAD)
    await bench.clock.advance(90)
    assert bench.state(fine) is ExportState.READY
    assert bench.state(refused) is ExportState.REQUESTED


async def test_missing_records_are_asked_for_one_at_a_time(bench: Bench) -> None:
    """Each list is followed by one GET at most, so that many that vanish do not stop the polling."""
    numbers = [bench.requested(f"k{index}") for index in range(5)]
    bench.token_flex.records[CONTRACT] = []
    await bench.clock.advance(15 * 60)
    assert all(bench.state(number) is ExportState.VANISHED for number in numbers)
    assert sorted(bench.token_flex.gets) == [f"k{index}" for index in range(5)]
    assert len(bench.token_flex.lists) >= 6


async def test_an_answer_in_doubt_is_looked_for_when_a_list_can_tell(bench: Bench) -> None:
    """Two lists, 30 s after the loss and 20 s after that; then the export is back in the line."""
    lost_at = bench.clock.now()
    export = in_doubt(bench.database.db, lost_at)
    bench.wake.ring()
    await bench.clock.advance(120)
    first, second = (at for at, *_ in bench.token_flex.lists)
    assert timedelta(seconds=30) <= first - lost_at < timedelta(seconds=35)
    assert timedelta(seconds=20) <= second - first < timedelta(seconds=25)
    assert bench.state(export.number) is ExportState.QUEUED


async def test_lists_before_the_servers_time_was_known_anew_do_not_send_it_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine was suspended for an hour: a list up to our present would end before the export was made."""
    lead = timedelta(hours=1)
    for _ in range(9):
        bench.server_time.observe(bench.clock.now())
    made = UpstreamExport("k1", REQUESTED, "year1.csv", bench.clock.now() + lead)

    def listed(contract: str, start: datetime, end: datetime) -> tuple[UpstreamExport, ...]:
        bench.server_time.observe(bench.clock.now() + lead)
        bench.token_flex.lists.append((bench.clock.now(), contract, start, end))
        return (made,) if start <= bench.clock.now() + lead < end else ()

    monkeypatch.setattr(bench.token_flex, "list_exports", listed)
    export = in_doubt(bench.database.db, bench.clock.now())
    bench.wake.ring()
    await bench.clock.advance(120)
    assert bench.state(export.number) is ExportState.REQUESTED
    assert export_store.get(bench.database.db, export.number).request_key == "k1"
    assert bench.token_flex.lists[1][3] > bench.clock.now() + lead


async def test_a_list_reaches_back_to_the_servers_time_of_a_request(bench: Bench) -> None:
    """The request is stored with a time of a clock that was hours ahead of today's."""
    export = in_doubt(bench.database.db, bench.clock.now())
    sent_at, wrong = bench.clock.now(), bench.clock.now() + timedelta(hours=5)
    export_store.change(bench.database.db, export.number, intent_at=wrong, intent_server_at=sent_at)
    bench.wake.ring()
    await bench.clock.advance(40)
    assert bench.token_flex.lists[0][2] < sent_at


lives = st.lists(
    st.tuples(
        st.sampled_from((CONTRACT, OTHER, "110000777001")),
        st.lists(st.sampled_from(list(Event)), max_size=6),
        st.integers(0, 500),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(lives, st.booleans())
def test_targets_are_the_contracts_with_work_outstanding(
    exports: list[tuple[str, list[Event], int]], house_full: bool
) -> None:
    """None is forgotten, none is there without work, and each reaches back to its oldest export."""
    database, now = MemoryDatabase(), MovedClock().now()
    db = database.db
    for contract, events, age in exports:
        export = accepted(db, now - age * SECOND, contract=contract)
        for event in events:
            export_store.move(db, export.number, event, now - age * SECOND)
    stored = [export_store.get(db, number) for number in range(1, len(exports) + 1)]
    outstanding = [each for each in stored if each.state in {ExportState.REQUESTED, ExportState.ABANDONED}]
    outstanding += [each for each in stored if each.state is ExportState.QUEUED and house_full]
    found = targets(stored, {CONTRACT: now - 3 * SECOND}, house_full=house_full)
    assert sorted(each.contract for each in found) == sorted({each.request.contract_number for each in outstanding})
    for target in found:
        mine = [each for each in outstanding if each.request.contract_number == target.contract]
        assert target.oldest == min(each.accepted_at for each in mine)
    assert found == sorted(found, key=lambda each: each.due_at)
    asyncio.run(database.close())
