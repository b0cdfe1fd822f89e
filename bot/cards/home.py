"""The Home tab: what is under way and why it waits, the newest exports, saved questions, and how things stand.

Each part has a cap of its own, so that what a person needs to go on is there however much there is (source: Slack, App
Home: 100 blocks and 250 kB at most).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.cards import actions, admin_card, alert_list, blocks, export_card, schedule_list
from bot.cards.admin_card import Overview
from bot.cards.blocks import Block
from bot.cards.faces import FACES
from bot.cards.text import channel, code, escape, mention, moment, shorten
from bot.cards.waiting import InLine, place_in_line
from storage.models import Export
from storage.states import ExportState, Note
from storage.templates import Template

#: Rows of each part.
AT_HOME: Final = 10
_STUCK: Final = 5  #: messages that could not be delivered
_NAME: Final = 60  #: characters of a file's name

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportsAtHome:
    """What somebody sees of exports; of the newest there is one more than is shown, where there are more."""

    running: tuple[tuple[Export, InLine | None], ...] = ()  #: with its place in the line, where it waits in one
    running_count: int = 0
    mine: tuple[Export, ...] = ()
    of_channels: tuple[Export, ...] = ()
    channels_are_told: bool = True  #: whether Slack has told which channels the person is in


@dataclass(frozen=True, slots=True)
class Shown:
    """All that one person's Home shows."""

    exports: ExportsAtHome
    schedules: tuple[schedule_list.Line, ...] = ()  #: those that matter most
    schedule_count: int = 0
    alerts: tuple[alert_list.Line, ...] = ()  #: those that matter most
    alert_count: int = 0
    templates: tuple[Template, ...] = ()
    overview: Overview | None = None  #: for who administers
    links_for_others: bool = True  #: whether links may be had by others than who asked


def view(shown: Shown) -> View:
    """Return the Home tab of somebody who may use the bot."""
    seen = shown.exports
    is_empty = not any((seen.running, seen.mine, seen.of_channels, shown.schedules, shown.alerts, shown.templates))
    parts = _welcome() if is_empty else [actions.row("new", actions.new_export())]
    parts += [*_running(seen), *_mine(seen), *_of_channels(seen, links=shown.links_for_others)]
    parts += _by_itself(shown)
    parts += _templates(shown.templates)
    if shown.overview is not None:
        parts += [_divider("admin.above"), *admin_card.at_home(shown.overview, _STUCK)]
    return {"type": "home", "blocks": parts}


def closed(sentence: str) -> View:
    """Return the Home tab of somebody who is told why there is nothing else; the sentence is mrkdwn."""
    return {"type": "home", "blocks": [blocks.section("closed", sentence)]}


def _welcome() -> list[Block]:
    text = (
        "Ask me how your Autodesk tokens are used: by product, by person or by cost centre, in any period. "
        "I get the file from Autodesk and post its download link in the channel that you choose. "
        "Press *New export* to begin."
    )
    return [blocks.section("welcome", text), actions.row("new", actions.new_export())]


def _running(seen: ExportsAtHome) -> list[Block]:
    if not seen.running:
        return []
    rows = [block for export, line in seen.running for block in _row(export, _said(export, line), by=True)]
    more = seen.running_count - len(seen.running)
    return _part("running", "Under way", rows, f"{more} more are under way." if more > 0 else "")


def _mine(seen: ExportsAtHome) -> list[Block]:
    if not seen.mine:
        return []
    rows = [block for export in seen.mine[:AT_HOME] for block in _row(export)]
    more = "`/tokenflex list` shows earlier ones." if len(seen.mine) > AT_HOME else ""
    return _part("mine", "Your newest exports", rows, more)


def _of_channels(seen: ExportsAtHome, *, links: bool) -> list[Block]:
    if not seen.channels_are_told:
        text = "Slack does not tell me which channels you are in, so only your own exports are shown."
        return [blocks.context("of_channels.untold", text)]
    if not seen.of_channels:
        return []
    rows = [_line(export, links=links) for export in seen.of_channels[:AT_HOME]]
    more = "`/tokenflex list` in a channel shows earlier ones." if len(seen.of_channels) > AT_HOME else ""
    return _part("of_channels", "Newest exports of others in your channels", rows, more)


def _by_itself(shown: Shown) -> list[Block]:
    parts: list[Block] = []
    if shown.schedules:
        all_of_them = actions.row("schedules.all", schedule_list.all_of_them(shown.schedule_count))
        parts += _part("schedules", "Schedules", [*map(schedule_list.at_home, shown.schedules), all_of_them], "")
    if shown.alerts:
        all_of_them = actions.row("alerts.all", alert_list.all_of_them(shown.alert_count))
        parts += _part("alerts", "Alerts", [*map(alert_list.at_home, shown.alerts), all_of_them], "")
    return parts


def _templates(templates: Sequence[Template]) -> list[Block]:
    if not templates:
        return []
    rows = [_template(template) for template in templates[:AT_HOME]]
    more = "`/tokenflex templates` shows all of them." if len(templates) > AT_HOME else ""
    return _part("templates", "Your templates", rows, more)


def _part(name: str, title: str, rows: Iterable[Block], more: str) -> list[Block]:
    """Return a part under its title, and what is said of those that are not shown."""
    head = {"type": "header", "block_id": f"{name}.title", "text": blocks.plain(title)}
    return [head, *rows, *([blocks.context(f"{name}.more", more)] if more else [])]


def _row(export: Export, said: str = "", *, by: bool = False) -> list[Block]:
    """Return an export with its buttons, and with who asked for it where it may be somebody else."""
    asked_by = f" · {mention(export.requester)}" if by else ""
    text = f"{_title(export)}{asked_by} · {channel(export.channel)} · {moment(export.accepted_at)}"
    parts = [blocks.section(f"export.{export.number}", f"{text}\n{export_card.status_line(export, said)}")]
    buttons = [actions.button(action, export) for action in export_card.offered(export)]
    return [*parts, *([actions.row(f"buttons.{export.number}", *buttons)] if buttons else [])]


def _said(export: Export, line: InLine | None) -> str:
    """Return what is said of one under way beside its note: its place in the line, or where it will be posted."""
    if line is not None and export.note in {Note.NONE, Note.RATE, Note.SLOTS}:
        return place_in_line(line).rstrip()
    if export.state is ExportState.REQUESTED and export.note is Note.NONE:
        return f"Autodesk is making the file; I'll post it in {channel(export.channel)} when it is ready."
    return ""


def _line(export: Export, *, links: bool) -> Block:
    """Return somebody else's export on a line, with a button for its link where it may be had."""
    text = f"{_title(export)} · {FACES[export.state].word} · {mention(export.requester)} · {channel(export.channel)}"
    line = blocks.section(f"export.{export.number}", f"{text} · {moment(export.accepted_at)}")
    if links and export.state is ExportState.READY:
        line["accessory"] = actions.button(actions.LINK, export)
    return line


def _title(export: Export) -> str:
    return f"*Export {export.label}* · {code(shorten(export_card.file_name(export), _NAME))}"


def _template(template: Template) -> Block:
    text = f"*{escape(template.name)}*" + (f"\n{escape(template.sentence)}" if template.sentence else "")
    shown = blocks.section(f"template.{template.id}", text)
    return shown | {"accessory": actions.of_template(actions.RUN, template)}


def _divider(block_id: str) -> Block:
    return {"type": "divider", "block_id": block_id}
