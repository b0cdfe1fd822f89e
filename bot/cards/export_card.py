"""Everything that is said about one export: its card, the announcement, details, lists. Data in, blocks out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.cards import actions, answer_card, blocks, download
from bot.cards.blocks import Block, Message
from bot.cards.faces import CAN_BE_SENT_AGAIN, FACES, NOTES, SEND_AGAIN, WHAT_HELPS
from bot.cards.names import Names
from bot.cards.text import channel, clock_time, code, code_within, day, escape, flat, mention, moment, shorten
from bot.cards.waiting import InLine, place_in_line
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DOWNLOAD, ERROR, DownloadLink, ExportRequest
from storage.answers import Answer
from storage.models import Export
from storage.states import ExportState, Note

_S = ExportState
#: Notes that are no hindrance: the place in the line says as much, and when it goes out.
_IN_TURN = frozenset({Note.NONE, Note.RATE, Note.SLOTS})

_ENDED = (DOWNLOAD, ERROR)
_REFUSED_DISCREETLY = "Autodesk did not accept the request; who asked was told why."
_NO_LINK_HERE = "*Get a fresh link* shows a download link to you alone; this channel is shared with others."
_NO_LINK = "Press *Get a fresh link* to download it; a link works for a short time only."
#: Characters of a value as Slack counts them; with its name it must fit a field of 2000.
_SHOWN_ON_CARD = 400
_SHOWN_IN_REFUSAL = 800
_SHOWN_IN_DETAILS = 1900
_SHOWN_OF_NAME = 110


@dataclass(frozen=True, slots=True)
class Report:
    """What a schedule adds to the announcement of its export: its own name, and what else to know, both as mrkdwn."""

    name: str
    notes: str = ""


def file_name(export: Export) -> str:
    """Return the file's name on one line, cut where Token Flex writes a longer one than people may ask for."""
    return shorten(flat(export.file_name), _SHOWN_OF_NAME)


def card(
    export: Export, shown: DownloadLink | None = None, *, discreet: bool = False, names: Names | None = None
) -> Message:
    """Return the card of an export as it stands now; with a link only where it was asked for.

    A `discreet` one is for a channel that others read too: it shows no condition, no name and no link, and calls
    nothing as the customer does, which `names` do.
    """
    title, name = f"*Export {export.label}*", file_name(export)
    said = "The link is below." if shown is not None and not discreet else ""
    parts: list[Block] = [
        blocks.section(
            "export", f"{title if discreet else f'{title} · {code(name)}'}\n{status_line(export, said, discreet)}"
        ),
        blocks.fields(
            "asked",
            ("Asked by", mention(export.requester)),
            ("Contract", code(export.request.contract_number)),
            *_what(
                replace(export.request, where="") if discreet else export.request,
                _SHOWN_ON_CARD,
                None if discreet else names,
            ),
        ),
    ]
    if shown is not None and not discreet:
        parts += download.parts(export.number, name, shown)
    parts += [blocks.context("times", _times(export)), *_buttons(export)]
    named = "" if discreet else f" ({escape(name)})"
    return Message(f"Export {export.label}{named}: {FACES[export.state].inside}.", parts)


def status_line(export: Export, said: str = "", discreet: bool = False) -> str:
    """Return where the export stands and what follows from that, as mrkdwn; `said` tells more than its state does.

    Token Flex's explanations can repeat what was asked for, so a `discreet` line has none.
    """
    face = FACES[export.state]
    state, sentence = face.word, f"{said or NOTES[export.note]} {_since(export)}".strip()
    if not sentence or (export.note is Note.NOT_DELETED and not said):  # that is no reason to wait
        sentence = f"{sentence} {face.sentence}".strip()
    if export.state is _S.REQUESTED and export.upstream_status not in {None, "Requested"}:
        state = f"{state} (Autodesk says {code(shorten(export.upstream_status or '', 60))})"
    if export.state is _S.REFUSED:
        sentence = _REFUSED_DISCREETLY if discreet else _explained(export)
    again = _sent_again(export) or (SEND_AGAIN if actions.EDIT in face.buttons else "")
    sentence = f"{sentence} {again}"
    return f"*{state}.* {sentence}".strip()


def _since(export: Export) -> str:
    """Return since when an export waits for what its note says, and when it is tried next."""
    if export.noted_at is None or export.note in {Note.NONE, Note.NOT_DELETED}:
        return ""
    again = "" if export.next_try_at is None else f"; the next try is at {clock_time(export.next_try_at)}"
    return f"It has been waiting since {moment(export.noted_at)}{again}."


def announcement(
    export: Export, number: int, shown: DownloadLink | None, *, discreet: bool = False, report: Report | None = None
) -> Message:
    """Return announcement `number` of an export: that it is ready, or that it failed; `report` is of its schedule.

    An older announcement keeps its sentence and loses its buttons; a `discreet` one shows no name and no link. The link
    is never in `text`, which goes to the notification services of phones.
    """
    begin = f"{mention(export.requester)}, export {export.label}"
    if report is not None:
        begin = f"Report {export.label}" if discreet or not report.name else f"Report {export.label}, {report.name},"
    if _was_never_made(export, number):
        return _never_made(export, begin)
    if number != export.announcement or export.state not in {_S.READY, _S.FAILED}:
        return _past_announcement(export, number)
    if export.state is _S.FAILED:
        sentence = f"{begin} failed: Autodesk could not make the file."
        return Message(sentence, [blocks.section("result", f"{sentence} {WHAT_HELPS}"), *_buttons(export)])
    ready = f"{begin} is ready"
    sentence = f"{ready}." if discreet else f"{ready}: {code(file_name(export))}"
    notes = [blocks.context("notes", report.notes)] if report is not None and report.notes else []
    if shown is None or discreet:
        link = [blocks.section("link", _NO_LINK_HERE if discreet else _NO_LINK)]
    else:
        link = download.parts(export.number, file_name(export), shown)
    return Message(f"{ready}.", [blocks.section("result", sentence), *notes, *link, *_buttons(export)])


def _was_never_made(export: Export, number: int) -> bool:
    is_gone = number == export.announcement and export.state is _S.VANISHED
    return is_gone and export.upstream_status not in _ENDED


def _never_made(export: Export, begin: str, why: str = "") -> Message:
    """Return the announcement of an export that vanished while Token Flex worked on it; `why` may follow."""
    sentence = (
        f"{begin} is no longer at Autodesk, so there will be no file: it "
        "may have been deleted there while it was being made."
    )
    again = _sent_again(export) or (SEND_AGAIN if why else CAN_BE_SENT_AGAIN)
    told = f"{sentence} {again}\n{why}".strip()
    return Message(f"{sentence} {why}".strip(), [blocks.section("result", told), *_buttons(export)])


def _past_announcement(export: Export, number: int) -> Message:
    """Return what is left of an announcement; it may never be edited again, so it has to stay true."""
    if number == export.announcement and export.state is _S.DELETED:
        text = f"Export {export.label} was deleted."
    elif number == export.announcement and export.state is _S.DELETING:
        text = f"Export {export.label} is being deleted. {_where(export)} shows how it stands."
    elif number == export.announcement and export.state is _S.VANISHED:
        text = f"Export {export.label} is no longer at Autodesk."
    else:
        where = f"{_where(export)} shows how it stands" if export.asks_by_itself else "see its card"
        text = f"Export {export.label} failed and was tried again; {where}."
    return blocks.paragraph(text)


def private_link(export: Export, shown: DownloadLink | None) -> Message:
    """Return a link for one person's eyes, or what stands in its place when it has expired."""
    before, button = f"Export {export.label}: ", actions.row("buttons", actions.button(actions.LINK, export))
    if shown is None:
        gone = f"{before}there is no link here that works. {_NO_LINK}"
        return Message(
            f"There is no link for export {export.label} here any more.", [blocks.section("link", gone), button]
        )
    said = f"Here is a fresh link for export {export.label}."
    bare = f"{said}\n{download.sentence(file_name(export), shown)}"
    if not download.fits_blocks(shown):
        return Message(bare)
    return Message(said, [*download.parts(export.number, file_name(export), shown, before), button], bare=bare)


def private_result(export: Export, number: int, why: str) -> Message:
    """Return what the requester is told instead of announcement `number`; `why` says what keeps it from its channel."""
    if _was_never_made(export, number):
        return _never_made(export, f"Export {export.label}", why)
    if number != export.announcement or export.state not in {_S.READY, _S.FAILED}:
        return _past_announcement(export, number)
    if export.state is _S.FAILED:
        said = f"Export {export.label} failed: Autodesk could not make the file. {WHAT_HELPS}"
    else:
        said = f"Export {export.label} is ready: {code(file_name(export))}. {_NO_LINK}"
    return Message(f"{said} {why}", [blocks.section("result", f"{said}\n{why}"), *_buttons(export)])


def refusal(export: Export, names: Names | None = None) -> Message:
    """Return the private message about a request, or a retry, that Token Flex refused."""
    what = "the retry of" if export.state is _S.FAILED else "your request for"
    sentence = f"Autodesk did not accept {what} export {export.label} in {channel(export.channel)}."
    replaced = _sent_again(export) or (SEND_AGAIN if export.state is _S.REFUSED else "")
    told = f"{_explained(export)} {replaced}".strip()
    parts = [
        blocks.section("refused", f"{sentence}\n{told}".strip()),
        blocks.fields(
            "asked",
            ("Contract", code(export.request.contract_number)),
            *_what(export.request, _SHOWN_IN_REFUSAL, names),
        ),
        *_buttons(export),
    ]
    return Message(f"{sentence} {told}".strip(), parts)


def long_wait(export: Export) -> Message:
    """Return the private message to somebody whose export has been waiting for long."""
    where = f"export {export.label} in {channel(export.channel)}"
    if export.noted_at is None or not NOTES[export.note]:
        return blocks.paragraph(f"Something kept {where} waiting for a while; that is over.")
    what = f"{_capital(where)} {FACES[export.state].standing} and has been waiting since {moment(export.noted_at)}."
    shows = _where(export).replace("Its", "its")
    told = f"{NOTES[export.note]} I say this once; {shows} shows how it goes on, and you can give it up at any time."
    return Message(f"{what} {told}", [blocks.section("waits", f"{what}\n{told}"), *_buttons(export)])


def not_deleted(export: Export) -> Message:
    """Return the private message to somebody whose export could not be deleted."""
    where = f"export {export.label} in {channel(export.channel)}"
    if export.note is not Note.NOT_DELETED:
        shows = _where(export)
        return blocks.paragraph(f"Autodesk did not delete {where} for a while. {shows} shows how it stands now.")
    what = f"Autodesk did not delete {where}, however often I asked."
    told = f"{_explained(export)} *Delete* tries again.".strip()
    parts = [blocks.section("kept", f"{what}\n{told}"), *_buttons(export, deletes=True)]
    return Message(f"{what} {told}", parts)


def _where(export: Export) -> str:
    """Return what shows how an export stands, to begin a sentence with."""
    return f"`/tokenflex status {export.label}`" if export.asks_by_itself else "Its card"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def details(
    export: Export, line: InLine | None = None, names: Names | None = None, answer: Answer | None = None
) -> Message:
    """Return all that is known of an export, also its place in the line where it waits in one, and its figures."""
    asked = export.request
    waits = place_in_line(line).rstrip() if line is not None and export.note in _IN_TURN else ""
    times = [("Asked for", moment(export.accepted_at))]
    if export.requested_at is not None:
        times.append(("Sent to Autodesk", moment(export.requested_at)))
    if export.finished_at is not None:
        times.append(("Finished", moment(export.finished_at)))
    parts: list[Block] = [
        blocks.section("export", f"*Export {export.label}* · {code(file_name(export))}\n{status_line(export, waits)}"),
        blocks.fields(
            "asked",
            ("Asked by", mention(export.requester)),
            ("Posted to" if export.alert is None else "For an alert of", channel(export.channel)),
            ("Contract", code(asked.contract_number)),
            *times,
        ),
        blocks.fields("what", *_what(asked, _SHOWN_IN_DETAILS, names)),
    ]
    figures = answer_card.standing(answer) if answer is not None and export.state is _S.READY else ""
    if figures:
        parts.append(blocks.section("figures", figures))
    if export.request_key:
        parts.append(blocks.context("key", f"Autodesk knows it as {code(export.request_key)}"))
    buttons = _buttons(export, deletes=True, shows_answer=bool(figures))
    return Message(f"Details of export {export.label}: {FACES[export.state].inside}.", [*parts, *buttons])


def _what(asked: ExportRequest, limit: int, names: Names | None) -> list[tuple[str, str]]:
    called = names or Names(Catalogue())
    pairs = [
        ("Columns", _named(asked.fields, called)),
        ("Numbers", _named(asked.metrics, called)),
        ("Usage categories", _named(asked.usage_categories, called) or "all"),
        ("Only rows where", asked.where),
    ]
    return [(name, code_within(value, limit)) for name, value in pairs if value]


def _named(listed: Sequence[str], names: Names) -> str:
    """Return names as people know them, each with Autodesk's beside it."""
    return ", ".join(name if names.title(name) == name else f"{names.title(name)} ({name})" for name in listed)


def _times(export: Export) -> str:
    text = f"Asked for {moment(export.accepted_at)}"
    if export.known_through is not None:
        text += f" · usage was known through {day(export.known_through)} then"
    if export.finished_at is not None and export.state in {_S.READY, _S.FAILED}:
        text += f" · {FACES[export.state].inside} {moment(export.finished_at)}"
    return text


def _sent_again(export: Export) -> str:
    return "" if export.replaced_by is None else f"It was sent again as #{export.replaced_by}."


def _explained(export: Export) -> str:
    ours, _, theirs = export.explanation.partition("\n")
    said = f" Autodesk says: {code(shorten(theirs, 300))}." if theirs else ""
    return f"{ours}{said}".strip()


def offered(export: Export, *, deletes: bool = False) -> tuple[str, ...]:
    """Return what the buttons of an export are; Delete stands where somebody looks at it on purpose."""
    left_out = {actions.EDIT} if export.replaced_by is not None else set()
    left_out |= set() if deletes else {actions.DELETE}
    return tuple(action for action in FACES[export.state].buttons if action not in left_out)


def _buttons(export: Export, *, deletes: bool = False, shows_answer: bool = False) -> list[Block]:
    wanted = [actions.button(action, export) for action in offered(export, deletes=deletes)]
    shown = [actions.of_answer(actions.SHOW_ANSWER, export, "")] if shows_answer else []
    return [actions.row(f"buttons.{export.state.value}", *shown, *wanted)] if shown or wanted else []
