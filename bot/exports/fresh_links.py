"""Download links: held in memory only, no longer than they live, and fetched once for all who ask at the same time."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import StoppingError
from bot.errors import LinkUnavailableError, NoLink, Wish, WrongStateError
from bot.exports.progress import Progress
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import RefusedError, TokenFlexError
from bot.tokenflex.models import DownloadLink, UpstreamExport
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import ExportState

#: A link lives long enough to be shown instead of a new one while it has a quarter of the life that links have been
#: seen to have, and no less than it takes to click it; a minute is enough of any (source: Token Flex: lives of 60 s to
#: 5 minutes).
_PART_OF_LIFE, LONG_ENOUGH_TO_CLICK, _LONG_ENOUGH_OF_ANY = 4, timedelta(seconds=15), timedelta(seconds=60)
_LIVES = 10  #: links of which the life is kept in mind

#: States in which Token Flex is asked for a link: what seemed to be gone may be there after all.
HAS_LINK = frozenset({ExportState.READY, ExportState.VANISHED})

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Fetch:
    """One call for a link, for all who wait for it."""

    person: str  #: who asked first
    rank: Rank
    task: asyncio.Task[DownloadLink] | None = None
    waiting: int = 0
    made: bool = False  #: whether the call has gone out


async def ended_within(clock: Clock, seconds: float, task: asyncio.Future[Any]) -> bool:
    """Wait until a task has ended or that many seconds have passed; return whether it has."""
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
        return task.done()
    finally:
        alarm.cancel()


class FreshLinks:
    """The links of finished exports, by export number."""

    def __init__(
        self, database: Database, calls: TokenFlexCalls, server_time: ServerTime, progress: Progress, clock: Clock
    ) -> None:
        self._database = database
        self._calls = calls
        self._server_time = server_time
        self._progress = progress
        self._clock = clock
        self._known: dict[int, tuple[DownloadLink, timedelta | None]] = {}
        self._lives: deque[timedelta] = deque(maxlen=_LIVES)
        self._fetching: dict[int, _Fetch] = {}
        self._listed: Mapping[str, DownloadLink | None] = {}

    @property
    def long_enough(self) -> timedelta:
        """How much longer a link has to work to be shown instead of a new one, which would not live much longer."""
        seen = max(self._lives, default=timedelta())  # a list may show one late in its life
        return max(LONG_ENOUGH_TO_CLICK, min(_LONG_ENOUGH_OF_ANY, seen / _PART_OF_LIFE))

    def keep(self, number: int, link: DownloadLink | None, least: timedelta | None = None) -> None:
        """Remember a link that Token Flex has just shown, and forget all that have expired.

        `least` is how much it must have left to live to be shown to somebody, where that is not the same for all.
        """
        now = self._server_time.now()
        self._known = {n: known for n, known in self._known.items() if known[0].expires_at > now}
        standing = self._known.get(number)
        if link is not None and link.expires_at > (now if standing is None else standing[0].expires_at):
            self._known[number] = link, least
            self._lives.append(link.expires_at - now)

    @contextmanager
    def listed(self, links: Mapping[str, DownloadLink | None]) -> Iterator[None]:
        """Have links by request key that a list has shown, while it is applied.

        Its commit wakes whoever needs them, perhaps before who applies it can say which export has which.
        """
        self._listed = links
        try:
            yield
        finally:
            self._listed = {}

    def known(self, number: int, least: timedelta | None = None) -> DownloadLink | None:
        """Return the link that is known, if it lives at least that much longer."""
        link, enough = self._known.get(number, (None, None))
        needed = least or enough or self.long_enough
        return None if link is None or link.expires_at - self._server_time.now() < needed else link

    def ends_at(self, number: int) -> datetime | None:
        """Return until when the link works that is known, by our clock; None where none is."""
        known = self._known.get(number)
        return None if known is None else self._server_time.to_ours(known[0].expires_at)

    def forget(self, number: int) -> None:
        """Drop the link of an export that is no longer there."""
        self._known.pop(number, None)

    async def fresh(self, number: int, person: str, rank: Rank = Rank.PEOPLE) -> DownloadLink:
        """Return a link that works: a known one that lives for long enough, else a new one.

        People who ask at the same time share one call, but nobody shares the place in the line of one ranked behind.

        Raises:
            WrongStateError: the export is not ready (any more).
            LinkUnavailableError: Token Flex did not give one.

        """
        link = self.known(number)
        if link is not None:
            return link
        fetch, task = self._under_way(number, person, rank)
        fetch.waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            fetch.waiting -= 1
            if not fetch.waiting and not fetch.made:  # nobody wants it any more: the call is left to others
                self._end(number, fetch)
                task.cancel()

    async def settle(self, seconds: float) -> None:
        """Let calls under way end, for at most that many real seconds; then nobody waits for them any more."""
        tasks = [fetch.task for fetch in self._fetching.values() if fetch.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _under_way(self, number: int, person: str, rank: Rank) -> tuple[_Fetch, asyncio.Task[DownloadLink]]:
        fetch = self._fetching.get(number)
        if fetch is None or (fetch.rank.place > rank.place and not fetch.made):
            fetch = _Fetch(person, rank)
        if fetch.task is None:
            fetch.task = asyncio.create_task(self._fetch(number, fetch), name=f"fresh link #{number}")
            fetch.task.add_done_callback(lambda task: self._end(number, fetch, task))
            self._fetching[number] = fetch
        return fetch, fetch.task

    def _end(self, number: int, fetch: _Fetch, task: asyncio.Task[DownloadLink] | None = None) -> None:
        if self._fetching.get(number) is fetch:
            del self._fetching[number]
        if task is not None and not task.cancelled():
            task.exception()  # asyncio complains of errors that nobody has waited for

    async def fresh_within(self, seconds: float, export: Export) -> DownloadLink:
        """Do as `fresh` does for who asked for the export, behind others where they call often, for so many seconds.

        What a schedule has asked for waits behind people in any case.

        Raises:
            LinkUnavailableError: also when there was no call to spare in that time.

        """
        rank = Rank.METADATA if self._calls.turns.is_busy() else Rank.PEOPLE
        rank = Rank.REPORT if export.asks_by_itself else rank
        fetching = asyncio.ensure_future(self.fresh(export.number, export.requester, rank))
        try:
            if await ended_within(self._clock, seconds, fetching):
                return fetching.result()
        finally:
            fetching.cancel()
        raise LinkUnavailableError(export.number, NoLink.NO_CALL)

    async def _fetch(self, number: int, fetch: _Fetch) -> DownloadLink:
        structlog.contextvars.bind_contextvars(export=number)  # of this task alone
        export = await self._database.read(export_store.get, number)
        if export.state not in HAS_LINK:
            raise WrongStateError(export, Wish.LINK)
        self.keep(number, self._listed.get(export.request_key or ""))
        if (link := self.known(number)) is not None:
            return link

        def _refresh(client: TokenFlexClient) -> UpstreamExport:
            fetch.made = True
            return client.refresh_link(export.request.contract_number, export.request_key or "")

        try:
            record = await self._calls.call("refreshUrl", _refresh, rank=fetch.rank, person=fetch.person)
        except StoppingError:
            raise LinkUnavailableError(number, NoLink.STOPPING) from None
        except TokenFlexError as error:
            raise await self._no_link(export, error) from None
        return await self._usable(export, record)

    async def _no_link(self, export: Export, error: TokenFlexError) -> LinkUnavailableError:
        log.warning("no fresh link", export=export.number, error=type(error).__name__)
        try:
            is_gone = isinstance(error, RefusedError) and await self._progress.is_absent(export, error)
        except StoppingError:
            return LinkUnavailableError(export.number, NoLink.STOPPING)
        if is_gone and export.state is not ExportState.VANISHED:  # else it is no news
            await self._progress.vanish(export)
        return LinkUnavailableError(export.number, NoLink.GONE if is_gone else NoLink.ERROR, error)

    async def _usable(self, export: Export, record: UpstreamExport) -> DownloadLink:
        await self._progress.observe_one(export, record)
        if record.link is None:
            raise LinkUnavailableError(export.number, NoLink.NOT_GIVEN, status=record.request_status)
        # A link whose whole life is short is used for half of it; to ask for another would give no better one.
        life = record.link.expires_at - self._server_time.now()
        if life <= timedelta():
            raise LinkUnavailableError(export.number, NoLink.EXPIRED)
        self.keep(export.number, record.link, min(self.long_enough, life / 2))
        return record.link
