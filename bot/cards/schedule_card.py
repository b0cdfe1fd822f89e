"""What messages say of schedules: notes of a report, what became of a run that has none, and why one is paused."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.cards import actions, blocks, pauses
from bot.cards.blocks import Block, Message
from bot.cards.export_card import Report
from bot.cards.pauses import Paused
from bot.cards.text import channel, day, escape, flat, mention, moment, shorten
from storage.models import Export
from storage.runs import Run, RunState
from storage.schedules import Schedule


class NotDone(StrEnum):
    """Why a run has no report, or was not to have one. The database has these words."""

    ERROR = "error"  #: Token Flex could not make the file
    REFUSED = "refused"
    GONE = "gone"  #: Token Flex does not show the export any more
    PERIOD = "period"  #: there are no days to ask for
    QUESTION = "question"  #: Token Flex does not take it any more
    DELETED = "deleted"  #: by a person, before it was ready
    PAUSED = "paused"  #: its schedule was, before it began


#: What stands with a run that waited for its data for as long as it may, while nobody told how far usage was known.
UNTOLD: Final = "untold"
_PAUSED: Final[Mapping[Paused, str]] = {
    Paused.PERSON: "Somebody has said so",
    Paused.FAILING: "It failed three times in a row",
    Paused.OWNER: "{owner}, who owns it, may not use me any more",
    Paused.CONTRACT: "Its contract may not be exported from here any more",
    Paused.CHANNEL: "Exports may not be posted to {channel} any more",
    Paused.CLOSED: "I cannot post to {channel}",
    Paused.RULE: "I don't understand any more when it is to run",
    Paused.FIGURES: "I am set up to read no figures of files any more",
    Paused.PEOPLE: "What it is about names people now",
}
_NOT_DONE: Final[Mapping[NotDone, str]] = {
    NotDone.ERROR: "Autodesk could not make the file.",
    NotDone.REFUSED: "Autodesk did not accept the request.",
    NotDone.GONE: "Autodesk does not show it any more, so there will be no file.",
    NotDone.PERIOD: "there are no days that it could be about, such as those of a contract that has ended.",
    NotDone.QUESTION: "Autodesk does not take that question any more: *Edit* the schedule.",
    NotDone.DELETED: "it was deleted before it was ready.",
    NotDone.PAUSED: "its schedule was paused.",
}
_NAME: Final = 80


def name(schedule: Schedule) -> str:
    """Return what a schedule is called, as mrkdwn."""
    return f"*{escape(shorten(flat(schedule.name), _NAME))}*"


def due(run: Run) -> str:
    """Return when a run was due as its rule writes it, whoever reads it; when one was started that a person wanted."""
    try:
        written = datetime.fromisoformat(run.identity)
    except ValueError:
        return moment(run.due_at)
    return f"{written:%A}, {day(written.date())}, {written:%H:%M}"


def report_of(export: Export, run: Run | None, schedule: Schedule | None, unchanged: Run | None) -> Report:
    """Return what a schedule adds to the announcement of its export; `unchanged` is a later run that found the same."""
    notes = []
    if run is not None and run.late:
        notes.append(f"It was due on {due(run)}, when I was not running.")
    if run is not None and run.why == UNTOLD:
        notes.append("Through which day usage was known nobody could tell.")
    elif export.known_through is not None:
        notes.append(f"Usage was known through {day(export.known_through)} only.")
    if unchanged is not None:
        notes.append(f"Nothing has changed since: I last asked {moment(unchanged.changed_at)}.")
    return Report("" if schedule is None else name(schedule), " ".join(notes))


def became(schedule: Schedule, run: Run | None, *, discreet: bool = False, private: bool = False) -> Message:
    """Return what became of a run that failed, or without one of the schedule, which is paused; as it stands now."""
    what = "A schedule of this channel" if discreet else f"The schedule {name(schedule)}"
    if private:
        what = f"The schedule {name(schedule)} in {channel(schedule.channel)}"
    said = f"{what} {_run(run)}" if run is not None else f"{what} was paused."
    follows = _goes_on(schedule, run)
    if schedule.is_paused:
        follows = f"{paused(schedule) if run is not None else f'{_why(schedule)}.'} {pauses.how(schedule.paused_why)}"
    buttons = actions.row("buttons", *_buttons(schedule, discreet=discreet))
    return Message(f"{said} {follows}".strip(), [blocks.section("schedule", f"{said}\n{follows}".strip()), buttons])


def handed_over(schedule: Schedule, to: str, by: str) -> Message:
    """Return what somebody is told to whom another person has given a schedule."""
    said = f"{mention(by)} has handed the schedule {name(schedule)} in {channel(schedule.channel)} over to you."
    if schedule.owner != to:
        return blocks.paragraph(f"{said} It is {mention(schedule.owner)}'s by now.")
    runs = "It does not run again." if schedule.next_at is None else f"It runs next {moment(schedule.next_at)}."
    follows = f"It goes by what you may do, and you hear of it when it fails. {runs}"
    if schedule.is_paused:
        follows = f"{paused(schedule)} {pauses.how(schedule.paused_why)}"
    parts = [blocks.section("schedule", f"{said}\n{follows}"), actions.row("buttons", *_buttons(schedule))]
    return Message(f"{said} {follows}", parts)


def gone() -> Message:
    """Return what is left of a message about a schedule that was deleted."""
    return blocks.paragraph("That schedule was deleted.")


def paused(schedule: Schedule) -> str:
    """Return why a schedule is paused, in a sentence."""
    is_wish = schedule.paused_why == Paused.PERSON
    return "It is paused." if is_wish else f"{_why(schedule)}, so it is paused now."


def goes_on_by(schedule: Schedule) -> list[str]:
    """Return the buttons that let a schedule go on: one where it is paused, but where it has to be edited."""
    return pauses.button_of(schedule.paused_why, actions.RESUME, actions.TAKE_OVER)


def not_done(run: Run) -> str:
    """Return why a run has no report, as the end of a sentence."""
    return _NOT_DONE[NotDone(run.why)]


def _run(run: Run) -> str:
    if run.state is RunState.DONE:
        return f"has its report of {due(run)} after all."
    return f"had no report on {due(run)}: {not_done(run)}" if run.state is RunState.FAILED else f"ran on {due(run)}."


def _goes_on(schedule: Schedule, run: Run | None) -> str:
    if schedule.next_at is None:
        return "It does not run again."
    return f"It runs next {moment(schedule.next_at)}, as planned." if run is not None else "It goes on."


def _why(schedule: Schedule) -> str:
    said = _PAUSED[Paused(schedule.paused_why)]
    return said.format(owner=mention(schedule.owner), channel=channel(schedule.channel))


def _buttons(schedule: Schedule, *, discreet: bool = False) -> list[Block]:
    wanted = [*goes_on_by(schedule), actions.RESCHEDULE, *([actions.UNSCHEDULE] if schedule.is_paused else [])]
    return [actions.of_schedule(each, schedule, discreet=discreet) for each in wanted]
