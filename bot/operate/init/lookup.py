"""Names that people type where a setting takes IDs: `@ana`, `#finance`, a mention or a link are looked up at Slack."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from bot.operate.guide import IDS
from bot.slack.api import SlackApi
from bot.slack.errors import MethodMissingError, NotToldError, SlackError

PLACES: Final = "ALLOWED_CHANNELS"
PEOPLE: Final = ("ALLOWED_PEOPLE", "ADMINISTRATORS")
_ID: Final = re.compile(r"[UWSCGD][A-Z0-9]+", re.ASCII)
#: A mention as Slack writes it, and the address of a channel or a profile.
_POINTED: Final = re.compile(r"<[@#!](?:subteam\^)?(?P<mention>[A-Z0-9]+)[|>]|/(?:archives|team)/(?P<link>[A-Z0-9]+)")
_PATIENCE: Final = 15.0  #: real seconds for one response
_PAGES, _A_PAGE = 15, 1000  # Slack takes some twenty such calls a minute


async def looked_up(api: SlackApi, setting: str, typed: str) -> tuple[str, list[str]]:
    """Return what was typed with IDs in the place of names, and a sentence for each name that has none."""
    given = [each.strip() for each in typed.split(",") if each.strip()]
    ids, problems = [], []
    for each in given:
        try:
            ids.append(await _id_of(api, setting, each))
        except LookupError as error:
            problems.append(str(error))
        except SlackError as error:
            not_told = isinstance(error, NotToldError | MethodMissingError)
            reason = "does not let this app look for names" if not_told else "did not answer"
            problems.append(f"Slack {reason} ({error}), so {each} cannot be looked up. {IDS}")
    return ",".join(ids), problems


async def _id_of(api: SlackApi, setting: str, typed: str) -> str:
    """Return one ID. Raises LookupError with the sentence that says why there is none."""
    pointed = _POINTED.search(typed)
    if pointed:
        return pointed["mention"] or pointed["link"]
    if _ID.fullmatch(typed) or typed.lower() in {"all", "members"}:
        return typed
    name = typed.lstrip("@#").lower()
    found = await (_channels(api, name) if setting == PLACES else _people(api, name))
    if not found:
        raise LookupError(f"Slack shows me nothing that is called {typed}. {IDS}")
    if len(found) > 1:
        raise LookupError(f"{typed} is the name of {' and of '.join(found)}; type the ID that you mean.")
    return found[0]


async def _channels(api: SlackApi, name: str) -> list[str]:
    pages = _pages(api, "conversations.list", "channels", types="public_channel,private_channel")
    return [str(one["id"]) async for one in pages if str(one.get("name")).lower() == name]


async def _people(api: SlackApi, name: str) -> list[str]:
    people = [str(one["id"]) async for one in _pages(api, "users.list", "members") if name in _names(one)]
    if people:
        return people
    groups = (await api.call("usergroups.list", within=_PATIENCE)).get("usergroups")
    return [str(one["id"]) for one in groups or () if name in {str(one.get(key)).lower() for key in ("handle", "name")}]


def _names(user: Mapping[str, Any]) -> set[str]:
    """Return all that people call somebody; nothing of those who have left, and of bots."""
    if user.get("deleted") or user.get("is_bot"):
        return set()
    profile = user.get("profile") or {}
    shown = (user.get("name"), user.get("real_name"), profile.get("display_name"), profile.get("real_name"))
    return {str(each).lower() for each in shown if each}


async def _pages(api: SlackApi, method: str, part: str, **arguments: str) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    for _ in range(_PAGES):
        told = await api.call(method, within=_PATIENCE, limit=_A_PAGE, cursor=cursor, **arguments)
        for one in told.get(part) or ():
            yield one
        cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return
