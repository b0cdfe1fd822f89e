"""A server of files that says what a test wants, and downloads from it."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.answers.files.download import Downloads
from bot.answers.files.wire import DownloadError
from bot.network import Network
from bot.runtime.clock import SystemClock
from bot.settings import Hosts
from bot.settings.hosts import read_hosts

BODY = b"productName,tokensConsumed\r\nRevit,1.5\r\n" * 5000
SECRET = "SIGNATURE0123456789"
Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def head(status: str = "200 OK", **headers: str | int) -> bytes:
    """The first lines of an answer."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


class Store:
    """A server that says what a test wants, by path; `asked` are the requests it saw."""

    def __init__(self) -> None:
        self.says: dict[str, bytes | Say] = {}
        self.asked: list[str] = []
        self.port = 0

    def link(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}?Signature={SECRET}&Expires=1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(request)
            says = self.says[request.split()[1].split("?")[0]]
            if isinstance(says, bytes):
                writer.write(says)
                await writer.drain()
            else:
                await says(reader, writer)
        writer.close()


@asynccontextmanager
async def running_store() -> AsyncIterator[Store]:
    """Run one on a port of this machine."""
    running = Store()
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    yield running
    server.close()


def downloads(
    store: Store, *, hosts: Hosts | None = None, most: int = 1_000_000, network: Network | None = None, **more: object
) -> Downloads:
    """Downloads from that server, as the one of the base URL."""
    own = hosts or read_hosts(["tokenflex"], f"http://127.0.0.1:{store.port}/tokenflex/v1")
    return Downloads(network or Network(), own, most, SystemClock(), **{"reserve": 0, **more})  # type: ignore[arg-type]


def is_missing(path: Path) -> bool:
    return not path.exists()


async def fault_of(fetching: Awaitable[object], path: Path) -> DownloadError:
    """Why a file did not come; nothing of it is there."""
    with pytest.raises(DownloadError) as caught:
        await fetching
    assert is_missing(path)
    said = "".join(traceback.format_exception(caught.value))
    assert SECRET not in said
    return caught.value


def chunked(*pieces: bytes, ended: bool = True) -> bytes:
    """A body in pieces."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head(Transfer_Encoding="chunked") + body + (b"0\r\n\r\n" if ended else b"")


def packed(*pieces: bytes, encoding: str = "gzip") -> bytes:
    """A body that is packed for the way."""
    body = b"".join(pieces)
    return head(Content_Length=len(body), Content_Encoding=encoding) + body
