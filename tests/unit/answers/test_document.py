"""What the engine says is taken for granted nowhere: it reads files of strangers."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers.engine.__main__ import answer
from bot.answers.engine.document import DocumentError, Found, Limits, unread
from bot.answers.plan import plan
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers.files import asked

TASK = plan(asked(["userName", "usageDate", "contractYear"], ["tokensConsumed"]), Catalogue()).task
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("file")
    path = folder / "export.csv"
    path.write_text("userName,usageDate,contractYear,tokensConsumed\njdoe,2026-10-01,1,1.5\n")
    found: dict[str, Any] = json.loads(json.dumps(answer(path, folder / "spill", TASK, Limits())["found"]))
    return found


def test_what_the_engine_says_is_read(said: dict[str, Any]) -> None:
    assert Found.read(said, TASK).rows == 1


@given(JSON)
def test_any_other_document_is_refused(document: object) -> None:
    with pytest.raises(DocumentError):
        Found.read(document, TASK)
    with pytest.raises(DocumentError):
        unread(document if isinstance(document, dict) else {}, TASK)


@given(st.data(), JSON)
def test_a_document_with_one_wrong_place_is_read_or_refused_and_nothing_else(
    said: dict[str, Any], data: st.DataObject, wrong: object
) -> None:
    places = list(_places(said))
    torn = copy.deepcopy(said)
    *way, last = data.draw(st.sampled_from(places))
    at: Any = torn
    for step in way:
        at = at[step]
    at[last] = wrong
    with suppress(DocumentError):
        assert Found.read(torn, TASK).sha256


def _places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every place in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield (*way, key)
        yield from _places(value, (*way, key))


WRONG: dict[str, tuple[tuple[Any, ...], object]] = {
    "a count below zero": (("rows",), -1),
    "a count that is true": (("rows",), True),
    "a number that is none": (("totals", "tokensConsumed"), "NaN"),
    "an infinite number": (("totals", "tokensConsumed"), "Infinity"),
    "a number as JSON's": (("totals", "tokensConsumed"), 1.5),
    "a digest that is none": (("sha256",), "abc"),
    "a row with less": (("grouped", 0, "rows", 0), [[], []]),
    "a day that never was": (("first_day",), "2026-02-30"),
    "a table too few": (("grouped",), []),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str, said: dict[str, Any]) -> None:
    (*way, last), wrong = WRONG[name]
    torn = copy.deepcopy(said)
    at: Any = torn
    for step in way:
        at = at[step]
    at[last] = wrong
    with pytest.raises(DocumentError):
        Found.read(torn, TASK)


def test_more_than_was_asked_for_is_cut(said: dict[str, Any]) -> None:
    torn = copy.deepcopy(said)
    row = torn["grouped"][0]["rows"][0]
    row[0][0] = "x" * 100_000
    torn["grouped"][0]["rows"] = [row] * 5000
    (grouped, *_) = Found.read(torn, TASK).grouped
    assert len(grouped.rows) == TASK.groupings[0].top
    assert len(str(grouped.rows[0].keys[0])) == 200
