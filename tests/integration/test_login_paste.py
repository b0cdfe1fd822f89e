"""`python -m bot login --paste` and `logout` as processes, against the consent page of the stand-in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from bot.login.sign_in import LoginError, code_of
from tests.harness.house import CONTRACT, House
from tests.harness.process import BotProcess, fork_process
from tests.integration.conftest import OpenHouse
from tests.integration.test_start_autodesk import EXPORT, KEY, WAITS, web_client

Login = Callable[..., Awaitable[BotProcess]]


@pytest.fixture
async def web_house(new_house: OpenHouse) -> House:
    """A house whose settings are those of an app that people sign in to."""
    house = await new_house(speed=1.0)
    house.variables.update(web_client(house))
    return house


@pytest.fixture
async def begin(web_house: House) -> AsyncIterator[Login]:
    """Start `login --paste` and wait for its question."""
    begun: list[BotProcess] = []

    async def _begin(**variables: str) -> BotProcess:
        environment = web_house.environment | variables
        name = f"login{len(begun)}"
        begun.append(await fork_process(web_house.folder, "login", "--paste", environment=environment, name=name))
        await begun[-1].asks("Address: ")
        return begun[-1]

    yield _begin
    for process in begun:
        await process.stop()


def consent_address(process: BotProcess) -> str:
    """The address that the person is to open."""
    return next(line for line in process.out.splitlines() if "/authorize?" in line)


async def redirected(process: BotProcess, consent: str = "allow") -> str:
    """Sign in as ana and press the button; return the address that the browser ends at."""
    address = f"{consent_address(process)}&{urlencode({'consent': consent, 'login': 'ana.admin'})}"
    async with aiohttp.ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        assert answer.status == 302
        return answer.headers["Location"]


async def logout(house: House, **variables: str) -> BotProcess:
    """Run `python -m bot logout` to its end."""
    process = await fork_process(house.folder, "logout", environment=house.environment | variables, name="logout")
    await process.ends()
    return process


async def test_signing_in(begin: Login) -> None:
    """The consent address asks for both scopes with PKCE and a state; the pasted answer is exchanged and stored."""
    process = await begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(consent_address(process)).query).items()}
    assert asked["scope"] == "data:read data:write"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 22
    await process.reads(f"  {await redirected(process)}\n")
    assert await process.ends() == 0
    *_, stored, seen = process.out.rstrip().splitlines()
    assert stored.endswith("takes the new one over within the hour.")
    assert seen == f"It sees these contracts: {CONTRACT}, 11000099871 (ended), RomeoAgree-0 (ended)."
    assert process.err == ""


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda address: address.replace("state=", "state=x"), "That address belongs to another attempt"),
        (lambda address: address.split("?")[0], "That is not the whole address"),
        (lambda address: address.replace("code=", "core="), "There is no code in that address."),
        (
            lambda address: address.replace("code=", "code=x"),
            "Signing in did not work: Autodesk does not accept the code",
        ),
        (lambda _: "", "That is not the whole address"),
    ],
)
async def test_a_wrong_answer_stores_nothing(
    web_house: House, begin: Login, spoil: Callable[[str], str], sentence: str
) -> None:
    """What is pasted wrongly is said in a sentence with the way out; the exit status is 2 and nothing is stored."""
    process = await begin()
    await process.reads(spoil(await redirected(process)) + "\n")
    assert await process.ends() == 2
    assert process.lines[-1].startswith(sentence)
    assert "Traceback" not in process.err
    assert "No Autodesk login is stored" in (await logout(web_house)).out


async def test_a_denied_consent_stores_nothing(begin: Login) -> None:
    """Somebody who presses Deny reads that nothing was stored."""
    process = await begin()
    await process.reads(f"{await redirected(process, 'deny')}\n")
    assert await process.ends() == 2
    expected = "Autodesk says that consent was not given (access_denied). Nothing was stored."
    assert process.lines == [expected]


async def test_an_end_without_an_answer(begin: Login) -> None:
    """Ctrl-D at the question is no crash."""
    process = await begin()
    await process.reads("")
    assert await process.ends() == 2
    assert process.lines == ["No address was pasted, so nothing was stored."]


async def test_a_code_works_once(begin: Login, web_house: House) -> None:
    """A code that was used already is refused, with the advice to begin anew."""
    process = await begin()
    address = await redirected(process)
    code = parse_qs(urlsplit(address).query)["code"][0]
    web_house.token_flex.controls.tokens.take_code(code)
    await process.reads(f"{address}\n")
    assert await process.ends() == 2
    assert process.lines[-1].endswith("so begin the login anew. Nothing was stored.")


async def test_autodesk_being_out_is_not_blamed_on_the_code(begin: Login, web_house: House) -> None:
    """An answer that never came is said as such."""
    process = await begin()
    address = await redirected(process)
    web_house.token_flex.controls.drop_answer_next(oauth=True)
    await process.reads(f"{address}\n")
    assert await process.ends() == 2
    assert process.lines[-1] == "Signing in did not work: the connection to Autodesk broke off. Nothing was stored."


async def test_a_login_needs_a_key_before_anything_else(web_house: House) -> None:
    """Without DATABASE_KEY nobody is sent to the browser in vain."""
    environment = web_house.environment | {"DATABASE_KEY": ""}
    process = await fork_process(web_house.folder, "login", "--paste", environment=environment)
    assert await process.ends() == 2
    assert process.lines[-1].startswith("DATABASE_KEY is missing")
    assert "/authorize" not in process.out


async def test_a_login_with_another_key_is_refused_before_anything_else(begin: Login, web_house: House) -> None:
    """The stored login is not overwritten by one that the bot could not read."""
    process = await begin()
    await process.reads(f"{await redirected(process)}\n")
    await process.ends()
    environment = web_house.environment | {"DATABASE_KEY": "another long enough key"}
    process = await fork_process(web_house.folder, "login", "--paste", environment=environment)
    assert await process.ends() == 2
    assert process.lines[-1].startswith("DATABASE_KEY is not the key")
    assert "/authorize" not in process.out


async def test_a_running_bot_uses_the_login(begin: Login, web_house: House) -> None:
    """A request that waits for a login goes on after `login`, while the bot runs; no restart is needed."""
    bot = await fork_process(
        web_house.folder, "run", environment=web_house.environment | {"APS_REFRESH_TOKEN": "B" * 42}, clock=None
    )
    await web_house.slack.connected(timeout=30)
    ana = web_house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", WAITS, private=False, timeout=30)
    process = await begin(APS_REFRESH_TOKEN="B" * 42)
    await process.reads(f"{await redirected(process)}\n")
    assert await process.ends() == 0
    await ana.hears("#finance", "In progress", private=False, timeout=90)
    assert await bot.stop() == 0


async def test_logging_out_revokes(begin: Login, web_house: House) -> None:
    """Both tokens are dead at Autodesk and gone here."""
    process = await begin()
    await process.reads(f"{await redirected(process)}\n")
    await process.ends()
    out = await logout(web_house)
    assert out.process.returncode == 0
    assert out.out == "Signed out: the login is revoked at Autodesk and forgotten here.\n"
    revoked = [call.status for call in web_house.token_flex.oauth_calls if call.path.endswith("/revoke")]
    assert revoked == [200, 200]
    assert (await logout(web_house)).out.startswith("No Autodesk login is stored")


@pytest.mark.parametrize("key", ["", "another long enough key"])
async def test_logging_out_without_the_key(begin: Login, web_house: House, key: str) -> None:
    """A login that cannot be read is forgotten here, and it is said that it was not revoked; a new one can be made."""
    process = await begin()
    await process.reads(f"{await redirected(process)}\n")
    await process.ends()
    out = await logout(web_house, DATABASE_KEY=key)
    assert out.process.returncode == 1
    assert "could not be revoked at Autodesk: without the DATABASE_KEY" in out.out
    again = await begin(DATABASE_KEY="another long enough key")
    await again.reads(f"{await redirected(again)}\n")
    assert await again.ends() == 0


async def test_logging_out_while_autodesk_is_out(begin: Login, web_house: House) -> None:
    """The login is forgotten here all the same, and what is left to do by itself is said."""
    process = await begin()
    await process.reads(f"{await redirected(process)}\n")
    await process.ends()
    web_house.token_flex.controls.answer_next(503, oauth=True)
    out = await logout(web_house, APS_REFRESH_TOKEN="C" * 42)
    assert out.process.returncode == 1
    assert "could not be revoked at Autodesk: Autodesk answered with status 503." in out.out
    assert "APS_REFRESH_TOKEN is still set" in out.out
    assert (await logout(web_house, DATABASE_KEY=KEY)).out.startswith("No Autodesk login is stored")


def test_the_state_is_compared_before_the_code() -> None:
    """An address of another attempt is refused even when it holds a code."""
    assert code_of("http://localhost:8765/callback?code=abc&state=s", "s") == "abc"
    with pytest.raises(LoginError, match="another attempt"):
        code_of("http://localhost:8765/callback?code=abc&state=t", "s")
    with pytest.raises(LoginError, match="consent was not given"):
        code_of("http://localhost:8765/callback?error=access_denied&state=t", "s")
