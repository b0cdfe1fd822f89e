"""The page lets in whoever was given its address, and nothing that another web page could send."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from sandbox.clock import ScaledClock
from sandbox.page.server import Page
from sandbox.slack.messages import Content
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    """A workspace without a bot."""
    slack = SlackSandbox(clock=ScaledClock())
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
async def page(slack: SlackSandbox) -> AsyncIterator[Page]:
    """A page over that workspace."""
    clock = ScaledClock()
    token_flex = TokenFlexSandbox(clock=clock)
    await token_flex.start()
    served = Page(slack, token_flex, clock)
    await served.start()
    yield served
    await served.stop()
    await token_flex.stop()


@pytest.fixture
def base(page: Page) -> str:
    """The page's address without its token."""
    return str(URL(page.url).with_query(None)).rstrip("/")


@pytest.fixture
async def guest() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that keeps cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
async def welcome(guest: aiohttp.ClientSession, page: Page) -> aiohttp.ClientSession:
    """The browser after it has opened the address that was printed."""
    async with guest.get(page.url) as answer:
        assert answer.status == 200
    return guest


async def test_the_token_leaves_the_address_for_a_cookie(guest: aiohttp.ClientSession, page: Page) -> None:
    """The first answer sets a cookie that neither scripts nor other sites can use, and leads to the plain address."""
    async with guest.get(page.url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = next(iter(answer.cookies.values()))
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert len(cookie.value) >= 43
    assert cookie.value in page.url


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=guess", "/events", "/static/app.js"])
async def test_without_the_token_nothing_is_served(guest: aiohttp.ClientSession, base: str, path: str) -> None:
    """A stranger is told where the address stands, and gets nothing else."""
    async with guest.get(f"{base}{path}") as answer:
        assert answer.status == 403
        assert "make demo" in await answer.text()
        assert not answer.cookies


@pytest.mark.parametrize("path", ["/act", "/switch"])
async def test_without_the_token_nothing_is_done(guest: aiohttp.ClientSession, base: str, path: str) -> None:
    """Orders need the cookie, also with the right Origin."""
    async with guest.post(f"{base}{path}", json={}, headers={"Origin": base}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
async def test_orders_of_other_pages_are_refused(welcome: aiohttp.ClientSession, base: str, origin: str | None) -> None:
    """Even with the cookie, which other ports of this machine share, an order has to come from the page itself."""
    headers = {} if origin is None else {"Origin": origin}
    async with welcome.post(f"{base}/switch", json={"name": "fail_next"}, headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "0.0.0.0"])
async def test_other_names_for_this_machine_are_refused(welcome: aiohttp.ClientSession, base: str, host: str) -> None:
    """A name that an attacker points at the loopback address does not reach the page."""
    async with welcome.get(f"{base}/", headers={"Host": host}) as answer:
        assert answer.status == 403


async def test_the_page_takes_its_own_orders(welcome: aiohttp.ClientSession, base: str) -> None:
    """With cookie and Origin an order is carried out."""
    async with welcome.post(f"{base}/switch", json={"name": "fail_next"}, headers={"Origin": base}) as answer:
        assert await answer.json() == {"said": "The next export will fail.", "flips": 1}


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/static/none.js"])
async def test_every_answer_is_sealed(welcome: aiohttp.ClientSession, base: str, path: str) -> None:
    """Only the page's own files run in it, and no other page may frame it."""
    async with welcome.get(f"{base}{path}") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_it_listens_on_the_loopback_address_only(page: Page) -> None:
    """The address is that of this machine alone."""
    assert URL(page.url).host == "127.0.0.1"


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"null"])
async def test_nonsense_is_refused(welcome: aiohttp.ClientSession, base: str, body: bytes) -> None:
    """What is no JSON object ends in a plain refusal."""
    headers = {"Origin": base, "Content-Type": "application/json"}
    async with welcome.post(f"{base}/act", data=body, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"do": "fly"},
        {"do": "type"},
        {"do": "type", "channel": "C0", "text": "x"},
        {"do": "press", "channel": "#finance", "ts": "1.0", "label": "x"},
        {"do": "submit", "view": "V0", "values": {}},
    ],
)
async def test_acts_on_what_is_not_there(welcome: aiohttp.ClientSession, base: str, act: dict[str, object]) -> None:
    """The person is told that it cannot be done."""
    async with welcome.post(f"{base}/act", json={"as": "ana"} | act, headers={"Origin": base}) as answer:
        assert answer.status == 409
        assert (await answer.json())["problem"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("none", 1),
        ("speed", 1000),
        ("speed", "fast"),
        ("answers", "maybe"),
        ("finish", "key"),
        ("kick", "C0"),
        ("finish", []),
    ],
)
async def test_switches_that_are_not_there(welcome: aiohttp.ClientSession, base: str, name: str, value: object) -> None:
    """Unknown switches and values change nothing."""
    async with welcome.post(f"{base}/switch", json={"name": name, "value": value}, headers={"Origin": base}) as answer:
        assert answer.status == 409


async def test_a_file_goes_to_who_sees_it(welcome: aiohttp.ClientSession, base: str, slack: SlackSandbox) -> None:
    """By the message that shows it: not to who is not in the channel, and to nobody once the message is gone."""
    file = slack.files.begin("a b.csv", 2, snippet=False, described=False)
    assert slack.files.receive(file.secret, b"ab") is None
    slack.files.complete([file], [slack.workspace.channel("#licences")], Content(), None)
    await slack.files.settled()
    for name, status in (("ana", 200), ("gus", 404)):
        async with welcome.get(f"{base}/files/{file.id}?as={name}") as answer:
            assert answer.status == status, name
            assert (await answer.read() == b"ab") == (status == 200)
    slack.workspace.delete(file.shares[0])
    for gone in (file.id, "F0"):
        async with welcome.get(f"{base}/files/{gone}?as=ana") as answer:
            assert answer.status == 404
