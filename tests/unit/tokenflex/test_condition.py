"""The tree of a where clause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.catalogue import FIELDS
from bot.tokenflex.condition import (
    MAX_DEPTH,
    Comparison,
    Condition,
    ConditionError,
    Joint,
    comparisons,
    joined,
    pieces,
    read,
    write,
)
from tests.unit.tokenflex.test_where import PIECES

A, B, C = Comparison("a", "=", ("1",)), Comparison("b", "=", ("'x'",)), Comparison("c", "IN", ("1", "2"))

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
LITERALS = st.integers(0, 10**9).map(str) | TEXTS.map(lambda text: "'" + text.replace("'", "''") + "'")
WORDS = st.sampled_from([*(field.name for field in FIELDS), "case", "select", "date", "interval", "left", "x_1", "_"])
COMPARISONS = st.one_of(
    st.builds(Comparison, WORDS, st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "LIKE"]), st.tuples(LITERALS)),
    st.builds(Comparison, WORDS, st.just("IN"), st.lists(LITERALS, min_size=1, max_size=3).map(tuple)),
    st.builds(Comparison, WORDS, st.just("BETWEEN"), st.tuples(LITERALS, LITERALS)),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
)


@pytest.mark.parametrize(
    ("clause", "tree", "written"),
    [
        ("a=1", A, "a = 1"),
        ("((a=1))", A, "a = 1"),
        ("a = 1 and b='x' AND c in (1,2)", Joint("AND", (A, B, C)), "a = 1 AND b = 'x' AND c IN (1, 2)"),
        ("(a=1 and b='x') and c in(1,2)", Joint("AND", (A, B, C)), "a = 1 AND b = 'x' AND c IN (1, 2)"),
        ("a=1 OR b='x' AND c IN (1,2)", Joint("OR", (A, Joint("AND", (B, C)))), "a = 1 OR b = 'x' AND c IN (1, 2)"),
        ("(a=1 or b='x')\r\n AND c IN (1,2)", Joint("AND", (Joint("OR", (A, B)), C)), None),
        ("a between 1 and 2", Comparison("a", "BETWEEN", ("1", "2")), "a BETWEEN 1 AND 2"),
        ("a like 'O''B%'", Comparison("a", "LIKE", ("'O''B%'",)), "a LIKE 'O''B%'"),
        ("case = 1", Comparison("case", "=", ("1",)), "case = 1"),
        ("and_or = 'and'", Comparison("and_or", "=", ("'and'",)), "and_or = 'and'"),
    ],
)
def test_what_a_clause_says(clause: str, tree: Condition, written: str | None) -> None:
    """Operators bind as in SQL, parentheses that change nothing are gone."""
    assert read(clause) == tree
    assert written is None or write(tree) == written


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        ("", "breaks off: a field"),
        ("a", "breaks off: one of ="),
        ("a =", "breaks off: a value"),
        ("a = 1 and", "breaks off: a field"),
        ("a between 1 and", "breaks off: a field"),
        ("a between", "breaks off: a value"),
        ("a in", "breaks off: ("),
        ("= 1", '"1" at character 3'),
        ("1 = a", '"1" at character 1 does not belong there: write a field'),
        ("a = b", 'What begins with "a" at character 1 is no condition'),
        ("1 = 1", '"1" at character 1 does not belong there: write a field'),
        ("a == 1", '"==" at character 3 does not belong there: write one of = !='),
        ("a <> 1", '"<>" at character 3'),
        ("a <=> 1", 'What begins with "a" at character 1 is no condition: write it as in'),
        ("b = 1 and a = 'x' 'y'", 'What begins with "a" at character 11 is no condition'),
        ("a = 1 b = 2", '"b" at character 7 does not belong there: write AND or OR'),
        ("a = 1 as 2", '"as" at character 7'),
        ("a = 1 order by 2", '"order by" at character 7'),
        ("a = 1 = 2", "is no condition"),
        ("a in ()", "is no condition"),
        ("a in (1,)", '"," at character 8 does not belong there: leave it out'),
        ("a in (1 2)", '"2" at character 9'),
        ("a in ((1))", "is no condition"),
        ("a in 1", "is no condition"),
        ("a in (b)", "is no condition"),
        ("(a) = 1", "is no condition"),
        ("(a, b) in (1)", "is no condition"),
        ("a.b = 1", "is no condition"),
        ("a between 1 or 2", '"or" at character 13 does not belong there: write AND'),
        ("a between 1 and 2 and 3", '"3" at character 23 does not belong there: write a field'),
        ("a between symmetric 1 and 2", "is no condition"),
        ("a = b(1)", "is no condition"),
        ("a = -1", "is no condition"),
        ("a = 1.5e3", "is no condition"),
        ("a like 'x' escape 'y'", '"escape" at character 12'),
        ("a = 1, b = 2", '"," at character 6'),
        ("not a = 1", '"a" at character 5'),
        ("a is null and b = 1", '"is" at character 3 does not belong there: write one of'),
        ("(a = 1", "add 1 )"),
        ("a = 1))", "leave out 2 of them"),
        (")a = 1(", "leave out 1 of them"),
        ("(" * (MAX_DEPTH + 1) + "a = 1" + ")" * (MAX_DEPTH + 1), "take some away"),
    ],
)
def test_what_is_none_says_where(clause: str, says: str) -> None:
    """The white list lets nothing else through, and the position is that of what was typed."""
    with pytest.raises(ConditionError) as caught:
        read(clause)
    assert says in str(caught.value)


def test_long_and_deep_clauses_are_read() -> None:
    """As deep as is allowed, and as long as a clause may be."""
    assert read("(" * MAX_DEPTH + "a = 1" + ")" * MAX_DEPTH) == A
    assert len(list(comparisons(read(" or ".join(["a=1 and b=1"] * 250))))) == 500


@given(CONDITIONS)
def test_what_is_written_is_read_again(condition: Condition) -> None:
    """Whatever the texts hold and the fields are called."""
    assert read(write(condition)) == condition
    assert pieces(write(condition))


@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_a_tree_or_a_sentence(clause: str) -> None:
    """Nothing else is raised, and what was understood is what stood there."""
    try:
        condition = read(clause)
    except ConditionError:
        return
    typed = [piece.upper for piece in pieces(clause) if piece.source not in "()"]
    assert [piece.upper for piece in pieces(write(condition)) if piece.source not in "()"] == typed
