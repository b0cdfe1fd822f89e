"""Private messages about delivery: what keeps a result from reaching its channel, and what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from bot.cards.blocks import Message, paragraph
from bot.cards.text import channel, code, is_direct_message, moment
from bot.tokenflex.errors import LONGEST_WAIT
from storage.models import Export
from storage.refusals import RefusedPace


class Closing(StrEnum):
    """Why a channel takes no messages of ours. The database has these words, and from earlier versions Slack's."""

    ABSENT = "not_in_channel"
    ARCHIVED = "is_archived"
    RESTRICTED = "restricted_action"
    SHARED = "shared"  #: our own word: with another organisation, and the settings keep exports out of such channels
    REFUSED = "refused"  #: our own word: Slack takes no message like this one there, and nobody here knows why

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls.RESTRICTED if str(value).startswith(cls.RESTRICTED) else cls.ABSENT


#: Details of a message about the login: it is the app's own ID and secret that Autodesk refuses, or something else
#: that a new login would not mend.
WRONG_CLIENT: Final = "client"
SIGN_IN_REFUSED: Final = "sign-in"
#: Those of one about the app, which Autodesk's gateway does not let through though it signs us in.
APP_REFUSED, SCOPE_MISSING, API_NOT_ENABLED = "app", "scope", "api"
_DOCTOR: Final = "`python -m bot doctor` where I run"
_ASK_AGAIN: Final = "What is refused meanwhile has to be asked for again. You hear this once."
#: What keeps us from exports, and what to do, by the detail.
_MATTERS: Final[Mapping[str, str]] = {
    SIGN_IN_REFUSED: "Autodesk does not let me sign in, whatever the login is, so exports wait; nothing is lost. "
    f"Something about my app at Autodesk, or on the way there, has changed: {_DOCTOR} says what, and what to do. I go "
    "on by myself when it is mended. You hear this once.",
    WRONG_CLIENT: "Autodesk does not know my client ID, or the client secret is not its own any more, so exports wait; "
    "nothing is lost. Set `APS_CLIENT_ID` and `APS_CLIENT_SECRET` to those of the app on Autodesk's developer page "
    "where I run, and start me again. I say this once, not again until Autodesk has accepted me.",
    SCOPE_MISSING: "Autodesk refuses what I ask Token Flex, since my login lacks a right. Sign in again where I run, "
    "with `python -m bot login`, and give both, `data:read` and `data:write`; `python -m bot doctor` there says "
    f"whether they are there. {_ASK_AGAIN}",
    API_NOT_ENABLED: "Autodesk refuses what I ask Token Flex, since my app may not use it. Open the app on Autodesk's "
    "developer page and enable the Token Flex Usage Data API; "
    f"{_DOCTOR} says whether it is. {_ASK_AGAIN}",
    APP_REFUSED: "Autodesk does not let my app, or its login, through to Token Flex, and refuses what I ask. "
    f"{_DOCTOR} says what it finds, and what to do; the app's page at Autodesk may say more. {_ASK_AGAIN}",
}
#: Why a login may have ended that nobody has revoked.
_CUT_OFF: Final = (
    "I was ended while I renewed it, or Autodesk's answer was lost: leave me ten seconds when you stop me. "
)


def channel_trouble(export: Export, closing: Closing, bot_name: str) -> Message:
    """Return what the requester can do about a channel that takes no messages."""
    text = (
        f"{not_announced(export, closing, bot_name)} The export goes on anyway: "
        f"once it is ready, `/tokenflex link {export.label}` gets you its file, wherever you type it."
    )
    return paragraph(text)


def not_announced(export: Export, closing: Closing | None, bot_name: str) -> str:
    """Return what keeps messages about an export from their channel; None: the requester was told that already."""
    if closing is None:
        return f"It does not stand in {channel(export.channel)} yet, as I told you."
    return not_posted(f"export {export.label}", export.channel, closing, bot_name)


def not_posted(what: str, place: str, closing: Closing, bot_name: str) -> str:
    """Return what keeps something from a channel, and what to do."""
    if closing is Closing.ARCHIVED:
        advice = "That channel is archived. Unarchive it and I'll post within a minute or so."
    elif closing is Closing.SHARED:
        advice = "It is, or may be, shared with another organisation, and exports are kept out of such channels."
    elif closing is Closing.RESTRICTED:
        advice = "A setting of the channel or the workspace keeps me from posting there. Ask a workspace admin."
    elif closing is Closing.REFUSED:
        advice = "Slack does not take that message there; I go on trying."
    elif is_direct_message(place):
        advice = "I can only write in direct messages that are with me. Ask again in one with me, or in a channel."
    else:
        invite = code(f"/invite @{bot_name}")
        advice = (
            f"I am not in that channel. Type {invite} there and I'll post within a minute or so. If it is a group "
            "message, nobody can invite me: ask for it in a channel instead."
        )
    return f"I cannot post {what} to {channel(place)}. {advice}"


def not_removed(export: Export) -> Message:
    """Return what the requester can do about figures of a deleted export that Slack does not let us take away."""
    text = (
        f"Slack does not let me take the figures of export {export.label} out of {channel(export.channel)}. "
        "Whoever may delete messages there can do it; here they are forgotten."
    )
    return paragraph(text)


def post_in_doubt(export: Export) -> Message:
    """Return the private message that stands in for a post that may or may not have appeared."""
    text = (
        f"I was interrupted while posting about export {export.label} in {channel(export.channel)} and cannot see "
        "whether the message is there, so I won't post it again. "
        f"`/tokenflex status {export.label}` shows how the export stands."
    )
    return paragraph(text)


def pace_refused(refused: RefusedPace | None) -> Message:
    """Return what an administrator is told when Token Flex refuses how fast it was called."""
    said, numbers = "Autodesk refused one of my requests as one too many, under `CALL_PACE=bucket`. ", ""
    if refused is not None:
        numbers = "with these numbers "
        said += (
            f"It was made {moment(refused.at)}: {_requests(refused.minute)} in that minute, "
            f"{_requests(refused.ten_minutes)} in ten minutes, {_requests(refused.eight_hours)} in eight hours. "
        )
        if refused.retry_after is not None:
            said += f"Autodesk asked me to wait for {_pause(refused.retry_after)}. "
    return paragraph(
        f"{said}Nothing is lost. I am careful for eight hours from the last such refusal, then as fast again. Where no "
        "other program asks Autodesk in the name of the same user, its limit is stricter than `bucket` takes it to be: "
        f"set `CALL_PACE=careful` and start me again, or ask Autodesk {numbers}how its limit of 5 a minute "
        "with a burst of 50 is meant. You hear this once a week at most."
    )


def _pause(seconds: float) -> str:
    if seconds >= LONGEST_WAIT:  # what is longer is not known any more
        return "a quarter of an hour or longer"
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def login_needed(*, was_cut_off: bool, detail: str = "") -> Message:
    """Return what an administrator is told when Autodesk refuses us until somebody does something.

    `was_cut_off` is a reason; the `detail` says whether it is something else than the login that is refused.
    """
    text = _MATTERS.get(detail) or (
        "Autodesk does not accept my login any more, so exports wait; nothing is lost. "
        f"{_CUT_OFF if was_cut_off else ''}Sign in again where I run, with `python -m bot login`; I then go on by "
        "myself. You hear this once."
    )
    return paragraph(text)
