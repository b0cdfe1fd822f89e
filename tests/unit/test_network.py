"""The way out of this machine: company certificates, proxies, and what stands in the way, towards both services."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from bot.network import Network, Obstacle, is_local, obstacle
from bot.runtime.clock import SystemClock
from bot.slack.api import slack_at
from bot.slack.errors import SlackUnreachableError
from bot.tokenflex.errors import UnreachableError
from bot.tokenflex.http import HttpDoor
from tests.harness.tls import Authority, ConnectProxy, tls_front

Ask = Callable[[str, Network], Awaitable[None]]
PORT = 443


async def ask_slack(url: str, network: Network) -> None:
    """Call a method of Slack's, and post to a response URL, as the bot does."""
    async with slack_at(f"{url}/", "xoxb-1", network, SystemClock()) as api:
        await api.call("auth.test", within=10)
        await api.respond(f"{url}/response", {"text": "hello"}, within=10)


async def ask_autodesk(url: str, network: Network) -> None:
    """Send a request to Autodesk, as the bot does."""

    def _ask() -> None:
        door = HttpDoor(network, connect_timeout=2, read_timeout=10)
        assert door.request("POST", f"{url}/v1", token="t").status == 200

    await asyncio.to_thread(_ask)


SERVICES = [pytest.param(ask_slack, id="Slack"), pytest.param(ask_autodesk, id="Autodesk")]


class Company:
    """A server behind TLS that only the company's authority vouches for, as `slack.test` behind a proxy as well."""

    def __init__(self, authority: Authority, port: int) -> None:
        self.bundle = authority.bundle
        self.direct = f"https://localhost:{port}"
        self.proxy = ConnectProxy({"slack.test": port, "autodesk.test": port})


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async def _answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    authority = Authority(tmp_path)
    async with tls_front(authority, runner.addresses[0][1]) as port:
        yield Company(authority, port)
    await runner.cleanup()


@pytest.mark.parametrize("ask", SERVICES)
async def test_a_bundle_makes_the_company_s_certificate_good(company: Company, ask: Ask) -> None:
    """Without it nothing goes out; with it the server is spoken to."""
    with pytest.raises((SlackUnreachableError, UnreachableError)):
        await ask(company.direct, Network())
    await ask(company.direct, Network(company.bundle))


@pytest.mark.parametrize("ask", SERVICES)
@pytest.mark.parametrize("login", ["", "ana:p%40ss"])
async def test_a_proxy_is_gone_through(company: Company, ask: Ask, login: str) -> None:
    """The proxy alone knows where the host is; where it wants a password, it gets the one of its address."""
    company.proxy.login = login.replace("%40", "@")
    async with company.proxy.running() as address:
        proxy = address.replace("//", f"//{login}@") if login else address
        await ask("https://slack.test", Network(company.bundle, proxy))
    assert set(company.proxy.connected) == {"slack.test"}


@pytest.mark.parametrize("ask", SERVICES)
@pytest.mark.parametrize("no_proxy", ["", "localhost", ".test,localhost", "*"])
async def test_this_machine_is_reached_without_the_proxy(company: Company, ask: Ask, no_proxy: str) -> None:
    """A stand-in on this machine never goes through it, whatever the exceptions are."""
    async with company.proxy.running() as address:
        await ask(company.direct, Network(company.bundle, address, no_proxy))
    assert company.proxy.connected == []


async def _certificate(company: Company, _: AsyncExitStack) -> tuple[str, Network]:
    return company.direct, Network()


async def _proxy_away(company: Company, _: AsyncExitStack) -> tuple[str, Network]:
    return "https://slack.test", Network(company.bundle, f"http://127.0.0.1:{closed_port()}")


async def _proxy_refuses(company: Company, stack: AsyncExitStack) -> tuple[str, Network]:
    company.proxy.refuses = 403
    return "https://slack.test", Network(company.bundle, await stack.enter_async_context(company.proxy.running()))


async def _name(_: Company, __: AsyncExitStack) -> tuple[str, Network]:
    return f"https://{'a' * 60}.invalid", Network()


async def _closed(_: Company, __: AsyncExitStack) -> tuple[str, Network]:
    return f"https://127.0.0.1:{closed_port()}", Network()


async def _other(_: Company, __: AsyncExitStack) -> tuple[str, Network]:
    return "https://255.255.255.255", Network()


WAYS = {
    Obstacle.CERTIFICATE: _certificate,
    Obstacle.PROXY_AWAY: _proxy_away,
    Obstacle.PROXY_REFUSES: _proxy_refuses,
    Obstacle.NAME: _name,
    Obstacle.CLOSED: _closed,
    Obstacle.OTHER: _other,
}
#: Where nobody answers at all the deadline of the whole call ends it, at Slack without telling where it stood.
NOT_PROVOKED = {Obstacle.SILENT}


@pytest.mark.parametrize("ask", SERVICES)
@pytest.mark.parametrize("wanted", Obstacle, ids=lambda one: one.name)
async def test_every_obstacle_is_told_from_the_others(company: Company, ask: Ask, wanted: Obstacle) -> None:
    """Both doors say the same of the same trouble, and that nothing was sent."""
    if wanted in NOT_PROVOKED:
        assert obstacle(OSError("u", TimeoutError())) is wanted
        return
    async with AsyncExitStack() as stack:
        address, network = await WAYS[wanted](company, stack)
        with pytest.raises((SlackUnreachableError, UnreachableError)) as caught:
            await ask(address, network)
    assert isinstance(caught.value, (SlackUnreachableError, UnreachableError))
    assert caught.value.obstacle is wanted
    assert not getattr(caught.value, "effect_unknown", False)


@pytest.mark.parametrize("ask", SERVICES)
async def test_a_proxy_that_wants_another_password(company: Company, ask: Ask) -> None:
    """A 407 is the proxy's refusal, and its password is in no message."""
    company.proxy.login = "ana:right"
    async with company.proxy.running() as address:
        network = Network(company.bundle, address.replace("//", "//ana:wrongpassword@"))
        with pytest.raises((SlackUnreachableError, UnreachableError)) as caught:
            await ask("https://autodesk.test", network)
    assert caught.value.obstacle is Obstacle.PROXY_REFUSES  # type: ignore[attr-defined]
    assert "wrongpassword" not in f"{caught.value}{caught.value!r}{network!r}"


async def test_a_host_that_is_silent_is_told_by_the_door_to_autodesk() -> None:
    """A connection that does not come about in time was not made: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            assert one.connect_ex(("127.0.0.1", port)) in {0, errno.EINPROGRESS}
        with pytest.raises(UnreachableError) as caught:
            await asyncio.to_thread(HttpDoor(connect_timeout=0.2).request, "GET", f"https://127.0.0.1:{port}/")
        for one in waiting:
            one.close()
    assert caught.value.obstacle is Obstacle.SILENT


def closed_port() -> int:
    """Return a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "bot.localhost"])
def test_names_of_this_machine(host: str) -> None:
    """They are known without asking anybody."""
    assert is_local(host)
    url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
    assert Network(proxy="http://proxy:1").proxy_for(url) is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "through"),
    [
        ("", "slack.com", True),
        ("slack.com", "slack.com", False),
        (".slack.com", "hooks.slack.com", False),
        ("intra.example, slack.com", "slack.com", False),
        ("*", "slack.com", False),
        ("slack.com", "notslack.com", True),
        ("", "localhost.example", True),
    ],
)
def test_exceptions_from_the_proxy(no_proxy: str, host: str, *, through: bool) -> None:
    """NO_PROXY is understood as other programs understand it."""
    assert (Network(None, "http://proxy:1", no_proxy).proxy_for(f"https://{host}/api/") is not None) == through


def test_the_usual_certificates_stay_trusted(tmp_path: Path) -> None:
    """A bundle adds to the usual ones; a folder as OpenSSL makes them does as well."""
    usual = len(Network().trust().get_ca_certs())
    bundle = Authority(tmp_path).bundle
    trusted = Network(bundle).trust()
    assert len(trusted.get_ca_certs()) == usual + 1
    assert trusted.verify_mode is ssl.CERT_REQUIRED
    assert trusted.check_hostname
    assert len(Network(tmp_path).trust().get_ca_certs()) == usual
