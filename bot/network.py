"""How both services are reached: whose certificates are trusted, through which proxy, and why it does not work."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # not in the types of Python

import certifi


@dataclass(frozen=True, slots=True)
class Network:
    """What the settings say of the way out of this machine.

    `ca_bundle` is a file (or a folder, as OpenSSL makes them) of certificates that are trusted beside the usual ones.
    `proxy` is an address, with a password where the proxy wants one, or "". `no_proxy` names hosts that are reached
    without it, as other programs understand that variable.
    """

    ca_bundle: Path | None = None
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""

    def proxy_for(self, address: str) -> str | None:
        """Return the proxy on the way to an address; None on this machine and for hosts that go without it."""
        host = host_of(address)
        if not self.proxy or is_local(host) or proxy_bypass_environment(host, {"no": self.no_proxy}):
            return None
        return self.proxy

    def trust(self) -> ssl.SSLContext:
        """Return what certificates are checked with: those of the system, of certifi, and of `ca_bundle`.

        Raises:
            OSError: the bundle cannot be read, or holds no certificate (`ssl.SSLError`).

        """
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        if self.ca_bundle is not None:
            folder = self.ca_bundle if self.ca_bundle.is_dir() else None
            context.load_verify_locations(None if folder else self.ca_bundle, folder)
            # Roots of companies often lack what Python has asked of them since 3.13.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


def host_of(address: str) -> str:
    """Return the host in an address, "" where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Return whether a host is this machine by its name or number alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Obstacle(StrEnum):
    """Why no connection was made; the value is the end of a sentence."""

    CERTIFICATE = "its certificate is not trusted"
    PROXY_AWAY = "the proxy cannot be reached"
    PROXY_REFUSES = "the proxy refuses to pass it on"
    NAME = "its name cannot be resolved"
    CLOSED = "the connection was refused: nothing listens there, or a firewall turns it away"
    SILENT = "no connection came about in time"
    OTHER = "no connection could be made"


def obstacle(error: BaseException, *, at_proxy: bool = False) -> Obstacle:
    """Return what stood in the way, from an error and all that it wraps; `at_proxy`: on the way to the proxy."""
    wrapped = tuple(parts(error))
    if any(isinstance(part, ssl.SSLCertVerificationError) for part in wrapped):
        return Obstacle.CERTIFICATE
    if at_proxy:
        return Obstacle.PROXY_AWAY
    if any(isinstance(part, socket.gaierror) for part in wrapped):
        return Obstacle.NAME
    if any(isinstance(part, ConnectionRefusedError) for part in wrapped):
        return Obstacle.CLOSED
    return Obstacle.SILENT if any(isinstance(part, TimeoutError) for part in wrapped) else Obstacle.OTHER


def parts(error: object, depth: int = 8) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, wherever libraries keep them."""
    if not isinstance(error, BaseException) or not depth:
        return
    yield error
    kept = (getattr(error, name, None) for name in ("reason", "os_error", "certificate_error"))
    for inner in (*error.args, *kept, error.__cause__, error.__context__):
        yield from parts(inner, depth - 1)
