"""Whether the people, groups, channels and contracts that the settings name are there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import Enum, auto
from typing import Any, Final

from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.operate.guide import WHERE
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.errors import ChannelClosedError, NobodyError, NoGroupError, SlackError
from bot.tokenflex.models import Contract

_PATIENCE: Final = 15.0  #: real seconds for one response
_AT_ONCE: Final = 5
_AT_MOST: Final = 60  #: of each setting; Slack takes some fifty such calls a minute

Ask = Callable[[SlackApi, str], Awaitable["_Seen"]]


class _Seen(Enum):
    """What Slack says of an ID; UNTOLD: it does not say."""

    THERE = auto()
    EMPTY = auto()  #: there, and of no use: deactivated, archived, a group with nobody in it
    NOWHERE = auto()
    UNTOLD = auto()


async def check_slack_names(api: SlackApi, settings: Settings) -> list[Finding]:
    """Ask Slack for everything that is named in a setting; nothing where nothing is."""
    named = {
        "ALLOWED_PEOPLE": settings.allowed_people,
        "ALLOWED_CHANNELS": settings.allowed_channels,
        "ADMINISTRATORS": settings.administrators,
    }
    found = [await check_ids(api, name, ids) for name, ids in named.items()]
    return [each for each in found if each is not None]


async def check_ids(api: SlackApi, setting: str, given: Collection[str]) -> Finding | None:
    """Ask Slack for the IDs in one setting; None where it names none."""
    ids = [each for each in given if each not in {"members", "all"}]
    if not ids:
        return None
    slots = asyncio.Semaphore(_AT_ONCE)

    async def _one(each: str) -> _Seen:
        async with slots:
            return await _seen(api, each)

    asked = ids[:_AT_MOST]
    seen = dict(zip(asked, await asyncio.gather(*map(_one, asked)), strict=True))
    return _finding(setting, seen, everybody="members" in given)


async def _seen(api: SlackApi, each: str) -> _Seen:
    try:
        return await _ASKED[each[0]](api, each)
    except (NobodyError, NoGroupError, ChannelClosedError):
        return _Seen.NOWHERE
    except SlackError:
        return _Seen.UNTOLD


async def _person(api: SlackApi, each: str) -> _Seen:
    user = _part(await api.call("users.info", user=each, within=_PATIENCE), "user")
    return _Seen.EMPTY if user.get("deleted") else _Seen.THERE


async def _group(api: SlackApi, each: str) -> _Seen:
    told = await api.call("usergroups.users.list", usergroup=each, within=_PATIENCE)
    return _Seen.THERE if told.get("users") else _Seen.EMPTY


async def _channel(api: SlackApi, each: str) -> _Seen:
    channel = _part(await api.call("conversations.info", channel=each, within=_PATIENCE), "channel")
    return _Seen.EMPTY if channel.get("is_archived") else _Seen.THERE


_ASKED: Final[Mapping[str, Ask]] = {
    "U": _person, "W": _person, "S": _group, "C": _channel, "G": _channel, "D": _channel,
}  # fmt: skip


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _finding(setting: str, seen: Mapping[str, _Seen], *, everybody: bool) -> Finding:
    nowhere, empty, untold = (
        [each for each, one in seen.items() if one is kind] for kind in (_Seen.NOWHERE, _Seen.EMPTY, _Seen.UNTOLD)
    )
    if nowhere:
        nobody = "" if everybody or len(nowhere) < len(seen) else f" {_ALONE[setting]}"
        found = f"Slack knows nothing of {_listed(nowhere)}, or does not show it to me.{nobody}"
        return wrong(setting, found, f"Change it with `python -m bot init {setting}`. {WHERE[setting]}")
    if empty:
        found = f"{_listed(empty)} can do nothing: deactivated, archived, or a group with nobody in it."
        return warning(setting, found, f"If that is not meant: `python -m bot init {setting}`. {WHERE[setting]}")
    if untold:
        return skipped(setting, f"Slack did not say whether {_listed(untold)} exists; see “Slack scopes”.")
    return ok(setting, f"Slack knows {_listed(list(seen))}.")


#: What it means where nothing that a setting names is there.
_ALONE: Final = {
    "ALLOWED_PEOPLE": "So nobody may use the bot.",
    "ALLOWED_CHANNELS": "So nobody can export anywhere.",
    "ADMINISTRATORS": "So nobody is an administrator.",
}


def check_contracts(allowed: Collection[str], contracts: Collection[Contract], as_of: str = "") -> list[Finding]:
    """Compare ALLOWED_CONTRACTS with those that the login sees; `as_of` says when that was, where it is long ago."""
    setting = "ALLOWED_CONTRACTS"
    named = [each for each in allowed if each != "all"]
    seen = [contract.number for contract in contracts]
    if not named or not seen:
        return []
    missing = [each for each in named if each not in seen]
    if missing:
        nobody = " So nobody can export." if len(missing) == len(named) else ""
        found = f"The Autodesk login does not see {_listed(missing)}{as_of}.{nobody}"
        return [wrong(setting, found, f"It sees {_listed(seen)}. Change it with `python -m bot init {setting}`.")]
    return [ok(setting, f"The Autodesk login sees {_listed(named)}{as_of}.")]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"
