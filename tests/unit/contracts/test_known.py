"""What is known of one contract's data: for how long, what is fetched next, and through which day usage is known."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from bot.contracts.known import FRESHNESS, LABELS, Known
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import LastUsage
from tests.harness.rows import NOW

HOUR = timedelta(hours=1)
FRIDAY, SATURDAY, LATER = date(2026, 11, 27), date(2026, 11, 28), date(2026, 12, 24)


def test_all_of_a_contract_is_fetched_once() -> None:
    """Labels, then freshness, then what is typed most; of the custom fields those alone that have a label."""
    known, asked = Known(), []
    while (what := known.due(NOW)) is not None:
        asked.append(what)
        match what:
            case "labels":
                known.learn_labels(["Cost centre", "", " ", "Büro"], NOW)
            case "freshness":
                known.learn_last_days([], NOW)
            case _:
                known.learn_values(what, ["b", "A"], NOW)
    assert asked == [
        *(LABELS, FRESHNESS, "productName", "userName", "customField1", "customField4"),
        *("licenseServerName", "machineName"),
    ]
    assert known.labels == {"customField1": "Cost centre", "customField4": "Büro"}
    assert known.values["userName"] == ("A", "b")
    assert all(Catalogue().field(name) for name in known.values)


def test_values_are_kept_for_a_day_and_labels_until_there_are_new_ones() -> None:
    """Freshness is looked up every six hours, for as long as somebody uses the contract."""
    known = Known()
    known.learn_labels(["Cost centre"], NOW)
    known.learn_last_days([LastUsage("DESKTOP_PRODUCT", FRIDAY)], NOW)
    for what in ("productName", "userName", "customField1", "licenseServerName", "machineName"):
        known.learn_values(what, ["x"], NOW)
    assert known.due(NOW + 5 * HOUR) is None
    assert known.due(NOW + 6 * HOUR) == FRESHNESS
    assert known.known_through((), NOW + 6 * HOUR) is None
    known.forget_old(NOW + 23 * HOUR)
    assert known.size == 5
    known.forget_old(NOW + 24 * HOUR)
    assert (known.size, known.labels) == (0, {"customField1": "Cost centre"})
    assert known.due(NOW + 24 * HOUR) == LABELS


def test_a_list_without_end_is_cut() -> None:
    """What is beyond can be typed."""
    known = Known()
    known.learn_values("userName", (f"user{number}" for number in range(20_000)), NOW)
    assert known.size == 10_000


@pytest.mark.parametrize(
    ("listed", "categories", "through"),
    [
        ([], (), None),
        ([("DESKTOP_PRODUCT", FRIDAY), ("DESKTOP_PRODUCT", SATURDAY), ("CLOUD_PRODUCT", FRIDAY)], (), SATURDAY),
        ([("PRODUCT_CONSUMPTION", SATURDAY)], ("DESKTOP_PRODUCT",), SATURDAY),
        ([("DESKTOP_PRODUCT", SATURDAY), ("CLOUD_PRODUCT", FRIDAY)], ("CLOUD_PRODUCT",), FRIDAY),
        ([("DESKTOP_PRODUCT", FRIDAY), ("MANUAL_ADJUSTMENT", LATER)], (), FRIDAY),
        ([("DESKTOP_PRODUCT", FRIDAY), ("MANUAL_ADJUSTMENT", LATER)], ("MANUAL_ADJUSTMENT",), LATER),
        ([("something new", LATER)], (), None),
    ],
)
def test_through_which_day_usage_is_known(
    listed: Iterable[tuple[str, date]], categories: tuple[str, ...], through: date | None
) -> None:
    """By the categories that are asked for, in their old and new names; what is booked by hand is of any day."""
    known = Known()
    known.learn_last_days([LastUsage(*each) for each in listed], NOW)
    assert known.known_through(categories, NOW) == through
