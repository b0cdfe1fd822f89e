"""`python -m bot doctor` on set-ups that are broken in one way each: its line, its mend, and that the mend works."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlite_utils import Database as Connection

from bot.login.store import LoginStore
from bot.operate import doctor
from bot.operate.findings import Finding, Level, exit_status
from bot.runtime.clock import Clock
from bot.settings.environment import Found
from bot.tokenflex.oauth import StoredLogin
from storage import calls as call_log
from storage import channels
from storage.database import Database
from tests.harness.house import House
from tests.harness.process import until
from tests.harness.rows import opened
from tests.integration.test_start_autodesk import KEY, web_client

Report = dict[str, Finding]


async def examined(
    house: House, variables: Mapping[str, str] | None = None, *, clock: Clock | None = None, free: int = 10**12
) -> Report:
    """Examine the house; no two findings may have the same name."""
    found = await doctor.examine(
        Found({}, house.environment | dict(variables or {})),
        house.folder / ".env",
        clock or house.clock,
        free_space=lambda _: free,
    )
    report = {finding.name: finding for finding in found}
    assert len(report) == len(found)
    return report


def wrong_lines(report: Report) -> set[str]:
    """The names of what is wrong."""
    return {finding.name for finding in report.values() if finding.level is Level.WRONG}


async def store_login(house: House, login: str, key: str = KEY) -> None:
    """Store a login as `python -m bot login` does."""
    database = Database(Path(house.environment["DATABASE_PATH"]))
    await database.open()
    await (await LoginStore.open(database, key, "", house.clock.now)).sign_in(StoredLogin(login))
    await database.close()


def database_path(house: House) -> Path:
    """Where the house has its database."""
    return Path(house.environment["DATABASE_PATH"])


async def moved(house: House, move: Callable[[Connection, str, str, datetime], bool], old: str, new: str) -> None:
    """Have the id of a channel changed in the database."""
    async with opened(database_path(house)) as database:
        await database.write(move, old, new, house.clock.now())


async def test_a_sound_set_up(sound_house: House) -> None:
    """Nothing is wrong, two-legged credentials are named as such, one Token Flex call is made and logged."""
    report = await examined(sound_house)
    assert {finding.level for finding in report.values()} <= {Level.OK, Level.SKIPPED}
    assert exit_status(report.values()) == 0
    assert report["Slack bot token"].found == "Workspace “sandbox” (https://sandbox.slack.com/), as @tokenflex."
    assert report["Socket Mode"].found == "Connected, greeted and closed."
    assert report["Autodesk login"].found.startswith("Two-legged")
    assert report["Contracts"].found == "110000123456, 11000099871 (ended), RomeoAgree-0 (ended)."
    assert [call.path for call in sound_house.token_flex.calls] == ["/tokenflex/v1/contract"]
    assert report["Call budget"].found.startswith("1 of 5 calls in the last minute")
    assert not sound_house.slack.sockets.connections


async def test_a_sound_set_up_with_a_login(sound_house: House) -> None:
    """A stored login is named as three-legged, renewed and stored again, so that the bot goes on with it."""
    sound_house.variables.update(web_client(sound_house))
    await store_login(sound_house, sound_house.token_flex.controls.make_login())
    first = await examined(sound_house)
    second = await examined(sound_house)
    assert not wrong_lines(first) | wrong_lines(second)
    assert first["Autodesk login"].found.startswith("Three-legged")
    grants = [call.grant for call in sound_house.token_flex.oauth_calls]
    assert grants == ["refresh_token"]


# Settings: a wrong value, and the right one as the mend


@dataclass(frozen=True)
class BadValue:
    """Settings that are wrong in one way; the mend is to set them back."""

    variables: dict[str, str]
    line: str
    found: str
    mend: str
    also: set[str] = field(default_factory=set)


BAD_VALUES = [
    BadValue({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN", "is missing", "-m bot init SLACK_BOT_TOKEN"),
    BadValue({"SLACK_BOT_TOKEN": "xapp-1-A-1-a"}, "SLACK_BOT_TOKEN", "another kind of Slack token", "with xoxb-"),
    BadValue({"SLACK_BOT_TOKEN": "xoxb-other"}, "Slack bot token", "(invalid_auth)", "copy the Bot User OAuth Token"),
    BadValue({"SLACK_APP_TOKEN": "xapp-other"}, "Slack app token", "(invalid_auth)", "scope connections:write"),
    BadValue({"APS_CLIENT_ID": ""}, "APS_CLIENT_ID", "is missing", "https://aps.autodesk.com/myapps"),
    BadValue({"APS_CLIENT_SECRET": "other"}, "Autodesk token", "client ID or the client secret", "copy Client ID"),
    BadValue({"APS_CLIENT_SECRET": ""}, "Autodesk login", "Nobody has signed in", "login", {"Autodesk token"}),
    BadValue({"LINK_AUDIENCE": "everybody"}, "LINK_AUDIENCE", "one of channel, requester, press", "init LINK_AUDIENCE"),
    BadValue({"APS_BASE_URL": "ftp://x"}, "APS_BASE_URL", "not a web address", "init APS_BASE_URL"),
    BadValue({"SLACK_BASE_URL": "http://127.0.0.1:9/api/"}, "Slack bot token", "cannot be reached", "SLACK_BASE_URL",
             {"Slack app token"}),
    BadValue({"TOKENFLEX_BASE_URL": "http://127.0.0.1:9/v1"}, "Contracts", "cannot be reached", "TOKENFLEX_BASE_URL"),
    BadValue({"APS_REFRESH_TOKEN": "A" * 42, "DATABASE_KEY": KEY, "APS_CLIENT_ID": "sandbox-web",
              "APS_CLIENT_SECRET": "sandbox-web-secret"}, "Autodesk token", "No login that works", "-m bot login"),
    BadValue({"APS_CLIENT_ID": "sandbox-no-api", "APS_CLIENT_SECRET": "sandbox-no-api-secret"}, "Contracts",
             "has not enabled the Token Flex Usage Data API", "enable the Token Flex Usage Data API"),
    BadValue({"APS_CLIENT_ID": "sandbox-untied", "APS_CLIENT_SECRET": "sandbox-untied-secret"}, "Contracts",
             "sees no contract", "ask Autodesk to tie the client ID"),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_VALUES, ids=lambda bad: f"{bad.line}: {bad.found}")
async def test_a_wrong_value(sound_house: House, bad: BadValue) -> None:
    """It has a line of its own, no other line is wrong, and with the right value again nothing is."""
    report = await examined(sound_house, bad.variables)
    assert wrong_lines(report) == {bad.line} | bad.also
    assert bad.found in report[bad.line].found
    assert bad.mend in report[bad.line].mend
    assert not wrong_lines(await examined(sound_house))


@pytest.mark.parametrize(
    ("setting", "path", "lines", "what"),
    [
        *(("SLACK_BASE_URL", path, {"Slack bot token", "Slack app token"}, "Slack") for path in ("/", "/app/", "/v2/")),
        *(("TOKENFLEX_BASE_URL", path, {"Contracts"}, "Token Flex") for path in ("", "/", "/tokenflex/v2")),
        *(("APS_BASE_URL", path, {"Autodesk token"}, "Autodesk's sign-in") for path in ("", "/authentication/v1")),
    ],
)
async def test_an_address_that_is_another(
    sound_house: House, setting: str, path: str, lines: set[str], what: str
) -> None:
    """Something answers there: waiting, another token or another sign-in would not help, and are not advised."""
    whole = urlsplit(sound_house.environment[setting])
    report = await examined(sound_house, {setting: f"{whole.scheme}://{whole.netloc}{path}"})
    assert wrong_lines(report) == lines
    for line in lines:
        assert report[line].found == f"What answers there is not {what} (HTTP 404)."
        assert report[line].mend.startswith(f"Look at {setting} where that is set: ")


@pytest.mark.parametrize("status", [200, 403])
async def test_a_page_in_place_of_slack(sound_house: House, status: int) -> None:
    """A network that wants a sign-in answers for everybody."""
    sound_house.slack.controls.fail_next("auth.test", status=status, html=True)
    report = await examined(sound_house)
    assert report["Slack bot token"].found == f"What answers there is not Slack (HTTP {status})."


# The services


async def test_missing_scopes(sound_house: House) -> None:
    """Each missing scope is named; with the manifest installed again all is well."""
    granted = sound_house.slack._context.scopes
    sound_house.slack.grant(granted - {"channels:history", "commands"})
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Slack scopes"}
    assert report["Slack scopes"].found == "The bot token lacks channels:history, commands."
    assert "Reinstall to Workspace" in report["Slack scopes"].mend
    assert "channel_id_changed, message.im under “Event Subscriptions”" in report["Slack scopes"].mend
    sound_house.slack.grant(granted)
    assert not wrong_lines(await examined(sound_house))


async def test_a_new_id_that_slack_did_not_tell(sound_house: House) -> None:
    """The app has the manifest of before, which the bot found out by a press; as soon as Slack tells, all is well."""
    channel = sound_house.slack.workspace.channel("#finance").id
    await moved(sound_house, channels.find_out, "C0OLD", channel)
    report = await examined(sound_house)
    assert report["Slack events"].level is Level.WARNING
    assert channel in report["Slack events"].found
    assert "did not run then" in report["Slack events"].found
    assert "“App Manifest” (https://api.slack.com/apps" in report["Slack events"].mend
    await moved(sound_house, channels.hear, channel, "C0NEW")
    assert "Slack events" not in await examined(sound_house)


async def test_an_allowed_channel_that_has_a_new_id(sound_house: House) -> None:
    """The setting still means it, so nothing is wrong; the new id is told."""
    channel = sound_house.slack.workspace.channel("#finance").id
    await moved(sound_house, channels.hear, "C0OLD", channel)
    report = await examined(sound_house, {"ALLOWED_CHANNELS": "C0OLD"})
    assert report["ALLOWED_CHANNELS"].found == f"Slack knows {channel}."
    told = report["Channels with new ids"]
    assert told.level is Level.WARNING
    assert told.found.startswith(f"ALLOWED_CHANNELS: C0OLD is {channel} now.")


async def test_a_scope_too_many_is_a_warning(sound_house: House) -> None:
    """What the bot does not use is named, and is no failure."""
    sound_house.slack.grant(sound_house.slack._context.scopes | {"reactions:write"})
    report = await examined(sound_house)
    assert report["Slack scopes"].level is Level.WARNING
    assert "reactions:write" in report["Slack scopes"].found
    assert exit_status(report.values()) == 0


#: The scopes that were granted besides, further settings, and what is said of the files that the settings want.
FILES = {
    "neither": (set(), {}, Level.WARNING, "lacks files:write"),
    "no looking": ({"files:write"}, {}, Level.WARNING, "lacks files:read"),
    "both": ({"files:write", "files:read"}, {"LINK_AUDIENCE": "requester"}, Level.OK, "as csv"),
    "for who presses": ({"files:write", "files:read"}, {"LINK_AUDIENCE": "press"}, Level.WARNING, "=press"),
    "for nobody": ({"files:write", "files:read"}, {"ANSWER_DETAIL": "link"}, Level.WARNING, "=link"),
}


@pytest.mark.parametrize("name", FILES)
async def test_files_that_the_settings_want(sound_house: House, name: str) -> None:
    """What keeps them from threads is named; optional scopes that are not used are nothing wrong."""
    granted, more, level, found = FILES[name]
    sound_house.slack.grant(sound_house.slack._context.scopes - {"files:write", "files:read"} | granted)
    report = await examined(sound_house, {"ATTACH_FILES": "csv", **more})
    assert report["ATTACH_FILES"].level is level
    assert found in report["ATTACH_FILES"].found
    assert report["Slack scopes"].level is Level.OK
    assert "ATTACH_FILES" not in await examined(sound_house)


async def test_an_app_that_was_removed(sound_house: House) -> None:
    """Revoked tokens are told by Slack's word, both of them."""
    sound_house.slack.revoke_tokens("account_inactive")
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Slack bot token", "Slack app token"}
    assert "(account_inactive)" in report["Slack bot token"].found
    assert report["Socket Mode"].level is Level.SKIPPED


@pytest.mark.parametrize(
    ("error", "level", "found", "mend"),
    [
        ("link_disabled", Level.WRONG, "Socket Mode is switched off", "switch on “Enable Socket Mode”"),
        ("missing_scope", Level.WRONG, "(missing_scope)", "scope connections:write"),
        ("internal_error", Level.WRONG, "trouble of its own", "Wait a minute"),
        ("ratelimited", Level.WARNING, "asked too often", "Wait a minute"),
    ],
)
async def test_an_app_token_that_opens_nothing(
    sound_house: House, error: str, level: Level, found: str, mend: str
) -> None:
    """Each reason has its own sentence; after the mend it connects."""
    sound_house.slack.controls.fail_next("apps.connections.open", error)
    report = await examined(sound_house)
    assert report["Slack app token"].level is level
    assert found in report["Slack app token"].found
    assert mend in report["Slack app token"].mend
    assert report["Socket Mode"].level is Level.SKIPPED
    assert (await examined(sound_house))["Socket Mode"].level is Level.OK


async def test_a_socket_that_does_not_open(sound_house: House) -> None:
    """A proxy that lets no WebSocket through is told apart from a wrong token."""
    sound_house.slack.controls.refuse_sockets()
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Socket Mode"}
    assert "WebSocket connections (wss)" in report["Socket Mode"].mend
    sound_house.slack.controls.refuse_sockets(refuse=False)
    assert not wrong_lines(await examined(sound_house))


async def test_another_bot_with_the_same_app_token(sound_house: House, tmp_path: Path) -> None:
    """A bot with a database of its own takes a part of the traffic: that is seen, and gone when it is stopped."""
    await sound_house.start_bot(DATABASE_PATH=str(tmp_path / "other.db"))
    sound_house.variables.pop("DATABASE_PATH")
    report = await examined(sound_house)
    assert report["Socket Mode"].level is Level.WARNING
    assert "so do others with this SLACK_APP_TOKEN (1 now)" in report["Socket Mode"].found
    await sound_house.stop_bot()
    await until(lambda: not sound_house.slack.sockets.connections)
    assert (await examined(sound_house))["Socket Mode"].level is Level.OK


async def test_a_user_without_a_role(sound_house: House) -> None:
    """An empty list of contracts is said to be the wrong user or role; the right user mends it."""
    sound_house.variables.update(web_client(sound_house))
    await store_login(sound_house, sound_house.token_flex.controls.make_login(user="dora.designer"))
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Contracts"}
    assert "the wrong user, or one without a Token Flex role" in report["Contracts"].found
    await store_login(sound_house, sound_house.token_flex.controls.make_login())
    assert not wrong_lines(await examined(sound_house))


async def test_a_login_that_lacks_a_scope(sound_house: House) -> None:
    """A login that may only read is told before the first export fails; a new one mends it."""
    sound_house.variables.update(web_client(sound_house))
    await store_login(sound_house, sound_house.token_flex.controls.make_login(scope="data:read"))
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Autodesk scopes"}
    assert report["Autodesk scopes"].found == "The login lacks data:write."
    await store_login(sound_house, sound_house.token_flex.controls.make_login())
    assert not wrong_lines(await examined(sound_house))


@pytest.mark.parametrize(("key", "found"), [("", "is not set"), ("another long enough key", "another DATABASE_KEY")])
async def test_a_stored_login_that_cannot_be_read(sound_house: House, key: str, found: str) -> None:
    """No key and a wrong key are told apart from each other and from no login; the old key mends both."""
    sound_house.variables.update(web_client(sound_house))
    await store_login(sound_house, sound_house.token_flex.controls.make_login())
    report = await examined(sound_house, {"DATABASE_KEY": key})
    assert wrong_lines(report) == {"Autodesk login"}
    assert found in report["Autodesk login"].found
    assert "key of that time" in report["Autodesk login"].mend
    assert not sound_house.token_flex.oauth_calls
    assert not wrong_lines(await examined(sound_house))


async def test_an_access_token_that_was_revoked(sound_house: House) -> None:
    """A stored access token that Token Flex refuses is renewed, with no second call; the next run is well."""
    sound_house.variables.update(web_client(sound_house))
    await store_login(sound_house, sound_house.token_flex.controls.make_login())
    await examined(sound_house)
    sound_house.token_flex.controls.revoke_tokens()
    report = await examined(sound_house)
    assert report["Contracts"].level is Level.WARNING
    assert len(sound_house.token_flex.calls) == 2
    assert (await examined(sound_house))["Contracts"].level is Level.OK


async def test_a_rate_limit_that_others_have_spent(sound_house: House) -> None:
    """A 429 is a warning that names the shared user, and is remembered by the budget."""
    sound_house.token_flex.controls.answer_next(429, retry_after=30)
    report = await examined(sound_house)
    assert report["Contracts"].level is Level.WARNING
    assert "wait 30 s" in report["Contracts"].found
    assert report["Call budget"].level is Level.WARNING
    assert "refused one for its rate" in report["Call budget"].found
    assert len(sound_house.token_flex.calls) == 1


async def test_no_call_is_made_when_the_budget_has_none(sound_house: House) -> None:
    """Five calls in the last minute: doctor makes none, says so, and gives the reason where to look."""
    database = Database(database_path(sound_house))
    await database.open()
    now = sound_house.clock.now()

    def _spend(db: Connection) -> None:
        for _ in range(5):
            number = call_log.start(db, name="list", rank=1, person="", burst=False, now=now)
            call_log.end(db, number, now=now, rate_limited=False, retry_after=None)

    await database.write(_spend)
    await database.close()
    report = await examined(sound_house)
    assert report["Contracts"].level is Level.SKIPPED
    assert "no free call" in report["Contracts"].found
    assert report["Call budget"].found.startswith("5 of 5 calls")
    assert sound_house.token_flex.calls == []
