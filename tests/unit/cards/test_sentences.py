"""Every sentence that people can see, as it is shown: its words, its end, its length, and acts that can be done.

A new sentence cannot be forgotten: each face, error, kind of message and reply is drawn; one without a row here fails
the test. `test_literals.py` reads the source of all modules that speak to people.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pytest

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
)
from bot.cards.admin_card import Overview
from bot.cards.blocks import Message
from bot.cards.export_list import Listed, Turn
from bot.cards.faces import FACES, NOTES
from bot.cards.figures import Fault
from bot.cards.file_card import NoFile
from bot.cards.notices import Closing
from bot.cards.waiting import InLine, place_in_line
from bot.delivery.kinds import KINDS
from bot.login.watch import DETAILS
from bot.tokenflex import errors as token_flex_errors
from handlers.forms import export_modal
from storage.models import CallsSpent, MessageKind
from storage.refusals import RefusedPace
from storage.states import Event, Note, next_state
from tests.harness.rows import NOW
from tests.unit.cards import test_refusals
from tests.unit.cards.drawn import LINES, REPLIES, TEXTS, S, drawn, export
from tests.unit.cards.vocabulary import FORBIDDEN, LABELS, LONGEST

T = TypeVar("T")


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


def test_administrators_read_what_the_pace_lets_through() -> None:
    """By `bucket` a minute has no limit of five, and a number of one reads as well as others."""
    careful = CallsSpent(minute=4, minute_limit=5, hours=30, hours_limit=2400, waiting=0, refused_at=None)
    said = {
        "Requests in the last minute: 4 of 5; in the last 8 hours: 30 of 2400; waiting: 0.": careful,
        "Requests in the last minute: 14; in the last 8 hours: 30 of 2400; waiting: 0. `CALL_PACE` is `bucket`; "
        "requests saved up: 1.": replace(careful, minute=14, saved=1),
    }
    for text, spent in said.items():
        assert text in str(admin_card.overview(Overview({}, (), (), spent, None)).blocks)


def test_a_refused_pace_speaks_of_numbers_only_where_it_names_them() -> None:
    """Where the refusal is not on record any more, there is nothing that Autodesk could be shown."""
    known = RefusedPace(NOW, 1, 31, 60, 60.0)
    assert "1 request in that minute" in notices.pace_refused(known).text
    assert "ask Autodesk with these numbers how its limit" in notices.pace_refused(known).text
    assert "ask Autodesk how its limit" in notices.pace_refused(None).text


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
