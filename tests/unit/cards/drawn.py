"""Everything that people can be shown, drawn: each kind of message in each state, each private reply."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

from bot.answers import kept
from bot.answers.plan import plan
from bot.answers.shown import Shown
from bot.cards import (
    file_card,
    replies,
    schedule_card,
)
from bot.cards.alert_told import Ending, Phase, Told
from bot.cards.blocks import Message
from bot.cards.figures import Fault, Unread
from bot.cards.notices import Closing
from bot.cards.pauses import Paused
from bot.cards.schedule_card import NotDone
from bot.cards.waiting import InLine
from bot.contracts.usage import usage_of
from bot.delivery.kinds import KINDS, Drawing, Words
from bot.delivery.matters import AlertNews, AnswerOf, LostLogin, PaceNews, PostedUsage, ReportOf, ScheduleNews
from bot.exports.patience import EVERYBODYS
from bot.login.watch import DETAILS
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink
from storage.answers import Answer as StoredAnswer
from storage.answers import AnswerState
from storage.models import About, Delivery, DeliveryState, Export, MessageKind
from storage.refusals import RefusedPace
from storage.runs import Run, RunState
from storage.states import ExportState, Note
from tests.harness.rows import COUNTED, FOUND, NOW, REQUEST
from tests.unit.cards import test_alert_card, test_refusals

S = ExportState


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
