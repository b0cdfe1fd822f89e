"""The export calls: create, list, get, delete, retry, refreshUrl, markRead."""

import re
from collections.abc import Callable
from datetime import datetime

from sandbox.tokenflex.answers import Answer, RefusalError, service_error
from sandbox.tokenflex.caller import BadRequestError, Question
from sandbox.tokenflex.exports import DOWNLOAD, Export, ExportBook, QuotaFullError
from sandbox.tokenflex.request_rules import RuleError, read_create
from sandbox.tokenflex.settings import SandboxSettings

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


class ExportCalls:
    """Answers `/export/:n/requests…`; `host` gives what download links begin with."""

    def __init__(self, book: ExportBook, settings: SandboxSettings, host: Callable[[], str]) -> None:
        self._book = book
        self._settings = settings
        self._host = host

    async def create(self, question: Question) -> Answer:
        """Answer `POST …/requests`: four keys."""
        user, contract = question.user(), question.parts[0]
        body = question.json()
        try:
            report, file_name = read_create(
                body,
                contract,
                region=user.sees_region,
                refuses_not=self._settings.refuses_not_in_strings,
                as_recorded=self._settings.recorded,
            )
        except RuleError as error:
            raise BadRequestError(str(error)) from error
        client_id = question.caller.client.client_id
        try:
            made = self._book.create(
                report, client_id=client_id, user=user.name, file_name=file_name, contract=contract
            )
        except QuotaFullError as error:
            raise RefusalError(service_error(429)) from error
        return Answer(200, made.created_json())

    async def list_all(self, question: Question) -> Answer:
        """Answer `GET …/requests`: whole objects, dead links included, `fromDate` inclusive, `toDate` exclusive."""
        question.user(portal=True)
        query = question.query()
        first, end = _moment(query.get("fromDate")), _moment(query.get("toDate"))
        found = [each for each in self._visible(question) if first <= each.requested.moment < end]
        spoiled = [self._book.unreadable[number] for number in question.parts[:1] if number in self._book.unreadable]
        return Answer(200, [*spoiled, *(each.json(self._host()) for each in found)])

    async def one(self, question: Question) -> Answer:
        """Answer `GET …/requests/:key`."""
        return Answer(200, self._export(question).json(self._host()))

    async def delete(self, question: Question) -> Answer:
        """Answer `DELETE …/requests/:key`: 204, the file and its links go too."""
        self._book.delete(self._export(question).key)
        return Answer(204)

    async def retry(self, question: Question) -> Answer:
        """Answer `POST …/retry`: no effect on anything but `Error`."""
        export = self._export(question)
        try:
            self._book.retry(export)
        except QuotaFullError as error:
            raise RefusalError(service_error(429)) from error
        return Answer(200, export.json(self._host()))

    async def refresh_url(self, question: Question) -> Answer:
        """Answer `POST …/refreshUrl`: a new link for a `Download`."""
        export = self._export(question)
        early = self._settings.early_refresh_status
        if export.status != DOWNLOAD and early != 200:
            raise RefusalError(service_error(early))
        self._book.renew_link(export)
        return Answer(200, export.json(self._host()))

    async def mark_read(self, question: Question) -> Answer:
        """Answer `POST …/markRead`: the keys whose flag changed."""
        question.user(portal=True)
        keys = question.json()
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key for key in keys):
            raise BadRequestError("no array of keys")
        mine = {each.key: each for each in self._visible(question)}
        changed = [key for key in dict.fromkeys(keys) if key in mine and not mine[key].read]
        for key in changed:
            mine[key].read = True
        return Answer(200, changed)

    def _visible(self, question: Question) -> list[Export]:
        user = question.user(portal=True)
        return self._book.visible(question.parts[0], question.caller.client.client_id, user.name)

    def _export(self, question: Question) -> Export:
        key = question.parts[1]
        for export in self._visible(question):
            if export.key == key:
                return export
        raise RefusalError(service_error(self._settings.missing_key_status))


def _moment(text: str | None) -> datetime:
    if text is None or not _MOMENT.fullmatch(text):
        raise BadRequestError("fromDate and toDate are needed, in UTC with Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError("no such date") from error
