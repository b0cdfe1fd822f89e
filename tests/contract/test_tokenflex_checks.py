"""Our checks against the stand-in's own rules, which were written apart from them: both must draw the same line."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from bot.tokenflex.catalogue import CATEGORIES, FIELDS, METRICS, Catalogue
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.rules import check_request
from bot.tokenflex.where import check_where
from sandbox.tokenflex.request_rules import RuleError, read_create
from sandbox.tokenflex.where import WhereError, compile_where

CATALOGUE = Catalogue()
NAMES_IN_CLAUSES = "userName contractYear usageMonth usageDate usageCategory sessionStartDate tokenPool username x"
SIGNS = "= != <> < <= > >= == ( ) , IN in LIKE Between AND or NOT null is -- ; lower( '"
LITERALS = (
    "1 01 1.5 -1 '1' 'abc%' 'a%' '%' '' 'it''s' '2024-01-01' '2024-02-30' '2024-02-02' '2024-01-01T08:00:00' "
    "'DESKTOP_PRODUCT' 'DESKTOP%'"
)
PIECES = st.sampled_from(f"{NAMES_IN_CLAUSES} {SIGNS} {LITERALS}".split())
FIELD = st.sampled_from([field.name for field in FIELDS])
VALUE = st.sampled_from(
    ["1", "'abc'", "'a_%'", "'abc%'", "'2024-01-01'", "'2024-01-02'", "'Normal'", "'CHARGED'", "'2024-01-01T08:00:00'"]
)
CONDITION = st.one_of(
    st.builds("{} {} {}".format, FIELD, st.sampled_from(["=", "!=", "<", ">=", "like", "<>"]), VALUE),
    st.builds("{} IN ({}, {})".format, FIELD, VALUE, VALUE),
    st.builds("{} between {} and {}".format, FIELD, VALUE, VALUE),
)
CLAUSE = st.one_of(
    CONDITION,
    st.builds("({}) {} {}".format, CONDITION, st.sampled_from(["and", "OR", "and not"]), CONDITION),
    st.lists(PIECES, min_size=1, max_size=12).map(" ".join),
    st.text(min_size=1, max_size=20),
)
NAMES = st.lists(st.sampled_from([entry.name for entry in FIELDS]) | st.just("productname"), max_size=4).map(tuple)
METRIC_NAMES = st.lists(st.sampled_from([entry.name for entry in METRICS]), max_size=3).map(tuple)
CATEGORY_NAMES = st.lists(st.sampled_from([entry.name for entry in CATEGORIES]) | st.just("CLOUD"), max_size=3).map(
    tuple
)


def refused_here(clause: str) -> bool:
    return any(not problem.warning for problem in check_where(clause, CATALOGUE))


def refused_there(clause: str) -> bool:
    try:
        compile_where(clause)
    except WhereError:
        return True
    return False


@given(CLAUSE)
@example("sessionEndDate < '2024-01-01'")
@example("usageType LIKE 'Normal'")
def test_where_clauses_pass_both_or_neither(clause: str) -> None:
    """What our check lets pass, the stand-in takes, and the other way round."""
    assert refused_here(clause) == refused_there(clause)


@given(st.builds(ExportRequest, st.just("110000123456"), NAMES, METRIC_NAMES, CATEGORY_NAMES, st.just("") | CONDITION))
def test_requests_pass_both_or_neither(asked: ExportRequest) -> None:
    """Levels, mixing and names are judged alike."""
    here = any(not problem.warning for problem in check_request(asked, CATALOGUE))
    try:
        read_create(asked.body(), asked.contract_number, region=None)
    except RuleError:
        assert here
    else:
        assert not here


@given(st.text(max_size=110))
def test_file_names_that_pass_here_are_taken(name: str) -> None:
    """Our rules for file names are stricter than the stand-in's, never laxer."""
    asked = ExportRequest("1", fields=("userName",), file_name=name)
    if not check_request(asked, CATALOGUE):
        _, stored = read_create(asked.body(), "1", region=None)
        assert stored == f"{name or 'API_Custom_Export'}.csv"
        assert not re.search(r"[/\\|:*?\"<>]", stored)
