"""What is wrong with settings: one sentence for each, beginning with the name of the variable."""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.settings.hosts import EXPECTED, HostsError, read_hosts
from bot.settings.variables import (
    FORMATS,
    LEVELS,
    LISTS,
    NUMBERS,
    OWN_FIELDS,
    SETTINGS,
    AnswerDetail,
    AttachFiles,
    CallPace,
    LinkAudience,
    SharedChannels,
    allowed,
    in_commas,
    network_of,
    personal_fields,
    source,
    with_defaults,
    with_scheme,
)
from bot.signs import visible

_SHORTEST_KEY = 8
_ADDRESSES = ("SLACK_BASE_URL", "TOKENFLEX_BASE_URL", "APS_BASE_URL")
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


def all_problems(variables: Mapping[str, str]) -> list[str]:
    """Return what is missing and what is wrong."""
    values = with_defaults(variables)
    missing = [f"{s.name} is missing: {s.meaning}" for s in SETTINGS if s.required and not values[s.name]]
    quoted = [
        source(name, variables)
        for name, value in values.items()
        if name != _TAKEN_AS_IT_IS and value.strip(_QUOTES) != value
    ]
    wrong = (
        _wrong_tokens(values)
        + _wrong_urls(values)
        + _wrong_choices(values)
        + _wrong_lists(values)
        + _wrong_numbers(values)
        + _wrong_hosts(values)
        + _wrong_names(values)
        + _wrong_personal_fields(values)
        + _wrong_network(variables)
        + _wrong_paths(values)
        + _wrong_logins(values)
    )
    in_quotes = [f"{name} is in quotation marks; take the quotation marks away." for name in quoted]
    hidden = [
        source(name, variables)
        for name, value in values.items()
        if name != _TAKEN_AS_IT_IS and visible(value) != value and source(name, variables) not in quoted
    ]
    unseen = [f"{name} has an invisible character in it; type it anew, or take that away." for name in hidden]
    told = {*quoted, *hidden}
    return missing + in_quotes + unseen + [problem for problem in wrong if problem.split()[0] not in told]


def problems_of(name: str, variables: Mapping[str, str]) -> list[str]:
    """Return what is wrong with one setting, whatever else is missing or wrong."""
    given = source(name, variables)
    return [problem for problem in all_problems(variables) if problem.split()[0] == given]


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
        f"{name} is not a web address: it has to begin with https:// (http:// for a stand-in alone)."
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
        ("ANSWER_DETAIL", tuple(AnswerDetail), values["ANSWER_DETAIL"].lower()),
        ("ATTACH_FILES", tuple(AttachFiles), values["ATTACH_FILES"].lower()),
        ("CALL_PACE", tuple(CallPace), values["CALL_PACE"].lower()),
        ("LOG_LEVEL", LEVELS, values["LOG_LEVEL"].upper()),
        ("LOG_FORMAT", FORMATS, values["LOG_FORMAT"].lower()),
    ):
        if value not in choices:
            problems.append(f"{name} is “{values[name]}”; it has to be one of {', '.join(choices)}.")
    return problems


def _wrong_lists(values: Mapping[str, str]) -> list[str]:
    """A name that nobody has would let nobody in, or hide a mistake, so it ends the start."""
    problems = []
    for name, (word, shape, expected) in LISTS.items():
        given = allowed(values, name)
        wrong = [each for each in given if each != word and not shape.fullmatch(each)]
        if wrong or (values[name] and not given):
            problems.append(f"{name} names “{', '.join(wrong)}”; write {expected}, separated by commas.")
        elif word == "all" and word in given and len(given) > 1:
            problems.append(f"{name} says `all` and names some as well; write the one or the other.")
    return problems


def _wrong_numbers(values: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is “{values[name]}”; it has to be a whole number from {least} to {most}."
        for name, (least, most) in NUMBERS.items()
        if not re.fullmatch(r"[0-9]{1,9}", values[name]) or not least <= int(values[name]) <= most
    ]


def _wrong_hosts(values: Mapping[str, str]) -> list[str]:
    given = in_commas(values["DOWNLOAD_HOSTS"])
    try:
        read_hosts(given or [""], values["TOKENFLEX_BASE_URL"])
    except HostsError as error:
        return [f"DOWNLOAD_HOSTS names “{error}”; write {EXPECTED}, separated by commas."]
    return []


def _wrong_personal_fields(values: Mapping[str, str]) -> list[str]:
    """A name that no field has would leave people named in a channel, so it ends the start."""
    given, added = personal_fields(values), in_commas(values["TOKENFLEX_EXTRA_FIELDS"])
    wrong = [name for name in given if name not in {*OWN_FIELDS, *added}]
    if not wrong and (given or not values["PERSONAL_FIELDS"]):
        return []
    expected = f"{OWN_FIELDS[0]} to {OWN_FIELDS[-1]}, or names from TOKENFLEX_EXTRA_FIELDS"
    return [f"PERSONAL_FIELDS names “{', '.join(wrong)}”; write {expected}, separated by commas."]


def _wrong_names(values: Mapping[str, str]) -> list[str]:
    problems = []
    for name in ("TOKENFLEX_EXTRA_FIELDS", "TOKENFLEX_EXTRA_METRICS"):
        given = in_commas(values[name])
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
    if values["PROXY"] and not _is_web_address(with_scheme(values["PROXY"])):
        given = source("PROXY", variables)
        problems.append(f"{given} is not the address of a proxy; it has to look like http://proxy.example:3128.")
    if values["CA_BUNDLE"]:
        try:
            network_of(variables).trust()
        except ssl.SSLError:
            problems.append(f"{source('CA_BUNDLE', variables)} names a file that holds no certificate (PEM).")
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", "") or "there is no such place"
            problems.append(f"{source('CA_BUNDLE', variables)} names a file that cannot be read ({reason}).")
    return problems


def _wrong_paths(values: Mapping[str, str]) -> list[str]:
    path = values["DATABASE_PATH"]
    if "://" in path or _VARIABLE.search(path):
        return ["DATABASE_PATH is taken literally, without variables; write the whole path of the file."]
    if path.endswith(("/", os.sep)):
        return ["DATABASE_PATH ends as a folder does; write the whole path of the file, such as data/tokenflex.db."]
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
