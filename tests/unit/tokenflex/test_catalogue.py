"""The catalogue of fields, metrics and categories."""

import pytest

from bot.tokenflex.catalogue import (
    CATEGORIES,
    DESKTOP_PRODUCT,
    EVERY_CATEGORY,
    FIELDS,
    METRICS,
    Catalogue,
    Category,
    Field,
    Metric,
)

ENTRIES: tuple[Field | Metric | Category, ...] = (*FIELDS, *METRICS, *CATEGORIES)

# The complete desktop session-level set, written down once more from Autodesk's page.
DESKTOP_SESSION_FIELDS = {
    "usageMonth",
    "usageDate",
    "contractYear",
    "productName",
    "productLineCode",
    "productVersion",
    "productFeatureCode",
    "userName",
    "machineName",
    "sessionStartDate",
    "sessionEndDate",
    "licenseServerTimeZoneOffset",
    "chargedItemID",
    "chargeCategory",
    "licenseServerName",
    "usageType",
    "usageCategory",
} | {f"customField{n}" for n in range(1, 11)}


def test_desktop_session_level_set_is_the_documented_one() -> None:
    """Exactly the documented fields and metrics may stand at desktop session level."""
    assert {field.name for field in FIELDS if field.desktop_session} == DESKTOP_SESSION_FIELDS
    assert {metric.name for metric in METRICS if metric.desktop_session} == {
        "tokensConsumed",
        "usageMinutes",
        "usageHours",
    }


def test_meanings_fit_a_menu() -> None:
    """Every name and meaning fits the option of a Slack menu."""
    for entry in ENTRIES:
        assert 0 < len(entry.meaning) <= 75
        assert 0 < len(entry.name) <= 75


def test_names_are_unique_and_categories_known() -> None:
    """No name comes twice, and fields name only categories that exist."""
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert {category.name for category in CATEGORIES} == EVERY_CATEGORY
    assert all(field.categories and field.categories <= EVERY_CATEGORY for field in FIELDS)


def test_personal_data_is_marked() -> None:
    """The three documented fields with personal data are marked."""
    assert {field.name for field in FIELDS if field.personal_data} == {"userName", "machineName", "reasonComment"}


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("productname", "productName"),
        ("PRODUCTNAME", "productName"),
        ("prodcutName", "productName"),
        ("customfield10", "customField10"),
        ("chargeditemid", "chargedItemID"),
        ("zzzzzz", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_nearest_field(typed: str, known: str | None) -> None:
    """A field typed in another case or with a slip is recognised."""
    assert Catalogue().nearest_field(typed) == known


def test_nearest_metric_and_category() -> None:
    """Metrics and categories have a nearest name too; old category names lead to the new ones."""
    catalogue = Catalogue()
    assert catalogue.nearest_metric("tokenconsumed") == "tokensConsumed"
    assert catalogue.nearest_metric("tokens") == "tokensConsumed"
    assert catalogue.nearest_category("desktop") == DESKTOP_PRODUCT
    assert catalogue.nearest_category("product_consumption") == DESKTOP_PRODUCT
    assert catalogue.nearest_category("CLOUD_CONSUMPTION") == "CLOUD_SERVICE"


def test_extra_names_from_the_settings() -> None:
    """Extra names are known everywhere but at desktop session level, and never replace a known name."""
    catalogue = Catalogue(("seatCount", "hubId"), ("peakUsers", "useCount"))
    extra, known = catalogue.field("seatCount"), catalogue.field("hubId")
    assert extra is not None
    assert known is not None
    assert extra.categories == EVERY_CATEGORY
    assert not extra.desktop_session
    assert known.session_level
    assert catalogue.metric("peakUsers") in catalogue.metrics
    assert len(catalogue.metrics) == len(METRICS) + 1
    assert catalogue.nearest_field("seatcount") == "seatCount"
