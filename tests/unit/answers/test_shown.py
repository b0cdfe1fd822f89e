"""What is kept of an answer, and what each message shows of it, by the settings."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from bot.answers import kept
from bot.answers.comparison import Run
from bot.answers.earlier import Before
from bot.answers.engine.document import DocumentError, Found, Group, Grouped, Moment
from bot.answers.plan import Plan, plan
from bot.answers.shown import Shown
from bot.cards import actions
from bot.cards.blocks import Message
from bot.cards.figures import Fault, Unread
from bot.cards.query import Query
from bot.questions.periods import Days
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from storage.answers import Answer, AnswerState
from storage.models import Export
from storage.states import ExportState
from tests.harness.rows import NOW

CATALOGUE = Catalogue()
REQUEST = ExportRequest(
    "110000123456", ("usageDate", "userName", "customField1"), ("tokensConsumed",), (), "userName = 'maria'", "secret"
)
PLAN = plan(REQUEST, CATALOGUE, where="userName = 'maria'")
EXPORT = Export(42, ExportState.READY, REQUEST, "U1", "C1", NOW, NOW, announcement=1)
#: What gives away that figures, a person, or a value of a custom field are shown.
TOTAL, PERSON, CENTRE = "7,654.5", "maria", "Cost centre 9"


def found_by(asked: Plan) -> Found:
    """Figures of one person and one cost centre."""
    values = {"userName": PERSON, "customField1": CENTRE}
    grouped = tuple(
        Grouped(
            each,
            (
                Group(
                    tuple(values[name] for name in each.by),
                    tuple(Decimal("7654.5") if measure.count == "sum" else 1 for measure in each.measures),
                ),
            ),
            1,
            is_single=False,
        )
        for each in asked.task.groupings
    )
    moments = (Moment(date(2026, 3, 1), (Decimal("7654.5"),)),)
    return Found(
        3, 2, 99, "ab" * 32, {"tokensConsumed": Decimal("7654.5")}, {}, 14, 0, date(2026, 3, 1), date(2026, 3, 9),
        grouped, (moments,) * len(asked.task.timelines),
    )  # fmt: skip


def stored(document: str, state: AnswerState = AnswerState.FOUND) -> Answer:
    """An answer as the database has it."""
    return Answer(
        origin="a", export=42, announcement=1, id=7, state=state, wanted_at=NOW, changed_at=NOW, document=document
    )


def given_away(message: Message) -> set[str]:
    """What a message shows in any of its drawings."""
    whole = json.dumps([message.text, message.blocks, message.plainer, message.bare], ensure_ascii=False)
    return {each for each in (TOTAL, PERSON, CENTRE) if each in whole}


def test_nobody_is_named_in_what_is_kept() -> None:
    """Nor does the condition stay; counts, totals and tables that name nobody come back as they were."""
    found = found_by(PLAN)
    text = kept.figures(found, PLAN)
    assert PERSON not in text
    again, asked = kept.figures_of(text, PLAN.personal)
    hidden = tuple(replace(each, rows=()) if "userName" in each.grouping.by else each for each in found.grouped)
    assert again == replace(found, grouped=hidden)
    assert (asked.main, asked.for_all, asked.task.where) == (PLAN.main, PLAN.for_all, None)


def test_a_column_that_has_been_called_personal_since_is_hidden() -> None:
    """The setting of today counts, not the one of the day on which the file was read."""
    again, _ = kept.figures_of(kept.figures(found_by(PLAN), PLAN), PLAN.personal | {"customField1"})
    assert [each.rows for each in again.grouped] == [()] * len(again.grouped)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"task": {}}', '{"found": 1}', "{"])
def test_what_another_version_has_written_is_not_misread(text: str) -> None:
    """It is an error of its own, and a sentence for people."""
    with pytest.raises(DocumentError):
        kept.figures_of(text, frozenset())
    with pytest.raises(DocumentError):
        kept.fault_of(text)
    for state in (AnswerState.FOUND, AnswerState.UNREAD):
        message = Shown(CATALOGUE).message(EXPORT, stored(text, state), None)
        assert message.text == "Answer to export #42: its figures are not kept any more."


@pytest.mark.parametrize("fault", Fault)
def test_why_there_are_no_figures_comes_back(fault: Fault) -> None:
    """With the columns that it is about."""
    told = Unread(fault, ("userName",), 3)
    assert kept.fault_of(kept.fault(told, PLAN)) == told


@pytest.mark.parametrize(("detail", "audience"), list(product(AnswerDetail, LinkAudience)))
@pytest.mark.parametrize(("private", "discreet"), [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize("remembered", [True, False])
def test_what_a_message_shows(
    detail: AnswerDetail, audience: LinkAudience, *, private: bool, discreet: bool, remembered: bool
) -> None:
    """The whole table; after a restart nobody is named, since names were in memory alone."""
    shown = Shown(CATALOGUE, detail=detail, audience=audience)
    asked = shown.plan(EXPORT)
    found = found_by(asked)
    if remembered:
        shown.remember(7, found, asked)
    message = shown.message(EXPORT, stored(kept.figures(found, asked)), None, private=private, discreet=discreet)
    expected: set[str] = set()
    if detail is not AnswerDetail.LINK and (private or (audience is LinkAudience.CHANNEL and not discreet)):
        expected = {TOTAL, CENTRE} | ({PERSON} if detail is AnswerDetail.ALL and remembered else set())
    assert given_away(message) == expected
    assert message.text.startswith("Answer to export #42: ")
    is_on_press = detail is not AnswerDetail.LINK and not private and not expected
    assert ("answer.show" in json.dumps(message.blocks)) == is_on_press


SEPTEMBER, OCTOBER = Days(date(2026, 9, 1), date(2026, 9, 30)), Days(date(2026, 10, 1), date(2026, 10, 31))


def compared_with(document: str) -> Before:
    """October beside what was kept of September."""
    return Before(Run(7, OCTOBER, NOW), ((Run(3, SEPTEMBER, NOW), document),))


@pytest.mark.parametrize(("detail", "audience"), list(product(AnswerDetail, LinkAudience)))
@pytest.mark.parametrize(("private", "discreet"), [(True, False), (False, False), (False, True)])
def test_where_no_figures_are_shown_none_of_earlier_ones_are(
    detail: AnswerDetail, audience: LinkAudience, *, private: bool, discreet: bool
) -> None:
    """What an answer is compared with is seen by who sees the answer."""
    shown = Shown(CATALOGUE, detail=detail, audience=audience)
    asked = shown.plan(EXPORT)
    found = found_by(asked)
    earlier = compared_with(kept.figures(replace(found, totals={"tokensConsumed": Decimal("54.5")}), asked))
    answer = stored(kept.figures(found, asked))
    message = shown.message(EXPORT, answer, None, private=private, discreet=discreet, before=earlier)
    said = json.dumps([message.text, message.blocks, message.plainer, message.bare])
    is_told = "Tokens: 7,600 more than in September 2026" in said
    assert is_told == (TOTAL in given_away(message))
    assert ("September" in said) == is_told


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"task": {}}'])
def test_an_earlier_answer_that_is_not_understood_is_left_out(text: str) -> None:
    """This one is shown all the same."""
    shown = Shown(CATALOGUE)
    asked = shown.plan(EXPORT)
    message = shown.message(EXPORT, stored(kept.figures(found_by(asked), asked)), None, before=compared_with(text))
    assert TOTAL in given_away(message)
    assert "September" not in json.dumps(message.blocks)


def test_an_earlier_answer_by_a_column_that_names_people_now_tells_no_name() -> None:
    """The setting of today counts for both."""
    before = Shown(CATALOGUE)
    asked = before.plan(EXPORT)
    earlier = compared_with(kept.figures(found_by(asked), asked))
    shown = Shown(CATALOGUE, personal=["customField1"])
    now = shown.plan(EXPORT)
    message = shown.message(EXPORT, stored(kept.figures(found_by(now), now)), None, before=earlier)
    assert given_away(message) == {TOTAL}


def test_names_are_forgotten() -> None:
    """When the message is sent, and the oldest when there are many."""
    shown = Shown(CATALOGUE, detail=AnswerDetail.ALL)
    asked = shown.plan(EXPORT)
    for answer in range(25):
        shown.remember(answer, found_by(asked), asked)
    assert shown.remembered == tuple(range(5, 25))
    shown.forget((6, 7, 99))
    assert {6, 7}.isdisjoint(shown.remembered)


def test_people_are_counted_where_they_are_not_named() -> None:
    """The figure of different users stays, and so does a note that names are missing."""
    shown: Any = Shown(CATALOGUE)
    asked = shown.plan(EXPORT)
    message = shown.message(EXPORT, stored(kept.figures(found_by(asked), asked)), None)
    said = json.dumps(message.blocks, ensure_ascii=False)
    assert "Different users: 14" in said
    assert "Names of people are not shown here." in said
    assert "Read: 3 rows, 99 bytes, data through 9 March 2026" in said


@pytest.mark.parametrize("detail", [AnswerDetail.FIGURES, AnswerDetail.ALL])
@pytest.mark.parametrize("discreet", [True, False])
@pytest.mark.parametrize("where", ["userName = 'maria'", "usageDate >= '2026-03-01'", ""])
def test_what_somebody_has_asked_is_told_to_others(detail: AnswerDetail, where: str, *, discreet: bool) -> None:
    """Which rows were picked is said, unless that names somebody; no button carries it then."""
    shown = Shown(CATALOGUE, detail=detail)
    query = Query(("customField1",), 3, where)
    asked = shown.plan(EXPORT, query.text)
    answer = replace(stored(kept.figures(found_by(asked), asked)), asked=query.text)
    message = shown.message(EXPORT, answer, None, discreet=discreet)
    assert PERSON not in json.dumps([message.text, message.blocks, message.plainer, message.bare])
    said = json.dumps(message.blocks)
    is_told = where != "" and PERSON not in where and not discreet
    assert ("Only rows where `usageDate" in said) == is_told
    assert ("Only some rows, picked by a name." in said) == (PERSON in where and not discreet)
    assert (actions.ANSWER_TOP in said) == (PERSON not in where and not discreet)


def test_who_may_see_names_everywhere_is_told_the_condition() -> None:
    """As long as the names are in memory."""
    shown = Shown(CATALOGUE, detail=AnswerDetail.ALL)
    query = Query(("userName",), 3, "userName = 'maria'")
    asked = shown.plan(EXPORT, query.text)
    shown.remember(7, found_by(asked), asked)
    answer = replace(stored(kept.figures(found_by(asked), asked)), asked=query.text)
    message = shown.message(EXPORT, answer, None)
    assert "Only rows where `userName = 'maria'`." in json.dumps(message.blocks)
    assert given_away(message) == {TOTAL, PERSON}
