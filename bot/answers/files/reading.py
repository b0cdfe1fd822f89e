"""From an export to the figures of its file: a link, the file for a moment, the engine. One at a time, in turn."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.answers.engine import runner
from bot.answers.engine.document import Found, Limits
from bot.answers.files.download import RESERVE, Downloads
from bot.answers.files.folder import Folder, FolderError
from bot.answers.files.wire import DownloadError
from bot.answers.plan import Plan
from bot.calls.budget import Rank
from bot.cards.figures import Fault, Unread
from bot.exports.fresh_links import FreshLinks
from bot.tokenflex.models import DownloadLink
from storage.models import Export

ENOUGH: Final = timedelta(seconds=5)  #: of life that a link needs for a download to begin
#: What the store says of a link that has ended: 403, or 400 where it is a token in it (source: Amazon S3, errors);
#: others say that there is nothing there (any more).
_ENDED: Final = frozenset({400, 401, 403, 404, 410})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class File:
    """A file that came; where it is not `is_measured`, nobody knows whether all of it did."""

    path: Path
    is_measured: bool = True


class Reading:
    """Fetches and reads the files of exports; whoever comes while one is being read waits in turn."""

    def __init__(self, links: FreshLinks, downloads: Downloads, folder: Folder, limits: Limits | None = None) -> None:
        self._links, self._downloads, self._folder = links, downloads, folder
        self._limits = limits or Limits()
        # All of them are fair: first come, first served.
        self._turn, self._without_link = asyncio.Lock(), {rank: asyncio.Lock() for rank in Rank}

    async def read(self, export: Export, plan: Plan, *, person: str, rank: Rank = Rank.PEOPLE) -> Found | Unread:
        """Return the figures of an export's file, or why there are none; nothing of the file is left.

        It costs one call for a link at most, on behalf of `person`, and none while a known one lives a few seconds
        more; a second one where the store says that the link has ended meanwhile.

        Raises:
            WrongStateError: the export is not ready (any more).
            LinkUnavailableError: Token Flex did not give a link.

        """
        async with self.file(export, person=person, rank=rank) as file:
            return file if isinstance(file, Unread) else await self.figures(file, plan)

    @asynccontextmanager
    async def file(self, export: Export, *, person: str, rank: Rank = Rank.PEOPLE) -> AsyncIterator[File | Unread]:
        """Give out the file itself, byte for byte, for as long as this lasts; errors and costs are those of `read`.

        Nobody else's file is fetched meanwhile, so this must not last.
        """
        again = False
        try:
            while True:
                async with self._linked(export, person, rank) as link, self._folder.place() as place:
                    came = await self._fetched(link, place / "file.csv")
                    if isinstance(came, File) or again or came.status not in _ENDED:
                        yield came if isinstance(came, File) else self._unread(export, came)
                        return
                self._links.forget(export.number)
                again = True
        except FolderError:
            yield Unread(Fault.ROOM)

    async def figures(self, file: File, plan: Plan) -> Found | Unread:
        """Return what a file says that was given out."""
        path = file.path
        limits = await asyncio.to_thread(self._fitting, path)
        outcome = await runner.read(path, path.parent, plan.task, limits)
        if isinstance(outcome, Found):
            return replace(outcome, is_measured=file.is_measured)
        if not file.is_measured and outcome.line and await asyncio.to_thread(_is_torn, path, outcome.line):
            return Unread(Fault.CUT_OFF)
        return outcome

    @asynccontextmanager
    async def _linked(self, export: Export, person: str, rank: Rank) -> AsyncIterator[DownloadLink]:
        """Wait for one's turn, with a link that works then.

        Nobody waits behind a call that is ranked behind those of people, since it may take long; of those who need
        one of the same rank one at a time makes it, so that no link ends while others are read.
        """
        number, link = export.number, self._links.known(export.number, ENOUGH)
        if link is not None or rank is Rank.PEOPLE:
            async with self._turn:
                link = self._links.known(number, ENOUGH)
                if link is None and rank is Rank.PEOPLE:
                    link = await self._links.fresh(number, person, rank)
                if link is not None:
                    yield link
                    return
        async with self._without_link[rank]:
            link = await self._links.fresh(number, person, rank)
            async with self._turn:
                yield link

    async def _fetched(self, link: DownloadLink, path: Path) -> File | DownloadError:
        try:
            return File(path, await self._downloads.fetch(link.reveal(), path))
        except DownloadError as error:
            return error

    def _unread(self, export: Export, error: DownloadError) -> Unread:
        log.warning(
            "a file did not come",
            export=export.number,
            fault=error.fault.value,
            obstacle=error.obstacle and error.obstacle.name,
            status=error.status,
            place=error.place,
        )
        return Unread(error.fault)

    def _fitting(self, file: Path) -> Limits:
        """Return the limits of the engine, cut to the room that there is on the disk."""
        room = max(1, (shutil.disk_usage(file.parent).free - RESERVE) >> 20)
        return replace(self._limits, disk=min(self._limits.disk, room))


def _is_torn(file: Path, line: int) -> bool:
    """Return whether a line of a file is its last one, and breaks off."""
    ends, last = 0, b""
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            ends, last = ends + piece.count(b"\n"), piece[-1:]
    return line == ends + 1 and last != b"\n"
