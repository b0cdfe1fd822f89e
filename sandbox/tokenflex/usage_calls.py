"""The usage calls that answer at once: monthly summary, and how fresh the data are."""

import asyncio
from datetime import date, timedelta

from sandbox.tokenflex.answers import Answer
from sandbox.tokenflex.caller import BadRequestError, Question
from sandbox.tokenflex.catalogue import MANUAL, OLD_NAMES
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import Report, UsageData
from sandbox.tokenflex.where import Condition

_PARAMETERS = {
    "minUsageMonth": "usageMonth >= ?",
    "maxUsageMonth": "usageMonth <= ?",
    "contractYear": "contractYear = ?",
    "usageCategory": "usageCategory = ?",
}
_NEW_NAMES = {old: new for new, old in OLD_NAMES.items()} | {new: new for new in OLD_NAMES}


class UsageCalls:
    """Answers `GET /usage/:n/summary` and `GET /usage/:n/last`."""

    def __init__(self, data: UsageData, settings: SandboxSettings) -> None:
        self._data = data
        self._settings = settings

    async def summary(self, question: Question) -> Answer:
        """Answer the tokens and users of each month, contract year and category; whole tokens, old category names."""
        user, asked = question.user(), question.query()
        if asked.keys() - _PARAMETERS.keys():
            raise BadRequestError("an unknown parameter")
        values = tuple(_value(name, text) for name, text in asked.items())
        condition = Condition(" AND ".join(_PARAMETERS[name] for name in asked), values, frozenset()) if asked else None
        fields, metrics = ("usageMonth", "contractYear", "usageCategory"), ("uniqueUsers", "tokensConsumed")
        report = Report(question.parts[0], fields, metrics, (), condition, user.sees_region)
        rows = await asyncio.to_thread(self._data.query, *report.sql())
        names = (*fields, *metrics)
        return Answer(200, [self._shown(dict(zip(names, row, strict=True))) for row in rows])

    def _shown(self, row: dict[str, object]) -> dict[str, object]:
        category = str(row["usageCategory"])
        shown = category if self._settings.recorded else OLD_NAMES[category]
        return row | {"usageCategory": shown, "tokensConsumed": round(float(str(row["tokensConsumed"])))}

    async def last(self, question: Question) -> Answer:
        """Answer the last day of usage and of its arrival, for each pair of category and charge category."""
        user = question.user()
        rows = await asyncio.to_thread(self._data.last_days, question.parts[0], user.sees_region)
        return Answer(200, [_freshness(*row) for row in rows])


def _freshness(category: str, charge: str | None, used: str, entered: str) -> dict[str, str]:
    """Return one entry; usage is delivered on the day after, what is booked by hand when it is booked."""
    processed = date.fromisoformat(entered) + timedelta(days=category not in MANUAL)
    return {
        "usageCategory": category,
        "chargeCategory": charge or "N/A",
        "lastUsageDate": used,
        "lastProcessDate": processed.isoformat(),
    }


def _value(name: str, text: str) -> str | int:
    try:
        match name:
            case "contractYear":
                return int(text) if text.isascii() and text.isdigit() else _refuse(name)
            case "usageCategory":
                return _NEW_NAMES[text]
            case _:
                return date.fromisoformat(text).isoformat()
    except (KeyError, ValueError) as error:
        raise BadRequestError(f"{name} is not understood") from error


def _refuse(name: str) -> int:
    raise ValueError(name)
