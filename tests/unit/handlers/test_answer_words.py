"""The words of `answer`: an export, columns, how many rows, a condition, in any order; what is said to a mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.query import Query
from handlers.words.asked import Ask, Mistake
from handlers.words.grammar import aim, parse, read
from tests.harness.commands import CATALOGUE, mistakes_of

REVIT = "productName = 'Revit'"


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", Query()),
        ("by userName", Query(("userName",))),
        ("BY userName Top 25", Query(("userName",), 25)),
        ("top 25 by userName", Query(("userName",), 25)),
        ("by=userName top=25", Query(("userName",), 25)),
        ("by userName, productName", Query(("userName", "productName"))),
        ("by userName,productName,userName", Query(("userName", "productName"))),
        ("by userName and productName", Query(("userName", "productName"))),
        ("by userName productName", Query(("userName", "productName"))),
        ("by cost centre", Query(("cost centre",))),
        ("by Cost Centre, user", Query(("Cost Centre", "user"))),
        ('by "Research and development", month', Query(("Research and development", "month"))),
        ("by “Research and development” and month", Query(("Research and development", "month"))),
        ('by "by" top 5', Query(("by",), 5)),
        ("top all", Query(top=100)),
        ("top “as many as fit”", Query(top=100)),
        ("top 500", Query(top=500)),
        ("where productName = 'Revit'", Query(where=REVIT)),
        (f'where "{REVIT}"', Query(where=REVIT)),
        (f'where="{REVIT}"', Query(where=REVIT)),
        ("where=“productName = ‘Revit’”", Query(where=REVIT)),
        ("where productName = ‘Revit’", Query(where=REVIT)),
        ("where productName='Revit' and usageMonth >= '2026-01-01' top 25 by userName",
         Query(("userName",), 25, "productName='Revit' and usageMonth >= '2026-01-01'")),
        ("by userName where productName IN ('by top 10', 'where by')",
         Query(("userName",), where="productName IN ('by top 10', 'where by')")),
        ("where userName = 'O''Brien by' top 3", Query(top=3, where="userName = 'O''Brien by'")),
        ("where", Query()),
    ],
)  # fmt: skip
def test_what_is_asked(typed: str, query: Query) -> None:
    """Parts come in any order; what stands between marks is none; a condition needs no marks around it all."""
    for number in ("#42", "42", "# 042", "`#42`", "<#C012|42>"):
        assert parse(f"answer {number} {typed}".strip(), CATALOGUE) == Ask(42, query)


@pytest.mark.parametrize(
    ("typed", "said", "likely"),
    [
        ("", "Which export? Write /tokenflex answer #42", "list"),
        ("by userName", "Which export? Write /tokenflex answer #42", "list"),
        ("revit", "“revit” is not the number of an export; write it like /tokenflex answer #42.", "list"),
        ("#42 userName", "“userName” belongs to nothing; did you mean by userName?", "answer #42 by userName"),
        ("#42 cost centre top 5", "did you mean by cost centre?", 'answer #42 by "cost centre" top 5'),
        ("#42 25", "“25” belongs to nothing; did you mean top 25?", "answer #42 top 25"),
        ("#42 topp 25", "did you mean top 25?", "answer #42 top 25"),
        (f"#42 {REVIT}", "did you mean where …?", f"answer #42 where {REVIT}"),
        (f"#42 wher {REVIT}", "did you mean where …?", f"answer #42 where {REVIT}"),
        ("#42 by", "Nothing follows by; write it as in", "answer #42"),
        ("#42 by userName top", "Nothing follows top; write it as in", "answer #42 by userName"),
        ("#42 by a by b", "by stands there 2 times; give it once.", "answer #42 by a"),
        ("#42 top many", "“many” is no number of rows; write it as in top 25", "answer #42"),
        ("#42 top 0", "“0” is no number of rows", "answer #42"),
        ("#42 top -5", "“-5” is no number of rows", "answer #42"),
        ("#42 by userName where prodName='Revit'", "did you mean productName?", "answer #42 by userName"),
        ("#42 where tokensConsumed > 5", "tokensConsumed is a metric: a condition takes fields only.", "answer #42"),
        ("#42 where productName='Revit", "quote", "answer #42"),
        ("#42 where 1=1", "compares no field with a value", "answer #42"),
    ],
)
def test_mistakes_say_what_to_write(typed: str, said: str, likely: str) -> None:
    """What is understood of it stands on a button."""
    command = parse(f"answer {typed}", CATALOGUE)
    assert isinstance(command, Mistake)
    assert said in " ".join(command.messages)
    assert command.likely == likely
    assert likely == "list" or isinstance(read(likely, CATALOGUE), Ask)


def test_several_mistakes_are_told_at_once() -> None:
    """Beside each other."""
    told = mistakes_of("answer #42 nonsense top many where prodName=1")
    assert len(told) == 3


@pytest.mark.parametrize(
    ("typed", "aimed"),
    [("answer #42 by userName", ("answer", 42)), ("answer 7", ("answer", 7)), ("answer by userName", ("answer", None))],
)
def test_what_goes_on_record(typed: str, aimed: tuple[str, int | None]) -> None:
    """The word and the export; nothing else that was typed."""
    assert aim(typed) == aimed


NAMES = st.sampled_from([field.name for field in CATALOGUE.fields])
QUERIES = st.builds(
    Query,
    st.lists(NAMES | st.sampled_from(["cost centre", "Day of entry"]), unique=True, max_size=4).map(tuple),
    st.integers(1, 100),
    st.sampled_from(["", REVIT, "contractYear IN (1, 2)", "userName LIKE 'o''brien by %' OR productName = 'top 3'"]),
)


@given(QUERIES)
def test_a_query_written_down_is_read_as_it_was(query: Query) -> None:
    """As words of the command, and as the text that is kept."""
    assert read(f"answer #42 {query.words}".strip(), CATALOGUE) == Ask(42, query)
    assert Query.of(query.text) == query


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    """None raises, whatever was typed."""
    assert isinstance(parse(f"answer #42 {text}", CATALOGUE), Ask | Mistake)
    aim(f"answer #42 {text}")
