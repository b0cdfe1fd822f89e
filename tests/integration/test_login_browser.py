"""`python -m bot login` with the browser on the same machine, scripted: it follows redirects as a person's does."""

import contextlib
import random
import socket
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from sandbox.tokenflex.settings import Client
from tests.harness.house import House
from tests.harness.process import BotProcess, fork_process, until
from tests.integration.conftest import OpenHouse
from tests.integration.test_login_paste import logout
from tests.integration.test_start_autodesk import web_client

Login = Callable[..., Awaitable[BotProcess]]


@pytest.fixture
async def web_house(new_house: OpenHouse) -> House:
    """A house whose settings are those of an app that people sign in to."""
    house = await new_house(speed=1.0)
    house.variables.update(web_client(house))
    return house


@pytest.fixture
def redirect_uri() -> str:
    """A callback on a free port, out of the range that the kernel gives to outgoing connections meanwhile."""
    for port in random.sample(range(15000, 30000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return f"http://localhost:{port}/callback"
    raise AssertionError("no free port")


@pytest.fixture
async def begin(web_house: House, redirect_uri: str) -> AsyncIterator[Login]:
    """Start `login` and wait until it listens."""
    begun: list[BotProcess] = []

    async def _begin(*words: str, **variables: str) -> BotProcess:
        name = f"login{len(begun)}"
        words = ("login", "--redirect-uri", redirect_uri, *words)
        environment = web_house.environment | variables
        begun.append(await fork_process(web_house.folder, *words, environment=environment, name=name))
        await begun[-1].asks("Waiting for the answer of the browser")
        return begun[-1]

    yield _begin
    for process in begun:
        await process.stop()


def consent_address(process: BotProcess) -> str:
    """The newest address that the person is to open."""
    return [line for line in process.out.splitlines() if "/authorize?" in line][-1]


async def browse(address: str, **answers: str) -> tuple[int, str]:
    """Open an address, with further parameters, follow its redirects; return status and page."""
    if answers:
        address = f"{address}&{urlencode(answers)}"
    async with aiohttp.ClientSession() as browser, browser.get(address) as page:
        return page.status, await page.text()


async def test_signing_in(web_house: House, begin: Login) -> None:
    """The person allows, the browser ends at a plain page, the terminal says that it worked, the login is stored."""
    process = await begin()
    status, page = await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 0
    assert status == 200
    assert "Go back to the terminal" in page
    assert "takes the new one over within the hour." in process.out
    assert "It sees these contracts: " in process.out
    assert process.err == ""
    assert "Signed out" in (await logout(web_house)).out


async def test_the_address_asks_for_what_is_needed(begin: Login, redirect_uri: str) -> None:
    """Both scopes, PKCE by S256, a state that cannot be guessed, and another one in each attempt."""
    first = {name: values[0] for name, values in parse_qs(urlsplit(consent_address(await begin())).query).items()}
    assert first["scope"] == "data:read data:write"
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == redirect_uri
    assert len(first["state"]) >= 22


async def test_a_browser_is_opened(web_house: House, redirect_uri: str) -> None:
    """The browser of the person's machine is sent there by itself; here it is a script that signs in."""
    script = web_house.folder / "browser.py"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nfrom urllib.request import urlopen\n"
        "urlopen(sys.argv[1] + '&consent=allow&login=ana.admin').read()\n"
    )
    script.chmod(0o700)
    environment = web_house.environment | {"BROWSER": f"{script} %s &", "no_proxy": "*"}
    process = await fork_process(
        web_house.folder, "login", "--redirect-uri", redirect_uri, environment=environment, name="opened"
    )
    assert await process.ends() == 0, process.err


async def test_a_denied_consent_stores_nothing(web_house: House, begin: Login) -> None:
    """Somebody who presses Deny reads that nothing was stored."""
    process = await begin()
    await browse(consent_address(process), consent="deny")
    assert await process.ends() == 2
    assert process.lines == ["Autodesk says that consent was not given (access_denied). Nothing was stored."]
    assert "No Autodesk login is stored" in (await logout(web_house)).out


async def test_a_wrong_state_is_refused_and_the_right_one_still_works(begin: Login, redirect_uri: str) -> None:
    """An answer of another attempt, or of a page that guesses, ends nothing and changes nothing."""
    process = await begin()
    for query in ("code=abc&state=guessed", "code=abc", ""):
        status, page = await browse(f"{redirect_uri}?{query}")
        assert status == 400
        assert "belongs to another attempt" in page
    await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 0


async def test_other_requests_of_a_browser_do_no_harm(begin: Login, redirect_uri: str) -> None:
    """A favicon, a silent connection opened ahead and nonsense are no answer."""
    process = await begin()
    port = urlsplit(redirect_uri).port or 0
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as nonsense:
        nonsense.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert (await browse(redirect_uri.replace("/callback", "/favicon.ico")))[0] == 404
        await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 0
    assert process.err == ""


async def test_a_code_that_was_used(web_house: House, begin: Login) -> None:
    """A code works once; the advice is to begin anew."""
    process = await begin()
    web_house.token_flex.controls.answer_next(400, path_contains="/token", body={"error": "invalid_grant"}, oauth=True)
    await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 2
    assert process.lines[-1].endswith("so begin the login anew. Nothing was stored.")


async def test_a_code_that_came_twice(web_house: House, begin: Login, redirect_uri: str) -> None:
    """Autodesk refuses a code that somebody else has used in between; the page was opened by a script that did."""
    process = await begin()
    address = f"{consent_address(process)}&{urlencode({'consent': 'allow', 'login': 'ana.admin'})}"
    async with aiohttp.ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        landing = answer.headers["Location"]
    web_house.token_flex.controls.tokens.take_code(parse_qs(urlsplit(landing).query)["code"][0])
    await browse(landing)
    assert await process.ends() == 2
    assert "works once and for five minutes" in process.lines[-1]


async def test_a_code_that_has_expired(new_house: OpenHouse, redirect_uri: str) -> None:
    """A person who lets the last page lie for longer than a code lives is told so."""
    house = await new_house(speed=1.0, token_flex={"code_life": 0.01})
    house.variables.update(web_client(house))
    process = await fork_process(
        house.folder, "login", "--redirect-uri", redirect_uri, environment=house.environment, name="late"
    )
    await process.asks("Waiting for the answer of the browser")
    address = f"{consent_address(process)}&{urlencode({'consent': 'allow', 'login': 'ana.admin'})}"
    async with aiohttp.ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        landing = answer.headers["Location"]
    code = parse_qs(urlsplit(landing).query)["code"][0]
    await until(lambda: house.token_flex.controls.tokens._codes[code].expires < house.clock.now())
    await browse(landing)
    assert await process.ends() == 2
    assert "works once and for five minutes" in process.lines[-1]


async def test_a_closed_tab(web_house: House, begin: Login) -> None:
    """When no answer comes in time, it ends by itself and says what may have happened."""
    process = await begin("--wait", "0.5")
    assert await process.ends() == 2
    assert "the page was closed" in process.lines[-1]
    assert "--paste" in process.lines[-1]
    assert "No Autodesk login is stored" in (await logout(web_house)).out


async def test_fewer_scopes_than_needed_are_refused(web_house: House, begin: Login) -> None:
    """A login that could not export is not stored, is made worthless, and it is said what is missing."""
    process = await begin()
    less = consent_address(process).replace("data%3Aread%20data%3Awrite", "data%3Aread")
    await browse(less, consent="allow", login="ana.admin")
    assert await process.ends() == 2
    assert "granted less than the bot needs: data:write is missing" in process.lines[-1]
    assert [call.status for call in web_house.token_flex.oauth_calls if call.path.endswith("/revoke")] == [200]
    assert "No Autodesk login is stored" in (await logout(web_house)).out


async def test_a_public_client_signs_in(web_house: House, begin: Login) -> None:
    """Without a secret PKCE alone proves who asks."""
    process = await begin(APS_CLIENT_ID="sandbox-public", APS_CLIENT_SECRET="")
    await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 0


async def test_a_port_that_is_taken(web_house: House) -> None:
    """It says which port, and the ways around it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"http://127.0.0.1:{server.getsockname()[1]}/callback"
        process = await fork_process(
            web_house.folder, "login", "--redirect-uri", uri, environment=web_house.environment
        )
        assert await process.ends() == 2
    assert process.lines[-1].startswith(f"Port {server_port(uri)} of this machine cannot be used")
    assert "--paste" in process.lines[-1]


def server_port(uri: str) -> int | None:
    """The port of an address."""
    return urlsplit(uri).port


@pytest.mark.parametrize("uri", ["https://example.com/callback", "http://localhost/callback", "http://[x", "nonsense"])
async def test_a_callback_of_another_machine(web_house: House, uri: str) -> None:
    """Only an address of this machine with a port can be listened at; --paste works with the others."""
    web_house.token_flex.controls.add_client(Client("sandbox-web", "sandbox-web-secret", callback_urls=(uri,)))
    process = await fork_process(web_house.folder, "login", "--redirect-uri", uri, environment=web_house.environment)
    assert await process.ends() == 2
    assert "--paste" in process.lines[-1]
    assert "Traceback" not in process.err


async def test_the_code_is_in_no_output(web_house: House, begin: Login) -> None:
    """At DEBUG neither the terminal nor the log shows the code or a token; the database file is private."""
    process = await begin(LOG_LEVEL="DEBUG")
    await browse(consent_address(process), consent="allow", login="ana.admin")
    assert await process.ends() == 0
    assert "code=" not in process.out.replace("response_type=code&", "") + process.err
    assert "eyJ" not in process.out + process.err
    assert mode_of(web_house.environment["DATABASE_PATH"]) == 0o600


def mode_of(path: str) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(Path(path).stat().st_mode)
