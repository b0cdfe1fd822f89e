"""The metadata calls: contracts, their years, enrichment categories and distinct values."""

import asyncio
from typing import Any

from sandbox.tokenflex.answers import Answer
from sandbox.tokenflex.caller import BadRequestError, Question
from sandbox.tokenflex.catalogue import CATEGORIES
from sandbox.tokenflex.contracts import CONTRACTS, Contract
from sandbox.tokenflex.synthesis import CUSTOM_FIELDS
from sandbox.tokenflex.usage_data import UsageData

_LISTED_FIELDS = frozenset({"productName", "userName", "machineName", "licenseServerName"})
_BY_NUMBER = {contract.number: contract for contract in CONTRACTS}


class ContractCalls:
    """Answers `GET /contract…`."""

    def __init__(self, data: UsageData) -> None:
        self._data = data

    async def list_all(self, question: Question) -> Answer:
        """Answer `GET /contract`: nothing for a user without role."""
        return Answer(200, [_BY_NUMBER[number].summary() for number in question.caller.contracts()])

    async def one(self, question: Question) -> Answer:
        """Answer `GET /contract/:n`."""
        question.user()
        contract = _BY_NUMBER[question.parts[0]]
        consumed = await asyncio.to_thread(self._data.consumed, contract.number)
        return Answer(200, contract.summary() | _years(contract, consumed))

    async def enrichment(self, question: Question) -> Answer:
        """Answer `GET /contract/:n/enrichment`: labels by position, some empty, some repeated."""
        question.user()
        return Answer(200, list(_BY_NUMBER[question.parts[0]].labels))

    async def enrichment_values(self, question: Question) -> Answer:
        """Answer `GET /contract/:n/enrichment/:category`: by alias, or by label (the first of that name)."""
        user = question.user()
        number, category = question.parts
        labels = _BY_NUMBER[number].labels
        if category not in CUSTOM_FIELDS and (not category or category not in labels):
            raise BadRequestError("no such enrichment category")
        column = category if category in CUSTOM_FIELDS else CUSTOM_FIELDS[labels.index(category)]
        return Answer(200, await self._distinct(number, column, None, user.sees_region))

    async def field_values(self, question: Question) -> Answer:
        """Answer `GET /contract/:n/:field`."""
        user = question.user()
        number, name = question.parts
        category = question.query().get("usageCategory")
        if name not in _LISTED_FIELDS:
            raise BadRequestError("no list of values for this field")
        if category is not None and category not in CATEGORIES:
            raise BadRequestError("no such usage category")
        return Answer(200, await self._distinct(number, name, category, user.sees_region))

    async def _distinct(self, contract: str, column: str, category: str | None, region: str | None) -> list[str]:
        return await asyncio.to_thread(self._data.distinct, contract, column, category=category, region=region)


def _years(contract: Contract, consumed: dict[int, float]) -> dict[str, Any]:
    """Return the years; what goes beyond a year's own tokens comes out of the multi-year ones."""
    pool, years = contract.multiyear_tokens, []
    for each in contract.years:
        used = round(consumed.get(each.year, 0))
        own = min(used, each.provisioned)
        years.append(
            {
                "year": each.year,
                "startDate": each.start.isoformat(),
                "endDate": each.end.isoformat(),
                "provisionedTokens": each.provisioned,
                "consumedTokens": own,
                "remainingTokens": each.provisioned - own,
                "multiyearTokensAtStart": pool,
                "multiyearConsumedTokens": used - own,
            }
        )
        pool -= used - own
    return {"multiyearProvisionedTokens": contract.multiyear_tokens, "contractYears": years}
