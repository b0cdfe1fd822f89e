"""Downloads over real sockets: whole or not there, bounded, from allowed hosts alone, cut at any moment."""

import asyncio
import gzip
import logging
import stat
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cards.figures import Fault
from tests.unit.answers.file_store import (
    BODY,
    SECRET,
    Store,
    chunked,
    downloads,
    fault_of,
    head,
    is_missing,
    packed,
    running_store,
)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with running_store() as running:
        yield running


WHOLE: Mapping[str, bytes] = {
    "with its length": head(Content_Length=len(BODY)) + BODY,
    "in pieces": chunked(BODY[:10], BODY[10:100_000], BODY[100_000:]),
    "packed": packed(gzip.compress(BODY)),
    "packed twice over": packed(gzip.compress(BODY[:9]), gzip.compress(BODY[9:]), encoding="x-gzip"),
    "kept open": head(Content_Length=len(BODY), Connection="keep-alive") + BODY,
    "said to be plain": head(Content_Length=len(BODY), Content_Encoding="identity") + BODY,
}


@pytest.mark.parametrize("how", WHOLE)
async def test_a_whole_file(store: Store, tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Byte for byte, for its owner alone; the request holds nothing that is nobody's business."""
    caplog.set_level(logging.INFO)
    store.says["/file.csv"] = WHOLE[how]
    assert await downloads(store).fetch(store.link("/file.csv"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    (request,) = store.asked
    names = {line.split(":")[0].lower() for line in request.splitlines()[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert SECRET not in caplog.text


UNMEASURED: Mapping[str, tuple[bytes, bytes]] = {
    "by a server of today": (head() + BODY, BODY),
    "by a simple server": (b"HTTP/1.0 200 OK\r\n\r\n" + BODY, BODY),
    "by one that keeps nothing open": (head(Connection="close") + BODY, BODY),
    "packed": (head(Content_Encoding="gzip") + gzip.compress(BODY), BODY),
    "without anything": (head(), b""),
    "stopping in the middle": (head() + BODY[:-5], BODY[:-5]),
}


@pytest.mark.parametrize("how", UNMEASURED)
async def test_a_file_whose_length_is_not_told(store: Store, tmp_path: Path, how: str) -> None:
    """It ends with its connection, and whoever reads it hears that nobody knows whether it is whole."""
    store.says["/file.csv"], content = UNMEASURED[how]
    assert await downloads(store).fetch(store.link("/file.csv"), tmp_path / "f") is False
    assert (tmp_path / "f").read_bytes() == content


BAD: Mapping[str, tuple[Fault, bytes]] = {
    "stops in the middle": (Fault.CUT_OFF, head(Content_Length=len(BODY)) + BODY[:-1]),
    "stops before it begins": (Fault.CUT_OFF, head(Content_Length=len(BODY))),
    "is longer than it says": (Fault.SERVER, head(Content_Length=len(BODY) - 9) + BODY),
    "is much longer than it says": (Fault.SERVER, head(Content_Length=9) + BODY),
    "stops between two pieces": (Fault.CUT_OFF, chunked(BODY, ended=False)),
    "stops in a piece": (Fault.CUT_OFF, chunked(BODY, ended=False)[:-9]),
    "has a piece of no length": (Fault.CUT_OFF, head(Transfer_Encoding="chunked") + b"zz\r\nabc\r\n0\r\n\r\n"),
    "stops in the packing": (Fault.CUT_OFF, packed(gzip.compress(BODY)[:-1])),
    "stops in the second member": (Fault.CUT_OFF, packed(gzip.compress(BODY), gzip.compress(BODY)[:30])),
    "is longer than it may": (Fault.TOO_LARGE, head(Content_Length=1_000_001)),
    "is longer than it may, which it does not say": (Fault.TOO_LARGE, head() + BODY * 6),
    "stops in the packing, and says no length": (
        Fault.CUT_OFF,
        head(Content_Encoding="gzip") + gzip.compress(BODY)[:-1],
    ),
    "is longer than it may, in pieces": (Fault.TOO_LARGE, chunked(*[BODY] * 6)),
    "is a bomb": (Fault.TOO_LARGE, packed(gzip.compress(bytes(50_000_000)))),
    "is a bomb of nothing": (Fault.TOO_LARGE, packed(gzip.compress(b"") * 60_000)),
    "is damaged": (Fault.PACKED, packed(gzip.compress(BODY)[:-8], b"12345678")),
    "is not packed": (Fault.PACKED, packed(BODY)),
    "is packed another way": (Fault.PACKED, packed(zlib.compress(BODY), encoding="deflate")),
    "is packed in two ways": (Fault.PACKED, packed(gzip.compress(gzip.compress(BODY)), encoding="gzip, gzip")),
    "is packed in an unknown way": (Fault.PACKED, packed(BODY, encoding="br")),
    "has two lengths": (Fault.SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello, world"),
    "has ended": (Fault.REFUSED, head("403 Forbidden", Content_Length=3) + b"<a>"),
    "is not there": (Fault.REFUSED, head("404 Not Found", Content_Length=0)),
    "is a part": (Fault.SERVER, head("206 Partial Content", Content_Length=3) + b"abc"),
    "is not there today": (Fault.SERVER, head("503 Slow Down", Content_Length=0)),
    "is asked for too often": (Fault.SERVER, head("429 Too Many Requests", Content_Length=0)),
    "is kept by a proxy": (Fault.UNREACHABLE, head("407 Proxy Authentication Required", Content_Length=0)),
    "is no answer": (Fault.SERVER, b"SSH-2.0-OpenSSH_9.7\r\n"),
    "is nothing": (Fault.SERVER, b""),
    "has no end of headers": (Fault.SERVER, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
    "leads nowhere": (Fault.REDIRECT, head("302 Found", Content_Length=0)),
    "leads in a circle": (Fault.REDIRECT, head("302 Found", Location="/file.csv", Content_Length=0)),
    "leads elsewhere": (Fault.HOST, head("302 Found", Location="https://example.com/file.csv", Content_Length=0)),
    "leads into its network": (Fault.HOST, head("307 Temporary", Location="http://127.0.0.2:1/x", Content_Length=0)),
    "leads into the cloud": (Fault.HOST, head("301 Moved", Location="http://169.254.169.254/x", Content_Length=0)),
    "leads to a file": (Fault.HOST, head("308 Permanent", Location="file:///etc/passwd", Content_Length=0)),
    "leads to nothing readable": (Fault.HOST, head("302 Found", Location="http://[::1/x", Content_Length=0)),
}


@pytest.mark.parametrize("how", BAD)
async def test_a_file_that_does_not_come(store: Store, tmp_path: Path, how: str) -> None:
    """Each has its fault, and nothing of it is left."""
    fault, store.says["/file.csv"] = BAD[how]
    error = await fault_of(downloads(store).fetch(store.link("/file.csv"), tmp_path / "f"), tmp_path / "f")
    assert error.fault is fault


async def test_a_redirect_to_where_files_may_come_from(store: Store, tmp_path: Path) -> None:
    """It is followed, with nothing of the first address in the second request."""
    store.says["/file.csv"] = head("302 Found", Location="/other.csv", Content_Length=0, Set_Cookie="a=b")
    store.says["/other.csv"] = WHOLE["in pieces"]
    await downloads(store).fetch(store.link("/file.csv"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY
    assert SECRET not in store.asked[1]
    assert "cookie" not in store.asked[1].lower()


@pytest.mark.parametrize(
    "link", ["https://example.com/x", "http://127.0.0.2:1/x", "file:///etc/passwd", "x", "http://["]
)
async def test_a_link_to_elsewhere_is_not_followed(store: Store, tmp_path: Path, link: str) -> None:
    """Whatever Token Flex says."""
    error = await fault_of(downloads(store).fetch(link, tmp_path / "f"), tmp_path / "f")
    assert error.fault is Fault.HOST


class Stuck:
    """Says so much, then nothing, until the other side is gone."""

    def __init__(self, begin: bytes, drip: bytes = b"") -> None:
        self.begin, self.drip = begin, drip
        self.reached, self.left = asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.begin)
        self.reached.set()
        gone = asyncio.ensure_future(reader.read())
        while not gone.done():
            writer.write(self.drip)
            await asyncio.wait([gone], timeout=0.01)
        self.left.set()


ENDLESS: Mapping[str, tuple[bytes, bytes]] = {
    "before it says anything": (b"", b""),
    "in its headers": (b"HTTP/1.1 200 OK\r\nA: ", b"b"),
    "in its body": (head(Content_Length=900_000) + BODY[:9], b""),
    "in its body, a byte at a time": (head(Content_Length=900_000), b"x"),
    "in a body of no length": (head() + BODY[:9], b"x"),
    "in a piece": (head(Transfer_Encoding="chunked") + b"dbba0\r\n", b"x"),
    "in the length of a piece": (head(Transfer_Encoding="chunked"), b"0"),
}


@pytest.mark.parametrize("where", ENDLESS)
async def test_a_download_that_never_ends(store: Store, tmp_path: Path, where: str) -> None:
    """It is cut when its time is over, however it passes it."""
    store.says["/file.csv"] = stuck = Stuck(*ENDLESS[where])
    files = downloads(store, longest=timedelta(seconds=0.3))
    error = await fault_of(files.fetch(store.link("/file.csv"), tmp_path / "f"), tmp_path / "f")
    assert error.fault is Fault.ENDLESS
    await stuck.left.wait()


@pytest.mark.parametrize("where", ENDLESS)
async def test_a_download_that_is_cancelled(store: Store, tmp_path: Path, where: str) -> None:
    """It has left nothing and nobody when it raises."""
    store.says["/file.csv"] = stuck = Stuck(*ENDLESS[where])
    task = asyncio.ensure_future(downloads(store).fetch(store.link("/file.csv"), tmp_path / "f"))
    await stuck.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_missing(tmp_path / "f")
    await stuck.left.wait()


async def test_a_server_that_falls_silent(store: Store, tmp_path: Path) -> None:
    """Nobody waits for it as long as for one that goes on."""
    for begin in (head(Content_Length=900_000), head()):
        store.says["/file.csv"] = Stuck(begin + BODY[:9])
        fetching = downloads(store, silence=0.2).fetch(store.link("/file.csv"), tmp_path / "f")
        assert (await fault_of(fetching, tmp_path / "f")).fault is Fault.CUT_OFF


async def test_a_disk_without_room(store: Store, tmp_path: Path) -> None:
    """The room that the database needs is left to it; so is what a file that cannot be made would say."""
    store.says["/file.csv"] = WHOLE["with its length"]
    error = await fault_of(
        downloads(store, reserve=1 << 60).fetch(store.link("/file.csv"), tmp_path / "f"), tmp_path / "f"
    )
    assert error.fault is Fault.ROOM
    error = await fault_of(
        downloads(store).fetch(store.link("/file.csv"), tmp_path / "no" / "f"), tmp_path / "no" / "f"
    )
    assert error.fault is Fault.ROOM


async def test_an_empty_file_of_a_server_that_stays(store: Store, tmp_path: Path) -> None:
    """Nobody waits for more than it said."""
    store.says["/file.csv"] = Stuck(head(Content_Length=0, Connection="keep-alive"))
    await downloads(store, longest=timedelta(seconds=20)).fetch(store.link("/file.csv"), tmp_path / "f")
    assert (tmp_path / "f").stat().st_size == 0


async def test_a_link_goes_out_as_it_is(store: Store, tmp_path: Path) -> None:
    """It is signed to the letter."""
    path = "/exports/a%2Fb_1.csv"
    query = "AWSAccessKeyId=A&Signature=x%2By%3D&x-amz-security-token=IQ%2F%2F+/=&Expires=1?key=2024#5;~'()*@:"
    store.says[path] = WHOLE["with its length"]
    await downloads(store).fetch(f"http://127.0.0.1:{store.port}{path}?{query}", tmp_path / "f")
    assert store.asked[0].split()[1] == f"{path}?{query.partition('#')[0]}"
