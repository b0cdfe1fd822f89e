"""What the words of `/tokenflex list` mean."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.cards.export_list import Turn
from bot.cards.faces import STATE_WORDS
from bot.questions.history import Known, read
from storage.export_search import Sought
from storage.states import ExportState

S = ExportState
KNOWN = Known(
    {"me": "U1", "ana": "U1", "ana bauer": "U1", "u2": "U2"}, {"finance": "C1"}, date(2026, 11, 29), "Asia/Tokyo"
)


def days(first: str, until: str) -> Sought:
    """What is sought between the beginnings of two days in Tokyo, which is nine hours ahead."""
    since, end = (datetime.fromisoformat(f"{day}T00:00+09:00").astimezone(UTC) for day in (first, until))
    return Sought(since=since, until=end)


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("", Sought()),
        ("all", Sought()),
        ("revit", Sought(texts=("revit",))),
        ("revit maya", Sought(texts=("revit", "maya"))),
        ("@ana", Sought(requesters=("U1",))),
        ("@Ana Bauer revit", Sought(requesters=("U1",), texts=("revit",))),
        ("@me @U2", Sought(requesters=("U1", "U2"))),
        ("#42 #finance", Sought(numbers=(42,), channels=("C1",))),
        ("failed READY", Sought(states=(S.FAILED, S.READY))),
        ("gone", Sought(states=(S.VANISHED, S.DELETED))),
        ("october", days("2026-10-01", "2026-11-01")),
        ("2026-10-01..2026-10-15", days("2026-10-01", "2026-10-16")),
        ("last-month", days("2026-10-01", "2026-11-01")),
        ("this-month", days("2026-11-01", "2026-11-30")),
        ("last-7-days", days("2026-11-22", "2026-11-30")),
        ("year-to-date", days("2026-01-01", "2026-11-30")),
        ("october 2025", days("2025-10-01", "2025-11-01")),
        ("2026 October", days("2026-10-01", "2026-11-01")),
        ("last month", days("2026-10-01", "2026-11-01")),
        ("2026-10-01 to 2026-10-15", days("2026-10-01", "2026-10-16")),
        ("september october", days("2026-09-01", "2026-11-01")),
        ("revit last 7 days failed", replace(days("2026-11-22", "2026-11-30"), texts=("revit",), states=(S.FAILED,))),
        ("this-contract-year", Sought(texts=("this-contract-year",))),
        ("12345", Sought(texts=("12345",))),
    ],
)
def test_words_and_what_they_look_for(typed: str, sought: Sought) -> None:
    """People, channels, states, days in the zone of who asks; any other word stands in the file's name or request."""
    assert read(tuple(typed.split()), KNOWN) == (sought, ())


@pytest.mark.parametrize("word", ["@bob", "#general", "@", "#", "#" + "9" * 5000])
def test_who_is_not_known_is_told(word: str) -> None:
    """Instead of being passed over, which would show all."""
    assert read((word, "failed"), KNOWN) == (Sought(states=(S.FAILED,)), (word,))


def test_every_state_has_a_word() -> None:
    """A new state cannot be forgotten."""
    assert {state for states in STATE_WORDS.values() for state in states} == set(S)
    assert all(word == word.casefold() for word in STATE_WORDS)


def test_a_turn_of_a_page_is_read_as_it_was_written() -> None:
    """Words as they were typed, quotation marks and all."""
    for turn in (Turn(), Turn(('"', "größe"), before=7), Turn(("a",), after=1)):
        assert Turn.of(str(turn)) == turn
