"""The settings: what each variable means, which values it takes, and what is wrong with those it has."""

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.network import Network


class LinkAudience(StrEnum):
    """Who gets to see a download link."""

    CHANNEL = "channel"  #: everyone in the channel that the export was posted to
    REQUESTER = "requester"  #: only the person who asked for the export
    PRESS = "press"  #: whoever in the channel presses the button, privately


class SharedChannels(StrEnum):
    """What may be posted to a channel that is shared with another organisation."""

    REFUSE = "refuse"  #: no exports
    PRIVATE = "private"  #: that there is an export, and nothing of the data; links are for the eyes of who presses
    ALLOW = "allow"  #: what is posted anywhere


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment, as the documentation shows it."""

    name: str
    meaning: str
    default: str = ""
    required: bool = False
    secret: bool = False


DEFAULT_PATH = "data/tokenflex.db"
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
    Setting(
        "PROXY",
        "Proxy on the way to both services, as in `http://proxy.example:3128`. Where it is empty, `HTTPS_PROXY`, "
        "`HTTP_PROXY` or `ALL_PROXY` count.",
    ),
    Setting(
        "CA_BUNDLE",
        "File with certificates (PEM) that are trusted at both services beside the usual ones, for a proxy that looks "
        "into the traffic. Where it is empty, `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` count.",
    ),
    Setting("DATABASE_PATH", "Path of the SQLite file; `~` is the home folder.", DEFAULT_PATH),
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
        "SHARED_CHANNELS",
        "What is posted to channels that are shared with other organisations (Slack Connect): `refuse` (no exports), "
        "`private` (cards without where clause and names; links only privately, to people who may use the bot) or "
        "`allow` (as anywhere). Where Slack does not tell which channels are shared, they count as shared if this is "
        "set, and as others if it is empty.",
        "private",
    ),
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
REQUIRED = tuple(setting.name for setting in SETTINGS if setting.required)

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FORMATS = ("auto", "text", "json")
_SHORTEST_KEY = 8
_PERSON_OR_GROUP = re.compile(r"[UWS][A-Z0-9]+", re.ASCII)
#: What may stand in each list of who may: the one word for everybody or everything, the shape of any other name, and
#: what to write.
_LISTS = {
    "ALLOWED_PEOPLE": ("members", _PERSON_OR_GROUP, "`members`, user IDs (U…) or user group IDs (S…)"),
    "ALLOWED_CONTRACTS": ("all", re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII), "`all` or contract numbers"),
    "ALLOWED_CHANNELS": ("all", re.compile(r"[CGD][A-Z0-9]+", re.ASCII), "`all` or channel IDs (C…)"),
    "ADMINISTRATORS": ("", _PERSON_OR_GROUP, "user IDs (U…) or user group IDs (S…)"),
}
_ADDRESSES = ("SLACK_BASE_URL", "TOKENFLEX_BASE_URL", "APS_BASE_URL")
#: What stands in for a setting that is empty: names that other programs know.
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_STAND_IN = {"PROXY": PROXIES, "CA_BUNDLE": _BUNDLES}
#: Slack closes the whole form for a longer value of an option (source: Block Kit, option object).
_LONGEST_NAME = 150
_ADDED_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_VARIABLE = re.compile(r"\$\w|\$\{|%\w+%")
_QUOTES = "\"'`“”„‟‘’‚‛«»"
#: May hold any character; what it is encrypted with must not change.
_TAKEN_AS_IT_IS = "DATABASE_KEY"
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
    network: Network
    database_path: Path
    database_key: str = field(repr=False)
    link_audience: LinkAudience
    allowed_people: tuple[str, ...]
    allowed_contracts: tuple[str, ...]
    allowed_channels: tuple[str, ...]
    shared_channels: SharedChannels
    shared_channels_are_set: bool  #: whether somebody wrote that down
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
            _password(self.network.proxy),
        )
        return tuple(value for value in values if value)


def read(variables: Mapping[str, str], known: Sequence[str] = ()) -> Settings:
    """Return the checked settings of these variables, about which some problems may be known already.

    Raises:
        SettingsError: with the known problems, and one sentence per missing or wrong setting that they do not name.

    """
    values = with_defaults(variables)
    named = {problem.split()[0] for problem in known}
    problems = [*known, *(problem for problem in _problems(variables) if problem.split()[0] not in named)]
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
        network=network_of(variables),
        database_path=Path(values["DATABASE_PATH"]).expanduser(),
        database_key=values["DATABASE_KEY"],
        link_audience=LinkAudience(values["LINK_AUDIENCE"].lower()),
        allowed_people=_allowed(values, "ALLOWED_PEOPLE"),
        allowed_contracts=_allowed(values, "ALLOWED_CONTRACTS"),
        allowed_channels=_allowed(values, "ALLOWED_CHANNELS"),
        shared_channels=SharedChannels(values["SHARED_CHANNELS"].lower()),
        shared_channels_are_set=bool(variables.get("SHARED_CHANNELS", "").strip()),
        administrators=_allowed(values, "ADMINISTRATORS"),
        extra_fields=_names(values["TOKENFLEX_EXTRA_FIELDS"]),
        extra_metrics=_names(values["TOKENFLEX_EXTRA_METRICS"]),
        log_level=values["LOG_LEVEL"].upper(),
        log_format=values["LOG_FORMAT"].lower(),
    )


def problems_of(name: str, variables: Mapping[str, str]) -> list[str]:
    """Return what is wrong with one setting, whatever else is missing or wrong."""
    source = _source(name, variables)
    return [problem for problem in _problems(variables) if problem.split()[0] == source]


def secrets_of(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that may never be shown, of settings that may be wrong."""
    values = [variables.get(setting.name, "").strip() for setting in SETTINGS if setting.secret]
    proxies = [_password(_with_scheme(variables.get(name, ""))) for name in ("PROXY", *PROXIES)]
    return tuple(value for value in values + proxies if value)


def with_defaults(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every setting, unchecked."""
    return {
        setting.name: variables.get(_source(setting.name, variables), "").strip() or setting.default
        for setting in SETTINGS
    }


def network_of(variables: Mapping[str, str]) -> Network:
    """Return the way out of this machine, unchecked."""
    values = with_defaults(variables)
    without = variables.get("NO_PROXY", "").strip() or variables.get("no_proxy", "").strip()
    bundle = Path(values["CA_BUNDLE"]).expanduser() if values["CA_BUNDLE"] else None
    return Network(bundle, _with_scheme(values["PROXY"]), without)


def _source(name: str, variables: Mapping[str, str]) -> str:
    """Return the name of the variable that a setting has its value from."""
    return next((one for one in (name, *_STAND_IN.get(name, ())) if variables.get(one, "").strip()), name)


def _with_scheme(proxy: str) -> str:
    return proxy.strip() if "://" in proxy or not proxy.strip() else f"http://{proxy.strip()}"


def _password(address: str) -> str:
    try:
        return unquote(urlsplit(address).password or "")
    except ValueError:
        return ""


def _problems(variables: Mapping[str, str]) -> list[str]:
    values = with_defaults(variables)
    missing = [f"{s.name} is missing: {s.meaning}" for s in SETTINGS if s.required and not values[s.name]]
    quoted = [
        _source(name, variables)
        for name, value in values.items()
        if name != _TAKEN_AS_IT_IS and value.strip(_QUOTES) != value
    ]
    wrong = (
        _wrong_tokens(values)
        + _wrong_urls(values)
        + _wrong_choices(values)
        + _wrong_lists(values)
        + _wrong_names(values)
        + _wrong_network(variables)
        + _wrong_paths(values)
        + _wrong_logins(values)
    )
    in_quotes = [f"{name} is in quotation marks; take the quotation marks away." for name in quoted]
    return missing + in_quotes + [problem for problem in wrong if problem.split()[0] not in quoted]


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
        ("SHARED_CHANNELS", tuple(SharedChannels), values["SHARED_CHANNELS"].lower()),
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


def _wrong_names(values: Mapping[str, str]) -> list[str]:
    problems = []
    for name in ("TOKENFLEX_EXTRA_FIELDS", "TOKENFLEX_EXTRA_METRICS"):
        given = _names(values[name])
        wrong = [each for each in given if not _ADDED_NAME.fullmatch(each)]
        long = [each for each in given if len(each) > _LONGEST_NAME]
        if wrong or (values[name] and not given):
            problems.append(
                f"{name} names “{', '.join(wrong)}”; write names of letters and digits, separated by commas."
            )
        elif long:
            problems.append(f"{name} has a name of {len(long[0])} characters; Slack takes {_LONGEST_NAME} at most.")
    return problems


def _wrong_network(variables: Mapping[str, str]) -> list[str]:
    values, problems = with_defaults(variables), []
    if values["PROXY"] and not _is_web_address(_with_scheme(values["PROXY"])):
        source = _source("PROXY", variables)
        problems.append(f"{source} is not the address of a proxy; it has to look like http://proxy.example:3128.")
    if values["CA_BUNDLE"]:
        try:
            network_of(variables).trust()
        except ssl.SSLError:
            problems.append(f"{_source('CA_BUNDLE', variables)} names a file that holds no certificate (PEM).")
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", "") or "there is no such place"
            problems.append(f"{_source('CA_BUNDLE', variables)} names a file that cannot be read ({reason}).")
    return problems


def _wrong_paths(values: Mapping[str, str]) -> list[str]:
    path = values["DATABASE_PATH"]
    if "://" in path or _VARIABLE.search(path):
        return ["DATABASE_PATH is taken literally, without variables; write the whole path of the file."]
    try:
        Path(path).expanduser()
    except RuntimeError:
        return ["DATABASE_PATH begins with ~ and the name of nobody on this machine; write the whole path of the file."]
    return []


def _wrong_logins(values: Mapping[str, str]) -> list[str]:
    key = values["DATABASE_KEY"]
    if values["APS_REFRESH_TOKEN"] and not key:
        return ["DATABASE_KEY is missing: APS_REFRESH_TOKEN is stored encrypted with it; any long random text will do."]
    if key and len(key) < _SHORTEST_KEY:
        return [f"DATABASE_KEY is too short to protect anything: give it at least {_SHORTEST_KEY} random characters."]
    return []


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
