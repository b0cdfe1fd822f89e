"""The connections of one download: to hosts and addresses that are allowed alone, and cut from outside at any moment.

urllib3 does it and not `requests`, which cannot be told which address to take and offers no hold on a connection. The
errors of both quote links, so none of them gets out: each becomes a fault of ours, raised outside of the `except`
block, with neither cause nor context.
"""

import re
import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPResponse
from ipaddress import ip_address
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError, ProxyError
from urllib3.util import make_headers, parse_url

from bot.cards.figures import Fault
from bot.network import Network, Obstacle, obstacle, parts
from bot.settings import Hosts
from bot.settings.hosts import place_of

_CONNECT: Final = 5.0  #: seconds for a connection
_MOST_ADDRESSES: Final = 3  #: of a host, that are tried
_HEADERS: Final = {"User-Agent": "tokenflex-slack", "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
_TARGET: Final = re.compile(r"[a-zA-Z]+://[^/?#]+(/[!-\"$-~]*)(?:#.*)?\Z", re.DOTALL)
#: What failed before the server had its say.
_UNCONNECTED: Final = (
    NewConnectionError,
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    socket.gaierror,
)


class DownloadError(Exception):
    """A file did not come; it knows why, and nothing of the link but its host, where that is why (`place`).

    `status` is that of the answer, 0: there was none.
    """

    def __init__(
        self, fault: Fault, *, obstacle: Obstacle | None = None, status: int = 0, place: str | None = None
    ) -> None:
        super().__init__(fault.value)
        self.fault, self.obstacle, self.status, self.place = fault, obstacle, status, place


class Wire:
    """Asks for one link after the other, in one thread; any other may `cut` it. `silence` is in seconds."""

    def __init__(self, network: Network, hosts: Hosts, trust: ssl.SSLContext, silence: float) -> None:
        self._network, self._hosts, self._trust = network, hosts, trust
        self._timeout = Timeout(connect=_CONNECT, read=silence)
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self.is_cut = False

    def ask(self, link: str) -> BaseHTTPResponse:
        """Return the answer with its body unread; what comes of it may be less, or more, than its length says.

        Raises:
            DownloadError: the link leads to where it may not, or there is no answer.

        """
        address = _normal(link)
        if not self._hosts.allow(address):
            raise DownloadError(Fault.HOST, place=place_of(address))
        manager = self._manager(address, _target(link))
        try:
            return manager.request(
                "GET",
                address,
                headers=_HEADERS,
                redirect=False,
                retries=False,
                timeout=self._timeout,
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            failure = _failure(error)
        raise failure

    def cut(self) -> None:
        """End the connection that there is, and let there be no other."""
        with self._lock:
            self.is_cut = True
            self._let_go()

    def connect(self, link: str, host: str, port: int) -> socket.socket:
        """Return a connection to the first address of a host that may be asked; through a proxy `link` is "".

        Raises:
            DownloadError: it has none.
            OSError: none of them can be reached.

        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        may = [each for each in found if not link or self._hosts.allow_at(link, ip_address(each[4][0]))]
        if not may:
            raise DownloadError(Fault.ADDRESS, place=place_of(link))
        trouble: OSError = OSError()
        for family, kind, protocol, _, address in may[:_MOST_ADDRESSES]:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(_CONNECT)
                made.connect(address)
                self._hold(made)
            except OSError as error:
                made.close()
                trouble = error
            else:
                return made
        raise trouble

    def _hold(self, made: socket.socket) -> None:
        """Keep a second handle: the first is the library's, and a certificate's check makes another one of it."""
        with self._lock:
            self._let_go()
            if self.is_cut:
                raise ConnectionAbortedError
            self._handle = made.dup()

    def _let_go(self) -> None:
        if self._handle is not None:
            with suppress(OSError):  # it has ended by itself
                self._handle.shutdown(socket.SHUT_RDWR)
            self._handle.close()
            self._handle = None

    def _manager(self, link: str, target: str) -> PoolManager:
        proxy = self._network.proxy_for(link)
        manager = PoolManager(ssl_context=self._trust) if proxy is None else self._through(proxy)
        checked = {"wire": self, "link": "" if proxy else link, "target": target}
        plain: Any = type("_Plain", (_Checked, HTTPConnection), checked)
        secure: Any = type("_Secure", (_Checked, HTTPSConnection), checked)
        manager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        return manager

    def _through(self, proxy: str) -> ProxyManager:
        named = urlsplit(proxy)
        login = f"{unquote(named.username or '')}:{unquote(named.password or '')}"
        headers = make_headers(proxy_basic_auth=login) if named.username else None
        return ProxyManager(proxy, proxy_headers=headers, ssl_context=self._trust, proxy_ssl_context=self._trust)


class _Response(HTTPResponse):
    """Reads on where the length of an answer says that it ends: what follows shows that the length is none."""

    def begin(self) -> None:
        super().begin()
        if not self.chunked:
            self.length = None


class _Checked:
    """What both kinds of connections have in common: whom they are made to, what they ask, how an answer is read."""

    response_class = _Response
    wire: ClassVar[Wire]
    link: ClassVar[str]
    target: ClassVar[str]
    host: str
    port: int

    def _new_conn(self) -> socket.socket:
        return self.wire.connect(self.link, self.host, self.port)

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        """Ask for the link's own path and query, which are signed: the library writes them in another way."""
        asked = self.target if self.target and url.startswith("/") else url
        super().putrequest(method, asked, skip_host, skip_accept_encoding)  # type: ignore[misc]


def _normal(link: str) -> str:
    """Return a link as the library reads it: another reading of the same text could lead to another host."""
    try:
        return parse_url(link).url
    except LocationParseError:
        pass
    raise DownloadError(Fault.HOST)


def _target(link: str) -> str:
    """Return path and query of a link as they are; "" where a request cannot hold them so."""
    found = _TARGET.match(link)
    return found[1] if found else ""


def _failure(error: Exception) -> DownloadError:
    wrapped = tuple(parts(error))
    if not any(isinstance(part, _UNCONNECTED) for part in wrapped):
        return DownloadError(Fault.SERVER)
    at_proxy = any(isinstance(part, ProxyError) for part in wrapped)
    refused = any("Tunnel connection failed" in str(part) for part in wrapped)
    why = Obstacle.PROXY_REFUSES if refused else obstacle(error, at_proxy=at_proxy)
    return DownloadError(Fault.UNREACHABLE, obstacle=why)
