"""The Autodesk side of a start: which credentials the bot uses, and what happens when they do not work."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot import settings
from bot.app import Bot
from bot.login.store import LoginStore, MissingKeyError
from bot.tokenflex.oauth import StoredLogin
from storage.database import Database
from storage.logins import WrongKeyError
from tests.harness.house import CONTRACT, House
from tests.harness.process import start_process
from tests.integration.conftest import OpenHouse

KEY = "a long enough database key"
EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name=year1"

WAITS = "Autodesk does not accept our login"


def database_bytes(house: House) -> bytes:
    """The database file as it is."""
    return Path(house.environment["DATABASE_PATH"]).read_bytes()


def web_client(house: House, client_id: str = "sandbox-web") -> dict[str, str]:
    """The settings of an app whose users sign in."""
    client = next(client for client in house.token_flex.settings.clients if client.client_id == client_id)
    return {"APS_CLIENT_ID": client_id, "APS_CLIENT_SECRET": client.secret or "", "DATABASE_KEY": KEY}


def grants(house: House) -> list[str]:
    """The kinds of grant that the bot asked for, and whether it got them."""
    return [f"{call.grant} {call.status}" for call in house.token_flex.oauth_calls]


async def hears_of_an_export(house: House, name: str = "year1") -> None:
    """Ask for an export and wait for its announcement."""
    ana = house.member("ana")
    await ana.types("#finance", EXPORT.replace("year1", name))
    await ana.hears("#finance", "is ready", name, "Download")


async def stored_refresh_token(house: House) -> str:
    """Read the login as the bot does."""
    database = Database(Path(house.environment["DATABASE_PATH"]))
    await database.open()
    try:
        login = (await LoginStore.open(database, KEY, "", house.clock.now)).load()
    finally:
        await database.close()
    assert login is not None
    return login.refresh_token


async def test_two_legged_by_default(house: House) -> None:
    """Without a login the app's own credentials are used, and no key is needed."""
    await hears_of_an_export(house)
    assert set(grants(house)) == {"client_credentials 200"}


async def test_a_refresh_token_is_imported_once_and_rotated(new_house: OpenHouse) -> None:
    """APS_REFRESH_TOKEN is spent at the first start, its successor is stored encrypted and used by the next start."""
    house = await new_house()
    seed = house.token_flex.controls.make_login()
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN=seed)
    await hears_of_an_export(house)
    await house.stop_bot()
    assert grants(house) == ["refresh_token 200"]
    first = await stored_refresh_token(house)
    assert first != seed
    assert first.encode() not in database_bytes(house)
    house.token_flex.controls.revoke_tokens()
    await house.start_bot()
    await hears_of_an_export(house, "year2")
    assert grants(house) == ["refresh_token 200", "refresh_token 200"]
    assert await stored_refresh_token(house) != first


async def test_a_restart_spends_no_refresh_while_the_access_token_is_good(new_house: OpenHouse) -> None:
    """The access token is stored with the login, so that a restart asks Autodesk for nothing."""
    house = await new_house()
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN=house.token_flex.controls.make_login())
    await hears_of_an_export(house)
    await house.stop_bot()
    await house.start_bot()
    await hears_of_an_export(house, "year2")
    assert grants(house) == ["refresh_token 200"]


async def test_another_token_in_the_settings_is_imported_anew(new_house: OpenHouse) -> None:
    """A changed APS_REFRESH_TOKEN replaces the stored login; the one known already never does."""
    house = await new_house()
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN=house.token_flex.controls.make_login())
    await hears_of_an_export(house)
    await house.stop_bot()
    second = house.token_flex.controls.make_login(user="ben.coordinator")
    await house.start_bot(APS_REFRESH_TOKEN=second)
    await hears_of_an_export(house, "year2")
    assert grants(house) == ["refresh_token 200", "refresh_token 200"]
    assert {call.user for call in house.token_flex.calls} == {"ana.admin", "ben.coordinator"}


async def test_a_public_client_signs_in_without_a_secret(new_house: OpenHouse) -> None:
    """An app without a secret works with a login, its id in the body."""
    house = await new_house()
    seed = house.token_flex.controls.make_login("sandbox-public")
    await house.start_bot(**web_client(house, "sandbox-public"), APS_REFRESH_TOKEN=seed)
    await hears_of_an_export(house)
    assert grants(house) == ["refresh_token 200"]


async def test_a_wrong_client_secret_keeps_requests_waiting(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot runs, the card says who has to do what, the log says what Autodesk does not accept; then it goes on."""
    house = await new_house()
    await house.start_bot(APS_CLIENT_SECRET="wrong-client-secret")
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", WAITS, "An administrator has to", private=False)
    reasons = {getattr(record, "reason", "") for record in caplog.records}
    assert "Autodesk does not accept the client ID or the client secret" in reasons
    assert all("wrong-client-secret" not in str(vars(record)) for record in caplog.records)
    await house.stop_bot()
    await house.start_bot(APS_CLIENT_SECRET=house.token_flex.settings.clients[0].secret or "")
    await ana.hears("#finance", "is ready", "Download")


async def test_a_dead_refresh_token_keeps_requests_waiting_until_somebody_signs_in(new_house: OpenHouse) -> None:
    """A login that has ended is not tried again and again; a new one stored by another process is used at once."""
    house = await new_house()
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN="A" * 42)
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", WAITS, private=False)
    await ana.types("#finance", EXPORT.replace("year1", "year2"))
    await ana.hears("#finance", "Export #2", WAITS, private=False)
    assert grants(house) == ["refresh_token 400"]
    await sign_in_beside(house)
    await ana.hears("#finance", "export #1 is ready", "Download", timeout=30)
    await ana.hears("#finance", "export #2 is ready", "Download", timeout=30)
    assert grants(house) == ["refresh_token 400", "refresh_token 200"]


async def sign_in_beside(house: House, **variables: str) -> None:
    """Store a new login as `python -m bot login` does, through a database connection of its own."""
    configured = settings.read(house.environment | variables)
    database = Database(configured.database_path)
    await database.open()
    store = await LoginStore.open(database, configured.database_key, configured.aps_refresh_token, house.clock.now)
    await store.sign_in(StoredLogin(house.token_flex.controls.make_login()))
    await database.close()


async def test_a_login_made_without_the_token_of_the_settings_outlives_a_restart(new_house: OpenHouse) -> None:
    """A person's login is not thrown away at the next start for an old APS_REFRESH_TOKEN that is still set."""
    house = await new_house()
    seed = house.token_flex.controls.make_login()
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN=seed)
    await hears_of_an_export(house)
    await sign_in_beside(house, APS_REFRESH_TOKEN="")
    await house.stop_bot()
    await house.start_bot()
    await hears_of_an_export(house, "year2")
    assert "400" not in " ".join(grants(house))


async def test_a_stored_login_needs_its_key(new_house: OpenHouse) -> None:
    """A missing key and a wrong key are told apart, in a sentence each, and the login stays as it is."""
    house = await new_house(speed=1.0)
    variables = web_client(house)
    house.variables.update(variables)
    await sign_in_beside(house)
    before = database_bytes(house)
    bot = await start_process(house.folder, "run", environment=house.environment | {"DATABASE_KEY": ""})
    assert await bot.ends() == 2
    assert bot.lines[-1] == "DATABASE_KEY is missing: an Autodesk login is stored, encrypted with it."
    wrong = house.environment | {"DATABASE_KEY": "another long enough key"}
    bot = await start_process(house.folder, "run", environment=wrong)
    assert await bot.ends() == 2
    assert bot.lines[-1].startswith("DATABASE_KEY is not the key that the stored Autodesk login was encrypted with.")
    assert "python -m bot logout" in bot.lines[-1]
    assert "Traceback" not in bot.err
    assert database_bytes(house) == before
    with pytest.raises(MissingKeyError):
        await _opened(house, "")
    with pytest.raises(WrongKeyError):
        await _opened(house, "another long enough key")


async def _opened(house: House, key: str) -> None:
    bot = Bot(replace(settings.read(house.environment), database_key=key), clock=house.clock)
    try:
        await bot.start()
    finally:
        await bot.stop()


async def test_a_login_of_another_key_stored_meanwhile_counts_as_none(new_house: OpenHouse) -> None:
    """A bot that cannot read the login that somebody stored beside it waits for one, and does not crash."""
    house = await new_house()
    await house.start_bot(**web_client(house))
    await sign_in_beside(house, DATABASE_KEY="another long enough key")
    house.token_flex.controls.revoke_tokens()
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", WAITS, private=False)


async def test_the_login_is_stored_encrypted(new_house: OpenHouse) -> None:
    """The columns of the login hold ciphertext, and the salt is another one in each database."""
    house = await new_house()
    house.variables.update(web_client(house))
    await sign_in_beside(house)
    token = await stored_refresh_token(house)
    with sqlite3.connect(house.environment["DATABASE_PATH"]) as connection:
        hidden = connection.execute("SELECT refresh_token FROM logins").fetchone()[0]
    connection.close()
    assert token.encode() not in hidden
    assert hidden.startswith(b"gAAAA")
