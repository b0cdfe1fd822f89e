"""The fields, metrics and usage categories that Token Flex knows (source: Fields and Metrics, Usage Categories)."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

DESKTOP_PRODUCT: Final = "DESKTOP_PRODUCT"
CLOUD_PRODUCT: Final = "CLOUD_PRODUCT"
CLOUD_SERVICE: Final = "CLOUD_SERVICE"
MANUAL_ADJUSTMENT: Final = "MANUAL_ADJUSTMENT"
MANUAL_CONSUMPTION: Final = "MANUAL_CONSUMPTION"
MANUAL: Final = frozenset({MANUAL_ADJUSTMENT, MANUAL_CONSUMPTION})
EVERY_CATEGORY: Final = frozenset({DESKTOP_PRODUCT, CLOUD_PRODUCT, CLOUD_SERVICE}) | MANUAL

#: `text`, `date` (2024-01-31), `month` (2024-01-01), `datetime` (2024-01-31T08:00:00), `integer`, `enum`;
#: `any` is a name that the operator added and whose values we know nothing about.
ValueType = Literal["text", "date", "month", "datetime", "integer", "enum", "any"]
#: How a form may group fields.
Group = Literal["Time", "Product", "User and machine", "Session and transaction", "Your own categories", "Added"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a column to group by.

    `meaning` has at most 75 characters (a Slack option's description). `session_level` fields (also called
    transaction level) make the whole request a session-level one. `categories` know the field. `values` are the
    possible ones of an `enum`; empty where Autodesk publishes none.
    """

    name: str
    meaning: str
    group: Group
    value_type: ValueType = "text"
    categories: frozenset[str] = EVERY_CATEGORY
    session_level: bool = False
    personal_data: bool = False
    values: tuple[str, ...] = ()

    @property
    def desktop_session(self) -> bool:
        """Whether it may stand in a session-level request for DESKTOP_PRODUCT.

        That set is documented as complete, so a name from the settings is not in it (source: Fields and Metrics).
        """
        return DESKTOP_PRODUCT in self.categories and self.value_type != "any"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: a number over the grouping; `desktop_session` ones may stand in desktop session-level requests."""

    name: str
    meaning: str
    desktop_session: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """One usage category; `old_name` is what summaries and query rows still call it."""

    name: str
    meaning: str
    old_name: str


CATEGORIES: Final = (
    Category(DESKTOP_PRODUCT, "Desktop products", "PRODUCT_CONSUMPTION"),
    Category(CLOUD_PRODUCT, "Cloud products", "CLOUD_PRODUCT_CONSUMPTION"),
    Category(CLOUD_SERVICE, "Cloud services", "CLOUD_CONSUMPTION"),
    Category(MANUAL_ADJUSTMENT, "Tokens booked by hand", MANUAL_ADJUSTMENT),
    Category(MANUAL_CONSUMPTION, "Consumption booked by hand", MANUAL_CONSUMPTION),
)
#: What each category is called in requests, by the name that summaries give it; they may also give the new one.
NEW_NAMES: Final = {category.old_name: category.name for category in CATEGORIES}

_DESKTOP: Final = frozenset({DESKTOP_PRODUCT})
_CLOUD_PRODUCT: Final = frozenset({CLOUD_PRODUCT})


def _session(
    name: str, meaning: str, categories: frozenset[str], value_type: ValueType = "text", *, personal_data: bool = False
) -> Field:
    group: Group = "Session and transaction"
    return Field(name, meaning, group, value_type, categories, session_level=True, personal_data=personal_data)


FIELDS: Final = (
    Field("usageMonth", "Month of use, as its first day", "Time", "month"),
    Field("usageDate", "Day of use", "Time", "date"),
    Field("contractYear", "Year of the contract, counted from 1", "Time", "integer"),
    Field("productName", "Product, such as Autocad", "Product"),
    Field("productLineCode", "Product line code (PLC), such as ACD", "Product"),
    Field("productVersion", "Version of the product, such as 2026", "Product", categories=_DESKTOP),
    Field("productFeatureCode", "Product feature code (PFC)", "Product", categories=_DESKTOP),
    Field(
        "usageCategory",
        "Usage category of the row",
        "Product",
        "enum",
        values=tuple(category.name for category in CATEGORIES),
    ),
    Field("usageType", "Normal or borrowed licence", "Product", "enum", _DESKTOP, values=("Normal", "Borrowed")),
    Field("tokenPool", "Token pool; for MANUAL_ADJUSTMENT alone", "Product", "enum", frozenset({MANUAL_ADJUSTMENT})),
    Field("userName", "User's NT id or e-mail address; personal data", "User and machine", personal_data=True),
    Field(
        "machineName",
        "Client machine; personal data",
        "User and machine",
        categories=_DESKTOP,
        personal_data=True,
    ),
    Field("licenseServerName", "Licence server", "User and machine", categories=_DESKTOP),
    _session("chargedItemID", "Id of the session or transaction; session level", EVERY_CATEGORY),
    Field(
        "chargeCategory",
        "Kind of charge: CHARGED, FREE, CASUAL or N/A; session level",
        "Session and transaction",
        "enum",
        _DESKTOP | _CLOUD_PRODUCT,
        session_level=True,
        values=("CHARGED", "FREE", "CASUAL", "N/A"),
    ),
    _session("sessionStartDate", "Start of the session; session level", _DESKTOP, "datetime"),
    _session("sessionEndDate", "End of the session; session level", _DESKTOP, "datetime"),
    _session("licenseServerTimeZoneOffset", "Time zone of the licence server; session level", _DESKTOP),
    _session("hubId", "Hub id; session level", _CLOUD_PRODUCT),
    _session("hubName", "Hub name; session level", _CLOUD_PRODUCT),
    _session("reasonType", "Reason of a manual entry; session level", MANUAL),
    _session("reasonComment", "Comment on a manual entry; personal data; session level", MANUAL, personal_data=True),
    _session("transactionDate", "Day a manual entry was made; session level", MANUAL, "date"),
    *(Field(f"customField{n}", f"Your own category number {n}", "Your own categories") for n in range(1, 11)),
)

METRICS: Final = (
    Metric("tokensConsumed", "Tokens consumed", desktop_session=True),
    Metric("usageHours", "Hours of use", desktop_session=True),
    Metric("usageMinutes", "Minutes of use", desktop_session=True),
    Metric("uniqueUsers", "Different users in the group; cannot be added up"),
    Metric("uniqueProducts", "Different products in the group; cannot be added up"),
    Metric("useCount", "Number of uses"),
    Metric("quantity", "Quantity of a manual entry"),
)


class Catalogue:
    """Every name that may stand in a request.

    `extra_fields` and `extra_metrics` are names that Autodesk has and our tables lack (its published list is cut
    off); they may stand with every category, but not at desktop session level, whose set is documented as complete.
    """

    def __init__(self, extra_fields: Iterable[str] = (), extra_metrics: Iterable[str] = ()) -> None:
        fields = {field.name: field for field in FIELDS}
        metrics = {metric.name: metric for metric in METRICS}
        for name in extra_fields:
            fields.setdefault(name, Field(name, "Added in the settings", "Added", "any"))
        for name in extra_metrics:
            metrics.setdefault(name, Metric(name, "Added in the settings"))
        self._fields, self._metrics = fields, metrics
        self._categories = {category.name: category for category in CATEGORIES}

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return all fields, group by group."""
        return tuple(self._fields.values())

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return all metrics."""
        return tuple(self._metrics.values())

    @property
    def categories(self) -> tuple[Category, ...]:
        """Return all usage categories."""
        return tuple(self._categories.values())

    def field(self, name: str) -> Field | None:
        """Return the field of exactly that name."""
        return self._fields.get(name)

    def metric(self, name: str) -> Metric | None:
        """Return the metric of exactly that name."""
        return self._metrics.get(name)

    def category(self, name: str) -> Category | None:
        """Return the usage category of exactly that name."""
        return self._categories.get(name)

    def nearest_field(self, name: str) -> str | None:
        """Return the field name most like the text, in any case; None where nothing is like it."""
        return nearest(name, tuple(self._fields))

    def nearest_metric(self, name: str) -> str | None:
        """Return the metric name most like the text, in any case; None where nothing is like it."""
        return nearest(name, tuple(self._metrics))

    def nearest_category(self, name: str) -> str | None:
        """Return the usage category most like the text, in any case; old names lead to the new ones."""
        for category in CATEGORIES:
            if category.old_name == name.strip().upper():
                return category.name
        return nearest(name, tuple(self._categories))


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name most like the text, in any case, or None; very long texts are like nothing."""
    wanted = name.strip().lower()
    by_lower = {candidate.lower(): candidate for candidate in known}
    if not wanted or len(wanted) > 100:
        return None
    close = difflib.get_close_matches(wanted, by_lower, n=1)
    if close:
        return by_lower[close[0]]
    return next((candidate for lower, candidate in by_lower.items() if lower.startswith(wanted)), None)
