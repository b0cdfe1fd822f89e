"""The settings: the only place that reads the environment, once, at start."""

import os
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
        "A random text of 16 characters or more; encrypts the Autodesk login at rest. Needed to store a login.",
        secret=True,
    ),
    Setting("LINK_AUDIENCE", "Who sees a download link: `channel`, `requester` or `press`.", "channel"),
    Setting("TOKENFLEX_EXTRA_FIELDS", "Field names that Autodesk has and the catalogue lacks, by comma."),
    Setting("TOKENFLEX_EXTRA_METRICS", "Metric names that Autodesk has and the catalogue lacks, by comma."),
    Setting("LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`.", "INFO"),
    Setting("LOG_FORMAT", "`text`, `json`, or `auto`: text in a terminal, JSON elsewhere.", "auto"),
)

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FORMATS = ("auto", "text", "json")
_SHORTEST_KEY = 16
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


def environment(env_file: Path = Path(".env")) -> dict[str, str]:
    """Return the variables of `.env`, taken literally, and of the environment; the environment wins.

    Raises:
        SettingsError: the file cannot be read.

    """
    try:
        from_file = dotenv_values(env_file, interpolate=False)
    except OSError as error:
        raise SettingsError([f"{env_file} cannot be read ({error.strerror}); check its rights."]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{env_file} cannot be read: it is not a text file in UTF-8."]) from None
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)  # noqa: TID251


def keep_from_libraries(settings: Settings) -> None:
    """Take from the environment of this process, once it is read, what libraries would make of it on their own.

    Bolt finds no credentials but ours. A base URL on this machine is reached without a proxy: `requests` learns that
    from `no_proxy`; slack_sdk, which knows no exceptions, must not find a proxy at all.
    """
    environ = os.environ  # noqa: TID251 - the one place
    for name in _READ_BY_BOLT:
        environ.pop(name, None)
    local = [host for host in map(_host, (settings.tokenflex_base_url, settings.aps_base_url)) if _is_local(host)]
    if local:
        environ["no_proxy"] = ",".join([environ.get("no_proxy") or environ.get("NO_PROXY") or "", *local]).strip(",")
    if _is_local(_host(settings.slack_base_url)):
        proxies = [proxy for name in _READ_BY_SLACK_SDK if (proxy := environ.pop(name, ""))]
        if proxies:
            environ["all_proxy"] = proxies[0]  # for Autodesk, should that not be on this machine


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


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
    values = {setting.name: variables.get(setting.name, "").strip() or setting.default for setting in SETTINGS}
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
        extra_fields=_names(values["TOKENFLEX_EXTRA_FIELDS"]),
        extra_metrics=_names(values["TOKENFLEX_EXTRA_METRICS"]),
        log_level=values["LOG_LEVEL"].upper(),
        log_format=values["LOG_FORMAT"].lower(),
    )


def _problems(values: Mapping[str, str]) -> list[str]:
    missing = [f"{s.name} is missing: {s.meaning}" for s in SETTINGS if s.required and not values[s.name]]
    return missing + _wrong_tokens(values) + _wrong_urls(values) + _wrong_choices(values) + _wrong_logins(values)


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


def _wrong_logins(values: Mapping[str, str]) -> list[str]:
    key = values["DATABASE_KEY"]
    if values["APS_REFRESH_TOKEN"] and not key:
        return ["DATABASE_KEY is missing: APS_REFRESH_TOKEN is stored encrypted with it; any long random text will do."]
    if key and len(key) < _SHORTEST_KEY:
        return [f"DATABASE_KEY is too short to protect anything: give it at least {_SHORTEST_KEY} random characters."]
    return []


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
