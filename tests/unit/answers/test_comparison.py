"""An answer beside earlier ones to the same question: which of them, and what people read of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.answers.answer import answer_of
from bot.answers.comparison import Earlier, Run, compared, earlier
from bot.answers.plan import KEPT
from bot.cards.figures import Answer, cell_text
from bot.cards.names import Names
from bot.questions.periods import Days
from tests.unit.answers.comparisons import CATALOGUE, found_of, plan_of

NAMES = Names(CATALOGUE, {"customField1": "Cost centre"})
SEPTEMBER = Days(date(2026, 9, 1), date(2026, 9, 30))
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
WEEK = Days(date(2026, 10, 1), date(2026, 10, 7))
THEN, NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC), datetime(2026, 11, 13, 9, 0, tzinfo=UTC)


# --- which run ------------------------------------------------------------------------------------------------------


def _run(answer: int, days: Days | None) -> Run:
    return Run(answer, days, NOW)


AUGUST = Days(date(2026, 8, 1), date(2026, 8, 31))
NOVEMBER = Days(date(2026, 11, 1), date(2026, 11, 30))
LATER_WEEK = Days(date(2026, 10, 20), date(2026, 10, 26))
RUNS = [_run(1, SEPTEMBER), _run(2, AUGUST), _run(3, OCTOBER), _run(4, OCTOBER), _run(5, NOVEMBER), _run(6, LATER_WEEK)]
#: The days of a run, and the runs that it is compared with.
CHOICES: dict[str, tuple[Days | None, int | None, int | None]] = {
    "the same days, and those that ended last": (OCTOBER, 4, 1),
    "what ended later is not before": (AUGUST, 2, None),
    "months are as long as months": (NOVEMBER, 5, 4),
    "all days are compared with all days": (None, None, None),
    "as long comes before newer": (Days(date(2026, 12, 1), date(2026, 12, 31)), None, 5),
    "any other length rather than none": (Days(date(2026, 10, 25), date(2026, 10, 30)), None, 6),
}


@pytest.mark.parametrize(("days", "same", "other"), CHOICES.values(), ids=list(CHOICES))
def test_the_runs_that_one_is_compared_with(days: Days | None, same: int | None, other: int | None) -> None:
    found = earlier(_run(9, days), RUNS)
    assert (found.same and found.same.answer, found.other and found.other.answer) == (same, other)


def test_without_runs_there_is_nothing_to_compare() -> None:
    assert earlier(_run(9, OCTOBER), []) == Earlier()


# --- what people read -----------------------------------------------------------------------------------------------


def _answers(
    folder: Path, header: str, now: Sequence[str], *before: tuple[Run, Sequence[str]], run: Run, people: bool = False
) -> Answer:
    made, found = plan_of(header), found_of(folder, header, now)
    answer = answer_of(found, made, NAMES, people=people)
    earlier_ones = [(each, found_of(folder, header, rows)) for each, rows in before]
    return compared(answer, made, NAMES, (run, found), earlier_ones)


_PRODUCTS = "productName,tokensConsumed"
_NOW = ["Revit,120", "Maya,30", "Fusion,7"]
_RUN = Run(2, OCTOBER, NOW)


def _then(days: Days | None = SEPTEMBER, known_through: date | None = None, at: datetime = THEN) -> Run:
    return Run(1, days, at, known_through)


#: What an earlier file of the same days had, and what is said of it.
_ONE_FEWER, _ONE_MORE = ["Revit,119", "Maya,30", "Fusion,7"], "Tokens: 1 more (+0.6 %); up most for Revit (+1)."
#: The earlier run and its rows, the days of the run now, and what it says of the other.
SENTENCES: dict[str, tuple[Run, list[str], Days | None, str]] = {
    "rose, fell, is new, is gone": (
        _then(),
        ["Revit,100", "Maya,40", "Alias,9"],
        OCTOBER,
        (
            "Tokens: 8 more than in September 2026 (+5 %); up most for Revit (+20), down most for Maya (-10). "
            "New: Fusion. Gone: Alias."
        ),
    ),
    "nothing was there": (
        _then(),
        [],
        OCTOBER,
        "Tokens: 157 more than in September 2026. New: Revit, Maya and Fusion.",
    ),
    "another length": (
        _then(WEEK),
        ["Revit,60", "Alias,3"],
        OCTOBER,
        "Tokens: 5.06 a day, 3.94 less than from 1 to 7 October 2026 (-44 %). Gone: Alias.",
    ),
    "a shorter one, in which much is not there": (
        _then(AUGUST),
        ["Revit,31", "Alias,31"],
        WEEK,
        "Tokens: 22.43 a day, 20.43 more than in August 2026 (+1,021 %). New: Maya and Fusion.",
    ),
    "the same": (_then(OCTOBER), _NOW, OCTOBER, "The figures are the same as on 2 October 2026."),
    "the same, an hour later": (
        _then(OCTOBER, at=NOW.replace(hour=8)),
        _NOW,
        OCTOBER,
        "The figures are the same as on 13 November 2026 at 08:00 UTC.",
    ),
    "restated": (
        _then(OCTOBER, at=NOW.replace(day=9)),
        _ONE_FEWER,
        OCTOBER,
        f"Autodesk has changed the figures of these days since 9 November 2026. {_ONE_MORE}",
    ),
    "restated, and the same in all": (
        _then(OCTOBER, at=NOW.replace(day=9)),
        ["Revit,119", "Maya,31", "Fusion,7"],
        OCTOBER,
        (
            "Autodesk has changed the figures of these days since 9 November 2026. Tokens: no more and no less; "
            "up most for Revit (+1), down most for Maya (-1)."
        ),
    ),
    "the rest of the days": (
        _then(OCTOBER, known_through=date(2026, 10, 29)),
        _ONE_FEWER,
        OCTOBER,
        f"Since 2 October 2026, when usage was known only through 29 October 2026, more has become known. {_ONE_MORE}",
    ),
    "the days were not over": (
        _then(OCTOBER),
        _ONE_FEWER,
        OCTOBER,
        f"Since 2 October 2026, when these days were not over, more has become known. {_ONE_MORE}",
    ),
    "usage of the last days may have been late": (
        _then(OCTOBER, at=NOW.replace(day=7)),
        _ONE_FEWER,
        OCTOBER,
        f"The figures of these days have changed since 7 November 2026. {_ONE_MORE}",
    ),
    "all days": (
        _then(None),
        _ONE_FEWER,
        None,
        f"The figures have changed since 2 October 2026. {_ONE_MORE}",
    ),
}


@pytest.mark.parametrize(("then", "rows", "days", "said"), SENTENCES.values(), ids=list(SENTENCES))
def test_what_an_answer_says_of_an_earlier_one(
    then: Run, rows: list[str], days: Days | None, said: str, tmp_path: Path
) -> None:
    answer = _answers(tmp_path, _PRODUCTS, _NOW, (then, rows), run=replace(_RUN, days=days))
    assert answer.comparison == (said,)


def test_the_table_has_what_was_and_what_is_gone(tmp_path: Path) -> None:
    answer = _answers(tmp_path, _PRODUCTS, _NOW, (_then(), ["Revit,100", "Maya,40", "Alias,9"]), run=_RUN)
    assert answer.table is not None
    assert [column.title for column in answer.table.columns] == [
        *("Product name", "Tokens", "September 2026", "Change", "%"),
    ]
    assert [tuple(map(cell_text, row)) for row in answer.table.rows] == [
        ("Revit", "120", "100", "20", "20"),
        ("Maya", "30", "40", "-10", "-25"),
        ("Fusion", "7", "0", "7", "new"),
        ("Alias", "0", "9", "-9", "gone"),
    ]
    assert answer.table.groups == 4


def test_months_of_different_lengths_are_said_per_day_too(tmp_path: Path) -> None:
    answer = _answers(tmp_path, _PRODUCTS, ["Revit,310"], (_then(), ["Revit,270"]), run=_RUN)
    assert "The two periods have 31 and 30 days: that is 10 and 9 tokens a day." in answer.notes


def test_periods_that_overlap_say_so(tmp_path: Path) -> None:
    then = _then(Days(date(2026, 9, 2), date(2026, 10, 2)))
    answer = _answers(tmp_path, _PRODUCTS, ["Revit,310"], (then, ["Revit,270"]), run=_RUN)
    assert "The two periods have 2 days in common." in answer.notes


@pytest.mark.parametrize(("ours", "theirs", "word"), [(True, False, "this"), (False, True, "the earlier")])
def test_a_period_whose_usage_was_not_all_known_says_so(ours: bool, theirs: bool, word: str, tmp_path: Path) -> None:
    run, then = (
        replace(each, known_through=date(2026, 9, 15)) if is_behind else each
        for each, is_behind in ((_RUN, ours), (_then(), theirs))
    )
    answer = _answers(tmp_path, _PRODUCTS, ["Revit,1"], (then, ["Revit,2"]), run=run)
    assert f"When {word} file was asked for, usage was known only through 15 September 2026." in answer.notes


def test_the_last_period_and_a_restatement_are_both_said(tmp_path: Path) -> None:
    again = (Run(3, OCTOBER, NOW.replace(day=9)), _ONE_FEWER)
    answer = _answers(tmp_path, _PRODUCTS, _NOW, again, (_then(), ["Revit,100"]), run=_RUN)
    assert len(answer.comparison) == 2
    assert answer.comparison[0].startswith("Tokens: 57 more than in September 2026")
    assert answer.comparison[1].startswith("Autodesk has changed the figures of these days since 9 November 2026")
    assert answer.table is not None
    assert answer.table.columns[2].title == "September 2026"


def test_days_of_two_months_are_not_taken_for_each_other(tmp_path: Path) -> None:
    header = "usageDate,tokensConsumed"
    answer = _answers(tmp_path, header, ["2026-10-01,5"], (_then(), ["2026-09-01,4"]), run=_RUN)
    assert answer.comparison == ("Tokens: 1 more than in September 2026 (+25 %).",)
    assert answer.table is not None
    assert len(answer.table.columns) == 2


def test_a_product_below_the_first_ten_is_not_gone(tmp_path: Path) -> None:
    many = [f"P{at:03d},{1000 - at}" for at in range(40)]
    answer = _answers(tmp_path, _PRODUCTS, many, (_then(), many), run=_RUN)
    assert answer.comparison == ("Tokens: no more and no less than in September 2026.",)
    assert answer.table is not None
    assert len(answer.table.rows) == 10


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    many = [f"P{at:03d},{1000 - at}" for at in range(KEPT + 5)]
    others = [f"P{at:03d},{1000 - at}" for at in range(1, KEPT + 6)]
    answer = _answers(tmp_path, _PRODUCTS, many, (_then(), others), run=_RUN)
    assert f"Of an answer the first {KEPT} groups are kept, so smaller ones are not compared." in answer.notes
    assert "Gone" not in answer.comparison[0]
    assert "New" not in answer.comparison[0]


@pytest.mark.parametrize("people", [True, False])
def test_nobody_is_named_by_a_comparison(people: bool, tmp_path: Path) -> None:
    header = "userName,productName,tokensConsumed"
    then = (_then(), ["ablake,Maya,3", "jdoe,Revit,2"])
    answer = _answers(tmp_path, header, ["jdoe,Revit,5", "kobrien,Maya,4"], then, run=_RUN, people=people)
    (said,) = answer.comparison
    assert said == "Tokens: 4 more than in September 2026 (+80 %); up most for Revit (+3) and Maya (+1)."
    assert answer.table is not None
    assert ("September 2026" in [column.title for column in answer.table.columns]) == (not people)


def test_different_people_are_counted(tmp_path: Path) -> None:
    header = "userName,tokensConsumed"
    answer = _answers(tmp_path, header, ["jdoe,5", "kobrien,4"], (_then(), ["ablake,9"]), run=_RUN)
    assert answer.comparison == ("Tokens: no more and no less than in September 2026; different users: 1 more.",)


def test_a_question_of_different_users_alone_says_nothing(tmp_path: Path) -> None:
    header = "productName,uniqueUsers"
    answer = _answers(tmp_path, header, ["Revit,5"], (_then(), ["Revit,4"]), run=_RUN)
    assert answer.comparison == ()


def test_of_several_numbers_it_is_said_which_rose(tmp_path: Path) -> None:
    header = "customField1,tokensConsumed,usageHours"
    answer = _answers(tmp_path, header, ["CC-1,5,1", "CC-2,4,9"], (_then(), ["CC-1,3,2", "CC-2,6,9"]), run=_RUN)
    assert answer.comparison == (
        (
            "Tokens: no more and no less than in September 2026; hours of use: 1 less (-9 %); tokens up most for CC-1 "
            "(+2), down most for CC-2 (-2)."
        ),
    )
