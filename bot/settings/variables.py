"""What each variable means, and what it says: its default, the names that stand in for it, lists by comma."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.network import Network


class LinkAudience(StrEnum):
    """Who gets to see a download link."""

    CHANNEL = "channel"  #: everyone in the channel that the export was posted to
    REQUESTER = "requester"  #: only the person who asked for the export
    PRESS = "press"  #: whoever in the channel presses the button, privately


class CallPace(StrEnum):
    """How fast Token Flex is called; its limit is one sentence with several readings (`bot/calls/budget.py`)."""

    CAREFUL = "careful"  #: five calls in any minute and one burst in eight hours: no reading but the strictest refuses
    BUCKET = "bucket"  #: what is not called for is saved up: faster, and refused where Autodesk is strict


class AnswerDetail(StrEnum):
    """What of the data the answer of an export shows to everyone who sees it."""

    ALL = "all"  #: names of people too
    FIGURES = "figures"  #: figures; people are counted, and named privately to those who may have the link
    LINK = "link"  #: nothing: the link alone


class AttachFiles(StrEnum):
    """In which form the file itself is put into the thread."""

    NO = "no"
    CSV = "csv"
    XLSX = "xlsx"


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
        "ANSWER_DETAIL",
        "What the answer under a download link shows: `all` (names of people too), `figures` (people are counted; who "
        "may have the link can see names privately) or `link` (no figures).",
        "figures",
    ),
    Setting(
        "PERSONAL_FIELDS",
        "Fields that name people, besides those that are known to, by comma: `customField1` to `customField10`, and "
        "names from TOKENFLEX_EXTRA_FIELDS.",
    ),
    Setting(
        "ATTACH_FILES",
        "Whether the file itself is put into the thread: `no`, `csv` (as it is) or `xlsx` (200,000 rows at most).",
        "no",
    ),
    Setting(
        "DOWNLOAD_HOSTS",
        "Where files may be downloaded from for an answer, by comma: names of hosts (`*.` in front: each below it; "
        "`http://` in front where there is no HTTPS), `s3` (Amazon's S3), `tokenflex` (the host of TOKENFLEX_BASE_URL, "
        "at any port). Addresses in private networks are refused unless the list names the network too, as in "
        "`10.2.0.0/16`.",
        "download.autodesk.com,http://download.autodesk.com,s3,tokenflex",
    ),
    Setting(
        "ANSWER_MAX_MB",
        "Megabytes that a file may have for an answer; of a larger one there is the link alone.",
        "2000",
    ),
    Setting(
        "KEEP_ANSWERS",
        "Days for which the figures of answers are kept, without names of people, so that the next run of the same "
        "question can be compared with them.",
        "400",
    ),
    Setting(
        "CALL_PACE",
        "How fast Token Flex is called: `careful` (5 calls in any minute, and 50 in one of them every 8 hours) or "
        "`bucket` (50 calls saved up, 5 a minute come back), which notices files sooner; where Autodesk refuses that, "
        "the bot is careful for 8 hours.",
        "careful",
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

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMATS = ("auto", "text", "json")
#: The least and the most that a whole number may be.
NUMBERS = {"ANSWER_MAX_MB": (1, 1_000_000), "KEEP_ANSWERS": (1, 36_500)}
OWN_FIELDS = tuple(f"customField{number}" for number in range(1, 11))  #: whose meaning each contract has for itself
_PERSON_OR_GROUP = re.compile(r"[UWS][A-Z0-9]+", re.ASCII)
#: What may stand in each list of who may: the one word for everybody or everything, the shape of any other name, and
#: what to write.
LISTS = {
    "ALLOWED_PEOPLE": ("members", _PERSON_OR_GROUP, "`members`, user IDs (U…) or user group IDs (S…)"),
    "ALLOWED_CONTRACTS": ("all", re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII), "`all` or contract numbers"),
    "ALLOWED_CHANNELS": ("all", re.compile(r"[CGD][A-Z0-9]+", re.ASCII), "`all` or channel IDs (C…)"),
    "ADMINISTRATORS": ("", _PERSON_OR_GROUP, "user IDs (U…) or user group IDs (S…)"),
}
#: What stands in for a setting that is empty: names that other programs know.
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_STAND_IN = {"PROXY": PROXIES, "CA_BUNDLE": _BUNDLES}


def with_defaults(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every setting, unchecked."""
    return {
        setting.name: variables.get(source(setting.name, variables), "").strip() or setting.default
        for setting in SETTINGS
    }


def network_of(variables: Mapping[str, str]) -> Network:
    """Return the way out of this machine, unchecked."""
    values = with_defaults(variables)
    without = variables.get("NO_PROXY", "").strip() or variables.get("no_proxy", "").strip()
    bundle = Path(values["CA_BUNDLE"]).expanduser() if values["CA_BUNDLE"] else None
    return Network(bundle, with_scheme(values["PROXY"]), without)


def source(name: str, variables: Mapping[str, str]) -> str:
    """Return the name of the variable that a setting has its value from."""
    return next((one for one in (name, *_STAND_IN.get(name, ())) if variables.get(one, "").strip()), name)


def with_scheme(proxy: str) -> str:
    """Return the address of a proxy; without a scheme, HTTP is meant."""
    return proxy.strip() if "://" in proxy or not proxy.strip() else f"http://{proxy.strip()}"


def allowed(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the names of a list of who may; its one word is understood in any case."""
    word = LISTS[name][0]
    return tuple(word if word and each.lower() == word else each for each in in_commas(values[name]))


def personal_fields(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that name people; contracts' own are understood in any case."""
    own = {name.lower(): name for name in OWN_FIELDS}
    return tuple(own.get(name.lower(), name) for name in in_commas(values["PERSONAL_FIELDS"]))


def in_commas(text: str) -> tuple[str, ...]:
    """Return what stands between the commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
