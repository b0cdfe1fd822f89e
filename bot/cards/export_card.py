"""Everything that is said about one export: its card, the announcement, details, lists. Data in, blocks out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.cards import actions, blocks
from bot.cards.blocks import Block, Message
from bot.cards.text import channel, clock_time, code, code_within, escape, link, mention, moment, shorten
from bot.cards.waiting import InLine, place_in_line
from bot.tokenflex.models import DownloadLink, ExportRequest
from storage.models import Export
from storage.states import ExportState, Note

_S = ExportState

STATE_WORDS = {
    _S.QUEUED: "Queued",
    _S.SUBMITTING: "Being submitted",
    _S.REQUESTED: "Requested",
    _S.READY: "Ready",
    _S.FAILED: "Failed",
    _S.REFUSED: "Refused by Token Flex",
    _S.RETRYING: "Being retried",
    _S.DELETING: "Being deleted",
    _S.DELETED: "Deleted",
    _S.VANISHED: "No longer at Token Flex",
}

_SENTENCES = {
    _S.QUEUED: "I submit it as soon as a call to Token Flex is free.",
    _S.SUBMITTING: "It is on its way to Token Flex.",
    _S.REQUESTED: "Token Flex is preparing the file. I will say so here when it is done.",
    _S.READY: "The file can be downloaded.",
    _S.FAILED: "Token Flex could not make the file. *Retry* asks for it again.",
    _S.REFUSED: "",
    _S.RETRYING: "I ask Token Flex again as soon as a call is free.",
    _S.DELETING: "I remove it at Token Flex as soon as a call is free.",
    _S.DELETED: "There is nothing to download any more.",
    _S.VANISHED: "It may have been deleted there, or have become too old. "
    "*Edit and send again* asks for the same once more.",
}

#: Why an export waits; the words are what `Export.note` holds.
NOTES = {
    Note.RATE: "It waits: Token Flex takes no more calls from us for the moment. I keep trying.",
    Note.SLOTS: "It waits for a place: Token Flex works on 50 exports at once and all places are taken.",
    Note.LOGIN: "It waits: Autodesk does not accept our login. An administrator has to sign in again or check the "
    "credentials; it then goes on by itself.",
    Note.PERMISSION: "It waits: Token Flex does not permit that with our login. An administrator has to look at the "
    "log; I keep trying.",
    Note.UNREACHABLE: "It waits: Token Flex cannot be reached at the moment. I keep trying.",
    Note.UNANSWERED: "Token Flex did not answer. I am checking whether the request arrived before I send it again.",
}

_BUTTONS = {
    _S.QUEUED: (actions.DETAILS, actions.DELETE),
    _S.SUBMITTING: (actions.DETAILS,),
    _S.REQUESTED: (actions.DETAILS, actions.DELETE),
    _S.READY: (actions.LINK, actions.DETAILS, actions.DELETE),
    _S.FAILED: (actions.RETRY, actions.DETAILS, actions.DELETE),
    _S.REFUSED: (actions.EDIT, actions.DETAILS, actions.DELETE),
    _S.RETRYING: (actions.DETAILS,),
    _S.DELETING: (actions.DETAILS,),
    _S.DELETED: (),
    _S.VANISHED: (actions.EDIT, actions.DETAILS),
}

#: Characters of a value as Slack counts them; with its name it must fit a field of 2000.
_SHOWN_ON_CARD = 400
_SHOWN_IN_REFUSAL = 800
_SHOWN_IN_DETAILS = 1900


def file_name(export: Export) -> str:
    """Return the file's name as Token Flex gives it: with the extension that it appends."""
    return f"{export.request.file_name}.csv"


def state_in_words(state: ExportState) -> str:
    """Return the state as it stands inside a sentence."""
    words = STATE_WORDS[state]
    return words[0].lower() + words[1:]


def card(export: Export, shown: DownloadLink | None = None) -> Message:
    """Return the card of an export as it stands now; with a link only where it was asked for."""
    title = f"*Export {export.label}* · {code(shorten(file_name(export), 110))}"
    parts: list[Block] = [
        blocks.section("export", f"{title}\n{status_line(export)}"),
        blocks.fields(
            "asked",
            ("Asked by", mention(export.requester)),
            ("Contract", code(export.request.contract_number)),
            *_what(export.request, _SHOWN_ON_CARD),
        ),
    ]
    if shown is not None:
        parts.append(_link_section(export, shown))
    parts += [blocks.context("times", _times(export)), *_buttons(export)]
    return Message(f"Export {export.label} ({escape(file_name(export))}): {state_in_words(export.state)}.", parts)


def status_line(export: Export) -> str:
    """Return where the export stands and what follows from that, as mrkdwn."""
    sentence = NOTES.get(export.note) or _SENTENCES[export.state]
    state = STATE_WORDS[export.state]
    if export.state is _S.REQUESTED and export.upstream_status not in {None, "Requested"}:
        state = f"{state} (Token Flex says {code(shorten(export.upstream_status or '', 60))})"
    if export.state is _S.REFUSED:
        sentence = _explained(export)
    if export.replaced_by is not None:
        sentence = f"{sentence} {_sent_again(export)}"
    return f"*{state}.* {sentence}".strip()


def announcement(export: Export, number: int, shown: DownloadLink | None) -> Message:
    """Return the thread reply number `number` of an export: that it is ready, or that it failed.

    An older announcement keeps its sentence and loses its buttons. The link is never in `text`, which goes to
    the notification services of phones.
    """
    if number != export.announcement or export.state not in {_S.READY, _S.FAILED}:
        return _past_announcement(export, number)
    if export.state is _S.FAILED:
        sentence = f"{mention(export.requester)}, export {export.label} failed: Token Flex could not make the file."
        return Message(
            sentence, [blocks.section("result", f"{sentence} *Retry* asks for it again."), *_buttons(export)]
        )
    sentence = f"{mention(export.requester)}, export {export.label} is ready: {code(shorten(file_name(export), 110))}"
    parts = [blocks.section("result", sentence)]
    parts.append(blocks.section("link", _no_link()) if shown is None else _link_section(export, shown))
    return Message(f"{mention(export.requester)}, export {export.label} is ready.", [*parts, *_buttons(export)])


def _past_announcement(export: Export, number: int) -> Message:
    """Return what is left of an announcement; it may never be edited again, so it has to stay true."""
    if number == export.announcement and export.state in {_S.DELETING, _S.DELETED}:
        text = f"Export {export.label} was deleted."
    elif number == export.announcement and export.state is _S.VANISHED:
        text = f"Export {export.label} is no longer at Token Flex."
    else:
        text = f"Export {export.label} failed and was tried again. Its card shows how it stands."
    return Message(text, [blocks.section("result", text)])


def _no_link() -> str:
    return "*Get a fresh link* makes a download link; it works for a few minutes."


def _link_section(export: Export, shown: DownloadLink) -> Block:
    return blocks.section("link", link_line(export, shown))


def link_line(export: Export, shown: DownloadLink) -> str:
    """Return the link and until when it works, as mrkdwn."""
    label = f"Download {shorten(file_name(export), 110)}"
    return f"{link(shown.reveal(), label)}\nThis link works until {clock_time(shown.expires_at)}."


def private_link(export: Export, shown: DownloadLink) -> Message:
    """Return a link for one person's eyes."""
    parts = [
        blocks.section("link", f"Export {export.label}: {link_line(export, shown)}"),
        actions.row("buttons", actions.button(actions.LINK, export.number)),
    ]
    return Message(f"Here is a fresh link for export {export.label}.", parts)


def expired_private_link(export: Export) -> Message:
    """Return what stands in place of a private link when it has expired."""
    parts = [
        blocks.section("link", f"Export {export.label}: the link that was here has expired."),
        actions.row("buttons", actions.button(actions.LINK, export.number)),
    ]
    return Message(f"The link for export {export.label} has expired.", parts)


def refusal(export: Export) -> Message:
    """Return the private message about a request, or a retry, that Token Flex refused."""
    what = "the retry of" if export.state is _S.FAILED else "your request for"
    sentence = f"Token Flex did not accept {what} export {export.label} in {channel(export.channel)}."
    told = f"{_explained(export)} {_sent_again(export)}".strip()
    parts = [
        blocks.section("refused", f"{sentence}\n{told}".strip()),
        blocks.fields(
            "asked", ("Contract", code(export.request.contract_number)), *_what(export.request, _SHOWN_IN_REFUSAL)
        ),
        *_buttons(export),
    ]
    return Message(f"{sentence} {told}".strip(), parts)


def details(export: Export, line: InLine | None = None) -> Message:
    """Return all that is known of an export, also its place in the line where it waits in one."""
    asked = export.request
    waits = "" if line is None else f" {place_in_line(line)}".rstrip()
    times = [("Accepted", moment(export.accepted_at))]
    if export.requested_at is not None:
        times.append(("Requested", moment(export.requested_at)))
    if export.finished_at is not None:
        times.append(("Finished", moment(export.finished_at)))
    parts: list[Block] = [
        blocks.section("export", f"*Export {export.label}* · {code(file_name(export))}\n{status_line(export)}{waits}"),
        blocks.fields(
            "asked",
            ("Asked by", mention(export.requester)),
            ("Posted to", channel(export.channel)),
            ("Contract", code(asked.contract_number)),
            *times,
        ),
        blocks.fields("what", *_what(asked, _SHOWN_IN_DETAILS)),
    ]
    if export.request_key:
        parts.append(blocks.context("key", f"Request key {code(export.request_key)}"))
    return Message(f"Details of export {export.label}: {state_in_words(export.state)}.", [*parts, *_buttons(export)])


def listing(exports: Sequence[Export], more: bool) -> Message:
    """Return a list of exports, one line each."""
    if not exports:
        text = "There are no exports of yours or of this channel yet. `/tokenflex` opens the form for a new one."
        return Message(text, [blocks.section("list", text)])
    parts = [blocks.section(f"list.{at}", group) for at, group in enumerate(_groups(map(list_line, exports)))]
    newest = exports[0].label
    hint = f"`/tokenflex status {newest}` shows all about one of them, `/tokenflex link {newest}` gets its link."
    if more:
        hint = f"Only the newest {len(exports)} are shown. {hint}"
    said = "; ".join(f"{export.label} {state_in_words(export.state)}" for export in exports)
    count = "One export" if len(exports) == 1 else f"{len(exports)} exports"
    return Message(f"{count}: {said}.", [*parts, blocks.context("hint", hint)])


def _groups(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines in paragraphs that Slack takes."""
    group = ""
    for line in lines:
        if group and len(group) + len(line) >= blocks.SECTION_LIMIT:
            yield group
            group = ""
        group = f"{group}\n{line}" if group else line
    yield group


def list_line(export: Export) -> str:
    """Return an export as one line of a list."""
    name = code(shorten(file_name(export), 60))
    state = STATE_WORDS[export.state]
    return f"*{export.label}* {name} · {state} · {mention(export.requester)} · {moment(export.accepted_at)}"


def confirm_deletion(export: Export) -> Message:
    """Return the question that `/tokenflex delete` asks."""
    text = (
        f"Delete export {export.label} ({code(shorten(file_name(export), 110))})? The file is removed at Autodesk too. "
        "Nobody can download it afterwards."
    )
    buttons = (
        actions.button(actions.DELETE, export.number, style="danger", ask=False),
        actions.button(actions.KEEP, export.number),
    )
    return Message(
        f"Delete export {export.label}?", [blocks.section("question", text), actions.row("buttons", *buttons)]
    )


def deletion(export: Export) -> Message:
    """Return the answer to a deletion."""
    done = "deleted" if export.state is _S.DELETED else "being deleted, here and at Token Flex"
    text = f"Export {export.label} is {done}."
    return Message(text, [blocks.section("answer", text)])


def waiting_for_link(number: int) -> Message:
    """Return what a person reads whose link takes longer than usual."""
    text = f"I am getting a link for export #{number} and wait for Token Flex. It comes by itself, usually in a minute."
    return Message(text, [blocks.section("answer", text)])


def link_is_there(export: Export, shown: DownloadLink) -> Message:
    """Return the answer to a press on a message that shows a link already."""
    text = f"The link for export {export.label} in that message still works, until {clock_time(shown.expires_at)}."
    return Message(text, [blocks.section("answer", text)])


def _what(asked: ExportRequest, limit: int) -> list[tuple[str, str]]:
    pairs = [
        ("Fields", ", ".join(asked.fields)),
        ("Metrics", ", ".join(asked.metrics)),
        ("Usage categories", ", ".join(asked.usage_categories) or "all"),
        ("Where", asked.where),
    ]
    return [(name, code_within(value, limit)) for name, value in pairs if value]


def _times(export: Export) -> str:
    text = f"Accepted {moment(export.accepted_at)}"
    if export.finished_at is not None and export.state in {_S.READY, _S.FAILED}:
        text += f" · {state_in_words(export.state)} {moment(export.finished_at)}"
    return text


def _sent_again(export: Export) -> str:
    return "" if export.replaced_by is None else f"It was sent again as #{export.replaced_by}."


def _explained(export: Export) -> str:
    ours, _, theirs = export.explanation.partition("\n")
    said = f" Token Flex says: {code(shorten(theirs, 300))}" if theirs else ""
    return f"{ours}{said}".strip()


def _buttons(export: Export) -> list[Block]:
    wanted = _BUTTONS[export.state]
    if export.replaced_by is not None:
        wanted = tuple(action for action in wanted if action != actions.EDIT)
    if not wanted:
        return []
    return [actions.row(f"buttons.{export.state.value}", *(_styled(action, export.number) for action in wanted))]


def _styled(action: str, number: int) -> Block:
    style = {actions.LINK: "primary", actions.RETRY: "primary", actions.DELETE: "danger"}.get(action)
    return actions.button(action, number, style=style)


def expires_at(shown: DownloadLink | None) -> datetime | None:
    """Return until when a message with this link shows it."""
    return None if shown is None else shown.expires_at
