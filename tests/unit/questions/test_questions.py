"""Questions: asked, they become a request; a request becomes a question again; both are said in words."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.contracts.years import years_of
from bot.questions import periods, questions
from bot.questions.periods import Days, Relative
from bot.questions.questions import Asked, Question
from bot.questions.starters import Starter, starters
from bot.tokenflex.catalogue import CATEGORIES, FIELDS, METRICS, Catalogue
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.rules import check_request, plain_file_name
from sandbox.tokenflex import recorded
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.request_rules import read_create
from storage.models import made_file_name
from tests.unit.questions.test_filters import CLAUSES, DATA, rows

CATALOGUE = Catalogue(("jobStatusCode",))
PLAIN = Names(CATALOGUE)
NAMES = Names(CATALOGUE, {"customField1": "Cost centre", "customField4": "Büro", "customField7": "部署"})
CONTRACT = "110000123456"
YEARS = years_of(Contract.from_json(CONTRACTS[0].summary()))
ASKED = Asked(CONTRACT, date(2026, 11, 29), YEARS)
TOKENS = Question(("productName",), ("tokensConsumed",), period=Relative.LAST_MONTH)
OCTOBER = "usageDate >= '2026-10-01' AND usageDate <= '2026-10-31'"
STARTERS = starters(NAMES)


def names_of(entries: object) -> st.SearchStrategy[tuple[str, ...]]:
    known = [entry.name for entry in entries]  # type: ignore[attr-defined]
    return st.lists(st.sampled_from(known), max_size=12, unique=True).map(tuple)


QUESTIONS = st.builds(
    Question,
    names_of(FIELDS),
    names_of(METRICS),
    names_of(CATEGORIES),
    st.just("") | CLAUSES.filter(lambda clause: "usageDate" not in clause),
    st.sampled_from(Relative) | st.builds(lambda day: Days(day, day), st.dates(date(2024, 2, 1), date(2026, 11, 28))),
)


@pytest.mark.parametrize(
    ("question", "where", "sentence", "file"),
    [
        (
            TOKENS,
            OCTOBER,
            "Tokens by product, October 2026, contract 110000123456",
            "tokens_by_product_2026_10_42",
        ),
        (
            replace(TOKENS, where="productName = 'Revit'"),
            f"{OCTOBER} AND productName = 'Revit'",
            "Tokens by product, October 2026, only Revit, contract 110000123456",
            "tokens_by_product_2026_10_42",
        ),
        (
            replace(TOKENS, where="userName = 'a' OR productName = 'b'", period=Relative.ALL),
            "userName = 'a' OR productName = 'b'",
            "Tokens by product, all days, only where userName = 'a' OR productName = 'b', contract 110000123456",
            "tokens_by_product_42",
        ),
        (
            replace(TOKENS, where="userName = 'a' OR productName = 'b'"),
            f"{OCTOBER} AND (userName = 'a' OR productName = 'b')",
            "Tokens by product, October 2026, only where userName = 'a' OR productName = 'b', contract 110000123456",
            "tokens_by_product_2026_10_42",
        ),
        (
            Question(
                ("customField1", "usageMonth"),
                ("tokensConsumed", "usageHours"),
                ("DESKTOP_PRODUCT",),
                "customField1 IN ('CC-101', 'CC-102') AND userName LIKE 'cad%'",
                Relative.THIS_CONTRACT_YEAR,
            ),
            (
                "usageDate >= '2026-02-01' AND usageDate <= '2026-11-28' AND customField1 IN ('CC-101', 'CC-102')"
                " AND userName LIKE 'cad%'"
            ),
            (
                "Tokens and hours of use by Cost centre and month, desktop products,"
                " contract year 3 (1 February to 28 November 2026), only Cost centre CC-101 or CC-102,"
                " only user beginning with cad, contract 110000123456"
            ),
            "tokens_hours_of_use_by_cost_centre_month_2026_02_01_to_2026_11_28_42",
        ),
        (
            Question(("userName", "productName", "usageDate")),
            "",
            "User, product and day, all days, contract 110000123456",
            "user_product_day_42",
        ),
        (
            Question(metrics=("tokensConsumed",), period=Relative.LAST_7_DAYS),
            "usageDate >= '2026-11-22' AND usageDate <= '2026-11-28'",
            "Tokens, 22 to 28 November 2026, contract 110000123456",
            "tokens_2026_11_22_to_2026_11_28_42",
        ),
        (
            Question(("customField4", "customField7", "jobStatusCode")),
            "",
            "Büro, 部署 and jobStatusCode, all days, contract 110000123456",
            "buro_custom_field_7_jobstatuscode_42",
        ),
    ],
)
def test_what_a_question_becomes(question: Question, where: str, sentence: str, file: str) -> None:
    """The request, the words for it and the name of its file."""
    made = questions.request(question, ASKED)
    assert made == ExportRequest(CONTRACT, question.fields, question.metrics, question.categories, where)
    assert questions.sentence(question, ASKED, CATALOGUE, NAMES) == sentence
    assert f"{questions.described(made, CATALOGUE, NAMES, None).stem}_42" == file


def test_a_question_without_days_cannot_be_asked() -> None:
    """The words say why, wherever they are wanted."""
    first = Asked(CONTRACT, date(2026, 11, 1))
    question = replace(TOKENS, period=Relative.THIS_MONTH)
    for wanted in (
        lambda: questions.request(question, first),
        lambda: questions.sentence(question, first, CATALOGUE, NAMES),
    ):
        with pytest.raises(periods.PeriodError, match="no usage of November 2026 yet"):
            wanted()


@pytest.mark.parametrize(
    ("where", "left", "period"),
    [
        ("", "", Relative.ALL),
        (OCTOBER, "", Days(date(2026, 10, 1), date(2026, 10, 31))),
        (
            "productName='Revit' and usageDate between '2026-10-01' and '2026-10-15'",
            "productName = 'Revit'",
            Days(date(2026, 10, 1), date(2026, 10, 15)),
        ),
        (f"{OCTOBER} AND (contractYear < 3 OR contractYear = 4)", "contractYear < 3 OR contractYear = 4", None),
        ("usageDate >= '2026-10-01'", "usageDate >= '2026-10-01'", Relative.ALL),
        ("usageDate = '2026-10-01'", "usageDate = '2026-10-01'", Relative.ALL),
        (f"{OCTOBER} AND usageDate != '2026-10-05'", f"{OCTOBER} AND usageDate != '2026-10-05'", Relative.ALL),
        (
            "usageDate >= '2026-10-02' AND usageDate <= '2026-10-01'",
            "usageDate >= '2026-10-02' AND usageDate <= '2026-10-01'",
            Relative.ALL,
        ),
        (
            "usageDate >= '1926-10-01' AND usageDate <= '1926-10-02'",
            "usageDate >= '1926-10-01' AND usageDate <= '1926-10-02'",
            Relative.ALL,
        ),
        (f"{OCTOBER} OR contractYear = 3", f"{OCTOBER} OR contractYear = 3", Relative.ALL),
        ("October", "October", Relative.ALL),
    ],
)
def test_a_request_becomes_a_question(where: str, left: str, period: periods.Period | None) -> None:
    """Days that cut out a period are one; whatever else is said of days stays where it is."""
    made = ExportRequest(CONTRACT, ("productName",), ("tokensConsumed",), ("DESKTOP_PRODUCT",), where, "my_name")
    found = questions.of_request(made, CATALOGUE)
    assert (found.fields, found.metrics, found.categories) == (made.fields, made.metrics, made.usage_categories)
    assert found.where == left
    assert found.period == (period or Days(date(2026, 10, 1), date(2026, 10, 31)))


@settings(max_examples=30)
@given(CLAUSES, st.booleans())
def test_through_the_short_form_and_back_the_rows_stay_the_same(clause: str, in_october: bool) -> None:
    """Nothing typed is lost on the way, and nothing that it means."""
    whole = f"{OCTOBER} AND ({clause})" if in_october else clause
    made = ExportRequest(CONTRACT, ("productName",), where=whole)
    again = questions.request(questions.of_request(made, CATALOGUE), ASKED)
    assert rows(again.where) == rows(whole)


@settings(max_examples=30)
@given(QUESTIONS)
def test_a_question_survives_being_asked(question: Question) -> None:
    """What was asked and when it is about can be read from the request again."""
    found = questions.of_request(questions.request(question, ASKED), CATALOGUE)
    days = ASKED.days(question)
    assert (found.fields, found.metrics, found.categories) == (question.fields, question.metrics, question.categories)
    assert found.period == (days or Relative.ALL)


@settings(max_examples=30)
@given(QUESTIONS, st.integers(1, 10**9), st.sampled_from([PLAIN, NAMES]))
def test_a_made_name_is_one_that_comes_back_as_it_was(question: Question, number: int, names: Names) -> None:
    """No sign that the service takes out, never too long, and the number stands at its end."""
    asked = questions.request(question, ASKED)
    name = made_file_name(number, questions.described(asked, CATALOGUE, names, None).stem)
    assert re.fullmatch(rf"[a-z0-9_]+_{number}", name)
    assert recorded.file_name(name) == plain_file_name(name) == name
    made = replace(questions.request(TOKENS, ASKED), file_name=name)
    assert check_request(made, CATALOGUE) == ()


@settings(max_examples=30)
@given(QUESTIONS, st.sampled_from([PLAIN, NAMES]))
def test_every_question_can_be_said(question: Question, names: Names) -> None:
    """In one line that begins with a capital and ends with the contract."""
    said = questions.sentence(question, ASKED, CATALOGUE, names)
    assert said[0] == said[0].upper()
    assert said.endswith(f"contract {CONTRACT}")
    assert ", ," not in said


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.key)
def test_a_starter_question_gets_its_file(starter: Starter) -> None:
    """It passes our rules without a warning and the stand-in's, and there is something in the file."""
    made = questions.request(starter.question, replace(ASKED, today=date(2026, 12, 15)))
    assert check_request(made, CATALOGUE) == ()
    report, _ = read_create(made.body(), CONTRACT, region=None)
    assert len(DATA.csv(report).splitlines()) > 1


def test_starter_questions_are_those_of_the_collection() -> None:
    """Questions 3 to 13, each with a key of its own, short enough for a menu; charge-back for every label."""
    keys = [starter.key for starter in STARTERS]
    assert keys == [
        *("products", "users", "days", "charge-back-1", "charge-back-4", "charge-back-7", "versions", "servers"),
        *("adjustments", "occasional", "idle", "charges", "accidents"),
    ]
    assert [starter.title for starter in STARTERS if starter.key.startswith("charge-back")] == [
        *("Charge-back by Cost centre", "Charge-back by Büro", "Charge-back by 部署"),
    ]
    assert [starter.title for starter in starters(PLAIN) if "charge-back" in starter.key] == [
        "Charge-back by custom field 1"
    ]
    assert all(0 < len(starter.title) <= 75 for starter in STARTERS)
    labels = {f"customField{n}": f"Label {n}" for n in range(1, 11)}
    assert len(starters(Names(CATALOGUE, labels))) == 20


def test_what_an_answer_is_not_is_told() -> None:
    """Questions 7 and 11 say what their answer is not."""
    notes = {starter.key: starter.note for starter in STARTERS}
    assert "cannot be added up" in notes["versions"]
    assert "Only people who ever used something" in notes["idle"]
