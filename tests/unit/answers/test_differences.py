"""The figures of an answer less those of an earlier one: totals and groups, what is new, what is gone."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers.differences import Change, Key, compare
from bot.answers.engine.document import Count, Found, Group, Grouped, Measure
from bot.answers.plan import plan
from bot.cards.names import Names
from bot.questions.starters import starters
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.usage_data import Report, UsageData
from sandbox.tokenflex.where import compile_where
from tests.unit.answers.comparisons import CATALOGUE, found_of, plan_of
from tests.unit.answers.files import asked, found_in

STARTERS = {starter.key: starter.question for starter in starters(Names(CATALOGUE))}
TOKENS = Measure(Count.SUM, "tokensConsumed")
DIGEST = "0" * 64
_BY_PRODUCT = plan_of("productName,tokensConsumed")
AMOUNTS = st.decimals(-(10**12), 10**12, allow_nan=False, places=6)
GROUPS = st.dictionaries(st.sampled_from(["", "Revit", "Maya", "Alias", "Fusion", "Vault"]), AMOUNTS, min_size=1)


def _made(groups: dict[str, Decimal], *, more: int = 0) -> Found:
    """Return what the engine finds of these groups, the largest first, of which `more` are cut off."""
    (grouping,) = _BY_PRODUCT.task.groupings
    ordered = sorted(groups.items(), key=lambda each: -each[1])
    rows = tuple(Group((key,), (value,)) for key, value in ordered[: len(ordered) - more])
    grouped = Grouped(grouping, rows, len(groups), is_single=False)
    total = sum(groups.values(), Decimal(0))
    return Found(len(groups), len(groups), 9, DIGEST, {"tokensConsumed": total}, grouped=(grouped,))


@given(GROUPS, GROUPS)
def test_the_other_way_round_everything_is_its_opposite(now: dict[str, Decimal], before: dict[str, Decimal]) -> None:
    forth = compare(_made(now), _made(before), _BY_PRODUCT)
    back = compare(_made(before), _made(now), _BY_PRODUCT)
    assert set(forth.changes) == set(back.changes) == {(key,) for key in now | before}
    for key, change in forth.changes.items():
        other = back.changes[key]
        assert (change.amount, change.was_there, change.is_there) == (-other.amount, other.is_there, other.was_there)
    assert forth.totals[TOKENS].amount == -back.totals[TOKENS].amount


@given(GROUPS, GROUPS)
def test_the_changes_of_all_groups_come_to_that_of_the_total(
    now: dict[str, Decimal], before: dict[str, Decimal]
) -> None:
    found = compare(_made(now), _made(before), _BY_PRODUCT)
    assert found.is_whole
    assert sum(change.amount for change in found.changes.values()) == found.totals[TOKENS].amount
    assert found.totals[TOKENS].amount == sum(now.values()) - sum(before.values())


@given(GROUPS)
def test_what_is_compared_with_itself_is_the_same(groups: dict[str, Decimal]) -> None:
    assert compare(_made(groups), _made(groups), _BY_PRODUCT).is_same


@given(GROUPS, GROUPS, st.integers(0, 3), st.integers(0, 3))
def test_what_was_cut_off_is_neither_new_nor_gone(
    now: dict[str, Decimal], before: dict[str, Decimal], cut_now: int, cut_before: int
) -> None:
    here, there = _made(now, more=min(cut_now, len(now))), _made(before, more=min(cut_before, len(before)))
    found = compare(here, there, _BY_PRODUCT)
    for (key,), change in found.changes.items():
        assert change.was_there == (key in before)
        assert change.is_there == (key in now)
        assert change.amount == now.get(str(key), Decimal(0)) - before.get(str(key), Decimal(0))
    assert found.is_whole == (cut_now == cut_before == 0)


def test_amounts_are_exact_where_an_ordinary_decimal_would_round() -> None:
    large = Decimal("12345678901234567890.000000000000000001")
    assert Change(Decimal(1), large).amount == Decimal("12345678901234567889.000000000000000001")


@pytest.mark.parametrize("key", STARTERS)
def test_two_months_of_a_starter_question_differ_as_the_files_do(key: str, tmp_path: Path) -> None:
    question = STARTERS[key]
    data = UsageData()
    clause = "usageDate >= '{0}-01' AND usageDate <= '{0}-28'"
    asks = (question.fields, question.metrics, question.categories)
    try:
        reports = (
            Report(CONTRACTS[0].number, *asks, compile_where(clause.format(month))) for month in ("2026-10", "2026-09")
        )
        now, before = (data.csv(each) for each in reports)
    finally:
        data.close()
    made = plan(asked(*asks), CATALOGUE, keeps=True)
    found = compare(found_in(tmp_path, now, made.task), found_in(tmp_path, before, made.task), made)
    rows, earlier_rows = (list(csv.DictReader(io.StringIO(each.decode()))) for each in (now, before))
    for measure, change in found.totals.items():
        assert (change.before, change.now) == (_sum(earlier_rows, measure), _sum(rows, measure))
    assert set(found.by).isdisjoint({"userName", "machineName", "reasonComment"})
    if found.measure is not None:
        _compare_groups(found.changes, found.by, found.measure, rows, earlier_rows)


def _compare_groups(
    changes: Mapping[Key, Change],
    by: Sequence[str],
    measure: Measure,
    rows: Sequence[dict[str, str]],
    earlier_rows: Sequence[dict[str, str]],
) -> None:
    now, before = _by(rows, by), _by(earlier_rows, by)
    assert changes
    for keys, change in changes.items():
        key = tuple(map(str, keys))
        assert change.now == _sum(now.get(key, []), measure)
        assert change.before == _sum(before.get(key, []), measure)
        assert (change.was_there, change.is_there) == (key in before, key in now)


def _by(rows: Sequence[dict[str, str]], by: Sequence[str]) -> dict[tuple[str, ...], list[dict[str, str]]]:
    groups: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in by)].append(row)
    return groups


def _sum(rows: Sequence[dict[str, str]], measure: Measure) -> Decimal:
    if measure.count is Count.ROWS:
        return Decimal(len(rows))
    return sum((Decimal(row[measure.column]) for row in rows if row[measure.column]), Decimal(0))


def test_what_may_not_be_added_is_not_compared(tmp_path: Path) -> None:
    header = "productName,uniqueUsers"
    found = compare(found_of(tmp_path, header, ["Revit,3"]), found_of(tmp_path, header, ["Revit,4"]), plan_of(header))
    assert not found.totals
    assert not found.changes


def test_columns_in_another_order_are_the_same_columns(tmp_path: Path) -> None:
    one, other = "productName,customField1,tokensConsumed", "customField1,productName,tokensConsumed"
    now, before = found_of(tmp_path, one, ["Revit,CC-1,5"]), found_of(tmp_path, other, ["CC-1,Revit,3"])
    assert compare(now, before, plan_of(one)).changes == {("Revit", "CC-1"): Change(Decimal(3), Decimal(5))}
