"""Channels whose id has changed: settings that name the old one, and events that Slack did not send."""

from dataclasses import replace
from typing import Final

from sqlite_utils import Database as Connection

from bot.operate.checks.slack_tokens import update_app
from bot.operate.findings import Finding, warning
from bot.settings import Settings
from storage import channels

EVENTS, MOVED = "Slack events", "Channels with new ids"
_SETTING: Final = "ALLOWED_CHANNELS"


def check_moved_channels(db: Connection, settings: Settings) -> list[Finding]:
    """Return what an administrator can do about new ids; nothing where there are none."""
    changed = channels.changed_ids(db)
    findings: list[Finding] = []
    told = [f"{old} is {changed[old]} now" for old in sorted(set(settings.allowed_channels) & changed.keys())]
    if told:
        found = f"{_SETTING}: {', '.join(told)}. The old id still means the channel."
        findings.append(warning(MOVED, found, f"Put the new id in its place: `python -m bot init {_SETTING}`."))
    untold = channels.untold(db)
    if untold is not None:
        found = (
            f"Slack did not tell that the id of {untold} has changed; a press on a button there did. Where the bot did "
            "not run then, or a copy of the database was put back since, nothing is missing."
        )
        mend = f"Else: {update_app(settings.slack_app_token)} This stands here until Slack tells of a new id."
        findings.append(warning(EVENTS, found, mend))
    return findings


def with_new_ids(settings: Settings, db: Connection) -> Settings:
    """Return the settings as the bot takes them: channels by the ids that they have now."""
    changed = channels.changed_ids(db)
    named = tuple(dict.fromkeys(changed.get(each, each) for each in settings.allowed_channels))
    return replace(settings, allowed_channels=named)
