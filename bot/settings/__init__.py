"""The settings, checked. `variables` has what each means, `problems` what is wrong, `environment` where they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.network import Network
from bot.settings.hosts import Hosts, read_hosts
from bot.settings.problems import all_problems, problems_of
from bot.settings.variables import (
    DEFAULT_PATH,
    NAMES,
    PROXIES,
    REQUIRED,
    SETTINGS,
    AnswerDetail,
    AttachFiles,
    CallPace,
    LinkAudience,
    Setting,
    SharedChannels,
    allowed,
    in_commas,
    network_of,
    personal_fields,
    with_defaults,
    with_scheme,
)

__all__ = [
    "DEFAULT_PATH",
    "NAMES",
    "PROXIES",
    "REQUIRED",
    "SETTINGS",
    "AnswerDetail",
    "AttachFiles",
    "CallPace",
    "Hosts",
    "LinkAudience",
    "Setting",
    "Settings",
    "SettingsError",
    "SharedChannels",
    "allowed",
    "network_of",
    "problems_of",
    "read",
    "secrets_of",
    "with_defaults",
]


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
    answer_detail: AnswerDetail
    personal_fields: tuple[str, ...]  #: besides those of the catalogue
    attach_files: AttachFiles
    download_hosts: Hosts
    answer_max_bytes: int
    keep_answers: timedelta
    call_pace: CallPace
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
    problems = [*known, *(problem for problem in all_problems(variables) if problem.split()[0] not in named)]
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
        answer_detail=AnswerDetail(values["ANSWER_DETAIL"].lower()),
        personal_fields=personal_fields(values),
        attach_files=AttachFiles(values["ATTACH_FILES"].lower()),
        download_hosts=read_hosts(in_commas(values["DOWNLOAD_HOSTS"]), values["TOKENFLEX_BASE_URL"]),
        answer_max_bytes=int(values["ANSWER_MAX_MB"]) * 1_000_000,
        keep_answers=timedelta(days=int(values["KEEP_ANSWERS"])),
        call_pace=CallPace(values["CALL_PACE"].lower()),
        allowed_people=allowed(values, "ALLOWED_PEOPLE"),
        allowed_contracts=allowed(values, "ALLOWED_CONTRACTS"),
        allowed_channels=allowed(values, "ALLOWED_CHANNELS"),
        shared_channels=SharedChannels(values["SHARED_CHANNELS"].lower()),
        shared_channels_are_set=bool(variables.get("SHARED_CHANNELS", "").strip()),
        administrators=allowed(values, "ADMINISTRATORS"),
        extra_fields=in_commas(values["TOKENFLEX_EXTRA_FIELDS"]),
        extra_metrics=in_commas(values["TOKENFLEX_EXTRA_METRICS"]),
        log_level=values["LOG_LEVEL"].upper(),
        log_format=values["LOG_FORMAT"].lower(),
    )


def secrets_of(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that may never be shown, of settings that may be wrong."""
    values = [variables.get(setting.name, "").strip() for setting in SETTINGS if setting.secret]
    proxies = [_password(with_scheme(variables.get(name, ""))) for name in ("PROXY", *PROXIES)]
    return tuple(value for value in values + proxies if value)


def _password(address: str) -> str:
    try:
        return unquote(urlsplit(address).password or "")
    except ValueError:
        return ""
