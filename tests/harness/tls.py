"""A company network in small: an authority of its own, a server whose certificate it has signed, and a proxy."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HOSTS = ("slack.test", "hooks.slack.test", "wss.slack.test", "autodesk.test", "localhost")


class Authority:
    """Signs a certificate for `HOSTS` and 127.0.0.1; `bundle` is what has to be trusted for that."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        ca = _certificate("Example Company CA", key, None)
        self.bundle = folder / "company.pem"
        self.bundle.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        own_key = ec.generate_private_key(ec.SECP256R1())
        own = _certificate("stand-in", own_key, (ca, key))
        pair = folder / "server.pem"
        pair.write_bytes(
            own_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + own.public_bytes(serialization.Encoding.PEM)
        )
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.server.load_cert_chain(pair)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [*map(x509.DNSName, HOSTS), x509.IPAddress(ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=issuer is None)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


@asynccontextmanager
async def tls_front(authority: Authority, behind: int) -> AsyncIterator[int]:
    """Take TLS on a port of this machine and hand on what comes to the port `behind`; gives that port."""

    async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _joined(reader, writer, behind)

    async with _listening(_serve, authority.server) as port:
        yield port


class ConnectProxy:
    """A proxy for TLS alone: knows each host by its name, and where to find it on this machine."""

    def __init__(self, routes: Mapping[str, int], *, login: str = "", refuses: int = 0) -> None:
        self.routes = routes
        self.login = login  #: `user:password` that it wants
        self.refuses = refuses  #: the status with which it refuses everything
        self.connected: list[str] = []  #: hosts that it has passed on to

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Run it; gives its address."""
        async with _listening(self._serve) as port:
            yield f"http://127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        host = target.rpartition(":")[0]
        wanted = f"Proxy-Authorization: Basic {base64.b64encode(self.login.encode()).decode()}\r\n"
        if self.login and wanted.lower() not in head.lower():
            status = 407
        else:
            status = self.refuses or (200 if method == "CONNECT" and host in self.routes else 502)
        no_body = "" if status == 200 else "Content-Length: 0\r\n"
        writer.write(f"HTTP/1.1 {status} x\r\n{no_body}\r\n".encode())
        if status == 200:
            self.connected.append(host)
            await _joined(reader, writer, self.routes[host])


@asynccontextmanager
async def _listening(serve: Serve, trust: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    under_way: set[asyncio.Task[None]] = set()

    async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        with suppress(OSError, EOFError, asyncio.CancelledError):  # the other end has gone, or the test is over
            await serve(reader, writer)
        await _ended(writer)
        under_way.discard(task)

    server = await asyncio.start_server(_one, "127.0.0.1", 0, ssl=trust)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(under_way):
            task.cancel()
        await asyncio.gather(*tuple(under_way), return_exceptions=True)
        await server.wait_closed()


async def _joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carry bytes both ways until one end closes."""
    behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
    ways = [
        asyncio.create_task(_carried(reader, behind_writer)),
        asyncio.create_task(_carried(behind_reader, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        behind_writer.close()
        await asyncio.gather(*ways, return_exceptions=True)


async def _ended(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
