"""Every sentence that people can see, as it is shown: its words, its end, its length, and acts that can be done.

A new sentence cannot be forgotten: each face, error, kind of message and reply is drawn; one without a row here fails
the test. `test_literals.py` reads the source of all modules that speak to people.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, TypeVar

import pytest

from bot.answers import kept
from bot.answers.plan import plan
from bot.answers.shown import Shown
from bot.cards import (
    actions,
    admin_card,
    explanations,
    export_card,
    export_list,
    file_card,
    notices,
    refusals,
    replies,
    schedule_card,
)
from bot.cards.admin_card import Overview
from bot.cards.alert_told import Ending, Phase, Told
from bot.cards.blocks import Message
from bot.cards.export_list import Listed, Turn
from bot.cards.faces import FACES, NOTES
from bot.cards.figures import Fault, Unread
from bot.cards.file_card import NoFile
from bot.cards.notices import Closing
from bot.cards.pauses import Paused
from bot.cards.schedule_card import NotDone
from bot.cards.waiting import InLine, place_in_line
from bot.contracts.usage import usage_of
from bot.delivery.kinds import KINDS, Drawing, Words
from bot.delivery.matters import AlertNews, AnswerOf, LostLogin, PaceNews, PostedUsage, ReportOf, ScheduleNews
from bot.exports.patience import EVERYBODYS
from bot.login.watch import DETAILS
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex import errors as token_flex_errors
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink
from handlers.forms import export_modal
from storage.answers import Answer as StoredAnswer
from storage.answers import AnswerState
from storage.models import About, CallsSpent, Delivery, DeliveryState, Export, MessageKind
from storage.refusals import RefusedPace
from storage.runs import Run, RunState
from storage.states import Event, ExportState, Note, next_state
from tests.harness.rows import COUNTED, FOUND, NOW, REQUEST
from tests.unit.cards import test_alert_card, test_refusals
from tests.unit.cards.vocabulary import FORBIDDEN, LABELS, LONGEST

S = ExportState
T = TypeVar("T")


def export(state: S, **more: Any) -> Export:
    told = "Autodesk finds something wrong with it.\nUnknown field foo." if state is S.REFUSED else ""
    known: dict[str, Any] = {
        "request_key": "2026#7be9",
        "requested_at": NOW,
        "finished_at": NOW,
        "explanation": told,
        "announcement": 1,
        "known_through": NOW.date(),
    }
    standing = Export(42, state, REQUEST, "U0SBX00002", "C0SBX00006", NOW, NOW, **known)
    return replace(standing, **more)


LINK = DownloadLink("https://download.example/a.csv", NOW + timedelta(seconds=60))
PLACES = ("C0SBX00006", "D0SBX00006")


def drawn(kind: MessageKind) -> Iterator[tuple[Export | None, Message]]:
    """Yield a message of this kind in every state that it can be about."""
    row = Delivery(
        id=1, subject="s", kind=kind, about=About.EXPORT, about_id=42, recipient="C0SBX00006", edition=1,
        state=DeliveryState.WAITING, due_at=NOW, created_at=NOW,
    )  # fmt: skip
    if kind is MessageKind.LOGIN_LOST:
        for cut_off, detail in product((False, True), DETAILS.values()):
            lost: Any = LostLogin("C0SBX00006", was_cut_off=cut_off)
            yield None, KINDS[kind].card(lost, Drawing(replace(row, detail=detail), None, Words()))
        return
    if kind in {MessageKind.USAGE, MessageKind.USAGE_TROUBLE}:
        for closing, place, shown in product(Closing, PLACES, (usage_of(COUNTED), None)):
            drawing = Drawing(replace(row, detail=closing.value), None, Words(), discreet=place == PLACES[0])
            yield None, KINDS[kind].card(PostedUsage("U0SBX00002", place, shown), drawing)  # type: ignore[arg-type]
        return
    others = {
        MessageKind.PACE_REFUSED: _refused_paces,
        **dict.fromkeys((MessageKind.ANSWER, MessageKind.PRIVATE_ANSWER), _answers),
        **dict.fromkeys((MessageKind.SCHEDULE, MessageKind.PRIVATE_SCHEDULE), _schedules),
        **dict.fromkeys((MessageKind.ALERT, MessageKind.PRIVATE_ALERT), _tellings),
        **dict.fromkeys((MessageKind.ALERT_FIGURES, MessageKind.PRIVATE_ALERT_FIGURES), _tellings),
        **dict.fromkeys((MessageKind.ALERT_PAUSED, MessageKind.PRIVATE_ALERT_PAUSED), _paused_alerts),
    }
    if kind in others:
        yield from others[kind](kind, row)
        return
    for state in _possible(kind):
        for one in (export(state), export(state, replaced_by=43), *(export(state, channel=place) for place in PLACES)):
            for detail in _details(kind):
                for link in (None, LINK) if state is S.READY else (None,):
                    drawing = Drawing(replace(row, detail=detail), link, Words())
                    said = schedule_card.report_of(one, RUN, test_refusals.schedule("Tokens"), RUN)
                    matter: Any = ReportOf(one, said) if kind is MessageKind.REPORT else one
                    yield one, KINDS[kind].card(matter, drawing)


RUN = Run(
    id=1, schedule=1, identity="2026-11-02T08:00", due_at=NOW, state=RunState.FAILED, late=True, why="error",
    export=42, decided_at=NOW, changed_at=NOW, next_try_at=None,
)  # fmt: skip


def _schedules(kind: MessageKind, row: Delivery) -> Iterator[tuple[Export | None, Message]]:
    """Yield a schedule that is paused for each reason, or goes on, after each end of a run, or without one; deleted."""
    ends = [None, *(replace(RUN, why=why.value) for why in NotDone), *(replace(RUN, state=each) for each in RunState)]
    for why, run, discreet in product(("", *Paused), ends, (False, True)):
        for next_at in (None, NOW):
            schedule = replace(test_refusals.schedule("Tokens"), paused_why=str(why), next_at=next_at)
            news: Any = ScheduleNews(schedule, run)
            yield None, KINDS[kind].card(news, Drawing(row, None, Words(), discreet=discreet))
    deleted: Any = ScheduleNews(None)
    yield None, KINDS[kind].card(deleted, Drawing(row, None, Words()))


def _tellings(kind: MessageKind, row: Delivery) -> Iterator[tuple[Export | None, Message]]:
    """Yield what an alert tells of each matter in each phase, for everybody and for who presses; forgotten."""
    for (matter, _, _), phase, ending in product(test_alert_card.SAID, Phase, Ending):
        told = Told("9", matter, phase, "U0SBX00002", NOW, ending if phase is Phase.OVER else None)
        for audience, discreet in product(LinkAudience, (False, True)):
            words = Words(answers=Shown(Catalogue(), audience=audience))
            news: Any = AlertNews(test_alert_card.ALERT, told, usage_of(COUNTED), can_act=True)
            yield None, KINDS[kind].card(news, Drawing(row, None, words, discreet=discreet))
    forgotten: Any = AlertNews(None)
    yield None, KINDS[kind].card(forgotten, Drawing(row, None, Words()))


def _paused_alerts(kind: MessageKind, row: Delivery) -> Iterator[tuple[Export | None, Message]]:
    """Yield an alert that is paused for each reason, or goes on; of one that is not understood; deleted."""
    for why, watched, discreet in product(("", *Paused), (test_alert_card.ALERT.watched, "{}"), (False, True)):
        news: Any = AlertNews(replace(test_alert_card.ALERT, paused_why=str(why), watched=watched))
        yield None, KINDS[kind].card(news, Drawing(row, None, Words(), discreet=discreet))
    deleted: Any = AlertNews(None)
    yield None, KINDS[kind].card(deleted, Drawing(row, None, Words()))


def _details(kind: MessageKind) -> list[str]:
    if kind in {MessageKind.NO_FILE, MessageKind.PRIVATE_NO_FILE}:
        return [*file_card.REASONS, "as_yet_unknown_error"]
    return [closing.value for closing in Closing] if kind is MessageKind.CHANNEL_TROUBLE else [""]


def _refused_paces(kind: MessageKind, row: Delivery) -> Iterator[tuple[Export | None, Message]]:
    for refused in (None, RefusedPace(NOW, 1, 38, 900, None), RefusedPace(NOW, 14, 50, 1, 25.0)):
        news: Any = PaceNews(refused)
        yield None, KINDS[kind].card(news, Drawing(row, None, Words()))


def _answers(kind: MessageKind, row: Delivery) -> Iterator[tuple[Export | None, Message]]:
    """Yield answers with figures, without, forgotten and kept back, for everybody, for who presses, for one person."""
    asked = plan(REQUEST, Catalogue())
    common: dict[str, Any] = {"id": 7, "origin": "a", "export": 42, "announcement": 1, "wanted_at": NOW}
    found = StoredAnswer(state=AnswerState.FOUND, changed_at=NOW, document=kept.figures(FOUND, asked), **common)
    faults = [
        StoredAnswer(
            state=AnswerState.UNREAD,
            changed_at=NOW,
            fault=fault.value,
            document=kept.fault(Unread(fault), asked),
            **common,
        )
        for fault in Fault
    ]
    for answer, detail, audience, discreet in product(
        (found, *faults, replace(found, document=""), None), AnswerDetail, LinkAudience, (False, True)
    ):
        words = Words(answers=Shown(Catalogue(), detail=detail, audience=audience))
        matter: Any = AnswerOf(export(S.READY), answer)
        yield matter.export, KINDS[kind].card(matter, Drawing(row, None, words, discreet=discreet))


def _possible(kind: MessageKind) -> tuple[S, ...]:
    """The states of an export in which a message of this kind can be drawn with its buttons."""
    if kind is MessageKind.REFUSAL:
        return (S.REFUSED, S.FAILED, S.DELETED)
    return (S.READY,) if kind is MessageKind.PRIVATE_LINK else tuple(S)


#: Places in the line.
LINES = [InLine(0, 0.0, False), InLine(6, 60.0, False), InLine(6, 600.0, False), InLine(1, 120.0, True)]
LINES += [InLine(0, 0.0, True, note, False) for note in (Note.NONE, *sorted(EVERYBODYS))]
#: A way to call each function of the private replies.
REPLIES: Mapping[str, Callable[[], list[Message]]] = {
    "accepted": lambda: [replies.accepted(export(S.QUEUED), line, ("It may surprise you.",)) for line in LINES],
    "wrong_words": lambda: [replies.wrong_words(("Nothing follows /tokenflex help.",), "help")],
    "unknown_word": lambda: [replies.unknown_word("x"), replies.unknown_word("stat", "status #42")],
    "unknown_but_asked": lambda: [
        replies.unknown_but_asked("x", title, "starter.days") for title in ("Tokens by day", "Who are the top users?")
    ],
    "mistake": lambda: [replies.mistake(("I don't know “x”.",))],
    "retried": lambda: [replies.retried(export(S.RETRYING))],
    "confirm_deletion": lambda: [replies.confirm_deletion(export(S.READY))],
    "given_up": lambda: [replies.given_up(export(state)) for state in (S.FAILED, S.READY)],
    "kept": lambda: [replies.kept(42)],
    "deleted": lambda: [replies.deleted(export(state)) for state in (S.DELETING, S.DELETED)],
    "waiting_for_figures": lambda: [replies.waiting_for_figures(42)],
    "waits_for_thread": lambda: [replies.waits_for_thread(export(S.READY))],
    "waiting_for_link": lambda: [replies.waiting_for_link(42)],
    "link_is_there": lambda: [replies.link_is_there(export(S.READY), LINK)],
    "only_commands": lambda: [replies.only_commands()],
    "unknown_button": lambda: [replies.unknown_button()],
}
#: Those that are texts, not messages.
TEXTS: Mapping[str, Callable[[], list[str]]] = {
    "accepted_in_form": lambda: [replies.accepted_in_form(export(S.QUEUED), line) for line in LINES],
}


def functions(module: Any) -> set[str]:
    """The public functions that a module has of its own."""
    return {
        name
        for name, each in inspect.getmembers(module, inspect.isfunction)
        if each.__module__ == module.__name__ and not name.startswith("_")
    }


def subclasses(kind: type[T]) -> Iterator[type[T]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def of_faces() -> Iterator[Any]:
    """Yield what is said of states and of waiting."""
    for state, face in FACES.items():
        if face.sentence:
            yield pytest.param(face.sentence, id=f"face {state}")
        for wish, why_not in face.why_not.items():
            said = f"Export #42 {face.standing}{why_not.format(label='#42')}"
            yield pytest.param(said, id=f"{state} not {wish.name}")
    for note in Note:
        if note is not Note.NONE:
            yield pytest.param(NOTES[note], id=f"note {note}")
    for at, line in enumerate(LINES[1:]):
        yield pytest.param(place_in_line(line).rstrip(), id=f"line {at}")


def of_errors() -> Iterator[Any]:
    """Yield what is said of everything that can go wrong."""
    for kind in subclasses(token_flex_errors.TokenFlexError):
        error: Any = kind() if kind is token_flex_errors.RateLimitedError else kind("x")
        yield pytest.param(explanations.explain(error), id=kind.__name__)
    for at, error in enumerate(test_refusals.made()):
        yield pytest.param(refusals.sentence(error), id=f"{at} {type(error).__name__}")
    for name, text in vars(refusals).items():
        if name.isupper() and isinstance(text, str):
            yield pytest.param(text, id=name)
    yield pytest.param(refusals.apology("0badcafe"), id="apology")


def of_replies() -> Iterator[Any]:
    """Yield what is replied and noted."""
    for name, made in REPLIES.items():
        yield from (pytest.param(each.text, id=f"{name} {at}") for at, each in enumerate(made()))
    for name, said in TEXTS.items():
        yield from (pytest.param(each, id=f"{name} {at}") for at, each in enumerate(said()))
    for closing in (*Closing, None):
        yield pytest.param(notices.not_announced(export(S.READY), closing, "tokenflex"), id=f"not announced {closing}")
    told = [notices.not_removed(export(S.DELETED))]
    told += [notices.login_needed(was_cut_off=True, detail=detail) for detail in DETAILS.values()]
    for at, each in enumerate((*told, notices.post_in_doubt(export(S.READY)))):
        yield pytest.param(each.text, id=f"notice {at}")


def test_every_reply_and_notice_is_here() -> None:
    """A new reply needs a row above; messages of the outbox are drawn by their kind."""
    assert functions(replies) == set(REPLIES) | set(TEXTS)
    assert functions(notices) == {
        "channel_trouble",
        "not_announced",
        "not_removed",
        "post_in_doubt",
        "login_needed",
        "not_posted",
        "pace_refused",
    }
    assert set(KINDS) == set(MessageKind) - {MessageKind.EXPIRY}


@pytest.mark.parametrize("text", [*of_faces(), *of_errors(), *of_replies()])
def test_a_sentence_is_whole_short_and_plain(text: str) -> None:
    """It begins like one, ends like one, and is no longer than people read."""
    text = re.sub(r"<!date\^.*?\|(.*?)>", r"\1", text)
    assert re.match(r"[*`A-Z<]", text), text
    assert re.search(r"[.?]\*?$", text), text
    assert len(text) <= LONGEST, len(text)
    assert not re.search(r"\s\s|\s[.,;]|\.\.|{|}", text), text
    assert FORBIDDEN.search(text) is None, text


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_names_only_acts_that_can_be_done(kind: MessageKind) -> None:
    """A button that is named is on the message, or on the card that is named; a word of the command makes sense."""
    messages = list(drawn(kind))
    assert messages
    for one, message in messages:
        texts = [text["text"] for text in _objects(message.blocks) if text.get("type") == "mrkdwn"]
        buttons = {each["text"]["text"] for each in _objects(message.blocks) if each.get("type") == "button"}
        for text in (message.text, *texts):
            assert FORBIDDEN.search(text) is None, text
            for label in LABELS:
                assert f"*{label}*" not in text or label in buttons, (kind, one, text)
            for word in re.findall(r"/tokenflex (\w+) #42", text):
                assert one is not None
                assert word == "status" or _makes_sense(word, one.state) or "once it is ready" in text, (
                    one.state,
                    text,
                )


@pytest.mark.parametrize("state", S)
def test_advice_in_a_state_can_be_followed(state: S) -> None:
    """What is offered in place of what makes no sense makes sense."""
    card = {actions._LABELS[action] for action in FACES[state].buttons}
    for text in FACES[state].why_not.values():
        assert all(label in card for label in re.findall(r"\*(.+?)\* on its card", text)), text
        for word in re.findall(r"/tokenflex (\w+) ", text):
            assert _makes_sense(word, state), text


def _makes_sense(word: str, state: S) -> bool:
    event = {"retry": Event.RETRY, "delete": Event.DELETE}.get(word)
    return (
        state is S.READY if word in {"link", "answer"} else event is not None and next_state(state, event) is not None
    )


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)


def test_lists_and_details_name_acts_that_exist() -> None:
    """A link is advised only where one of the list is ready; details say nothing that cannot be done."""
    none_ready = export_list.listing(Listed((export(S.FAILED),)))
    assert "/tokenflex link" not in str(none_ready.blocks)
    some = export_list.listing(Listed((export(S.FAILED), replace(export(S.READY), number=7)), older=Turn(before=7)))
    assert "/tokenflex link #7" in str(some.blocks)
    for state in S:
        shown = export_card.details(export(state), InLine(3, 200.0, False) if state is S.QUEUED else None)
        buttons = {each["text"]["text"] for each in _objects(shown.blocks) if each.get("type") == "button"}
        assert all(label in buttons for label in LABELS if f"*{label}*" in str(shown.blocks))


def test_administrators_are_spoken_to_plainly() -> None:
    """The overview, with and without anything to say."""
    spent = CallsSpent(minute=1, minute_limit=5, hours=2, hours_limit=2400, waiting=0, refused_at=NOW)
    for last in (None, NOW):
        shown = admin_card.overview(Overview({S.READY: 1}, (export(S.READY),), (), spent, last))
        for text in (each["text"] for each in _objects(shown.blocks) if each.get("type") == "mrkdwn"):
            assert FORBIDDEN.search(text) is None, text


def test_the_form_says_what_fits_on_a_line() -> None:
    """Hints are short, and all of its words are plain."""
    view = export_modal.build(export_modal.Draft(), export_modal.Choices())
    for each in _objects(view["blocks"]):
        if each.get("type") == "plain_text":
            assert FORBIDDEN.search(each["text"]) is None
            assert len(each["text"]) <= 110, each["text"]


@pytest.mark.parametrize(
    "told",
    [
        replies.unknown_word("hel`p"),
        replies.unknown_word("hel`p", "help"),
        replies.unknown_but_asked("to`p", "Who are the top users?", "starter.users"),
        replies.mistake(("I don't know “fiel`ds”.",)),
        replies.wrong_words(("Nothing follows /tokenflex help; leave “`me” out.",), "help"),
    ],
)
def test_a_backtick_that_was_typed_ends_no_code_of_ours(told: Message) -> None:
    """What stands in code, a command to be typed, stays in code; outside of it there is no backtick."""
    assert told.text.count("`") % 2 == 0
    assert all("/tokenflex" in span for span in re.findall(r"`([^`]*)`", told.text))


def test_every_reason_why_there_is_no_file_has_its_sentence() -> None:
    """Those of Slack, ours, and the faults of a file."""
    assert set(file_card.REASONS) == {*NoFile, *Fault}
