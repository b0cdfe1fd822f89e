"""The payloads of envelopes: what Slack tells the app about a person's act."""

import time
from typing import Any

from sandbox.slack.channels import Channel
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Message
from sandbox.slack.people import APP_ID, TEAM_DOMAIN, TEAM_ID, User
from sandbox.slack.views import OpenView

_VERIFICATION = "sandbox-verification"  # deprecated by Slack, still sent


def _common(kind: str, user: User) -> Json:
    team = {"id": TEAM_ID, "domain": TEAM_DOMAIN}
    return {"type": kind, "user": user.as_actor(), "team": team, "api_app_id": APP_ID, "token": _VERIFICATION}


def command(user: User, channel: Channel, name: str, text: str, *, response_url: str, trigger_id: str) -> Json:
    """Return the payload of a slash command."""
    return {
        "token": _VERIFICATION,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": user.acting_id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def shortcut(user: User, callback_id: str, *, trigger_id: str) -> Json:
    """Return the payload of a global shortcut; it tells no channel and gives no response URL."""
    told = {"callback_id": callback_id, "trigger_id": trigger_id, "action_ts": f"{time.time():.6f}"}
    return _common("shortcut", user) | told


def message_action(
    user: User, message: Message, action: Json, state: Json, *, response_url: str, trigger_id: str
) -> Json:
    """Return the payload of a press in a message."""
    told = {
        "trigger_id": trigger_id,
        "response_url": response_url,
        "state": {"values": state},
        "actions": [action],
    }
    return _common("block_actions", user) | around(message) | told


def around(message: Message) -> Json:
    """Return what payloads tell of the message that an act was done in. Of an ephemeral one Slack tells the place."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel_id,
        "is_ephemeral": message.ephemeral_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    told: Json = {"container": container, "channel": {"id": message.channel_id, "name": message.place.payload_name}}
    return told | ({} if message.ephemeral_for else {"message": message.as_json()})


def view_action(user: User, view: OpenView, action: Json, *, trigger_id: str) -> Json:
    """Return the payload of a press or a choice in a modal."""
    return _common("block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view.as_json(),
        "actions": [action],
    }


def submission(user: User, view: OpenView, *, trigger_id: str, response_urls: list[Json]) -> Json:
    """Return the payload of a view submission."""
    told = {"trigger_id": trigger_id, "view": view.as_json(), "response_urls": response_urls}
    return _common("view_submission", user) | told


def closing(user: User, view: OpenView, *, cleared: bool) -> Json:
    """Return the payload of a closed view."""
    return _common("view_closed", user) | {"view": view.as_json(), "is_cleared": cleared}


def suggestion(user: User, block: Json, element: Json, typed: str, surface: Json) -> Json:
    """Return the payload of a search in an external menu; `surface` holds the view or the message around it."""
    told: dict[str, Any] = {"value": typed, "action_id": element["action_id"], "block_id": block["block_id"]}
    return _common("block_suggestion", user) | told | surface
