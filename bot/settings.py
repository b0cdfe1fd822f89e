"""The settings: the only place that reads the environment, once, at start."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values


class LinkAudience(StrEnum):
    """Who gets to see a download link."""

    CHANNEL = "channel"  #: everyone in the channel that the export was posted to
    REQUESTER = "requester"  #: only the person who asked for the export
    PRESS = "press"  #: whoever in the channel presses the button, privately


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment, as the documentation shows it."""

    name: str
    meaning: str
    default: str = ""
    required: bool = False
    secret: bool = False


SETTINGS = (
    Setting("SLACK_BOT_TOKEN", "Bot token of the Slack app, begins with `xoxb-`.", required=True, secret=True),
    Setting(
        "SLACK_APP_TOKEN",
        "App-level token with the scope `connections:write`, begins with `xapp-`.",
        required=True,
        secret=True,
    ),
    Setting("SLACK_BASE_URL", "Base URL of Slack's Web API.", "https://slack.com/api/"),
    Setting(
        "TOKENFLEX_BASE_URL",
        "Base URL of the Token Flex Usage Data API.",
        "https://developer.api.autodesk.com/tokenflex/v1",
    ),
    Setting(
        "APS_BASE_URL", "Base URL of Autodesk's OAuth service.", "https://developer.api.autodesk.com/authentication/v2"
    ),
    Setting("APS_CLIENT_ID", "Client ID of the Autodesk Platform Services app.", required=True),
    Setting("APS_CLIENT_SECRET", "Client secret of that app; empty for a public client.", secret=True),
    Setting(
        "APS_REFRESH_TOKEN",
        "Refresh token for the first start without a person; stored encrypted, then rotated.",
        secret=True,
    ),
    Setting("DATABASE_PATH", "Path of the SQLite file.", "data/tokenflex.db"),
    Setting(
        "DATABASE_KEY",
        "A long random text (8 characters or more); encrypts the Autodesk login at rest. Needed to store a login.",
        secret=True,
    ),
    Setting(
        "LINK_AUDIENCE",
        "Who sees a download link: `channel` (everyone there), `requester` (only who asked) or `press` (whoever "
        "presses the button, privately).",
        "channel",
    ),
    Setting(
        "ALLOWED_PEOPLE",
        "Who may use the bot, by comma: user IDs (`U…`), user group IDs (`S…`), and `members`: every full member of "
        "the workspace. Guests and people of other organisations may only when named.",
        "members",
    ),
    Setting("ALLOWED_CONTRACTS", "Contracts that may be exported: `all`, or contract numbers, by comma.", "all"),
    Setting("ALLOWED_CHANNELS", "Where exports may be posted: `all`, or channel IDs (`C…`), by comma.", "all"),
    Setting(
        "ADMINISTRATORS",
        "Who may see, retry and delete every export, and use `/tokenflex admin`, by comma: user IDs (`U…`) and user "
        "group IDs (`S…`).",
    ),
    Setting("TOKENFLEX_EXTRA_FIELDS", "Field names that Autodesk has and the catalogue lacks, by comma."),
    Setting("TOKENFLEX_EXTRA_METRICS", "Metric names that Autodesk has and the catalogue lacks, by comma."),
    Setting("LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`.", "INFO"),
    Setting("LOG_FORMAT", "`text`, `json`, or `auto`: text in a terminal, JSON elsewhere.", "auto"),
)

NAMES = frozenset(setting.name for setting in SETTINGS)

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FORMATS = ("auto", "text", "json")
_SHORTEST_KEY = 8
_PERSON_OR_GROUP = re.compile(r"[UWS][A-Z0-9]+", re.ASCII)
#: What may stand in each list of who may: the one word for everybody or everything, the shape of any other name, and
#: what to write.
_LISTS = {
    "ALLOWED_PEOPLE": ("members", _PERSON_OR_GROUP, "`members`, user IDs (U…) or user group IDs (S…)"),
    "ALLOWED_CONTRACTS": ("all", re.compile(r"[0-9]{1,20}", re.ASCII), "`all` or contract numbers (digits only)"),
    "ALLOWED_CHANNELS": ("all", re.compile(r"[CGD][A-Z0-9]+", re.ASCII), "`all` or channel IDs (C…)"),
    "ADMINISTRATORS": ("", _PERSON_OR_GROUP, "user IDs (U…) or user group IDs (S…)"),
}
_ADDRESSES = ("SLACK_BASE_URL", "TOKENFLEX_BASE_URL", "APS_BASE_URL")
#: Bolt reads these by itself, whatever it is given: a client ID and secret make it use OAuth, the rest draws warnings.
_READ_BY_BOLT = (
    "SLACK_BOT_TOKEN",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_SIGNING_SECRET",
    "SLACK_VERIFICATION_TOKEN",
)
_READ_BY_SLACK_SDK = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_WRONG_TOKENS = {
    "SLACK_BOT_TOKEN": ("xapp-", "xoxp-", "xoxe-", "xoxe."),
    "SLACK_APP_TOKEN": ("xoxb-", "xoxp-", "xoxe-", "xoxe."),
}


class SettingsError(Exception):
    """Some settings are missing or wrong; `problems` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Secrets stay out of `repr`."""

    slack_bot_token: str = field(repr=False)
    slack_app_token: str = field(repr=False)
    slack_base_url: str
    tokenflex_base_url: str
    aps_base_url: str
    aps_client_id: str
    aps_client_secret: str = field(repr=False)
    aps_refresh_token: str = field(repr=False)
    database_path: Path
    database_key: str = field(repr=False)
    link_audience: LinkAudience
    allowed_people: tuple[str, ...]
    allowed_contracts: tuple[str, ...]
    allowed_channels: tuple[str, ...]
    administrators: tuple[str, ...]
    extra_fields: tuple[str, ...]
    extra_metrics: tuple[str, ...]
    log_level: str
    log_format: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that may never be shown or logged."""
        values = (
            self.slack_bot_token,
            self.slack_app_token,
            self.aps_client_secret,
            self.aps_refresh_token,
            self.database_key,
        )
        return tuple(value for value in values if value)


ENV_FILE = Path(".env")  #: in the folder that the bot is started in


def environment(env_file: Path = ENV_FILE) -> dict[str, str]:
    """Return the variables of `.env` and of the environment; the environment wins.

    Raises:
        SettingsError: the file cannot be read.

    """
    return in_file(env_file) | outside()


def outside() -> dict[str, str]:
    """Return the variables of the environment alone."""
    return dict(os.environ)  # noqa: TID251 - the one place


def in_file(env_file: Path = ENV_FILE) -> dict[str, str]:
    """Return the variables of `.env` alone, taken literally; none where there is no such file.

    Raises:
        SettingsError: the file cannot be read.

    """
    try:
        from_file = dotenv_values(env_file, interpolate=False)
    except OSError as error:
        raise SettingsError([f"{env_file} cannot be read ({error.strerror}); check its rights."]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{env_file} cannot be read: it is not a text file in UTF-8."]) from None
    return {name: value for name, value in from_file.items() if value is not None}


def keep_from_libraries(values: Mapping[str, str]) -> None:
    """Take from the environment of this process, once it is read, what libraries would make of it on their own.

    Bolt finds no credentials but ours. A base URL on this machine is reached without a proxy: `requests` learns that
    from `no_proxy`; slack_sdk, which knows no exceptions, must not find a proxy at all.
    """
    environ = os.environ  # noqa: TID251 - the one place
    for name in _READ_BY_BOLT:
        environ.pop(name, None)
    slack, *autodesk = (_host(values.get(name, "")) for name in _ADDRESSES)
    local = [host for host in autodesk if _is_local(host)]
    if local:
        environ["no_proxy"] = ",".join([environ.get("no_proxy") or environ.get("NO_PROXY") or "", *local]).strip(",")
    if _is_local(slack):
        proxies = [proxy for name in _READ_BY_SLACK_SDK if (proxy := environ.pop(name, ""))]
        if proxies:
            environ["all_proxy"] = proxies[0]  # for Autodesk, should that not be on this machine


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read(variables: Mapping[str, str]) -> Settings:
    """Return the checked settings of these variables.

    Raises:
        SettingsError: with one sentence per missing or wrong setting.

    """
    values = with_defaults(variables)
    problems = _problems(values)
    if problems:
        raise SettingsError(problems)
    return Settings(
        slack_bot_token=values["SLACK_BOT_TOKEN"],
        slack_app_token=values["SLACK_APP_TOKEN"],
        slack_base_url=values["SLACK_BASE_URL"].rstrip("/") + "/",
        tokenflex_base_url=values["TOKENFLEX_BASE_URL"].rstrip("/"),
        aps_base_url=values["APS_BASE_URL"].rstrip("/"),
        aps_client_id=values["APS_CLIENT_ID"],
        aps_client_secret=values["APS_CLIENT_SECRET"],
        aps_refresh_token=values["APS_REFRESH_TOKEN"],
        database_path=Path(values["DATABASE_PATH"]),
        database_key=values["DATABASE_KEY"],
        link_audience=LinkAudience(values["LINK_AUDIENCE"].lower()),
        allowed_people=_allowed(values, "ALLOWED_PEOPLE"),
        allowed_contracts=_allowed(values, "ALLOWED_CONTRACTS"),
        allowed_channels=_allowed(values, "ALLOWED_CHANNELS"),
        administrators=_allowed(values, "ADMINISTRATORS"),
        extra_fields=_names(values["TOKENFLEX_EXTRA_FIELDS"]),
        extra_metrics=_names(values["TOKENFLEX_EXTRA_METRICS"]),
        log_level=values["LOG_LEVEL"].upper(),
        log_format=values["LOG_FORMAT"].lower(),
    )


def problems_of(name: str, variables: Mapping[str, str]) -> list[str]:
    """Return what is wrong with one setting, whatever else is missing or wrong."""
    return [problem for problem in _problems(with_defaults(variables)) if problem.split()[0] == name]


def secrets_of(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that may never be shown, of settings that may be wrong."""
    values = (variables.get(setting.name, "").strip() for setting in SETTINGS if setting.secret)
    return tuple(value for value in values if value)


def with_defaults(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every setting, unchecked."""
    return {setting.name: variables.get(setting.name, "").strip() or setting.default for setting in SETTINGS}


def _problems(values: Mapping[str, str]) -> list[str]:
    missing = [f"{s.name} is missing: {s.meaning}" for s in SETTINGS if s.required and not values[s.name]]
    wrong = _wrong_tokens(values) + _wrong_urls(values) + _wrong_choices(values) + _wrong_lists(values)
    return missing + wrong + _wrong_logins(values)


def _wrong_tokens(values: Mapping[str, str]) -> list[str]:
    meanings = {setting.name: setting.meaning for setting in SETTINGS}
    wrong_kind = [
        f"{name} holds another kind of Slack token: {meanings[name]}"
        for name, prefixes in _WRONG_TOKENS.items()
        if values[name].startswith(prefixes)
    ]
    in_one_word = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "APS_CLIENT_ID", "APS_CLIENT_SECRET", "APS_REFRESH_TOKEN")
    return wrong_kind + [
        f"{name} has a space or a line break in it; copy it again."
        for name in in_one_word
        if any(character.isspace() or not character.isprintable() for character in values[name])
    ]


def _wrong_urls(values: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is not a web address: it has to begin with https:// (http:// for a stand-in on this machine)."
        for name in _ADDRESSES
        if not _is_web_address(values[name])
    ]


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return usable and parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)


def _wrong_choices(values: Mapping[str, str]) -> list[str]:
    problems = []
    for name, choices, value in (
        ("LINK_AUDIENCE", tuple(LinkAudience), values["LINK_AUDIENCE"].lower()),
        ("LOG_LEVEL", _LEVELS, values["LOG_LEVEL"].upper()),
        ("LOG_FORMAT", _FORMATS, values["LOG_FORMAT"].lower()),
    ):
        if value not in choices:
            problems.append(f"{name} is “{values[name]}”; it has to be one of {', '.join(choices)}.")
    return problems


def _wrong_lists(values: Mapping[str, str]) -> list[str]:
    """A name that nobody has would let nobody in, or hide a mistake, so it ends the start."""
    problems = []
    for name, (word, shape, expected) in _LISTS.items():
        given = _allowed(values, name)
        wrong = [each for each in given if each != word and not shape.fullmatch(each)]
        if wrong or (values[name] and not given):
            problems.append(f"{name} names “{', '.join(wrong)}”; write {expected}, separated by commas.")
        elif word == "all" and word in given and len(given) > 1:
            problems.append(f"{name} says `all` and names some as well; write the one or the other.")
    return problems


def _allowed(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the names of a list of who may; its one word is understood in any case."""
    word = _LISTS[name][0]
    return tuple(word if word and each.lower() == word else each for each in _names(values[name]))


def _wrong_logins(values: Mapping[str, str]) -> list[str]:
    key = values["DATABASE_KEY"]
    if values["APS_REFRESH_TOKEN"] and not key:
        return ["DATABASE_KEY is missing: APS_REFRESH_TOKEN is stored encrypted with it; any long random text will do."]
    if key and len(key) < _SHORTEST_KEY:
        return [f"DATABASE_KEY is too short to protect anything: give it at least {_SHORTEST_KEY} random characters."]
    return []


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
