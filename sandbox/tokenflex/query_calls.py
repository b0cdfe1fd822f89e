"""The query calls: submit one, and read its result page by page."""

import asyncio
from typing import Any

from sandbox.tokenflex.answers import Answer, RefusalError, service_error
from sandbox.tokenflex.caller import BadRequestError, Question
from sandbox.tokenflex.catalogue import OLD_NAMES
from sandbox.tokenflex.queries import DONE, Query, QueryBook
from sandbox.tokenflex.request_rules import RuleError, read_query
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import Report, UsageData

_DEFAULTS = {"offset": 0, "limit": 100}


class QueryCalls:
    """Answers `/usage/:n/query…`."""

    def __init__(self, book: QueryBook, data: UsageData, settings: SandboxSettings) -> None:
        self._book = book
        self._data = data
        self._settings = settings

    async def create(self, question: Question) -> Answer:
        """Answer `POST …/query`: queued, or done with its first page when the same was asked before."""
        user, contract = question.user(), question.parts[0]
        body = question.json()
        refuses_not, as_recorded = self._settings.refuses_not_in_strings, self._settings.recorded
        try:
            report = read_query(
                body, contract, region=user.sees_region, refuses_not=refuses_not, as_recorded=as_recorded
            )
        except RuleError as error:
            raise BadRequestError(str(error)) from error
        query = self._book.submit(report, (user.name, question.caller.client.client_id))
        return Answer(200, await self._shown(query, **_DEFAULTS) | {"detail_uri": query.detail_uri})

    async def page(self, question: Question) -> Answer:
        """Answer `GET …/query/:query_id`: its status, and a page of the rows when it is done."""
        user, (contract, query_id) = question.user(), question.parts
        asked = question.query()
        if asked.keys() - _DEFAULTS.keys():
            raise BadRequestError("an unknown parameter")
        numbers = _DEFAULTS | {name: _count(text) for name, text in asked.items()}
        query = self._book.get(query_id, contract, (user.name, question.caller.client.client_id))
        if query is None:
            raise RefusalError(service_error(self._settings.missing_key_status))
        return Answer(200, await self._shown(query, **numbers))

    async def _shown(self, query: Query, *, offset: int, limit: int) -> dict[str, Any]:
        status = self._book.status(query)
        shown: dict[str, Any] = {"id": query.id, "status": status}
        if status != DONE:
            return shown
        if query.rows is None:
            found = await asyncio.to_thread(self._data.query, *query.report.sql())
            query.rows = [_row(query.report, row) for row in found]
        columns = [*query.report.fields, *query.report.metrics]
        page, total = query.rows[offset : offset + limit], len(query.rows)
        return shown | {"result": {"columns": columns, "rows": page, "total": total, "offset": offset, "limit": limit}}


def _row(report: Report, row: tuple[Any, ...]) -> list[Any]:
    """Return a row with old category names and metrics as numbers such as 60.0."""
    count = len(report.fields)
    names = zip(report.fields, row[:count], strict=True)
    fields = [OLD_NAMES[value] if name == "usageCategory" else value for name, value in names]
    return [*fields, *(None if value is None else float(value) for value in row[count:])]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequestError("offset and limit are whole numbers")
    return int(text)
