"""The settings: each variable missing, wrong and right; several problems at once; nothing secret shown."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import certifi
import pytest

from bot import settings
from bot.settings import SETTINGS, AnswerDetail, AttachFiles, CallPace, LinkAudience, SettingsError, SharedChannels
from bot.settings.variables import OWN_FIELDS
from bot.tokenflex.catalogue import FIELDS

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
    assert (read.answer_detail, read.attach_files) == (AnswerDetail.FIGURES, AttachFiles.NO)
    assert (read.answer_max_bytes, read.keep_answers) == (2_000_000_000, timedelta(days=400))
    assert read.personal_fields == ()
    assert read.call_pace is CallPace.CAREFUL


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
        ("APS_CLIENT_SECRET", "sec\x00ret", "has an invisible character in it; type it anew"),
        ("SLACK_BASE_URL", "slack.com/api", "is not a web address"),
        ("SLACK_BASE_URL", "ftp://slack.com/api", "is not a web address"),
        ("TOKENFLEX_BASE_URL", "https://", "is not a web address"),
        ("TOKENFLEX_BASE_URL", "https://[::1/x", "is not a web address"),
        ("APS_BASE_URL", "https://host:port/", "is not a web address"),
        ("APS_BASE_URL", "https://host:99999/", "is not a web address"),
        ("APS_BASE_URL", "https://host/v2?a=b", "is not a web address"),
        ("SHARED_CHANNELS", "hide", "is “hide”; it has to be one of refuse, private, allow."),
        ("LINK_AUDIENCE", "everyone", "is “everyone”; it has to be one of channel, requester, press."),
        ("ANSWER_DETAIL", "some", "is “some”; it has to be one of all, figures, link."),
        ("ATTACH_FILES", "pdf", "is “pdf”; it has to be one of no, csv, xlsx."),
        ("CALL_PACE", "fast", "is “fast”; it has to be one of careful, bucket."),
        ("ANSWER_MAX_MB", "0", "is “0”; it has to be a whole number from 1 to 1000000."),
        ("ANSWER_MAX_MB", "2e3", "is “2e3”; it has to be a whole number"),
        ("ANSWER_MAX_MB", "٣", "is “٣”; it has to be a whole number"),
        ("KEEP_ANSWERS", "-1", "is “-1”; it has to be a whole number from 1 to 36500."),
        ("KEEP_ANSWERS", "99999999999", "is “99999999999”; it has to be a whole number"),
        ("PERSONAL_FIELDS", "customField11", "names “customField11”; write customField1 to customField10, or"),
        ("PERSONAL_FIELDS", "customField1 customField2", "names “customField1 customField2”; write customField1"),
        ("PERSONAL_FIELDS", ",", "names “”; write customField1"),
        ("DOWNLOAD_HOSTS", ",", "names “”; write `s3` (Amazon's S3)"),
        ("DOWNLOAD_HOSTS", "s3,ftp://files.example.com", "names “ftp://files.example.com”; write"),
        ("DOWNLOAD_HOSTS", "https://files.example.com/x", "names “https://files.example.com/x”; write"),
        ("DOWNLOAD_HOSTS", "*", "names “*”; write"),
        ("DOWNLOAD_HOSTS", "*.com", "names “*.com”; write"),
        ("DOWNLOAD_HOSTS", "amazon", "names “amazon”; write"),
        ("DOWNLOAD_HOSTS", "files.example.com:0,b.example.com:65536", "names “files.example.com:0, b.example"),
        ("DOWNLOAD_HOSTS", "10.2.0.0/33,10.2.0.1/16,10.2.0.256", "names “10.2.0.0/33, 10.2.0.1/16, 10.2.0.256”; write"),
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


@pytest.mark.parametrize("name", sorted(settings.NAMES - {"DATABASE_KEY"}))
@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u3164"])
def test_what_nobody_can_see_in_a_setting_is_said(name: str, unseen: str) -> None:
    """Nobody would find what is wrong with it; the words of a wrong kind of token, address or ID would be no help."""
    (problem,) = problems(**{"DATABASE_KEY": KEY, name: GOOD.get(name, "U1") + unseen})
    assert problem == f"{name} has an invisible character in it; type it anew, or take that away."


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
            "CALL_PACE": " Bucket ",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "TOKENFLEX_EXTRA_FIELDS": " hubRegion, ,serviceName ",
            "TOKENFLEX_EXTRA_METRICS": "cloudCredits",
        }
    )
    assert read.slack_base_url == "http://127.0.0.1:9001/api/"
    assert read.tokenflex_base_url == "http://localhost:9002/tokenflex/v1"
    assert (read.link_audience, read.call_pace) == (LinkAudience.PRESS, CallPace.BUCKET)
    assert (read.log_level, read.log_format) == ("DEBUG", "json")
    assert (read.extra_fields, read.extra_metrics) == (("hubRegion", "serviceName"), ("cloudCredits",))


def test_every_setting_is_read_and_every_secret_is_hidden() -> None:
    """Each documented variable fills a field; those called secret are in `secrets` and out of `repr`."""
    secrets = {
        setting.name: f"canary-{number}-long-enough" for number, setting in enumerate(SETTINGS) if setting.secret
    }
    read = settings.read(GOOD | secrets)
    extra = {"shared_channels_are_set"}  # and PROXY and CA_BUNDLE are one network
    assert len({each.name for each in fields(read)} - extra) == len(SETTINGS) - 1
    assert set(read.secrets) == set(secrets.values())
    assert "canary" not in repr(read)
    assert "canary" not in str(read)


def test_problems_repeat_no_secret() -> None:
    """What is wrong with a secret is said without it."""
    for setting in SETTINGS:
        if setting.secret:
            said = " ".join(problems(**{setting.name: "xoxe-canary with space", "LOG_LEVEL": "x"}))
            assert "canary" not in said


MARKS = ['"', "'", "`", "“”", "‘’", "„“", "«»"]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.name != "DATABASE_KEY"])
def test_quotation_marks_are_told_as_such(name: str, marks: str) -> None:
    """`docker --env-file` takes them literally: they are to be taken away, nothing has to be copied again."""
    value = (GOOD | {"APS_REFRESH_TOKEN": "R" * 42, "DATABASE_KEY": KEY}).get(name, "x")
    said = problems(**{"DATABASE_KEY": KEY, name: f"{marks[0]}{value}{marks[-1]}"})
    assert said == [f"{name} is in quotation marks; take the quotation marks away."]


def test_a_key_may_hold_quotation_marks() -> None:
    """A login may be stored that was encrypted with it."""
    assert settings.read(GOOD | {"DATABASE_KEY": f'"{KEY}"'}).database_key == f'"{KEY}"'


def test_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is not the name of a folder."""
    monkeypatch.setenv("HOME", "/home/ana")
    assert settings.read(GOOD | {"DATABASE_PATH": "~/bot/x.db"}).database_path == Path("/home/ana/bot/x.db")


@pytest.mark.parametrize(
    "path", ["$HOME/x.db", "${HOME}/x.db", "%APPDATA%/x.db", "sqlite:///x.db", "~nobody-here/x", "data/"]
)
def test_a_path_that_would_make_a_strange_folder(path: str) -> None:
    """What no shell has replaced would become a folder of that name."""
    (problem,) = problems(DATABASE_PATH=path)
    assert problem.startswith("DATABASE_PATH ")
    assert "write the whole path" in problem


@pytest.mark.parametrize("name", ["TOKENFLEX_EXTRA_FIELDS", "TOKENFLEX_EXTRA_METRICS"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a b", "names “a b”; write names of letters and digits, separated by commas."),
        ("good,not;good,1st", "names “not;good, 1st”; write names of letters and digits, separated by commas."),
        (",", "names “”; write names of letters and digits, separated by commas."),
        (f"good,{'a' * 151}", "has a name of 151 characters; Slack takes 150 at most."),
    ],
)
def test_added_names_that_would_close_the_form(name: str, value: str, said: str) -> None:
    """Slack refuses a whole form for one value that it does not take; 150 characters it does take."""
    assert problems(**{name: value}) == [f"{name} {said}"]
    assert problems(**{name: "a" * 150}) == []


def test_fields_that_name_people() -> None:
    """Contracts' own fields in any case, and what the settings add; all that the catalogue leaves open may be named."""
    read = settings.read(
        GOOD | {"PERSONAL_FIELDS": "CustomField3, leadName", "TOKENFLEX_EXTRA_FIELDS": "leadName,hubRegion"}
    )
    assert read.personal_fields == ("customField3", "leadName")
    assert {each.name for each in FIELDS if each.group == "Your own categories"} == set(OWN_FIELDS)


def test_contract_numbers_may_hold_letters() -> None:
    """As Autodesk's own recording has them."""
    read = settings.read(GOOD | {"ALLOWED_CONTRACTS": "RomeoAgree-0,110000123456"})
    assert read.allowed_contracts == ("RomeoAgree-0", "110000123456")
    (problem,) = problems(ALLOWED_CONTRACTS="110000123456, year 1")
    assert problem == "ALLOWED_CONTRACTS names “year 1”; write `all` or contract numbers, separated by commas."


# The network

SYSTEM = certifi.where()


@pytest.mark.parametrize("name", ["PROXY", *settings.PROXIES])
@pytest.mark.parametrize("value", ["http://proxy.example:3128", "proxy.example:3128"])
def test_a_proxy_under_any_of_its_names(name: str, value: str) -> None:
    """The names that other programs know stand in for the setting; a missing http:// is put in front."""
    network = settings.read(GOOD | {name: value, "NO_PROXY": "intra.example"}).network
    assert network.proxy == "http://proxy.example:3128"
    assert network.no_proxy == "intra.example"
    assert settings.read(GOOD | {name: value, "PROXY": "http://ours:1"}).network.proxy in {
        "http://ours:1",
        network.proxy,
    }


def test_our_own_names_come_first() -> None:
    """PROXY and CA_BUNDLE win over what stands in for them."""
    others = dict.fromkeys(settings.PROXIES, "http://other:1") | {"SSL_CERT_FILE": "/nowhere"}
    network = settings.read(GOOD | others | {"PROXY": "http://ours:1", "CA_BUNDLE": SYSTEM}).network
    assert (network.proxy, network.ca_bundle) == ("http://ours:1", Path(SYSTEM))


@pytest.mark.parametrize("name", ["PROXY", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", ["socks5://proxy:1080", "http://", "http://user:canary@proxy:port", "ftp://proxy"])
def test_a_proxy_that_cannot_be_used(name: str, value: str) -> None:
    """The variable is named that holds it, and its password is not said."""
    (problem,) = problems(**{name: value})
    assert problem == f"{name} is not the address of a proxy; it has to look like http://proxy.example:3128."


def test_the_password_of_a_proxy_is_a_secret() -> None:
    """It never appears in a log, and the way out hides it."""
    variables = GOOD | {"HTTPS_PROXY": "http://user:canary%2Fpass@proxy:3128"}
    read = settings.read(variables)
    assert "canary/pass" in read.secrets
    assert "canary/pass" in settings.secrets_of(variables)
    assert "canary" not in repr(read)


@pytest.mark.parametrize("name", ["CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    """The variable is named that holds the path."""
    assert settings.read(GOOD | {name: SYSTEM}).network.ca_bundle == Path(SYSTEM)
    assert problems(**{name: str(tmp_path / "none.pem")}) == [
        f"{name} names a file that cannot be read (No such file or directory)."
    ]
    (tmp_path / "empty.pem").touch()
    (tmp_path / "text.pem").write_text("hello")
    for file in ("empty.pem", "text.pem"):
        assert problems(**{name: str(tmp_path / file)}) == [f"{name} names a file that holds no certificate (PEM)."]
    assert len(problems(**{name: "~nobody-here/x.pem"})) == 1


def test_what_is_known_already_is_not_said_again() -> None:
    """A line of `.env` that cannot be read does not make its variable missing as well."""
    with pytest.raises(SettingsError) as caught:
        settings.read({"SLACK_APP_TOKEN": "xapp-1"}, ["SLACK_BOT_TOKEN has a quotation mark."])
    assert [problem.split()[0] for problem in caught.value.problems] == ["SLACK_BOT_TOKEN", "APS_CLIENT_ID"]


@pytest.mark.parametrize(
    ("given", "rule", "is_set"),
    [
        ({}, SharedChannels.PRIVATE, False),
        ({"SHARED_CHANNELS": " "}, SharedChannels.PRIVATE, False),
        ({"SHARED_CHANNELS": "private"}, SharedChannels.PRIVATE, True),
        ({"SHARED_CHANNELS": "Refuse"}, SharedChannels.REFUSE, True),
        ({"SHARED_CHANNELS": "allow"}, SharedChannels.ALLOW, True),
    ],
)
def test_a_restriction_that_is_written_down_is_known_as_such(
    given: dict[str, str], rule: SharedChannels, *, is_set: bool
) -> None:
    """The default is no decision of anybody; the same value in the environment is."""
    read = settings.read(GOOD | given)
    assert (read.shared_channels, read.shared_channels_are_set) == (rule, is_set)
