"""From an export to figures: which link, how many calls, one file at a time, and nothing left of it."""

import asyncio
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.answers.engine.document import Found
from bot.answers.files.folder import Folder
from bot.answers.files.reading import File, Reading
from bot.answers.files.wire import DownloadError
from bot.answers.plan import Plan, plan
from bot.calls.budget import Rank
from bot.cards.figures import Fault, Unread
from bot.errors import LinkUnavailableError, NoLink
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink, ExportRequest

CSV = b"productName,tokensConsumed\r\nRevit,1.5\r\nMaya,2\r\n"
REQUEST = ExportRequest("110000123456", fields=("productName",), metrics=("tokensConsumed",))
LATER = datetime(2026, 11, 29, tzinfo=UTC)


class Export:
    """What is looked at of an export."""

    def __init__(self, number: int) -> None:
        self.number = number


class Links:
    """The links of exports: a known one, and new ones by number of calls."""

    def __init__(self) -> None:
        self.held_links: dict[int, DownloadLink] = {}
        self.calls: list[tuple[int, str, Rank]] = []
        self.least: timedelta | None = None
        self.held: dict[Rank, asyncio.Event] = {}
        self.error: Exception | None = None

    def known(self, number: int, least: timedelta | None = None) -> DownloadLink | None:
        self.least = least
        return self.held_links.get(number)

    def forget(self, number: int) -> None:
        self.held_links.pop(number, None)

    async def fresh(self, number: int, person: str, rank: Rank) -> DownloadLink:
        self.calls.append((number, person, rank))
        if rank in self.held:
            await self.held[rank].wait()
        if self.error:
            raise self.error
        return self.held_links.setdefault(number, DownloadLink(f"https://fresh.example/{len(self.calls)}", LATER))


class Files:
    """Downloads that a test says the outcome of; `under_way` counts those at the same time."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.outcomes: list[DownloadError | bytes] = []
        self.is_measured = True
        self.gate, self.begun = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.most, self.under_way = 0, 0

    async def fetch(self, link: str, path: Path) -> bool:
        self.fetched.append(link)
        self.begun.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        outcome = self.outcomes.pop(0) if self.outcomes else CSV
        if isinstance(outcome, DownloadError):
            raise outcome
        await asyncio.to_thread(path.write_bytes, outcome)
        return self.is_measured


class Desk:
    """The reading of files in a folder, with links and downloads by hand."""

    def __init__(self, folder: Path) -> None:
        self.links, self.files = Links(), Files()
        self.folder = Folder(folder / "tokenflex.db")
        links: Any = self.links
        files: Any = self.files
        self.reading = Reading(links, files, self.folder)

    async def read(self, number: int = 1, person: str = "U1", rank: Rank = Rank.PEOPLE) -> Found | Unread:
        export: Any = Export(number)
        return await self.reading.read(export, asked(), person=person, rank=rank)

    def left(self) -> list[Path]:
        """What there is of files."""
        return [*self.folder.path.rglob("*")]


def asked() -> Plan:
    return plan(REQUEST, Catalogue())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_figures_of_a_file(desk: Desk) -> None:
    """One call where no link is known; nothing is left."""
    found = await desk.read(7, "U7")
    assert isinstance(found, Found)
    assert (found.rows, found.size) == (2, len(CSV))
    assert desk.links.calls == [(7, "U7", Rank.PEOPLE)]
    assert desk.left() == []


#: Ends of a file, and what is wrong with it where nobody said where it ends.
ENDS: Mapping[bytes, Fault | None] = {
    b"": None,
    b"Alias,3\r\n": None,
    b"Alias,3": None,  # some write no line break at the end, and nobody can tell
    b"Alias": Fault.CUT_OFF,
    b'Alias,"3': Fault.CUT_OFF,
    b"Alias,3.5E": Fault.CUT_OFF,
    b"Alias\r\n": Fault.ROWS,
    b"Alias\r\nMaya,1": Fault.ROWS,
    b"Alias,many\r\nMaya": Fault.VALUES,
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_file_whose_length_was_not_told(desk: Desk, end: bytes) -> None:
    """It is known to be cut off where its last row breaks off; else its figures say that nobody knows."""
    fault, desk.files.is_measured, desk.files.outcomes = ENDS[end], False, [CSV + end]
    outcome = await desk.read()
    if fault is None:
        assert isinstance(outcome, Found)
        assert not outcome.is_measured
    else:
        assert isinstance(outcome, Unread)
        assert outcome.fault is fault


async def test_a_row_that_breaks_off_in_a_whole_file(desk: Desk) -> None:
    """Its server knows where it ends, so it is Autodesk's."""
    desk.files.outcomes = [CSV + b"Alias"]
    outcome = await desk.read()
    assert isinstance(outcome, Unread)
    assert outcome.fault is Fault.ROWS


async def test_a_known_link_costs_no_call(desk: Desk) -> None:
    """It needs to live a few seconds more, not as long as for a person who clicks it."""
    desk.links.held_links[1] = DownloadLink("https://known.example/", LATER)
    await desk.read()
    assert desk.links.calls == []
    assert desk.files.fetched == ["https://known.example/"]
    assert desk.links.least == timedelta(seconds=5)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_link_that_ended_meanwhile(desk: Desk, status: int) -> None:
    """One fresh link, once."""
    desk.links.held_links[1] = DownloadLink("https://known.example/", LATER)
    desk.files.outcomes = [DownloadError(Fault.REFUSED, status=status)]
    assert isinstance(await desk.read(), Found)
    assert desk.files.fetched == ["https://known.example/", "https://fresh.example/1"]
    desk.files.outcomes = [DownloadError(Fault.REFUSED, status=status)] * 2
    assert await desk.read() == Unread(Fault.REFUSED)
    assert len(desk.links.calls) == 2
    assert desk.left() == []


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.REFUSED])
async def test_what_another_link_would_not_mend(desk: Desk, fault: Fault) -> None:
    """No second call is made for it."""
    desk.files.outcomes = [DownloadError(fault, status=406)]
    assert await desk.read() == Unread(fault)
    assert len(desk.links.calls) == 1
    assert desk.left() == []


async def test_no_link(desk: Desk) -> None:
    """Whoever asked hears why."""
    desk.links.error = LinkUnavailableError(1, NoLink.NO_CALL)
    with pytest.raises(LinkUnavailableError):
        await desk.read()
    desk.links.error = None
    assert isinstance(await desk.read(), Found)


async def test_one_file_at_a_time_in_turn(desk: Desk) -> None:
    """Whoever came first is first; the second's link is asked for when it is the second's turn."""
    desk.files.gate.clear()
    tasks = [asyncio.ensure_future(desk.read(number)) for number in (1, 2, 3)]
    await desk.files.begun.wait()
    assert [number for number, _, _ in desk.links.calls] == [1]
    desk.files.gate.set()
    await asyncio.gather(*tasks)
    assert desk.files.most == 1
    assert [number for number, _, _ in desk.links.calls] == [1, 2, 3]
    assert desk.left() == []


@pytest.mark.parametrize(("lower", "higher"), [(Rank.METADATA, Rank.PEOPLE), (Rank.AHEAD, Rank.METADATA)])
async def test_nobody_waits_behind_a_call_of_a_lower_rank(desk: Desk, lower: Rank, higher: Rank) -> None:
    """It may take an hour until one is free."""
    desk.links.held[lower] = asyncio.Event()
    slow = asyncio.ensure_future(desk.read(1, "", lower))
    await asyncio.sleep(0)
    assert isinstance(await desk.read(2, "", higher), Found)
    desk.links.held[lower].set()
    assert isinstance(await slow, Found)


async def test_a_cancelled_reading_leaves_nothing_and_lets_the_next_in(desk: Desk) -> None:
    """While it waits for the file, and while it waits for its turn."""
    desk.files.gate.clear()
    first, second = asyncio.ensure_future(desk.read(1)), asyncio.ensure_future(desk.read(2))
    await desk.files.begun.wait()
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert desk.left() == []
    desk.files.gate.set()
    assert isinstance(await desk.read(3), Found)


async def test_what_a_killed_bot_left_is_removed_by_the_next_start(desk: Desk) -> None:
    """And nothing else: neither the database nor what a link there leads to."""

    def leave() -> None:
        place = desk.folder.path / "tmp1"
        place.mkdir(parents=True)
        (place / "file.csv").write_bytes(CSV)
        (desk.folder.path.parent / "tokenflex.db").write_bytes(b"db")
        (desk.folder.path / "elsewhere").symlink_to(desk.folder.path.parent)

    await asyncio.to_thread(leave)
    await desk.folder.clear()
    assert [each.name for each in desk.folder.path.parent.iterdir()] == ["tokenflex.db"]
    await desk.folder.clear()
    assert isinstance(await desk.read(), Found)


async def test_a_folder_that_leads_elsewhere_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    """Somebody may have put it there where the folder of the database is everybody's."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    desk.folder.path.symlink_to(tmp_path / "precious")
    assert await desk.read() == Unread(Fault.ROOM)
    await desk.folder.clear()
    assert (tmp_path / "precious" / "file").exists()
    assert isinstance(await desk.read(), Found)


async def test_the_file_is_for_its_owner_alone(desk: Desk) -> None:
    """In a folder that nobody else can look into."""
    export: Any = Export(1)
    async with desk.reading.file(export, person="U1") as file:
        assert isinstance(file, File)
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (desk.folder.path, file.path.parent)]
        assert modes == [0o700, 0o700]
    assert desk.left() == []


async def test_a_known_link_is_used_before_it_ends(desk: Desk) -> None:
    """Whoever has one passes those whose calls are still to be made, and they make them one after another."""
    desk.links.held[Rank.METADATA] = asyncio.Event()
    waiting = [asyncio.ensure_future(desk.read(number, "", Rank.METADATA)) for number in (1, 2)]
    await asyncio.sleep(0)
    desk.links.held_links[3] = DownloadLink("https://known.example/", LATER)
    assert isinstance(await desk.read(3, "", Rank.METADATA), Found)
    assert [number for number, _, _ in desk.links.calls] == [1]
    desk.links.held[Rank.METADATA].set()
    assert [type(outcome) for outcome in await asyncio.gather(*waiting)] == [Found, Found]
    assert desk.files.fetched[0] == "https://known.example/"


async def test_a_link_that_ends_while_others_are_read(desk: Desk) -> None:
    """Its export waits for another one outside of the line."""
    desk.files.gate.clear()
    desk.links.held[Rank.METADATA] = asyncio.Event()
    desk.links.held_links[2] = DownloadLink("https://known.example/", LATER)
    first = asyncio.ensure_future(desk.read(1))
    await desk.files.begun.wait()
    second = asyncio.ensure_future(desk.read(2, "", Rank.METADATA))
    await asyncio.sleep(0)
    desk.links.forget(2)
    desk.files.gate.set()
    assert isinstance(await first, Found)
    assert isinstance(await desk.read(3), Found)
    desk.links.held[Rank.METADATA].set()
    assert isinstance(await second, Found)
    assert sorted(number for number, _, _ in desk.links.calls) == [1, 2, 3]
