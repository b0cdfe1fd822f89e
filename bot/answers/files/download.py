"""A file comes down a link, bounded in bytes, in room on the disk and in time; known to be cut, it is not there."""

import asyncio
import os
import shutil
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from bot.answers.files.wire import DownloadError, Wire
from bot.cards.figures import Fault
from bot.exports.fresh_links import ended_within
from bot.network import Network, Obstacle
from bot.runtime.clock import Clock
from bot.settings import Hosts

LONGEST: Final = timedelta(minutes=15)  #: of one download, whatever it still sends
_SILENCE: Final = 30.0  #: seconds between two pieces of an answer
RESERVE: Final = 256 << 20  #: bytes that stay free on the disk: the database is there too
#: Faults that may have passed when it is tried again.
PASSING: Final = frozenset({Fault.UNREACHABLE, Fault.SERVER, Fault.CUT_OFF, Fault.ROOM})
_LETTING_GO: Final = (
    2.0  #: real seconds that a download which was cut has to end; it does so at once, or leaves nothing
)
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PROXY_WANTS_LOGIN: Final = 407
_LATER: Final = frozenset({408, 425, 429})
_PIECE: Final = 1 << 16  #: bytes
_LOOK_EVERY: Final = 16 << 20  #: bytes after which the room on the disk is looked at again
_PLAIN: Final = frozenset({"", "identity"})
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_OF_GZIP: Final = 31  #: how zlib is told to expect a header and a checksum


class Downloads:
    """Fetches files; `most` is how many bytes one may have, packed or unpacked.

    Raises:
        OSError: the certificates of `network` cannot be read.

    """

    def __init__(
        self,
        network: Network,
        hosts: Hosts,
        most: int,
        clock: Clock,
        *,
        reserve: int = RESERVE,
        longest: timedelta = LONGEST,
        silence: float = _SILENCE,
    ) -> None:
        self._network, self._hosts, self._trust = network, hosts, network.trust()
        self._most, self._reserve, self._longest, self._silence = most, reserve, longest, silence
        self._clock = clock

    async def fetch(self, link: str, path: Path) -> bool:
        """Write the file behind a link to a path that does not exist yet; nothing is left there where that fails.

        Return whether its end was told: else it ended with its connection, and nobody knows whether it is whole.

        A cancelled call has cut the connection before it raises.

        Raises:
            DownloadError: it did not come, or not whole.

        """
        wire = Wire(self._network, self._hosts, self._trust, self._silence)
        # A thread of its own, which nobody waits for at the end: a name may be looked up in it for a minute.
        thread = ThreadPoolExecutor(1, thread_name_prefix="download")
        fetching = asyncio.get_running_loop().run_in_executor(thread, self._fetch, wire, link, path)
        fetching.add_done_callback(lambda ended: ended.exception())  # nobody else looks where this is cancelled
        try:
            in_time = await ended_within(self._clock, self._longest.total_seconds(), fetching)
        finally:
            wire.cut()
            thread.shutdown(wait=False)
            await asyncio.shield(asyncio.wait([fetching], timeout=_LETTING_GO))
        if not in_time and (not fetching.done() or fetching.exception()):
            raise DownloadError(Fault.ENDLESS)
        return fetching.result()

    def _fetch(self, wire: Wire, link: str, path: Path) -> bool:
        for _ in range(1 + _MOST_REDIRECTS):
            with closing(wire.ask(link)) as response:
                if response.status not in _REDIRECTS:
                    _check(response)
                    return _Taking(wire, self._most, self._reserve).take(response, path)
                link = _next(link, response)
        raise DownloadError(Fault.REDIRECT)


class _Taking:
    """The body of one answer on its way into a file."""

    def __init__(self, wire: Wire, most: int, reserve: int) -> None:
        self._wire, self._most, self._reserve = wire, most, reserve

    def take(self, response: BaseHTTPResponse, path: Path) -> bool:
        length = response.length_remaining
        if (length or 0) > self._most:
            raise DownloadError(Fault.TOO_LARGE)
        fault = self._write(response, path, length or 0)
        if self._wire.is_cut:  # what stopped in the length of a piece looks like the end
            fault = Fault.CUT_OFF
        if fault is not None:
            path.unlink(missing_ok=True)
            raise DownloadError(fault)
        return length is not None or response.chunked

    def _write(self, response: BaseHTTPResponse, path: Path, length: int) -> Fault | None:
        try:
            self._look(path, length)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                for piece in self._bounded(_unpacked(response, self._most), path):
                    file.write(piece)
        except OSError:
            return Fault.ROOM
        except DownloadError as error:
            return error.fault
        return None

    def _bounded(self, pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
        looked, taken = 0, 0
        for piece in pieces:
            taken += len(piece)
            if taken > self._most:
                raise DownloadError(Fault.TOO_LARGE)
            if taken - looked >= _LOOK_EVERY:
                looked = taken
                self._look(path, 0)
            yield piece

    def _look(self, path: Path, wanted: int) -> None:
        """Look whether there is room for so many bytes more."""
        if shutil.disk_usage(path.parent).free - wanted < self._reserve:
            raise DownloadError(Fault.ROOM)


def _check(response: BaseHTTPResponse) -> None:
    status = response.status
    if status == _PROXY_WANTS_LOGIN:
        raise DownloadError(Fault.UNREACHABLE, obstacle=Obstacle.PROXY_REFUSES)
    if status != 200:
        is_for_good = 400 <= status < 500 and status not in _LATER
        raise DownloadError(Fault.REFUSED if is_for_good else Fault.SERVER, status=status)


def _next(link: str, response: BaseHTTPResponse) -> str:
    """Return where an answer leads on to; whether that is allowed is asked when it is gone to."""
    target = response.headers.get("Location", "")
    try:
        following = urljoin(link, target)
    except ValueError:
        raise DownloadError(Fault.HOST) from None
    if not target:
        raise DownloadError(Fault.REDIRECT)
    return following


def _unpacked(response: BaseHTTPResponse, most: int) -> Iterator[bytes]:
    """Yield the body as it was before it was packed for the way, in small pieces however much is packed into one."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing in _PLAIN:
        yield from _pieces(response, most)
    elif packing in _GZIP:
        yield from _from_gzip(_pieces(response, most))
    else:
        raise DownloadError(Fault.PACKED)


def _pieces(response: BaseHTTPResponse, most: int) -> Iterator[bytes]:
    """Yield what comes, as it comes, ending in an error where that is known not to be all of it."""
    taken, length = 0, response.length_remaining
    while length != 0 and (piece := _piece(response)):
        taken += len(piece)
        if taken > most:  # a gzip of nothing unpacks to nothing, without an end
            raise DownloadError(Fault.TOO_LARGE)
        if length is not None and taken > length:  # so it would have ended in the middle
            raise DownloadError(Fault.SERVER)
        yield piece
    if length is not None and taken < length:
        raise DownloadError(Fault.CUT_OFF)


def _piece(response: BaseHTTPResponse) -> bytes:
    try:
        return response.read1(_PIECE, decode_content=False)
    except (HTTPError, OSError, ValueError):
        pass
    raise DownloadError(Fault.CUT_OFF)


def _from_gzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack members one behind the other; what ends in the middle of one is cut off."""
    inner, begun = zlib.decompressobj(_OF_GZIP), False
    try:
        for piece in packed:
            data = piece
            while data:
                begun = True
                if out := inner.decompress(data, _PIECE):
                    yield out
                data = inner.unconsumed_tail
                if inner.eof:
                    data, inner, begun = inner.unused_data, zlib.decompressobj(_OF_GZIP), False
        if begun and (out := inner.flush()):
            yield out
    except zlib.error:
        raise DownloadError(Fault.PACKED) from None
    if begun and not inner.eof:
        raise DownloadError(Fault.CUT_OFF)
