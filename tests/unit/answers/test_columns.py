"""What is asked of a file, in people's names: columns of the file alone, and what is said where it has none of them."""

import pytest

from bot.answers.columns import likely, resolved
from bot.cards.names import Names
from bot.cards.query import Query
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest

CATALOGUE = Catalogue()
NAMES = Names(CATALOGUE, {"customField3": "Cost centre"})
REQUEST = ExportRequest(
    "1", ("productName", "userName", "usageMonth", "customField3"), ("tokensConsumed", "usageHours")
)
WITHOUT = ExportRequest("1", (), ("tokensConsumed",))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ((), ()),
        (("userName",), ("userName",)),
        (("USERNAME",), ("userName",)),
        (("user",), ("userName",)),
        (("User name", "month"), ("userName", "usageMonth")),
        (("cost centre",), ("customField3",)),
        (("Custom field 3", "customField3", "Cost Centre"), ("customField3",)),
        (("product", "userName", "Product name"), ("productName", "userName")),
    ],
)
def test_columns_are_called_as_people_call_them(typed: tuple[str, ...], meant: tuple[str, ...]) -> None:
    """Autodesk's name, the title, the noun, the customer's label; each column once."""
    assert resolved(Query(typed, 25), REQUEST, CATALOGUE, NAMES) == Query(meant, 25)


def test_no_table_has_more_rows_than_fit() -> None:
    """Whatever was typed."""
    assert resolved(Query(top=5000), REQUEST, CATALOGUE, NAMES) == Query(top=100)


@pytest.mark.parametrize(
    ("query", "said", "meant"),
    [
        (Query(("usr",)), "The file has no column “usr”; did you mean User name?", Query(("userName",))),
        (Query(("people",)), "“people”; did you mean User name?", Query(("userName",))),
        (Query(("machine",)), "Machine name is not in this file; it has Product name (productName), User", Query()),
        (Query(("qqqq", "user")), "The file has no column “qqqq”; it has Product name", Query(("userName",))),
        (Query(("tokens",)), "Tokens is what is counted; ask by Product name", Query()),
        (
            Query(("user",), 5, "machineName = 'x' and productName = 'Revit'"),
            "Machine name is not in this file",
            Query(("userName",), 5),
        ),
    ],
)
def test_what_the_file_cannot_tell(query: Query, said: str, meant: Query) -> None:
    """What it has is named, and what may be meant can be asked."""
    problems = resolved(query, REQUEST, CATALOGUE, NAMES)
    assert not isinstance(problems, Query)
    assert said in problems[0]
    assert likely(query, REQUEST, CATALOGUE, NAMES) == meant
    assert isinstance(resolved(meant, REQUEST, CATALOGUE, NAMES), Query)


def test_a_file_of_numbers_alone_is_by_nothing() -> None:
    """It says so."""
    assert resolved(Query(("user",)), WITHOUT, CATALOGUE, NAMES) == (
        "User name is not in this file; it has no columns but numbers.",
    )


@pytest.mark.parametrize("text", ['{"by":1}', "[]", "x", '{"top":"many"}', '{"by":["a"],"top":null}'])
def test_what_is_none_of_ours_is_refused(text: str) -> None:
    """A value of a button that nobody has drawn."""
    with pytest.raises(ValueError, match=r"no query|Expecting value"):
        Query.of(text)
