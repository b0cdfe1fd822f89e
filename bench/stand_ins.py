"""Token Flex and Slack as two objects on virtual time: the same methods as the real clients, the sandbox's limiters."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.blocks import Message
from bot.slack.channels import Sharing
from bot.slack.errors import SlackRateLimitedError
from bot.slack.members import Account, Standing
from bot.slack.posts import Posted
from bot.tokenflex.errors import NotFoundError, QuotaExceededError, RateLimitedError
from bot.tokenflex.models import DOWNLOAD, REQUESTED, DownloadLink, ExportRequest, UpstreamExport
from sandbox.tokenflex.limits import limiter_for
from tests.harness.virtual_time import VirtualClock

LATENCY = 0.3  #: seconds of a call; the server counts it halfway
_PLACES = 50
_SLACK_LATENCY = 0.1
_ONE_POST = timedelta(seconds=1)
READINGS = "BCDEFG"


@dataclass(slots=True)
class _Export:
    key: str
    contract: str
    file_name: str
    requested_at: datetime
    ready_at: datetime
    link_expires_at: datetime


class TokenFlexOnPaper:
    """Token Flex's exports; `duration` tells it by the file name, `link_life` is that of links; both in seconds.

    Refusals of the `obeyed` reading are heard, those of the others counted.
    """

    def __init__(
        self, clock: VirtualClock, duration: Callable[[str], float], link_life: float, obeyed: str = "B"
    ) -> None:
        self._clock = clock
        self._duration = duration
        self._obeyed = obeyed
        self._link_life = timedelta(seconds=link_life)
        self._limiters = {reading: limiter_for(reading) for reading in READINGS}
        self._exports: dict[str, _Export] = {}
        self.refused = dict.fromkeys(READINGS, 0)
        self.calls: dict[str, int] = {}

    def submit(self, request: ExportRequest) -> UpstreamExport:
        """Take an export."""
        now = self._count("submit")
        if sum(1 for export in self._exports.values() if export.ready_at > now) >= _PLACES:
            raise QuotaExceededError
        ready = now + timedelta(seconds=self._duration(request.file_name))
        key = f"{now:%Y-%m-%dT%H:%M:%S}#{request.file_name}"
        self._exports[key] = _Export(
            key, request.contract_number, request.file_name, now, ready, ready + self._link_life
        )
        return UpstreamExport(key, REQUESTED, f"{request.file_name}.csv", now)

    def list_exports(self, contract_number: str, from_: datetime, to: datetime) -> tuple[UpstreamExport, ...]:
        """Return the exports of a contract; links that have expired are still shown."""
        now = self._count("list")
        return tuple(
            self._record(export, now)
            for export in self._exports.values()
            if export.contract == contract_number and from_ <= export.requested_at < to
        )

    def get_export(self, contract_number: str, request_key: str) -> UpstreamExport:
        """Return one export."""
        now = self._count("get")
        return self._record(self._export(contract_number, request_key), now)

    def refresh_link(self, contract_number: str, request_key: str) -> UpstreamExport:
        """Return one export with a new link."""
        now = self._count("refreshUrl")
        export = self._export(contract_number, request_key)
        export.link_expires_at = now + self._link_life
        return self._record(export, now)

    def ready_at(self, file_name: str) -> datetime:
        """Return when the export of this file name was ready."""
        return next(export.ready_at for export in self._exports.values() if export.file_name == file_name)

    def requested_at(self, file_name: str) -> datetime:
        """Return when the export of this file name was asked for."""
        return next(export.requested_at for export in self._exports.values() if export.file_name == file_name)

    def _export(self, contract_number: str, request_key: str) -> _Export:
        export = self._exports.get(request_key)
        if export is None or export.contract != contract_number:
            raise NotFoundError(status=404)
        return export

    def _record(self, export: _Export, now: datetime) -> UpstreamExport:
        if now < export.ready_at:
            return UpstreamExport(export.key, REQUESTED, f"{export.file_name}.csv", export.requested_at)
        link = DownloadLink(f"https://download.invalid/{export.file_name}", export.link_expires_at)
        return UpstreamExport(export.key, DOWNLOAD, f"{export.file_name}.csv", export.requested_at, link=link)

    def _count(self, call: str) -> datetime:
        now = self._clock.now()
        self.calls[call] = self.calls.get(call, 0) + 1
        waits = {reading: limiter.allows(now.timestamp()) for reading, limiter in self._limiters.items()}
        for reading, wait in waits.items():
            self.refused[reading] += wait is not None
        wait = waits[self._obeyed]
        if wait is not None:
            raise RateLimitedError(wait)
        return now


class SlackOnPaper:
    """Slack's messages: one post a second for each channel, or a refusal."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._last: dict[str, datetime] = {}
        self._posted: dict[str, asyncio.Future[datetime]] = {}
        self._count = 0
        self.refused = 0

    async def post(
        self,
        channel: str,
        message: Message,  # noqa: ARG002 - the shape of the real one
        subject: str,
        thread_ts: str | None = None,  # noqa: ARG002
        *,
        broadcast: bool = True,  # noqa: ARG002
    ) -> Posted:
        """Post a message."""
        await self._clock.sleep(_SLACK_LATENCY)
        now = self._clock.now()
        last = self._last.get(channel)
        if last is not None and now - last < _ONE_POST:
            self.refused += 1
            raise SlackRateLimitedError(1.0)
        self._last[channel] = now
        self._count += 1
        posted = Posted(channel, f"{now.timestamp():.0f}.{self._count:06d}")
        self._future(subject).set_result(now)
        return posted

    async def edit(self, posted: Posted, message: Message) -> Posted:  # noqa: ARG002 - the shape of the real one
        """Replace a message."""
        await self._clock.sleep(_SLACK_LATENCY)
        return posted

    async def whisper(self, channel: str, person: str, message: Message) -> Posted:
        """Nobody is whispered to here. Raises AssertionError."""
        raise AssertionError((channel, person, message))

    async def find(self, channel: str, subject: str, since: datetime, thread_ts: str | None = None) -> Posted | None:
        """Nothing is ever in doubt here. Raises AssertionError."""
        raise AssertionError((channel, subject, since, thread_ts))

    async def posted(self, subject: str) -> datetime:
        """Return when the message of this subject was posted, once it is."""
        return await asyncio.shield(self._future(subject))

    def _future(self, subject: str) -> asyncio.Future[datetime]:
        return self._posted.setdefault(subject, asyncio.get_running_loop().create_future())


class EverybodyOnPaper:
    """Slack's members and channels: whoever is asked about is a member, every channel stands alone."""

    async def account(self, person: str) -> Account:
        """Return what Slack says of a person."""
        return Account(Standing.MEMBER, frozenset({person}))

    async def of_group(self, _group: str) -> frozenset[str]:
        """Return the members of a group: nobody."""
        return frozenset()

    async def sharing(self, _channel: str) -> Sharing:
        """Return who else reads a channel: nobody."""
        return Sharing.ALONE
