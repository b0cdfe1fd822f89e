"""The download host: files by pre-signed links, without any login."""

import asyncio
from collections import deque
from urllib.parse import quote

from sandbox.clock import Clock
from sandbox.tokenflex import recorded
from sandbox.tokenflex.answers import Answer, store_error
from sandbox.tokenflex.exports import DOWNLOAD, Export, ExportBook
from sandbox.tokenflex.inbound import Inbound
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.spoilt import AGAIN, Way
from sandbox.tokenflex.usage_data import UsageData


class SpoiltError(Exception):
    """A file is to go out in another way than it should."""

    def __init__(self, way: Way, whole: bytes) -> None:
        super().__init__(way)
        self.way, self.whole = way, whole


class Spoils:
    """How the next files go wrong, and all others from now on; None: not at all."""

    def __init__(self) -> None:
        self.next: deque[Way] = deque()
        self.always: Way | None = None

    def take(self) -> Way | None:
        """Return how the file goes wrong that is asked for now."""
        return self.next.popleft() if self.next else self.always


class Downloads:
    """Answers `/download/…`; a file is computed when it is first fetched, in a thread.

    `fetched` holds the key of each export whose file was sent, once per time.
    """

    def __init__(
        self, book: ExportBook, data: UsageData, clock: Clock, settings: SandboxSettings, spoils: Spoils
    ) -> None:
        self.fetched: list[str] = []
        self._spoils = spoils
        self._book = book
        self._data = data
        self._clock = clock
        self._settings = settings

    async def answer(self, inbound: Inbound) -> Answer:
        """Answer one download: 400 with an `Authorization` header, 403 when the link is over or unknown.

        Raises:
            SpoiltError: it is to go wrong.

        """
        if "Authorization" in inbound.headers:
            return store_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if inbound.method != "GET":
            return store_error(405, "MethodNotAllowed", "The specified method is not allowed")
        found = self._book.linked(inbound.target.raw.removesuffix(AGAIN))
        if found is None or found[1].expires.moment <= self._clock.now() or found[0].status != DOWNLOAD:
            return store_error(403, "AccessDenied", "Request has expired")
        return await self._file(found[0])

    def _content(self, export: Export) -> bytes:
        if self._settings.recorded:
            report = export.report
            return recorded.table(report.fields, report.metrics, self._data.query(*report.sql()))
        return self._data.csv(export.report, bom=self._settings.csv_bom)

    async def _file(self, export: Export) -> Answer:
        if export.content is None and export.path is None:
            export.content = await asyncio.to_thread(self._content, export)
        way = self._spoils.take()
        if way is not None:
            raise SpoiltError(way, export.content or b"")
        self.fetched.append(export.key)
        plain = export.file_name.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(export.file_name, safe='')}"
        headers = {"Content-Disposition": disposition}
        return Answer(200, export.path or export.content, headers, content_type="text/csv")
