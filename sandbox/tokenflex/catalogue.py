"""The fields, metrics and usage categories of Token Flex, as far as its documentation shows them."""

from dataclasses import dataclass

DESKTOP, CLOUD_PRODUCT, CLOUD_SERVICE = "DESKTOP_PRODUCT", "CLOUD_PRODUCT", "CLOUD_SERVICE"
ADJUSTMENT, CONSUMPTION = "MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"
MANUAL = frozenset({ADJUSTMENT, CONSUMPTION})
CATEGORIES = (DESKTOP, CLOUD_PRODUCT, CLOUD_SERVICE, ADJUSTMENT, CONSUMPTION)
ALL = frozenset(CATEGORIES)
#: What summaries and the rows of queries call the categories (source: Token Flex, usage categories).
OLD_NAMES = {
    DESKTOP: "PRODUCT_CONSUMPTION",
    CLOUD_PRODUCT: "CLOUD_PRODUCT_CONSUMPTION",
    CLOUD_SERVICE: "CLOUD_CONSUMPTION",
    ADJUSTMENT: ADJUSTMENT,
    CONSUMPTION: CONSUMPTION,
}

TEXT, INTEGER, DATE, MONTH, DATETIME, ENUM = "text", "integer", "date", "month", "datetime", "enum"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its kind of values, whether it is of session level, and the categories that know it.

    `values` is empty where the list is not published.
    """

    name: str
    kind: str
    categories: frozenset[str] = ALL
    session: bool = False
    values: tuple[str, ...] = ()


_DESKTOP = frozenset({DESKTOP})
_PRODUCTS = frozenset({DESKTOP, CLOUD_PRODUCT})
_CLOUD_PRODUCT = frozenset({CLOUD_PRODUCT})

_FIELDS = (
    Field("productLineCode", TEXT),
    Field("productName", TEXT),
    Field("userName", TEXT),
    Field("usageDate", DATE),
    Field("usageMonth", MONTH),
    Field("contractYear", INTEGER),
    Field("usageCategory", ENUM, values=CATEGORIES),
    Field("chargedItemID", TEXT, session=True),
    *(Field(f"customField{number}", TEXT) for number in range(1, 11)),
    Field("chargeCategory", ENUM, _PRODUCTS, session=True, values=("CHARGED", "FREE", "CASUAL", "N/A")),
    Field("sessionStartDate", DATETIME, _DESKTOP, session=True),
    Field("sessionEndDate", DATETIME, _DESKTOP, session=True),
    Field("productVersion", TEXT, _DESKTOP),
    Field("productFeatureCode", TEXT, _DESKTOP),
    Field("machineName", TEXT, _DESKTOP),
    Field("licenseServerName", TEXT, _DESKTOP),
    Field("licenseServerTimeZoneOffset", TEXT, _DESKTOP, session=True),
    Field("usageType", ENUM, _DESKTOP, values=("Normal", "Borrowed")),
    Field("hubId", TEXT, _CLOUD_PRODUCT, session=True),
    Field("hubName", TEXT, _CLOUD_PRODUCT, session=True),
    Field("reasonType", TEXT, MANUAL, session=True),
    Field("reasonComment", TEXT, MANUAL, session=True),
    Field("transactionDate", DATE, MANUAL, session=True),
    Field("tokenPool", ENUM, frozenset({ADJUSTMENT})),
)

FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}

#: Each metric with the SQL that computes it over a group; amounts are rounded to what binary fractions can hold.
METRICS: dict[str, str] = {
    "tokensConsumed": "ROUND(SUM(tokens), 4)",
    "usageMinutes": "ROUND(SUM(minutes), 4)",
    "usageHours": "ROUND(SUM(minutes) / 60.0, 4)",
    "uniqueUsers": "COUNT(DISTINCT userName)",
    "uniqueProducts": "COUNT(DISTINCT productName)",
    "useCount": "SUM(uses)",
    "quantity": "ROUND(SUM(quantity), 4)",
}

#: What desktop session level allows and nothing else (source: Token Flex, fields and metrics).
DESKTOP_SESSION_FIELDS = frozenset(
    {
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
    }
    | {f"customField{number}" for number in range(1, 11)}
)
DESKTOP_SESSION_METRICS = frozenset({"tokensConsumed", "usageMinutes", "usageHours"})
