"""Who acts, and where: read from the envelope of Slack, which is authenticated, and from nothing else."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bot.people.asker import Sender, Source
from bot.slack.connection import is_org_wide

Body = Mapping[str, Any]


def of_command(body: Body) -> Sender:
    """Return who typed a slash command, and in which channel."""
    team = str(body.get("team_id") or "")
    return Sender(str(body["user_id"]), str(body["channel_id"]), Source.COMMAND, team, is_org_wide(body))


def is_in_group_message(body: Body) -> bool:
    """Return whether a command was typed in a message of several people; good for what is offered, not for rights.

    Slack tells by the name alone, which nobody can choose (source: Slack, conversation object).
    """
    return str(body.get("channel_name") or "").startswith("mpdm-")


def of_action(body: Body) -> Sender:
    """Return who pressed a button, and in which channel; a press in a modal or in the Home tab has no channel."""
    channel = body.get("channel") or {}
    container = body.get("container") or {}
    where = str(channel.get("id") or container.get("channel_id") or "")
    source = Source.HOME if is_in_home(body) else Source.BUTTON
    return Sender(str(body["user"]["id"]), where, source, _team(body), is_org_wide(body))


def is_in_home(body: Body) -> bool:
    """Return whether something was pressed in the Home tab."""
    return (body.get("view") or {}).get("type") == "home"


def of_shortcut(body: Body) -> Sender:
    """Return who used a global shortcut, which is used in no channel."""
    return Sender(str(body["user"]["id"]), "", Source.SHORTCUT, _team(body), is_org_wide(body))


def of_home(body: Body) -> Sender:
    """Return who opened the Home tab."""
    return _of_event(body, "", Source.HOME)


def of_mention(body: Body) -> Sender:
    """Return who mentioned the bot, and in which channel."""
    return _of_event(body, str(body["event"]["channel"]), Source.MENTION)


def of_message(body: Body) -> Sender:
    """Return who typed to the bot; the channel is left out, since an answer there is a message like any other."""
    return _of_event(body, "", Source.MESSAGE)


def _of_event(body: Body, channel: str, source: Source) -> Sender:
    team = str(body["event"].get("team") or body.get("team_id") or "")
    installed = (body.get("authorizations") or [{}])[0]
    return Sender(str(body["event"]["user"]), channel, source, team, is_org_wide(installed))


def of_form(body: Body, channel: str) -> Sender:
    """Return who acts in a form; `channel` is where it was opened, as we wrote into it ourselves."""
    return Sender(str(body["user"]["id"]), channel, Source.FORM, _team(body), is_org_wide(body))


def _team(body: Body) -> str:
    return str(body["user"].get("team_id") or "")


def response_url(body: Body) -> str:
    """Return the address by which what was just done can be answered, "" where there is none: in a form."""
    return str(body.get("response_url") or "")


def pressed_message(body: Body) -> str:
    """Return the `ts` of the message whose button was pressed."""
    container = body.get("container") or {}
    message = body.get("message") or {}
    return str(container.get("message_ts") or message.get("ts") or "")


def pressed_thread(body: Body) -> str:
    """Return the thread of the message whose button was pressed, "" where it is in none."""
    return str((body.get("message") or {}).get("thread_ts") or (body.get("container") or {}).get("thread_ts") or "")


def is_private(body: Body) -> bool:
    """Return whether the message whose button was pressed is shown to that person only."""
    return bool((body.get("container") or {}).get("is_ephemeral"))


def origin_of_command(body: Body) -> str:
    """Return a name for this one act of typing: the same envelope delivered twice has the same.

    A command that stands on a button is done once, however often it is pressed.
    """
    if body.get("actions"):
        return f"meant:{origin_of_press(body)}"
    parts = [str(body.get(part, "")) for part in ("trigger_id", "response_url", "user_id", "channel_id", "text")]
    return "command:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def origin_of_press(body: Body) -> str:
    """Return a name for all presses of one button of a message by one person: they are the same act."""
    pressed = [str(body["user"]["id"]), pressed_message(body), str(body["actions"][0].get("value"))]
    return hashlib.sha256("\n".join(pressed).encode()).hexdigest()


def origin_of_one_press(body: Body) -> str:
    """Return a name for this one press of a button or choice in a menu; the same again later is another act."""
    action = body["actions"][0]
    chosen = (action.get("selected_option") or {}).get("value") or action.get("value")
    pressed = [str(body["user"]["id"]), pressed_message(body), str(chosen), str(action.get("action_ts"))]
    return "press:" + hashlib.sha256("\n".join(pressed).encode()).hexdigest()


def origin_of_form(body: Body) -> str:
    """Return a name for this one form as it is filled in: submitted twice it is the same act, changed it is another."""
    view = body["view"]
    entered = json.dumps((view.get("state") or {}).get("values") or {}, sort_keys=True)
    digest = hashlib.sha256(f"{entered}\n{view.get('private_metadata')}".encode()).hexdigest()
    return f"form:{body['user']['id']}:{body['view']['id']}:{digest}"
