"""The list of schedules: each with what it asks, when it runs, whose it is, and what who looks can do with it."""

from dataclasses import dataclass
from typing import Final

from bot.cards import actions, blocks, pages, schedule_card
from bot.cards.blocks import Block, Message
from bot.cards.pages import Page
from bot.cards.text import channel, code, escape, escape_within, flat, mention, sentence, shorten
from storage.runs import Run, RunState
from storage.schedules import Schedule

_NAMED: Final = 5  #: runs that are left out
_EMPTY: Final = (
    "Nothing runs by itself here yet. *Schedule* on a card, on an answer or in `/tokenflex templates` has a question "
    "asked every day, week or month."
)
_LAST: Final = {
    RunState.WANTED: "begins",
    RunState.WAITING: "waits for its data",
    RunState.ASKED: "is under way",
    RunState.DONE: "came",
    RunState.UNCHANGED: "found nothing new",
    RunState.FAILED: "failed",
    RunState.LEFT_OUT: "was left out",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A schedule, what it asks and when it runs in words, its next run and the last one, and who looks."""

    schedule: Schedule
    said: str
    when: str
    next_run: str  #: "" where there is none
    next_identity: str
    left_out: tuple[str, ...]  #: runs ahead that are left out
    last: Run | None
    may_change: bool


def listing(page: Page[Line], note: str = "") -> Message:
    """Return a page of schedules; `note` is mrkdwn about what was just done."""
    above = [blocks.section("note", note)] if note else []
    if not page.count:
        return Message(note or _EMPTY, [*above, blocks.section("empty", _EMPTY)])
    count = "One schedule" if page.count == 1 else f"{page.count} schedules"
    named = ", ".join(escape(shorten(flat(line.schedule.name), 40)) for line in page.shown)
    rows = [block for line in page.shown for block in _row(line)]
    return Message(note or f"{count}: {named}.", [*above, *rows, *_pages(page)])


def at_home(line: Line) -> Block:
    """Return a schedule for the Home tab, with a button where it is paused and who looks can let it go on."""
    schedule = line.schedule
    shown = blocks.section(f"schedule.{schedule.id}", "\n".join(filter(None, (_title(schedule), *_standing(line)))))
    goes_on = next((each for each in _wanted(line) if each in {actions.RESUME, actions.TAKE_OVER}), None)
    return shown | ({} if goes_on is None else {"accessory": actions.of_schedule(goes_on, schedule)})


def all_of_them(count: int) -> Block:
    """Return the button that opens the list, for the Home tab."""
    words = "Show the schedule" if count == 1 else f"Show all {count} schedules"
    return actions.turn(actions.SCHEDULES, words, "in a message", "0")


def _row(line: Line) -> list[Block]:
    schedule = line.schedule
    asks = f"{escape_within(sentence(shorten(line.said, 600)), 1000)} Contract {code(schedule.contract)}."
    parts = [_title(schedule), asks, *_standing(line)]
    return [
        blocks.section(f"schedule.{schedule.id}", "\n".join(filter(None, parts))),
        actions.row(f"buttons.{schedule.id}", *_buttons(line)),
    ]


def _title(schedule: Schedule) -> str:
    return f"{schedule_card.name(schedule)} · {channel(schedule.channel)} · {mention(schedule.owner)}"


def _standing(line: Line) -> tuple[str, str]:
    """Return when a schedule runs, and what comes of it next and came last."""
    return f"It runs {escape(line.when)}." if line.when else "", _next(line)


def _next(line: Line) -> str:
    if line.schedule.is_paused:
        return schedule_card.paused(line.schedule)
    said = f"Next: {escape(line.next_run)}." if line.next_run else "It does not run again."
    more = f" and {len(line.left_out) - _NAMED} more" if len(line.left_out) > _NAMED else ""
    left = f" Left out: {escape('; '.join(line.left_out[:_NAMED]))}{more}." if line.left_out else ""
    return f"{said}{left}{_before(line.last)}"


def _before(last: Run | None) -> str:
    """Return what became of the last run, of which day, and why it has no report."""
    if last is None or last.state not in _LAST:
        return ""
    said = f" The last one {_LAST[last.state]} ({schedule_card.due(last)})"
    return f"{said}: {schedule_card.not_done(last)}" if last.state is RunState.FAILED else f"{said}."


def _wanted(line: Line) -> list[str]:
    """Return what who looks can do with a schedule."""
    schedule = line.schedule
    goes_on = schedule_card.goes_on_by(schedule)
    if not line.may_change:
        return [each for each in goes_on if each == actions.TAKE_OVER]
    if schedule.is_paused:
        return [*goes_on, *_ALWAYS]
    return [actions.RUN_NOW, *([actions.SKIP] if line.next_identity else []), actions.PAUSE, *_ALWAYS]


def _buttons(line: Line) -> list[Block]:
    buttons = [actions.of_schedule(action, line.schedule) for action in _wanted(line)]
    # Pressed twice in one list it is one act; the list that comes of it shows the next.
    of_this_list = {actions.SKIP: line.next_identity, actions.RUN_NOW: str(line.last.id if line.last else 0)}
    for button in buttons:
        button["value"] = f"{button['value']} {of_this_list.get(button['action_id'], '')}".strip()
    return buttons or [actions.turn(actions.SCHEDULES, "Show again", "schedules", "0")]


_ALWAYS: Final = (actions.RESCHEDULE, actions.HAND_OVER, actions.UNSCHEDULE)


def _pages(page: Page[Line]) -> list[Block]:
    turns = pages.turns(actions.SCHEDULES, "schedules", page)
    return [actions.row("pages", *turns)] if turns else []
