"""Files of the stand-in on their way to figures: each way in which a download can go wrong has its outcome."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.answers.engine.document import Found
from bot.answers.files.download import LONGEST, Downloads
from bot.answers.files.folder import Folder
from bot.answers.files.reading import Reading
from bot.answers.plan import plan
from bot.cards.figures import FAULTS, Fault, Unread
from bot.network import Network
from bot.runtime.clock import SystemClock
from bot.settings.hosts import read_hosts
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink, ExportRequest, UpstreamExport
from sandbox.tokenflex.spoilt import Way
from tests.contract.tokenflex_house import CONTRACT, Calls, House

CSV = b"productName,tokensConsumed\r\nRevit,1.5\r\nMaya,2\r\n"
REQUEST = ExportRequest(CONTRACT, fields=("productName",), metrics=("tokensConsumed",), file_name="by_product")
#: What comes of a file that goes wrong once; None: figures all the same.
OUTCOMES: Mapping[Way, Fault | None] = {
    Way.STOPS: Fault.CUT_OFF,
    Way.NEVER_ENDS: Fault.ENDLESS,
    Way.DRIPS: Fault.ENDLESS,
    Way.SAYS_LESS: Fault.SERVER,
    Way.SAYS_NOTHING: None,
    Way.STOPS_IN_PIECES: Fault.CUT_OFF,
    Way.BOMB: Fault.TOO_LARGE,
    Way.DAMAGED: Fault.PACKED,
    Way.ODD_PACKING: Fault.PACKED,
    Way.PAGE: Fault.PAGE,
    Way.EMPTY: Fault.EMPTY,
    Way.ENDED: None,
    Way.BUSY: Fault.SERVER,
    Way.DROPPED: Fault.SERVER,
    Way.ELSEWHERE: Fault.HOST,
    Way.INSIDE: Fault.HOST,
    Way.CIRCLE: Fault.REDIRECT,
    Way.ASIDE: None,
}


class Links:
    """Links of one export as Token Flex gives them out; `calls` counts those for a new one."""

    def __init__(self, client: Calls, made: UpstreamExport) -> None:
        self._client, self._made = client, made
        self.calls = 0
        self.known_one: DownloadLink | None = None

    def known(self, *_: object) -> DownloadLink | None:
        return self.known_one

    def forget(self, _: int) -> None:
        self.known_one = None

    async def fresh(self, *_: object) -> DownloadLink:
        self.calls += 1
        record = await self._client.refresh_link(CONTRACT, self._made.request_key)
        self.known_one = record.link
        assert record.link is not None
        return self.known_one or record.link


class Export:
    number = 1


class Desk:
    """A finished export of the stand-in, and the bot's own parts that read its file."""

    def __init__(self, house: House, links: Links, key: str, folder: Path) -> None:
        self.house, self.links, self.key = house, links, key
        self.controls = house.sandbox.controls
        self.folder = Folder(folder / "tokenflex.db")

    async def read(self, longest: timedelta = LONGEST) -> Found | Unread:
        hosts = read_hosts(["tokenflex"], self.house.sandbox.base_url)
        files = Downloads(Network(), hosts, 1 << 20, SystemClock(), reserve=0, longest=longest)
        links: Any = self.links
        export: Any = Export()
        reading = Reading(links, files, self.folder)
        return await reading.read(export, plan(REQUEST, Catalogue()), person="U1")

    def left(self) -> list[Path]:
        return [*self.folder.path.rglob("*")]


@pytest.fixture
async def desk(house: House, tmp_path: Path) -> Desk:
    client = house.client()
    made = await client.submit(REQUEST)
    house.controls.finish(made.request_key)
    return Desk(house, Links(client, made), made.request_key, tmp_path)


def test_the_table_is_complete() -> None:
    """Each way of the stand-in has a row."""
    assert set(OUTCOMES) == set(Way)


async def test_an_honest_file(desk: Desk) -> None:
    """In both of Token Flex's ways; one call, one download."""
    found = await desk.read()
    assert isinstance(found, Found)
    assert found.rows > 1
    assert (desk.links.calls, desk.house.sandbox.downloads) == (1, [desk.key])


@pytest.mark.parametrize("way", Way)
async def test_a_file_that_goes_wrong(desk: Desk, way: Way) -> None:
    """It has a sentence, nothing of it is left, and the next one comes."""
    desk.controls.fill(desk.key, CSV)
    desk.controls.spoil_download_next(way, 6 if way is Way.CIRCLE else 1)
    fault = OUTCOMES[way]
    outcome = await desk.read(timedelta(seconds=0.5) if fault is Fault.ENDLESS else LONGEST)
    if fault is None:
        assert isinstance(outcome, Found)
        assert outcome.is_measured is (way is not Way.SAYS_NOTHING)
    else:
        assert outcome == Unread(fault)
        assert isinstance(outcome, Unread)
        assert FAULTS[fault] in outcome.sentence
    assert desk.left() == []
    assert isinstance(await desk.read(), Found)
    assert desk.links.calls == (2 if way is Way.ENDED else 1)


async def test_a_link_that_has_ended(desk: Desk) -> None:
    """It is refused by the store; one fresh link brings the file."""
    await desk.read()
    desk.controls.expire_link(desk.key)
    assert isinstance(await desk.read(), Found)
    assert desk.links.calls == 2


async def test_a_store_that_refuses_every_link(desk: Desk) -> None:
    """It is asked twice, not for ever."""
    desk.controls.spoil_downloads(Way.ENDED)
    assert await desk.read() == Unread(Fault.REFUSED)
    assert desk.links.calls == 2
    assert desk.left() == []


HOSTILE: Mapping[str, tuple[bytes, Fault]] = {
    "other columns": (b"userName,usageHours\r\na,1\r\n", Fault.COLUMNS),
    "NUL bytes": (b"productName,tokensConsumed\r\nRe\0vit,1\r\n", Fault.NUL),
    "another separator": (b"productName;tokensConsumed\r\nRevit;1\r\n", Fault.SEPARATOR),
}


@pytest.mark.parametrize("content", HOSTILE)
async def test_a_file_with_other_content(desk: Desk, content: str) -> None:
    """What came whole is read by the engine, which says what is wrong with it."""
    body, fault = HOSTILE[content]
    desk.controls.fill(desk.key, body)
    outcome = await desk.read()
    assert isinstance(outcome, Unread)
    assert outcome.fault is fault
    assert desk.left() == []
