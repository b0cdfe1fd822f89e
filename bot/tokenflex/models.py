"""What Token Flex is asked and what it answers, as frozen records.

Attributes that we do not know are ignored, statuses that we do not know are kept as they are
(source: Token Flex HTTP reference, export request object, contract object).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.tokenflex.catalogue import NEW_NAMES

REQUESTED = "Requested"
DOWNLOAD = "Download"
ERROR = "Error"

_SPELLING = {status.lower(): status for status in (REQUESTED, DOWNLOAD, ERROR)}
#: From this number on it is a time in seconds (2001), from that on one in milliseconds (1973).
_SECONDS, _MILLISECONDS = 1_000_000_000, 100_000_000_000


def parse_timestamp(text: str) -> datetime:
    """Return an aware UTC time from ISO 8601 text with any number of fraction digits; no zone means UTC.

    Token Flex sends 3, 5 or 6 digits and once no zone (source: examples of the export reference).

    Raises:
        ValueError: the text is no time stamp.

    """
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time stamp at the edge of the calendar") from None


def lenient_timestamp(value: object) -> datetime | None:
    """Return the time that a value may mean, None where none can be read.

    Beside ISO 8601 these are what other services of its kind send: the date of an HTTP header, and seconds or
    milliseconds since 1970, as a number or as text. A time that cannot be read must not cost the export.
    """
    text = str(value).strip()
    for read in (parse_timestamp, _since_1970, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def _since_1970(text: str) -> datetime:
    number = float(text)
    if not number >= _SECONDS:
        raise ValueError("too small a number for a time of Token Flex")
    return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)


@dataclass(frozen=True, slots=True)
class LastUsage:
    """The last day of which usage of a category is known; `category` as Token Flex writes it here, old name or new."""

    category: str
    day: date

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LastUsage":
        """Read one entry; Token Flex may add a time to the day.

        Raises:
            ValueError: there is no day in it.

        """
        return cls(str(data.get("usageCategory") or ""), date.fromisoformat(str(data.get("lastUsageDate") or "")[:10]))


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a person asks for: the body of `POST export/:contract_number/requests`, and the contract.

    `file_name` has no extension (Token Flex appends `.csv`). Empty tuples and texts are left out of the body.
    """

    contract_number: str
    fields: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    usage_categories: tuple[str, ...] = ()
    where: str = ""
    file_name: str = ""

    def body(self) -> dict[str, Any]:
        """Return the JSON body, in the spelling of the API."""
        whole: dict[str, Any] = {
            "fields": list(self.fields),
            "metrics": list(self.metrics),
            "usageCategory": list(self.usage_categories),
            "where": self.where,
            "downloadFileName": self.file_name,
        }
        return {name: value for name, value in whole.items() if value}


class DownloadLink:
    """A pre-signed link: whoever has it has the data, so it hides from `repr`, `str`, logs and comparisons.

    `expires_at` is the server's own expiry in UTC (`downloadUrlExpireDate`).
    """

    __slots__ = ("_url", "expires_at")

    def __init__(self, url: str, expires_at: datetime) -> None:
        self._url = url
        self.expires_at = expires_at

    def reveal(self) -> str:
        """Return the link itself, unchanged; for the message that shows it and for nothing else."""
        return self._url

    def __repr__(self) -> str:
        return f"DownloadLink(hidden, expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True)
class UpstreamExport:
    """One export as Token Flex knows it; without a key it is an entry of a list that could not be read.

    `requested_at` is in UTC, None where it is not known.
    """

    request_key: str
    request_status: str
    download_file_name: str
    requested_at: datetime | None
    link: DownloadLink | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "UpstreamExport":
        """Return the record of one JSON object.

        Raises:
            ValueError: an attribute that is always there is missing or of the wrong kind.

        """
        key, status = data.get("requestKey"), data.get("requestStatus")
        if not isinstance(key, str) or not key or not isinstance(status, str):
            raise ValueError("an export without requestKey or requestStatus")
        return cls(
            request_key=key,
            request_status=_SPELLING.get(status.strip().lower(), status),
            download_file_name=str(data.get("downloadFileName") or ""),
            requested_at=lenient_timestamp(data.get("exportRequestDate")) or lenient_timestamp(key.partition("#")[0]),
            link=_link(data),
        )


#: Stands for an entry of a list that could not be read.
UNREADABLE = UpstreamExport("", "", "", None)


def _link(data: Mapping[str, Any]) -> DownloadLink | None:
    """Return the link; none where its expiry cannot be read, so that the rest of the export still counts."""
    url, expires_at = data.get("downloadUrl"), lenient_timestamp(data.get("downloadUrlExpireDate"))
    if not isinstance(url, str) or not url or expires_at is None:
        return None
    return DownloadLink(url, expires_at)


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract that the Autodesk login sees; `number` is opaque: digits today, letters and hyphens elsewhere."""

    number: str
    name: str = ""
    start_date: str = ""
    end_date: str = ""
    is_active: bool = True

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Contract":
        """Return the contract of one JSON object.

        Raises:
            ValueError: there is no contract number.

        """
        number = data.get("contractNumber")
        if not number:
            raise ValueError("a contract without contractNumber")
        return cls(
            number=str(number),
            name=str(data.get("contractName") or ""),
            start_date=str(data.get("contractStartDate") or ""),
            end_date=str(data.get("contractEndDate") or ""),
            is_active=bool(data.get("isActive", True)),
        )


@dataclass(frozen=True, slots=True)
class TokenYear:
    """One year of a contract, with its tokens as Token Flex last counted them; both days belong to it.

    `consumed` and `remaining` leave out the multi-year tokens, of which `multiyear_at_start` were left as it began
    (source: Token Flex, contract object).
    """

    number: int
    first: date
    last: date
    provisioned: int
    consumed: int
    remaining: int
    multiyear_at_start: int = 0
    multiyear_consumed: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TokenYear":
        """Read one entry of `contractYears`.

        Raises:
            ValueError: there is no number in it, or no day.

        """
        provisioned, consumed = _whole(data.get("provisionedTokens")), _whole(data.get("consumedTokens"))
        remaining = data.get("remainingTokens")
        return cls(
            number=_whole(data.get("year")),
            first=_day(data.get("startDate")),
            last=_day(data.get("endDate")),
            provisioned=provisioned,
            consumed=consumed,
            remaining=provisioned - consumed if remaining is None else _whole(remaining),
            multiyear_at_start=_whole(data.get("multiyearTokensAtStart") or 0),
            multiyear_consumed=_whole(data.get("multiyearConsumedTokens") or 0),
        )


@dataclass(frozen=True, slots=True)
class MonthOfUse:
    """What a contract used in one month, in one contract year and category, whose name is the new one.

    `unique_users` cannot be added up: one person counts in several of these.
    """

    month: date  #: its first day
    category: str
    tokens: int
    unique_users: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "MonthOfUse":
        """Read one entry of the monthly summary, which has old names of categories (source: Token Flex, summary).

        Raises:
            ValueError: there is no month in it, or no number.

        """
        category = str(data.get("usageCategory") or "")
        return cls(
            month=_day(data.get("usageMonth")).replace(day=1),
            category=NEW_NAMES.get(category, category),
            tokens=_whole(data.get("tokensConsumed") or 0),
            unique_users=_whole(data.get("uniqueUsers") or 0),
        )


def _whole(value: object) -> int:
    """Return a whole number that Token Flex may write as `60.0` or as text."""
    try:
        return round(float(str(value)))
    except OverflowError:
        raise ValueError("no number") from None


def _day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])
