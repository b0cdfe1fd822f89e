"""Token Flex and Slack as two objects on virtual time, and the bot's real parts between them, killed and made anew."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from bot.assembly import Parts, assemble
from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import Turns
from bot.delivery.kinds import Words
from bot.exports.use_cases import Described
from bot.people.access import Access
from bot.people.permissions import Rules
from bot.runtime.server_time import ServerTime
from bot.settings import LinkAudience, SharedChannels
from bot.slack.errors import SlackRateLimitedError, SlackUnreachableError, SlackUnsureError
from bot.slack.posts import Posted
from bot.tokenflex.errors import (
    NotFoundError,
    RateLimitedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
)
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, DownloadLink, UpstreamExport
from sandbox.tokenflex.limits import limiter_for
from storage import future
from storage.database import Database
from tests.harness.reading import ReadOnPaper
from tests.harness.virtual_time import VirtualClock

LATENCY, LINK_LIFE = 0.4, 120.0
#: What the next call can meet: nothing sent, lost before its effect, lost after it, effect only later, wrong answer.
FAULTS = ("unreachable", "lost before", "lost after", "late effect", "broken")
LATE = 25.0  #: seconds after which a late effect comes


@dataclass(eq=False)
class Upstream:
    """An export at Token Flex."""

    key: str
    contract: str
    file_name: str
    requested_at: datetime
    status: str = REQUESTED
    link: DownloadLink | None = None


class _Sends:
    """A client whose calls go out, which counts, and end like that."""

    def __init__(self, error: TokenFlexError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


class TokenFlex:
    """Token Flex; `faults` are what the next calls meet, each once."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.exports: list[Upstream] = []
        self.made: Counter[str] = Counter()
        self.faults: list[str] = []
        self.refused = 0
        self._limiter = limiter_for("B")
        self._keys = count(1)

    async def call(self, work: Callable[[Any], Any]) -> Any:
        """Make a call, which takes its time, or meets a fault."""
        fault = self.faults.pop() if self.faults else ""
        if fault == "unreachable":
            raise UnreachableError("no connection")
        await self.clock.sleep(LATENCY / 2)
        wait = self._limiter.allows(self.clock.now().timestamp())
        if wait is not None:
            self.refused += 1
            work(_Sends(RateLimitedError(retry_after=wait)))
        if fault == "late effect":
            self._later = asyncio.ensure_future(self._do_later(work))
            work(_Sends(TimedOutError("no answer")))
        if fault == "lost before":
            work(_Sends(UpstreamBrokenError("broke off")))
        answer = work(self)
        await self.clock.sleep(LATENCY / 2)
        if fault:
            raise UpstreamBrokenError("broke off")
        return answer

    async def _do_later(self, work: Callable[[Any], Any]) -> None:
        await self.clock.sleep(LATE)
        try:
            work(self)
        except NotFoundError:
            return

    def submit(self, request: Any) -> UpstreamExport:
        now = self.clock.now()
        export = Upstream(f"key{next(self._keys)}", request.contract_number, f"{request.file_name}.csv", now)
        self.exports.append(export)
        self.made[request.where] += 1
        return self._record(export)

    def list_exports(self, contract: str, start: datetime, end: datetime) -> tuple[UpstreamExport, ...]:
        found = [each for each in self.exports if each.contract == contract and start <= each.requested_at < end]
        return tuple(self._record(each) for each in found)

    def get_export(self, _contract: str, key: str) -> UpstreamExport:
        return self._record(self._of(key))

    def refresh_link(self, _contract: str, key: str) -> UpstreamExport:
        export = self._of(key)
        if export.status == DOWNLOAD:
            self._give_link(export)
        return self._record(export)

    def retry_export(self, _contract: str, key: str) -> UpstreamExport:
        export = self._of(key)
        if export.status == ERROR:
            export.status = REQUESTED
        return self._record(export)

    def delete_export(self, _contract: str, key: str) -> None:
        self.exports.remove(self._of(key))

    def end(self, export: Upstream, status: str) -> None:
        """Finish an export, or let it fail."""
        if export.status == REQUESTED:
            export.status = status
            if status == DOWNLOAD:
                self._give_link(export)

    def _give_link(self, export: Upstream) -> None:
        expires = self.clock.now() + timedelta(seconds=LINK_LIFE)
        export.link = DownloadLink(f"https://files.example/{export.key}/{expires.timestamp():.0f}", expires)

    def _of(self, key: str) -> Upstream:
        for each in self.exports:
            if each.key == key:
                return each
        raise NotFoundError("no such export")

    def _record(self, export: Upstream) -> UpstreamExport:
        return UpstreamExport(export.key, export.status, export.file_name, export.requested_at, link=export.link)


@dataclass(eq=False)
class Standing:
    """A message in Slack."""

    posted: Posted
    subject: str
    at: datetime
    message: Any


class Slack:
    """Slack's side of `SlackPosts`; `faults` are what the next posts and edits meet, each once.

    While it is `blind`, nobody can look for a message.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.messages: list[Standing] = []
        self.faults: list[str] = []
        self.blind = False
        self._ts = count(1)

    async def post(
        self, channel: str, message: Any, subject: str, thread_ts: str | None = None, *, broadcast: bool = True
    ) -> Posted:
        posted = Posted(channel, str(next(self._ts)))
        await self._with_fault(lambda: self.messages.append(Standing(posted, subject, self.clock.now(), message)))
        return posted

    async def edit(self, posted: Posted, message: Any) -> Posted:
        def change() -> None:
            next(each for each in self.messages if each.posted == posted).message = message

        await self._with_fault(change)
        return posted

    async def whisper(self, channel: str, person: str, message: Any) -> Posted:
        await self._with_fault(lambda: None)
        return Posted(channel, "")

    async def find(
        self,
        channel: str,
        subject: str,
        since: datetime,
        thread_ts: str | None = None,
        resembles: Callable[[str], bool] | None = None,
        taken: Collection[str] = (),
    ) -> Posted | None:
        await self.clock.sleep(LATENCY)
        if self.blind:
            raise SlackUnreachableError("refused")
        found = (each for each in self.messages if each.subject == subject and each.posted.channel == channel)
        return next((each.posted for each in found if each.at >= since), None)

    async def _with_fault(self, effect: Callable[[], None]) -> None:
        fault = self.faults.pop() if self.faults else ""
        if fault == "unreachable":
            raise SlackUnreachableError("refused")
        if fault == "broken":
            raise SlackRateLimitedError(7)
        await self.clock.sleep(LATENCY / 2)
        if fault != "lost before":
            effect()
        await self.clock.sleep(LATENCY / 2)
        if fault:
            raise SlackUnsureError("lost")


class _Gate:
    """Lets nothing of a dead process through: what it waits for never comes."""

    def __init__(self) -> None:
        self.dead = self.over = False
        self._waiting: list[asyncio.Future[None]] = []

    async def check(self) -> None:
        if self.over:
            raise asyncio.CancelledError
        if self.dead:
            waits = asyncio.get_running_loop().create_future()
            self._waiting.append(waits)
            await waits

    def end(self) -> None:
        """Send away whatever still waits, so that a loop can be closed."""
        self.dead = self.over = True
        for waits in self._waiting:
            waits.cancel()


class GatedDatabase(Database):
    """The database of a process that may be killed."""

    gate: _Gate

    async def write(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self.gate.check()
        return await super().write(work, *args, **kwargs)

    async def read(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self.gate.check()
        return await super().read(work, *args, **kwargs)


class _Clock:
    def __init__(self, clock: VirtualClock, gate: _Gate, ahead: timedelta) -> None:
        self._clock, self._gate, self._ahead = clock, gate, ahead

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._gate.check()


class _Calls(TokenFlexCalls):
    """Calls that take virtual time instead of a thread."""

    def __init__(self, token_flex: TokenFlex, turns: Turns, clock: Any, gate: _Gate, server_time: ServerTime) -> None:
        client: Any = token_flex
        no_tokens: Any = None
        super().__init__(client, no_tokens, turns, clock, Random(1))
        self._token_flex, self._gate, self._server_time = token_flex, gate, server_time

    async def _in_thread(self, work: Any) -> Any:
        await self._gate.check()
        try:
            answer = await self._token_flex.call(work)
            self._server_time.observe(self._token_flex.clock.now())
        finally:
            await self._gate.check()
        return answer


class _Gated:
    """Slack as one process sees it."""

    def __init__(self, slack: Slack, gate: _Gate) -> None:
        self._slack, self._gate = slack, gate

    def __getattr__(self, name: str) -> Any:
        async def call(*given: Any, **more: Any) -> Any:
            await self._gate.check()
            try:
                return await getattr(self._slack, name)(*given, **more)
            finally:
                await self._gate.check()

        return call


@dataclass(frozen=True)
class Process:
    """The bot's real parts of one start."""

    parts: Parts
    gate: _Gate

    def kill(self) -> None:
        """Let nothing of it go on; what is on its way to Token Flex and Slack still has its effect."""
        self.gate.dead = True
        for connection in (self.parts.database._read_connection, self.parts.database._write_connection):
            assert connection is not None
            connection.close()


async def started(
    path: Path,
    clock: VirtualClock,
    token_flex: TokenFlex,
    slack: Slack,
    ahead: timedelta = timedelta(),
    database_type: type[GatedDatabase] = GatedDatabase,
    words: Words | None = None,
    audience: LinkAudience = LinkAudience.CHANNEL,
) -> Process:
    """Start a bot on the database, as `bot.app` does; its machine's clock is `ahead` of the servers'.

    It has asked Token Flex for contracts and Slack for its name, so that it knows what their clocks show.
    """
    gate = _Gate()
    database = database_type(path)
    database.gate = gate
    await database.open()
    own: Any = _Clock(clock, gate, ahead)
    await database.write(future.bring_back, own.now())
    server_time, slack_time = ServerTime(own), ServerTime(own)
    for each in (server_time, slack_time):
        each.observe(clock.now())
    turns = Turns(database, own, server_time)
    await turns.load()
    posts: Any = _Gated(slack, gate)
    nobody: Any = None
    parts = await assemble(
        database=database,
        calls=_Calls(token_flex, turns, own, gate, server_time),
        posts=posts,
        slack_time=slack_time,
        access=Access(Rules(shared_channels=SharedChannels.ALLOW), nobody, nobody, "T1", database, own),
        clock=own,
        audience=audience,
        words=words or Words(),
        reading=lambda links: ReadOnPaper(links, own),
        describe=lambda _: Described(),
        ending=AsyncExitStack(),  # a process here is killed, never stopped
    )
    parts.run()
    return Process(parts, gate)
