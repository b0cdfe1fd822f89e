"""The exports of a stand-in and their life: Requested, then Download or Error, by the clock that was handed in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sandbox.clock import Clock
from sandbox.tokenflex import recorded
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.stamps import Stamp
from sandbox.tokenflex.usage_data import Report

REQUESTED, DOWNLOAD, ERROR = "Requested", "Download", "Error"

#: The contract number under which the exports of the account portal are kept.
PORTAL = "null"


class QuotaFullError(Exception):
    """As many exports as are allowed are in `Requested` for this user."""


@dataclass(frozen=True, slots=True)
class Link:
    """A pre-signed link, as a path of this server; whoever has it can download until `expires`."""

    target: str = field(repr=False)
    expires: Stamp


@dataclass(slots=True)
class Export:
    """One export. `client_id` None: visible to all clients of the user. `due` None: nothing ends it but a control.

    `path` is where its file is on the disk, if it is too large to be anywhere else.
    """

    key: str
    contract: str
    client_id: str | None
    user: str
    file_name: str
    requested: Stamp
    report: Report
    due: datetime | None = None
    will_fail: bool = False
    status: str = REQUESTED
    read: bool = False
    schedule_id: str | None = None
    link: Link | None = None
    older_links: list[Link] = field(default_factory=list)
    content: bytes | None = field(default=None, repr=False)
    path: Path | None = None

    def created_json(self) -> dict[str, str]:
        """Return the answer to create: exactly four keys."""
        return {
            "requestKey": self.key,
            "requestStatus": self.status,
            "downloadFileName": self.file_name,
            "exportRequestDate": str(self.requested),
        }

    def json(self, host: str) -> dict[str, str]:
        """Return the whole export object; `host` is what the link begins with."""
        whole = self.created_json() | {"readFlag": "Y" if self.read else "N"}
        if self.status == DOWNLOAD and self.link is not None:
            whole |= {"downloadUrl": host + self.link.target, "downloadUrlExpireDate": str(self.link.expires)}
        if self.schedule_id is not None:
            whole["scheduleId"] = self.schedule_id
        return whole


class ExportBook:
    """All exports of a stand-in; every look settles first what is due by the clock.

    `unreadable` holds, by contract, an entry that its list begins with and that nobody can make sense of.
    """

    def __init__(self, clock: Clock, settings: SandboxSettings, random: Random) -> None:
        self._clock = clock
        self._settings = settings
        self._random = random
        self._exports: dict[str, Export] = {}
        self._held = False
        self._to_fail = 0
        self.unreadable: dict[str, object] = {}

    def all(self) -> list[Export]:
        """Return every export, the oldest first."""
        self._settle()
        return list(self._exports.values())

    def get(self, key: str) -> Export:
        """Return one export.

        Raises:
            KeyError: there is none of that key.

        """
        self._settle()
        return self._exports[key]

    def states(self) -> dict[str, str]:
        """Return the status of every export by its key."""
        return {export.key: export.status for export in self.all()}

    def outstanding(self, user: str | None = None) -> int:
        """Return how many exports are in `Requested`, of one user or of all."""
        return sum(each.status == REQUESTED and user in (None, each.user) for each in self.all())

    def visible(self, contract: str, client_id: str, user: str) -> list[Export]:
        """Return the exports of a contract that a client sees for a user; in no particular order."""
        mine = [each for each in self.all() if _seen(each, contract, client_id, user)]
        return sorted(mine, key=lambda each: each.key.rpartition("#")[2])

    def create(self, report: Report, *, client_id: str | None, user: str, file_name: str, contract: str) -> Export:
        """Add an export.

        Raises:
            QuotaFullError: too many are outstanding.

        """
        self._check_quota(user)
        export = self.add(report, client_id=client_id, user=user, file_name=file_name, contract=contract)
        self._begin(export)
        return export

    def add(self, report: Report, *, client_id: str | None, user: str, file_name: str, contract: str) -> Export:
        """Add an export that nothing but a control ends, whatever the quota says."""
        requested = Stamp.drawn(self._clock.now(), self._random)
        uuid = UUID(int=self._random.getrandbits(128), version=4)
        key = f"{requested.moment:%Y-%m-%dT%H:%M:%S}#{uuid}"
        export = Export(key, contract, client_id, user, file_name, requested, report)
        self._exports[key] = export
        return export

    def retry(self, export: Export) -> None:
        """Start a failed export again; no effect on any other.

        Raises:
            QuotaFullError: too many are outstanding.

        """
        self._settle()
        if export.status != ERROR:
            return
        self._check_quota(export.user)
        export.status = REQUESTED
        self._begin(export)

    def renew_link(self, export: Export) -> None:
        """Give a finished export a new link; its older ones live on until their own time is over."""
        self._settle()
        if export.status == DOWNLOAD:
            self._link(export, self._clock.now())

    def delete(self, key: str) -> None:
        """Forget an export, its file and its links."""
        self._exports.pop(key, None)

    def linked(self, target: str) -> tuple[Export, Link] | None:
        """Return the export behind a link, dead or alive."""
        for export in self.all():
            for link in _links(export):
                if link.target == target:
                    return export, link
        return None

    def fail_next(self, count: int) -> None:
        """Let the next exports that are created or retried end in `Error`."""
        self._to_fail += count

    def hold(self) -> None:
        """Keep everything that is `Requested` in that status until `release`."""
        self._settle()
        self._held = True

    def release(self) -> None:
        """Let go: what became due meanwhile becomes ready now."""
        self._held = False
        now = self._clock.now()
        for export in self._exports.values():
            if export.due is not None and export.status == REQUESTED:
                export.due = max(export.due, now)

    def finish(self, export: Export, status: str = DOWNLOAD) -> None:
        """End an export now, with a fresh link if it is a file."""
        export.status = status
        if status == DOWNLOAD:
            self._link(export, self._clock.now())

    def expire_links(self, export: Export) -> None:
        """Let every link of an export be over as of now."""
        now = self._clock.now()
        export.older_links = [_over(link, now) for link in export.older_links]
        if export.link is not None:
            export.link = _over(export.link, now)

    def _check_quota(self, user: str) -> None:
        if self.outstanding(user) >= self._settings.outstanding_quota:
            raise QuotaFullError

    def _begin(self, export: Export) -> None:
        seconds = self._settings.draw_duration(self._random)
        export.due = self._clock.now() + timedelta(seconds=seconds)
        export.will_fail = self._to_fail > 0
        self._to_fail -= export.will_fail

    def _settle(self) -> None:
        now = self._clock.now()
        for export in self._exports.values():
            if not self._held and export.status == REQUESTED and export.due is not None and export.due <= now:
                self._end(export, export.due)

    def _end(self, export: Export, moment: datetime) -> None:
        export.status = ERROR if export.will_fail else DOWNLOAD
        if export.status == DOWNLOAD:
            self._link(export, moment)

    def _link(self, export: Export, moment: datetime) -> None:
        """Make a link that counts from `moment`: an export that nobody looked at may have a dead one already."""
        end = moment + timedelta(seconds=self._settings.draw_link_life(self._random))
        target = self._target(export, moment, end)
        expires = Stamp.drawn(end, self._random)
        if export.link is not None:
            export.older_links.append(export.link)
        export.link = Link(target, expires)

    def _target(self, export: Export, moment: datetime, end: datetime) -> str:
        millis, uuid = int(moment.timestamp() * 1000), export.key.rpartition("#")[2]
        if self._settings.recorded:
            return recorded.link_target(uuid, millis, int(end.timestamp()), self._random)
        key, signature = f"{self._random.getrandbits(80):020X}", f"{self._random.getrandbits(256):064x}"
        return f"/download/exports/{uuid}_{millis}.csv?key={key}?signature={signature}"


def _over(link: Link, now: datetime) -> Link:
    return Link(link.target, link.expires.at(min(now, link.expires.moment)))


def _links(export: Export) -> Iterable[Link]:
    return [export.link, *export.older_links] if export.link is not None else ()


def _seen(export: Export, contract: str, client_id: str, user: str) -> bool:
    return export.contract == contract and export.user == user and export.client_id in (None, client_id)
