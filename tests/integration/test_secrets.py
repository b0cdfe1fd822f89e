"""No secret and no link ever reaches a log, an error, a `repr` or, readable, the database."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

from bot import settings
from bot.login.store import LoginStore
from bot.tokenflex.grants import TokenGrant
from bot.tokenflex.http import HttpDoor, Response
from bot.tokenflex.models import DownloadLink, UpstreamExport
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.server import SlackSandbox
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.triggers import Triggers
from sandbox.tokenflex.settings import Client, default_clients
from sandbox.tokenflex.spoilt import Way
from sandbox.tokenflex.tokens import TokenBook
from storage.database import Database
from storage.logins import Login, LoginCipher
from tests.harness.house import CONTRACT, House
from tests.harness.process import BotProcess, fork_process, start_process
from tests.integration.conftest import OpenHouse

EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name=canary"
BOT_TOKEN, APP_TOKEN = "xoxb-1-canarybottoken", "xapp-1-A1-canaryapptoken"
CLIENT_SECRET, KEY = "canary/client+secret=1", 'canary "database" \\ kéy & more'
CLIENTS = (*default_clients(), Client("canary", CLIENT_SECRET, callback_urls=("http://127.0.0.1:8765/callback",)))


class Secrets:
    """Everything that nobody may read, as it is handed out by the stand-ins."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all: set[str] = {BOT_TOKEN, APP_TOKEN, CLIENT_SECRET, KEY}
        self._house = house
        for place, method in (
            (TokenBook, "issue_access"),
            (TokenBook, "issue_refresh"),
            (TokenBook, "issue_code"),
            (SocketMode, "ticket"),
            (Triggers, "give"),
            (ResponseUrls, "give"),
        ):
            monkeypatch.setattr(place, method, self._noting(getattr(place, method)))

    def _noting(self, give: Callable[..., str]) -> Callable[..., str]:
        def _give(*arguments: object, **words: object) -> str:
            given = give(*arguments, **words)
            self.all.add(given.rpartition("/")[2])
            return given

        return _give

    def texts(self) -> Iterator[bytes]:
        """Every secret in every form in which it could be written, signatures of links included."""
        links = [
            link.target
            for export in self._house.token_flex.exports.all()
            for link in (export.link, *export.older_links)
            if link is not None
        ]
        assert links
        parts = [part.partition("=") for link in links for part in re.split("[?&]", urlsplit(link).query)]
        # When a link ends is no secret, and its digits may be those of another moment by chance.
        signatures = {unquote(value) for name, _, value in parts if value and name != "Expires"}
        assert any(len(signature) > 20 for signature in signatures)
        for secret in self.all | signatures:
            for form in {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")}:
                yield form.encode()


def found(secrets: Secrets, text: bytes) -> list[str]:
    """The secrets that a text holds, in no readable form themselves when the test fails."""
    return [f"…{secret[-6:]!r}" for secret in secrets.texts() if secret in text]


def database_bytes(folder: Path) -> bytes:
    """The database with all files beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("tokenflex.db*")) if path.is_file())


@pytest.fixture
async def guarded(new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> tuple[House, Secrets]:
    """A house in which every secret is known."""
    monkeypatch.setattr(SlackSandbox, "bot_token", BOT_TOKEN)
    monkeypatch.setattr(SlackSandbox, "app_token", APP_TOKEN)
    house = await new_house(token_flex={"clients": CLIENTS, "durations": (10.0, 10.0), "access_token_life": 300.0})
    secrets = Secrets(house, monkeypatch)
    house.variables.update(
        APS_CLIENT_ID="canary",
        APS_CLIENT_SECRET=CLIENT_SECRET,
        DATABASE_KEY=KEY,
        LOG_LEVEL="DEBUG",
        APS_REFRESH_TOKEN=house.token_flex.controls.make_login("canary"),
    )
    return house, secrets


def misbehave(house: House) -> None:
    """Let everything go wrong once that the bot gets over."""
    upstream, slack = house.token_flex.controls, house.slack.controls
    upstream.answer_next(503, oauth=True)
    upstream.answer_next(401, "GET")
    upstream.drop_answer_next("POST", "/requests")
    upstream.answer_next(500, "GET", "/requests")
    upstream.answer_next(200, "GET", "/requests", truncated=True)
    upstream.answer_next(429, "POST", "/refreshUrl", retry_after=1)
    upstream.spoil_download_next(Way.STOPS)
    slack.fail_next("auth.test", status=503, html=True)
    slack.fail_next("apps.connections.open", "internal_error")
    slack.fail_next("chat.postMessage", "invalid_blocks")
    slack.drop_answer_next("chat.update")
    slack.fail_next("response_url", status=500)


async def a_whole_export(house: House) -> None:
    """From the command to a refreshed link, with a lost connection on the way."""
    await house.slack.connected(timeout=30)
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.types("#finance", "/tokenflex")
    await ana.sees_modal("New export")
    house.slack.controls.refuse_sockets()
    await house.slack.controls.drop_sockets(abrupt=True)
    result = await ana.hears("#finance", "@ana, export #1 is ready", timeout=60)
    await ana.hears("#finance", "Answer to export #1: ", timeout=60)
    house.slack.controls.refuse_sockets(False)
    await house.slack.connected(timeout=30)
    await ana.waits(lambda: not result.links(), timeout=30)
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()), timeout=60)
    await ana.types("#finance", "/tokenflex status #1")


@pytest.mark.parametrize("style", ["text", "json"])
async def test_a_whole_export_leaves_no_secret_behind(guarded: tuple[House, Secrets], style: str) -> None:
    """Logs at DEBUG and every byte of the database are free of secrets, errors on the way included."""
    house, secrets = guarded
    misbehave(house)
    bot = await fork_process(
        house.folder, "run", environment=house.environment | {"LOG_FORMAT": style}, clock=house.clock
    )
    await a_whole_export(house)
    running = database_bytes(house.folder)
    assert await bot.stop() == 0
    written = bot.err.encode() + bot.out.encode()
    assert found(secrets, written) == []
    assert found(secrets, running) == []
    assert found(secrets, database_bytes(house.folder)) == []
    assert len(secrets.all) > 12
    _is_readable(bot, style)


def _is_readable(bot: BotProcess, style: str) -> None:
    """The log says what happened: text for people, one JSON object in each line elsewhere."""
    assert bot.err.count("connected") >= 1
    assert "never retrieved" not in bot.err
    assert "Unclosed" not in bot.err
    if style == "json":
        events = [json.loads(line) for line in bot.lines]
        assert all({"event", "level", "timestamp", "logger"} <= set(event) for event in events)
    else:
        assert "\x1b[" not in bot.err
        assert not any(line.startswith("{") for line in bot.lines)


async def test_a_refused_start_shows_no_secret(guarded: tuple[House, Secrets]) -> None:
    """What is said about wrong settings does not repeat them."""
    house, _ = guarded
    wrong = {"SLACK_BOT_TOKEN": APP_TOKEN, "SLACK_APP_TOKEN": BOT_TOKEN, "APS_BASE_URL": f"ftp://{CLIENT_SECRET}"}
    bot = await start_process(house.folder, "run", environment=house.environment | wrong)
    assert await bot.ends() == 2
    assert len(bot.lines) == 3
    assert all(secret not in bot.err + bot.out for secret in (BOT_TOKEN, APP_TOKEN, CLIENT_SECRET, KEY))


async def test_no_object_shows_its_secret(guarded: tuple[House, Secrets], tmp_path: Path) -> None:
    """`repr` and `str` of everything that holds a secret hide it."""
    house, _ = guarded
    secret, now = "canary-in-an-object-1", datetime(2026, 1, 1, tzinfo=UTC)
    database = Database(tmp_path / "repr.db")
    await database.open()
    link = DownloadLink(f"https://download.example/a?key={secret}", now)
    oauth = OAuthClient(HttpDoor(), "https://aps.example", "id", secret)
    store = await LoginStore.open(database, secret, secret, lambda: now)
    wanted = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "APS_CLIENT_SECRET", "APS_REFRESH_TOKEN", "DATABASE_KEY")
    variables = house.environment | dict.fromkeys(wanted, secret)
    holders: list[object] = [
        settings.read(variables),
        link,
        UpstreamExport("key", "Download", "a", now, link=link),
        Response(200, {"access_token": secret}),
        TokenGrant(secret, secret, 60.0),
        StoredLogin(secret, secret, now),
        Login(secret, secret, now),
        LoginCipher(secret, b"0" * 16),
        oauth,
        store,
        AccessTokens(oauth, store, lambda: now),
        _refusal(variables | {"LOG_LEVEL": "x", "SLACK_BASE_URL": secret}),
    ]
    await database.close()
    for holder in holders:
        for text in (repr(holder), str(holder), f"{holder}", repr([holder]), repr({"a": holder})):
            assert secret not in text, type(holder)


def _refusal(variables: dict[str, str]) -> settings.SettingsError:
    with pytest.raises(settings.SettingsError) as caught:
        settings.read(variables)
    return caught.value
