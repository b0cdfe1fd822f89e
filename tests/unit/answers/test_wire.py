"""Whom a download speaks to: the address that was checked, by a certificate, through a proxy; and what the log says."""

import asyncio
import io
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from bot.answers.files import download, wire
from bot.cards.figures import Fault
from bot.network import Network, Obstacle
from bot.runtime import logs
from bot.settings.hosts import Hosts, read_hosts
from tests.harness.tls import Authority, ConnectProxy, tls_front
from tests.unit.answers.file_store import BODY, SECRET, Store, downloads, fault_of, head, is_missing, running_store

WHOLE = head(Content_Length=len(BODY)) + BODY


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with running_store() as running:
        running.says["/file.csv"] = WHOLE
        yield running


class Names:
    """What names stand for; `asked` are those that somebody wanted to know."""

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []

    def find(self, host: str, port: int, **_: object) -> list[Any]:
        self.asked.append(host)
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        family = {False: socket.AF_INET, True: socket.AF_INET6}
        return [(family[":" in one], socket.SOCK_STREAM, 0, "", (one, port)) for one in self.addresses[host]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A resolver of our own, for downloads alone."""
    known = Names()
    monkeypatch.setattr(socket, "getaddrinfo", known.find)
    return known


def secure(store: Store, host: str = "autodesk.test") -> str:
    return store.link("/file.csv", host).replace("http:", "https:")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def front(store: Store, authority: Authority) -> AsyncIterator[int]:
    """The store behind TLS; links lead to that port."""
    async with tls_front(authority, store.port) as port:
        store.port = port
        yield port


def named(port: int, *more: str) -> Hosts:
    return read_hosts([f"autodesk.test:{port}", *more], "https://developer.api.autodesk.com/tokenflex/v1")


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_stands_for_an_address_in_here(
    store: Store, front: int, names: Names, tmp_path: Path, address: str
) -> None:
    """Nobody is connected to, whoever says that an allowed name stands for it."""
    names.addresses["autodesk.test"] = [address]
    files = downloads(store, hosts=named(front))
    error = await fault_of(files.fetch(secure(store), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.place) == (Fault.ADDRESS, f"https://autodesk.test:{front}")
    assert store.asked == []


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    store: Store, front: int, authority: Authority, names: Names, tmp_path: Path
) -> None:
    """The name is looked up once, so that a second answer leads nowhere; those that are not allowed are left out."""
    names.addresses["autodesk.test"] = ["10.0.0.1", "127.0.0.1"]
    files = downloads(store, hosts=named(front, "127.0.0.0/8"), network=Network(authority.bundle))
    await files.fetch(secure(store), tmp_path / "f")
    assert names.asked == ["autodesk.test"]
    assert (tmp_path / "f").stat().st_size == len(BODY)
    assert f"Host: autodesk.test:{front}\r\n" in store.asked[0]


async def test_another_address_where_the_first_is_away(
    store: Store, front: int, authority: Authority, names: Names, tmp_path: Path
) -> None:
    """A host has several so that one may fail."""
    names.addresses["autodesk.test"] = ["127.0.0.9", "127.0.0.1"]
    files = downloads(store, hosts=named(front, "127.0.0.0/8"), network=Network(authority.bundle))
    await files.fetch(secure(store), tmp_path / "f")
    assert (tmp_path / "f").stat().st_size == len(BODY)


async def test_a_certificate_that_nobody_vouches_for(store: Store, front: int, names: Names, tmp_path: Path) -> None:
    """Nothing is asked of such a server."""
    names.addresses["autodesk.test"] = ["127.0.0.1"]
    files = downloads(store, hosts=named(front, "127.0.0.0/8"))
    error = await fault_of(files.fetch(secure(store), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.obstacle) == (Fault.UNREACHABLE, Obstacle.CERTIFICATE)
    assert store.asked == []


async def test_a_certificate_of_another_host(
    store: Store, front: int, authority: Authority, names: Names, tmp_path: Path
) -> None:
    """The name in the link counts, not the address that it stands for."""
    names.addresses["files.example.com"] = ["127.0.0.1"]
    hosts = read_hosts([f"files.example.com:{front}", "127.0.0.0/8"], "")
    files = downloads(store, hosts=hosts, network=Network(authority.bundle))
    error = await fault_of(files.fetch(secure(store, "files.example.com"), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.obstacle) == (Fault.UNREACHABLE, Obstacle.CERTIFICATE)


async def test_a_name_that_nobody_knows(store: Store, front: int, names: Names, tmp_path: Path) -> None:
    """It may be known later."""
    error = await fault_of(downloads(store, hosts=named(front)).fetch(secure(store), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.obstacle) == (Fault.UNREACHABLE, Obstacle.NAME)


@pytest.mark.parametrize("login", ["", "ana:p%40ss"])
@pytest.mark.parametrize("kind", ["http", "https"])
async def test_through_the_proxy(
    store: Store, front: int, authority: Authority, names: Names, tmp_path: Path, login: str, kind: str
) -> None:
    """It alone looks the name up; a file comes through it as through nothing, behind its own TLS as well."""
    names.addresses["127.0.0.1"], names.addresses["localhost"] = ["127.0.0.1"], ["127.0.0.1"]
    proxy = ConnectProxy({"autodesk.test": front}, login=login.replace("%40", "@"))
    at = f"//{login}@" if login else "//"
    async with proxy.running() as address, tls_front(authority, int(address.rpartition(":")[2])) as behind_tls:
        place = address if kind == "http" else f"https://localhost:{behind_tls}"
        network = Network(authority.bundle, place.replace("//", at))
        await downloads(store, hosts=named(front), network=network).fetch(secure(store), tmp_path / "f")
    assert proxy.connected == ["autodesk.test"]
    assert "autodesk.test" not in names.asked
    assert (tmp_path / "f").stat().st_size == len(BODY)
    assert "proxy-authorization" not in store.asked[0].lower()


@pytest.mark.parametrize("kind", [Obstacle.PROXY_REFUSES, Obstacle.PROXY_AWAY])
async def test_a_proxy_that_is_no_help(store: Store, front: int, tmp_path: Path, kind: Obstacle) -> None:
    """It is told apart from the server; of the link it is told no more than the host."""
    proxy = ConnectProxy({"autodesk.test": front}, refuses=403)
    async with proxy.running() as address:
        place = address if kind is Obstacle.PROXY_REFUSES else "http://127.0.0.1:1"
        files = downloads(store, hosts=named(front), network=Network(proxy=place))
        error = await fault_of(files.fetch(secure(store), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.obstacle) == (Fault.UNREACHABLE, kind)


async def test_a_link_elsewhere_does_not_reach_the_proxy_either(store: Store, front: int, tmp_path: Path) -> None:
    """What the proxy could reach is none of its business."""
    proxy = ConnectProxy({"autodesk.test": front, "intra.test": front})
    async with proxy.running() as address:
        files = downloads(store, hosts=named(front), network=Network(proxy=address))
        error = await fault_of(files.fetch(secure(store, "intra.test"), tmp_path / "f"), tmp_path / "f")
    assert (error.fault, error.place) == (Fault.HOST, f"https://intra.test:{front}")
    assert proxy.connected == []


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that a bot would log that was told to say everything."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("DEBUG", "json", ("a secret of ours",), stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "says",
    [
        WHOLE,
        head("403 Forbidden", Content_Length=0),
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 2\r\n\r\nab",
        b"x",
    ],
)
async def test_no_link_in_the_log(store: Store, tmp_path: Path, log: io.StringIO, says: bytes) -> None:
    """Neither by us nor by a library, which quotes it where a header cannot be read, and at DEBUG always."""
    store.says["/file.csv"] = says
    await asyncio.gather(downloads(store).fetch(store.link("/file.csv"), tmp_path / "f"), return_exceptions=True)
    assert store.asked
    assert SECRET not in log.getvalue()


@given(
    st.text(max_size=60), st.sampled_from(["", "http://127.0.0.1", "https://download.autodesk.com", "//", "https://"])
)
def test_no_text_is_read_in_two_ways(text: str, begin: str) -> None:
    """Where a link is allowed, the library goes to the host that was allowed."""
    hosts = read_hosts(["download.autodesk.com", "s3"], "")
    try:
        said = wire._normal(begin + text)
    except wire.DownloadError:
        return
    if hosts.allow(said):
        host = parse_url(said).host or ""
        assert host.removesuffix(".") == "download.autodesk.com" or host.removesuffix(".").endswith(".amazonaws.com")
        assert wire._normal(said) == said


@pytest.mark.parametrize(
    "target",
    [
        f"/file.csv?key=a%2fb?signature={SECRET}%3d&x=%zz'|{{}}",
        f"/file.csv?{SECRET}&redirect=http://h/../c",
    ],
)
async def test_what_is_signed_is_asked_for_as_it_is(store: Store, tmp_path: Path, target: str) -> None:
    """A second question mark, percent signs, dots: a store compares them with what it signed."""
    await downloads(store).fetch(f"http://127.0.0.1:{store.port}{target}#part", tmp_path / "f")
    assert store.asked[0].splitlines()[0] == f"GET {target} HTTP/1.1"


async def test_what_no_request_can_hold_is_written_as_the_library_does(store: Store, tmp_path: Path) -> None:
    """Blanks and letters of elsewhere."""
    await downloads(store).fetch(f"http://127.0.0.1:{store.port}/file.csv?a=b c\u00e9", tmp_path / "f")
    assert store.asked[0].splitlines()[0] == "GET /file.csv?a=b%20c%C3%A9 HTTP/1.1"


async def test_a_name_that_takes_a_minute_to_look_up(
    store: Store, names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops does not wait for it, and nobody is connected to once it is found."""
    monkeypatch.setattr(download, "_LETTING_GO", 0.05)
    names.addresses["127.0.0.1"] = ["127.0.0.1"]
    asked, known = threading.Event(), threading.Event()

    def find(host: str, port: int, **more: object) -> list[Any]:
        asked.set()
        known.wait()
        return names.find(host, port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    task = asyncio.ensure_future(downloads(store).fetch(store.link("/file.csv"), tmp_path / "f"))
    await asyncio.to_thread(asked.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    known.set()
    for thread in [each for each in threading.enumerate() if each.name.startswith("download")]:
        await asyncio.to_thread(thread.join)
    assert store.asked == []
    assert is_missing(tmp_path / "f")
