"""The settings: each variable missing, wrong and right; several problems at once; nothing secret shown."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from bot import settings
from bot.settings import SETTINGS, LinkAudience, SettingsError

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1-abc", "SLACK_APP_TOKEN": "xapp-1-abc", "APS_CLIENT_ID": "client"}
KEY = "sixteen letters!"


def problems(**variables: str) -> list[str]:
    """What is said about these variables; nothing where they are right."""
    try:
        settings.read(GOOD | variables)
    except SettingsError as error:
        return error.problems
    return []


def test_the_least_that_is_needed_gives_the_documented_defaults() -> None:
    """Three variables are enough; all others have the default that the table shows."""
    read = settings.read(GOOD)
    assert read.slack_base_url == "https://slack.com/api/"
    assert read.tokenflex_base_url == "https://developer.api.autodesk.com/tokenflex/v1"
    assert read.aps_base_url == "https://developer.api.autodesk.com/authentication/v2"
    assert (read.aps_client_secret, read.aps_refresh_token, read.database_key) == ("", "", "")
    assert read.database_path == Path("data/tokenflex.db")
    assert read.link_audience is LinkAudience.CHANNEL
    assert (read.extra_fields, read.extra_metrics) == ((), ())
    assert (read.log_level, read.log_format) == ("INFO", "auto")


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting.required], ids=lambda s: s.name)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_required_setting_that_is_missing_is_named(setting: settings.Setting, value: str | None) -> None:
    """Not there, empty and blank are the same: one sentence with the name and what it is."""
    variables = {name: text for name, text in GOOD.items() if name != setting.name}
    with pytest.raises(SettingsError) as caught:
        settings.read(variables if value is None else variables | {setting.name: value})
    assert caught.value.problems == [f"{setting.name} is missing: {setting.meaning}"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-abc", "holds another kind of Slack token: Bot token"),
        ("SLACK_BOT_TOKEN", "xoxp-1-abc", "holds another kind of Slack token: Bot token"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1", "holds another kind of Slack token: Bot token"),
        ("SLACK_APP_TOKEN", "xoxb-1-abc", "holds another kind of Slack token: App-level token"),
        ("SLACK_BOT_TOKEN", "xoxb-1\nxoxb-2", "has a space or a line break in it"),
        ("APS_CLIENT_ID", "cli ent", "has a space or a line break in it"),
        ("APS_CLIENT_SECRET", "sec\x00ret", "has a space or a line break in it"),
        ("SLACK_BASE_URL", "slack.com/api", "is not a web address"),
        ("SLACK_BASE_URL", "ftp://slack.com/api", "is not a web address"),
        ("TOKENFLEX_BASE_URL", "https://", "is not a web address"),
        ("TOKENFLEX_BASE_URL", "https://[::1/x", "is not a web address"),
        ("APS_BASE_URL", "https://host:port/", "is not a web address"),
        ("APS_BASE_URL", "https://host:99999/", "is not a web address"),
        ("APS_BASE_URL", "https://host/v2?a=b", "is not a web address"),
        ("LINK_AUDIENCE", "everyone", "is “everyone”; it has to be one of channel, requester, press."),
        ("LOG_LEVEL", "LOUD", "is “LOUD”; it has to be one of DEBUG, INFO, WARNING, ERROR."),
        ("LOG_FORMAT", "xml", "is “xml”; it has to be one of auto, text, json."),
        ("DATABASE_KEY", "short", "is too short to protect anything"),
    ],
)
def test_a_wrong_setting_is_said_in_one_sentence(name: str, value: str, sentence: str) -> None:
    """The sentence begins with the name, says what is wrong, and ends."""
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} {sentence}")
    assert problem.endswith(".")


def test_a_refresh_token_needs_a_key() -> None:
    """It is stored encrypted, so a missing key is said at once and not at the first refresh."""
    (problem,) = problems(APS_REFRESH_TOKEN="R" * 42)
    assert problem.startswith("DATABASE_KEY is missing")
    assert problems(APS_REFRESH_TOKEN="R" * 42, DATABASE_KEY=KEY) == []


def test_several_problems_are_said_at_once() -> None:
    """Nobody has to start four times to hear of four mistakes."""
    said = problems(
        SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="xoxb-1", APS_BASE_URL="x", LOG_LEVEL="x", APS_REFRESH_TOKEN="R" * 42
    )
    assert [problem.split()[0] for problem in said] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "APS_BASE_URL",
        "LOG_LEVEL",
        "DATABASE_KEY",
    ]


def test_swapped_tokens_are_both_named() -> None:
    """The usual mistake: the two Slack tokens in each other's place."""
    swapped = problems(SLACK_BOT_TOKEN=GOOD["SLACK_APP_TOKEN"], SLACK_APP_TOKEN=GOOD["SLACK_BOT_TOKEN"])
    assert [problem.split()[0] for problem in swapped] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]


def test_values_are_brought_into_one_form() -> None:
    """Slashes at the end, capitals and spaces around a value do not matter."""
    read = settings.read(
        GOOD
        | {
            "SLACK_BASE_URL": " http://127.0.0.1:9001/api ",
            "TOKENFLEX_BASE_URL": "http://localhost:9002/tokenflex/v1//",
            "LINK_AUDIENCE": "Press",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "TOKENFLEX_EXTRA_FIELDS": " hubRegion, ,serviceName ",
            "TOKENFLEX_EXTRA_METRICS": "cloudCredits",
        }
    )
    assert read.slack_base_url == "http://127.0.0.1:9001/api/"
    assert read.tokenflex_base_url == "http://localhost:9002/tokenflex/v1"
    assert read.link_audience is LinkAudience.PRESS
    assert (read.log_level, read.log_format) == ("DEBUG", "json")
    assert (read.extra_fields, read.extra_metrics) == (("hubRegion", "serviceName"), ("cloudCredits",))


def test_every_setting_is_read_and_every_secret_is_hidden() -> None:
    """Each documented variable fills a field; those called secret are in `secrets` and out of `repr`."""
    secrets = {
        setting.name: f"canary-{number}-long-enough" for number, setting in enumerate(SETTINGS) if setting.secret
    }
    read = settings.read(GOOD | secrets)
    assert len(fields(read)) == len(SETTINGS)
    assert set(read.secrets) == set(secrets.values())
    assert "canary" not in repr(read)
    assert "canary" not in str(read)


def test_problems_repeat_no_secret() -> None:
    """What is wrong with a secret is said without it."""
    for setting in SETTINGS:
        if setting.secret:
            said = " ".join(problems(**{setting.name: "xoxe-canary with space", "LOG_LEVEL": "x"}))
            assert "canary" not in said


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` fills what the environment does not have; an empty variable of the environment counts as had."""
    file = tmp_path / ".env"
    file.write_text('SLACK_BOT_TOKEN="from file"\nAPS_CLIENT_ID=file\nexport LOG_LEVEL=DEBUG # louder\nUNSET\n')
    monkeypatch.setenv("APS_CLIENT_ID", "environment")
    monkeypatch.setenv("LOG_LEVEL", "")
    read = settings.environment(file)
    assert read["SLACK_BOT_TOKEN"] == "from file"
    assert read["APS_CLIENT_ID"] == "environment"
    assert read["LOG_LEVEL"] == ""
    assert "UNSET" not in read


def test_secrets_in_the_file_are_taken_literally(tmp_path: Path) -> None:
    """A key with `${…}` in it is that key, not the value of a variable."""
    (tmp_path / ".env").write_text("DATABASE_KEY='a${HOME}b$c\"d'\n")
    assert settings.environment(tmp_path / ".env")["DATABASE_KEY"] == 'a${HOME}b$c"d'


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    """Without `.env` only the environment counts."""
    assert settings.environment(tmp_path / ".env") == dict(os.environ)


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    """A broken `.env` ends the start with a sentence, not with a traceback."""
    (tmp_path / ".env").write_bytes(b"LOG_LEVEL=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"cannot be read: it is not a text file in UTF-8\."):
        settings.environment(tmp_path / ".env")


def at(monkeypatch: pytest.MonkeyPatch, slack: str, autodesk: str, **environment: str) -> dict[str, str]:
    """The environment that libraries see, with base URLs on these hosts."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    addresses = {
        "SLACK_BASE_URL": f"http://{slack}/api/",
        "APS_BASE_URL": f"http://{autodesk}/v2",
        "TOKENFLEX_BASE_URL": f"http://{autodesk}/v1",
    }
    settings.keep_from_libraries(GOOD | addresses)
    after = dict(os.environ)
    for name in set(after) - set(before):
        monkeypatch.delenv(name)
    return {name: value for name, value in after.items() if before.get(name) != value}


@pytest.mark.parametrize("host", ["127.0.0.1:9001", "127.1.2.3", "[::1]:9001", "localhost:1", "bot.localhost"])
def test_servers_on_this_machine_are_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """slack_sdk finds no proxy, `requests` an exception for each local host; other hosts still have the proxy."""
    seen = at(monkeypatch, host, "aps.example", HTTPS_PROXY="http://proxy:3128", http_proxy="http://other:3128")
    assert seen == {"all_proxy": "http://proxy:3128"}
    seen = at(monkeypatch, "slack.example", host, HTTPS_PROXY="http://proxy:3128", NO_PROXY="intra.example")
    assert seen["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["no_proxy"].split(",")[0] == "intra.example"
    assert seen["no_proxy"].split(",")[1] in host


def test_proxies_stay_for_the_real_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is on this machine, the proxies of the environment are used as they are."""
    proxies = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intra.example"}
    assert at(monkeypatch, "slack.com", "aps.example", **proxies) == proxies


def test_bolt_finds_nothing_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that Bolt reads by itself are gone after the settings were read."""
    names = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET")
    assert at(monkeypatch, "slack.com", "aps.example", **dict.fromkeys(names, "x")) == {}
