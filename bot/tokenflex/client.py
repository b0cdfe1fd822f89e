"""The Token Flex Usage Data API, as far as the bot uses it; each method is exactly one HTTP call.

Repetition lives elsewhere, since each attempt is paid from the call budget. All may be repeated but `submit`: a second
one makes a second export, while `retry_export` does nothing to what is no longer in `Error`, and a second
`delete_export` finds nothing.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import structlog

from bot.tokenflex.errors import NotFoundError, UpstreamBrokenError
from bot.tokenflex.http import Door
from bot.tokenflex.models import (
    UNREADABLE,
    Contract,
    ExportRequest,
    LastUsage,
    MonthOfUse,
    TokenYear,
    UpstreamExport,
)
from bot.tokenflex.refusals import refusal

T = TypeVar("T")

#: Fields whose values Token Flex lists (source: HTTP reference, contract/:contract_number/:field).
VALUES_LISTED: Final = ("productName", "userName", "licenseServerName", "machineName")

log = structlog.get_logger(__name__)


class TokenFlexClient:
    """Synchronous; may be used by several threads when its door may.

    `access_token` returns a token that is good now. `on_server_time` is told the server's time (UTC) with each answer
    that carries it. Every method raises the errors of `bot.tokenflex.errors`: the ones that `Door.request` names, and
    those of a refusal. Requests for keys that are not there are answered with 404, 403 or 400, and left as they are.
    """

    def __init__(
        self,
        door: Door,
        base_url: str,
        access_token: Callable[[], str],
        *,
        on_server_time: Callable[[datetime], None] | None = None,
    ) -> None:
        self._door = door
        self._base_url = base_url.rstrip("/")
        self._access_token = access_token
        self._on_server_time = on_server_time

    def contracts(self) -> tuple[Contract, ...]:
        """Return the contracts that the login sees; none for a user without a Token Flex role."""
        return _each(self._call("GET", ("contract",)), Contract.from_json)

    def enrichment_categories(self, contract_number: str) -> tuple[str, ...]:
        """Return the labels of the customer's own categories: the first is `customField1`; they may be empty."""
        body = self._call("GET", ("contract", contract_number, "enrichment"))
        return tuple(label if isinstance(label, str) else "" for label in _array(body))

    def enrichment_values(self, contract_number: str, custom_field: str) -> tuple[str, ...]:
        """Return the values of one of the customer's own categories, by the name of its field: `customField1`."""
        return _texts(self._call("GET", ("contract", contract_number, "enrichment", custom_field)))

    def field_values(self, contract_number: str, field: str) -> tuple[str, ...]:
        """Return the values of a field that have usage; there are lists for those of `VALUES_LISTED` alone."""
        return _texts(self._call("GET", ("contract", contract_number, field)))

    def last_usage(self, contract_number: str) -> tuple[LastUsage, ...]:
        """Return how fresh the usage of each category is; one without usage is missing."""
        return _each(self._call("GET", ("usage", contract_number, "last")), LastUsage.from_json)

    def token_years(self, contract_number: str) -> tuple[TokenYear, ...]:
        """Return the years of a contract with their tokens, oldest first; a sum without one of them would be wrong."""
        body = self._call("GET", ("contract", contract_number))
        years = body.get("contractYears") if isinstance(body, Mapping) else None
        return tuple(sorted(_every(years, TokenYear.from_json), key=lambda year: year.first))

    def monthly_summary(self, contract_number: str) -> tuple[MonthOfUse, ...]:
        """Return what was used in each month, contract year and category, of all time; all of it can be read."""
        return _every(self._call("GET", ("usage", contract_number, "summary")), MonthOfUse.from_json)

    def submit(self, request: ExportRequest) -> UpstreamExport:
        """Ask for an export. When the error's effect is unknown there may be one nevertheless: never just repeat it."""
        path = _path(request.contract_number)
        return _export(self._call("POST", path, json=request.body(), starts_export=True))

    def list_exports(self, contract_number: str, from_: datetime, to: datetime) -> tuple[UpstreamExport, ...]:
        """Return the exports asked for from `from_` on and before `to` (aware), oldest first.

        An entry that cannot be read stands there as a record without a key: it may be any export.
        """
        params = {"fromDate": _timestamp(from_), "toDate": _timestamp(to)}
        body = self._call("GET", _path(contract_number), params=params)
        records = _each(body, UpstreamExport.from_json)
        unread = [UNREADABLE] * (len(_array(body)) - len(records))
        never = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted([*records, *unread], key=lambda each: (each.requested_at or never, each.request_key)))

    def get_export(self, contract_number: str, request_key: str) -> UpstreamExport:
        """Return one export; that renews no link."""
        return _export(self._call("GET", _path(contract_number, request_key)))

    def delete_export(self, contract_number: str, request_key: str) -> None:
        """Delete an export and its file."""
        self._call("DELETE", _path(contract_number, request_key))

    def retry_export(self, contract_number: str, request_key: str) -> UpstreamExport:
        """Start a failed export again; anything but `Error` stays as it is, so look at the status in the answer."""
        path = _path(contract_number, request_key, "retry")
        return _export(self._call("POST", path, starts_export=True))

    def refresh_link(self, contract_number: str, request_key: str) -> UpstreamExport:
        """Return the export with a new link; without one when it has no file."""
        return _export(self._call("POST", _path(contract_number, request_key, "refreshUrl")))

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,  # noqa: ANN401 - JSON is of any kind
        starts_export: bool = False,
    ) -> Any:  # noqa: ANN401 - JSON is of any kind
        url = f"{self._base_url}/{'/'.join(map(_segment, path))}"
        answer = self._door.request(method, url, params=params, json=json, token=self._access_token())
        if self._on_server_time is not None and answer.server_time is not None:
            self._on_server_time(answer.server_time)
        if answer.refused:
            raise refusal(answer, may_be_quota=starts_export)
        return answer.body


def _path(contract_number: str, *rest: str) -> tuple[str, ...]:
    return "export", contract_number, "requests", *rest


def _segment(text: str) -> str:
    """Return one segment of a path. A key holds `#` and `:`; unencoded, it would hit another resource."""
    if text in {"", ".", ".."}:
        raise NotFoundError("not a name that Token Flex can have given; nothing was sent")
    return quote(text, safe="")


def _timestamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _export(body: object) -> UpstreamExport:
    record = _read(body, UpstreamExport.from_json)
    if record is None:
        raise UpstreamBrokenError("Autodesk's answer lacks what it should hold")
    return record


def _each(body: object, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """Return what can be read; one broken entry must not hide all others."""
    found = [_read(entry, read) for entry in _array(body)]
    broken = found.count(None)
    if broken:
        log.warning("entries of a Token Flex list could not be read", broken=broken, entries=len(found))
    return tuple(record for record in found if record is not None)


def _every(body: object, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """Return what is to be added up, which has to be whole."""
    found = _each(body, read)
    if len(found) != len(_array(body)):
        raise UpstreamBrokenError("Autodesk's answer has entries that cannot be read")
    return found


def _texts(body: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in _array(body) if isinstance(each, str) and each.strip()))


def _array(body: object) -> list[Any]:
    if not isinstance(body, list):
        raise UpstreamBrokenError("Autodesk's answer is no list")
    return body


def _read(entry: object, read: Callable[[Mapping[str, Any]], T]) -> T | None:
    if not isinstance(entry, Mapping):
        return None
    try:
        return read(entry)
    except ValueError:
        # Its text quotes what upstream sent, which may be a link.
        return None
