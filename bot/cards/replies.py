"""What a person is told, privately, about what they have just done."""

from collections.abc import Sequence
from itertools import accumulate

from bot.cards import actions, download
from bot.cards.blocks import Message, paragraph, section
from bot.cards.export_card import file_name
from bot.cards.faces import FACES
from bot.cards.text import channel, clock_time, code, day, escape, shorten
from bot.cards.waiting import InLine, place_in_line
from bot.tokenflex.models import DownloadLink
from storage.models import Export
from storage.states import ExportState

#: Characters; the longest sentence, escaped, fits the whole, and the whole fits a paragraph of 3000.
_LONGEST_SENTENCE = 500
_LONGEST_MISTAKE = 2700
_LONGEST_VALUE = 2000  #: of a button (source: Slack Block Kit reference)


def accepted(export: Export, line: InLine, warnings: Sequence[str] = ()) -> Message:
    """Return what makes a request accepted: its number, its place in the line, and what happens next."""
    waits = place_in_line(line)
    when = " when it is ready" if waits or not line.is_well else ", usually within a few minutes"
    text = f"Got it: export {export.label} ({code(file_name(export))}). {waits}"
    text += f"I'll post it in {channel(export.channel)}{when}.{_freshness(export)}"
    parts = [section("accepted", text)]
    if warnings:
        parts.append(section("warnings", "\n".join(f"Please note: {escape(warning)}" for warning in warnings)))
    return Message(text, parts)


def accepted_in_form(export: Export, line: InLine) -> str:
    """Return the same for the form, in whose place it stands; the channel is where the export's card will be."""
    where = f"You'll find it in {channel(export.channel)}.{_freshness(export)}"
    return f"*Got it: export {export.label}.*\n{place_in_line(line)}{where}"


def _freshness(export: Export) -> str:
    return f" Usage is known through {day(export.known_through)}." if export.known_through else ""


def wrong_words(messages: Sequence[str], likely: str) -> Message:
    """Return what is said to who used a word of the command in a way that makes no sense, and what may be meant."""
    text = _with_typed(shorten(" ".join(messages), _LONGEST_MISTAKE))
    fits = len(likely) <= _LONGEST_VALUE
    return Message(text, [section("wrong", text), *([actions.row("buttons", actions.meant(likely))] if fits else [])])


def unknown_word(word: str, likely: str = "") -> Message:
    """Return what is said to who began with no word of the command, and the command that may be meant."""
    if not likely or len(likely) > _LONGEST_VALUE:
        text = f"I don't know {_quoted(word)}. `/tokenflex` opens the form, and `/tokenflex help` shows examples."
        return Message(text, [section("unknown", text), actions.row("buttons", actions.open_form())])
    text = f"I don't know {_quoted(word)}. Did you mean {code(f'/tokenflex {likely.split(maxsplit=1)[0]}')}?"
    return Message(text, [section("unknown", text), actions.row("buttons", actions.meant(likely))])


def unknown_but_asked(word: str, title: str, question: str) -> Message:
    """Return what is said to who wrote plainly what a question asks; its value leads to the form."""
    text = f"I don't know {_quoted(word)}. Did you mean *{escape(title.rstrip('?'))}*?"
    button = actions.ask(shorten(title, 60), question, "New export")
    return Message(text, [section("unknown", text), actions.row("buttons", button)])


def _quoted(word: str) -> str:
    return f"“{_with_typed(shorten(word, 60))}”"


def _with_typed(text: str) -> str:
    """Return a text in which is what was typed; a backtick there would end in the next code span of ours."""
    return escape(text).replace("`", "'")


def mistake(messages: Sequence[str]) -> Message:
    """Return what is wrong with a command and how to mend it; nothing was submitted."""
    lines = [f"• {_with_typed(shorten(message, _LONGEST_SENTENCE))}" for message in messages]
    fitting = sum(length <= _LONGEST_MISTAKE for length in accumulate(len(line) + 1 for line in lines))
    if fitting < len(lines):
        lines[fitting:] = [f"• … and {len(lines) - fitting} more."]
    listed = "\n".join(lines)
    return paragraph(f"That did not work yet:\n{listed}\nChange it and send it again. `/tokenflex help` has examples.")


def retried(export: Export) -> Message:
    """Return the reply to a retry."""
    return paragraph(f"Trying export {export.label} again. I'll post in {channel(export.channel)} when it is ready.")


def confirm_deletion(export: Export) -> Message:
    """Return the question that `/tokenflex delete` asks."""
    text = (
        f"Delete export {export.label} ({code(file_name(export))})? The file is removed at Autodesk too, "
        "so nobody can download it any more."
    )
    buttons = (
        actions.button(actions.DELETE, export, ask=False),
        actions.button(actions.KEEP, export),
    )
    return Message(f"Delete export {export.label}?", [section("question", text), actions.row("buttons", *buttons)])


def kept(number: int) -> Message:
    """Return the reply to somebody who thought better of a deletion."""
    return paragraph(f"Export #{number} stays as it is.")


def deleted(export: Export) -> Message:
    """Return the reply to a deletion."""
    if export.state is ExportState.ABANDONED:
        face = FACES[export.state]
        return paragraph(f"Export {export.label} {face.standing}. {face.sentence}")
    done = "deleted" if export.state is ExportState.DELETED else "being deleted, at Autodesk too"
    return paragraph(f"Export {export.label} is {done}.")


def given_up(export: Export) -> Message:
    """Return the reply to somebody who gave up a retry or a deletion."""
    return paragraph(f"I try that no more for export {export.label}; it {FACES[export.state].standing}.")


def waiting_for_figures(number: int) -> Message:
    """Return what a person reads whose figures take longer than usual."""
    return paragraph(f"Reading the file of export #{number}. The figures come by themselves.")


def waits_for_thread(export: Export) -> Message:
    """Return the reply to who had figures posted."""
    where = "beside the figures" if export.asks_by_itself else "below the card"
    return paragraph(f"I'll post that {where} of export {export.label}, as far as everybody there may see it.")


def waiting_for_link(number: int) -> Message:
    """Return what a person reads whose link takes longer than usual."""
    return paragraph(f"Getting a link for export #{number}. It comes by itself, usually within a minute.")


def link_is_there(export: Export, shown: DownloadLink) -> Message:
    """Return the reply to a press on a message that shows a link already."""
    until = clock_time(shown.expires_at)
    text = f"That link for export {export.label} still works until {until}"
    return Message(f"{text}.", download.parts(export.number, file_name(export), shown, f"{text}.\n"))


def only_commands() -> Message:
    """Return what is answered to who types to the bot without a command."""
    text = "I can't answer what you write here, only `/tokenflex`: it opens a form, and `/tokenflex help` shows more."
    return Message(text, [section("only_commands", text), actions.row("buttons", actions.open_form())])


def unknown_button() -> Message:
    """Return the reply to a button that no version of ours has any more."""
    return paragraph(
        "That button is from an older version of me. `/tokenflex list` shows your exports as they stand now."
    )
