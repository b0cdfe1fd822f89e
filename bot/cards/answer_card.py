"""The answer to an export, as people read it: what was found, totals, a chart, a table, and what was read for it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from bot.cards import actions, drawing
from bot.cards.blocks import SECTION_LIMIT, Block, Message, section
from bot.cards.drawing import Drawable
from bot.cards.figures import FAULTS, Answer, Fault, Receipt, Unread, counted, number
from bot.cards.text import channel, clock_time, code, day, escape, escape_within, shorten
from storage import answers
from storage.answers import AnswerState
from storage.models import Export
from storage.states import REMOVED, ExportState

_CONDITION = 300  #: characters
_SENTENCE = SECTION_LIMIT - len("**")  #: characters
_ALONE = "*Show the answer* shows them to you alone"
_NEW, _SMALLER = "Its card can run the export again, for a new file.", "Fewer columns make a smaller file."
_SETTING, _AGAIN = "Whoever looks after me can change that.", "`/tokenflex answer {export.label}` reads it again."
#: What can be done where there are no figures. Tested to be total.
HELP: Final[Mapping[Fault, str]] = {
    **dict.fromkeys((Fault.EMPTY, Fault.SEPARATOR, Fault.COLUMNS, Fault.TOO_WIDE, Fault.UTF_16, Fault.ENCODING), _NEW),
    **dict.fromkeys((Fault.NUL, Fault.LONG_LINE, Fault.ROWS, Fault.VALUES, Fault.PACKED), _NEW),
    **dict.fromkeys((Fault.HOST, Fault.ADDRESS, Fault.ROOM), _SETTING),
    **dict.fromkeys((Fault.MEMORY, Fault.DISK, Fault.TIME), _SMALLER),
    Fault.TOO_LARGE: f"{_SETTING} {_SMALLER}",
    **dict.fromkeys((Fault.PAGE, Fault.GONE, Fault.CRASH, Fault.REDIRECT, Fault.REFUSED, Fault.UNREACHABLE), _AGAIN),
    **dict.fromkeys((Fault.SERVER, Fault.CUT_OFF, Fault.ENDLESS, Fault.NO_LINK), _AGAIN),
}


def begin(number: int) -> str:
    """Return how the text of each message about the answer to an export begins."""
    return f"Answer to export #{number}"


def figures(
    export: Export, answer: Answer, *, why: str = "", only: str = "", controls: Sequence[Block] = ()
) -> Message:
    """Return the figures of an export's file.

    `why` says of a private message what keeps it from its channel, `only` which rows were picked, both as mrkdwn;
    `controls` are buttons and menus, in one row.
    """
    return _about(export, drawing.message(_drawable(answer, only, export.known_through), controls), why)


def unread(export: Export, fault: Unread, *, why: str = "") -> Message:
    """Return why there are no figures of an export's file, and what can be done as long as there is one."""
    helps = HELP[fault.fault].format(export=export) if export.state is ExportState.READY else ""
    return _about(export, _paragraph(f"{fault.sentence} {helps}".strip()), why)


def only(where: str = "") -> str:
    """Return which rows were picked, as mrkdwn; "": by a condition that is not told."""
    return f"Only rows where {code(shorten(where, _CONDITION))}." if where else "Only some rows, picked by a name."


def on_press(export: Export, asked: str = "", *, discreet: bool = False) -> Message:
    """Return what stands in a channel in which the answer is not for everybody, with the button that shows it.

    `asked` is what of the file, as the values of buttons keep it.
    """
    others = "; this channel is shared with others." if discreet else "."
    text = f"The figures of its file are there. {_ALONE}{others}"
    button = actions.row("buttons", actions.of_answer(actions.SHOW_ANSWER, export, asked))
    return _about(export, Message(text, [section("text", text), button]))


def forgotten(export: Export) -> Message:
    """Return what is left of an answer that is not kept any more."""
    if export.state in REMOVED:
        return _about(export, _paragraph("its figures were removed with the export."))
    return _about(export, _paragraph("its figures are not kept any more."))


def withheld(export: Export) -> Message:
    """Return what is left of an answer since nobody is shown figures."""
    return _about(export, _paragraph("I am set up to show no figures."))


def standing(answer: answers.Answer) -> str:
    """Return where figures stand that are awaited, or why there are none, and what to do; "" where there are some."""
    if answer.state is AnswerState.UNREAD:
        why = Unread(Fault(answer.fault)).sentence if answer.fault in FAULTS else "There are no figures of this file."
        return f"{why} *Show the answer* reads it again, for you alone."
    if answer.state is AnswerState.FOUND:
        return ""
    if answer.next_try_at is None:
        waits = "Its figures follow as soon as its file is read, one file after another."
    else:
        tries = "once" if answer.attempts == 1 else f"{answer.attempts} times"
        why = (
            f"Its file could not be read so far (tried {tries})"
            if answer.attempts
            else "There is no link to its file now"
        )
        waits = f"{why}; I try again at {clock_time(answer.next_try_at)}, for a day at most."
    return f"{waits} *Show the answer* reads it now, for you alone."


def not_in(export: Export) -> str:
    """Return why an answer comes privately that is for everybody in its channel."""
    return f"I could not post it in {channel(export.channel)}."


def _paragraph(text: str) -> Message:
    return Message(text, [section("text", text)])


def _about(export: Export, said: Message, why: str = "") -> Message:
    """Return a message that says what it is about, first for who reads it by itself, and why it comes privately."""
    before = f"{begin(export.number)}: "
    heading = [section("about", f"{begin(export.number)}.\n{why}")] if why else []
    return Message(
        f"{before}{said.text} {why}".strip(),
        blocks=[*heading, *said.blocks],
        plainer=[*heading, *said.plainer] if said.plainer else [],
        bare=f"{before}{said.bare or said.text} {why}".strip(),
    )


def _drawable(answer: Answer, only: str, known_through: date | None) -> Drawable:
    return Drawable(
        finding=escape_within(answer.finding, _SENTENCE),
        facts=(
            *([only] if only else []),
            *_facts(answer),
            *(escape_within(each, _SENTENCE) for each in answer.comparison),
        ),
        series=answer.series,
        table=answer.table,
        notes=(*map(escape, answer.notes), _receipt(answer.receipt, known_through)),
    )


def _facts(answer: Answer) -> Iterator[str]:
    """Yield the totals and the period, as far as the sentence above them does not say them."""
    if len(answer.facts) > 1 or any(not answer.finding.startswith(number(fact.value)) for fact in answer.facts):
        yield " · ".join(f"{escape(fact.title)}: {number(fact.value)}" for fact in answer.facts)
    if answer.period not in answer.finding:
        yield f"Period: {escape(answer.period)}"


def _receipt(read: Receipt, known_through: date | None) -> str:
    """Return what was read; for a file without days the day is that through which usage was known, if not all was."""
    last = read.last_day or known_through
    through = "" if last is None else f", data through {day(last)}"
    return f"Read: {counted(read.rows, 'rows')}, {counted(read.size, 'bytes')}{through}; SHA-256 {code(read.sha256)}."
