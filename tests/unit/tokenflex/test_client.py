"""The client's calls, against a door that only remembers."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Unpack

import pytest
from structlog.testing import capture_logs

from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import (
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    TokenFlexError,
    UpstreamBrokenError,
)
from bot.tokenflex.http import Response, Sent
from bot.tokenflex.models import Contract, ExportRequest, LastUsage, MonthOfUse, TokenYear

BASE = "https://api.example/tokenflex/v1"
KEY = "2018-09-20T22:43:13#7be9d6ac"
ENCODED = "2018-09-20T22%3A43%3A13%237be9d6ac"
LINK = "https://download.example/x.csv?signature=SECRET"
RECORD: dict[str, Any] = {
    "requestKey": KEY,
    "requestStatus": "Requested",
    "downloadFileName": "a.csv",
    "exportRequestDate": "2018-09-20T22:43:13.132559Z",
}
SERVER_TIME = datetime(2026, 11, 24, 10, tzinfo=UTC)


class RememberingDoor:
    """Gives the same answer to all, and remembers what it was asked."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.calls: list[tuple[Any, ...]] = []

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        assert (sent["token"], sent.keys() & {"headers", "data"}) == ("token", set())
        self.calls.append((method, url.removeprefix(BASE), sent.get("params"), sent.get("json")))
        return self.answer


def client(body: Any = None, status: int = 200, **answer: Any) -> tuple[TokenFlexClient, RememberingDoor]:
    door = RememberingDoor(Response(status, body, **answer))
    return TokenFlexClient(door, f"{BASE}/", lambda: "token"), door


CALLS: list[tuple[Callable[[TokenFlexClient], Any], Any, tuple[Any, ...]]] = [
    (lambda c: c.contracts(), [], ("GET", "/contract", None, None)),
    (lambda c: c.enrichment_categories("11"), [], ("GET", "/contract/11/enrichment", None, None)),
    (
        lambda c: c.enrichment_values("11", "customField4"),
        [],
        ("GET", "/contract/11/enrichment/customField4", None, None),
    ),
    (lambda c: c.field_values("11", "userName"), [], ("GET", "/contract/11/userName", None, None)),
    (lambda c: c.last_usage("11"), [], ("GET", "/usage/11/last", None, None)),
    (lambda c: c.token_years("11"), {"contractYears": []}, ("GET", "/contract/11", None, None)),
    (lambda c: c.monthly_summary("11"), [], ("GET", "/usage/11/summary", None, None)),
    (
        lambda c: c.submit(ExportRequest("11", fields=("userName",))),
        RECORD,
        ("POST", "/export/11/requests", None, {"fields": ["userName"]}),
    ),
    (
        lambda c: c.list_exports(
            "11", datetime(2018, 8, 20, 22, 43, 13, 132559, UTC), datetime(2018, 9, 21, tzinfo=UTC)
        ),
        [],
        (
            "GET",
            "/export/11/requests",
            {"fromDate": "2018-08-20T22:43:13.132559Z", "toDate": "2018-09-21T00:00:00.000000Z"},
            None,
        ),
    ),
    (lambda c: c.get_export("11", KEY), RECORD, ("GET", f"/export/11/requests/{ENCODED}", None, None)),
    (lambda c: c.delete_export("11", KEY), None, ("DELETE", f"/export/11/requests/{ENCODED}", None, None)),
    (lambda c: c.retry_export("11", KEY), RECORD, ("POST", f"/export/11/requests/{ENCODED}/retry", None, None)),
    (lambda c: c.refresh_link("11", KEY), RECORD, ("POST", f"/export/11/requests/{ENCODED}/refreshUrl", None, None)),
]


@pytest.mark.parametrize(("call", "body", "expected"), CALLS)
def test_each_method_is_one_call(call: Callable[[TokenFlexClient], Any], body: Any, expected: tuple[Any, ...]) -> None:
    """Method, encoded path, query and body are the documented ones, and there is one call only."""
    made, door = client(body)
    call(made)
    assert door.calls == [expected]


@pytest.mark.parametrize(("call", "body", "expected"), CALLS)
def test_each_method_maps_refusals(
    call: Callable[[TokenFlexClient], Any], body: Any, expected: tuple[Any, ...]
) -> None:
    """A refusal is an error, whichever method it hits, and is not repeated."""
    made, door = client({"Code": "BadRequestError", "Message": "BadRequestError: no"}, 400)
    with pytest.raises(InvalidRequestError) as caught:
        call(made)
    assert caught.value.message == "no"
    assert len(door.calls) == 1


@pytest.mark.parametrize(("call", "body", "expected"), CALLS)
@pytest.mark.parametrize("senseless", [None, "text", 5, {}, [[]], {"requestKey": "x"}])
def test_senseless_answers(
    call: Callable[[TokenFlexClient], Any], body: Any, expected: tuple[Any, ...], senseless: Any
) -> None:
    """An answer of the wrong shape is upstream's fault, never a crash of ours."""
    made, _ = client(senseless)
    with suppress(UpstreamBrokenError):
        call(made)


def test_the_quota_is_told_where_an_export_starts_only() -> None:
    """The service's 429 is the quota on create and retry, and the rate elsewhere."""
    body = {"Code": "TooManyRequestsError", "Message": "TooManyRequestsError: Too many pending export requests"}
    made, _ = client(body, 429)
    with pytest.raises(QuotaExceededError):
        made.submit(ExportRequest("11", fields=("userName",)))
    with pytest.raises(QuotaExceededError):
        made.retry_export("11", KEY)
    with pytest.raises(RateLimitedError):
        made.refresh_link("11", KEY)


def test_a_rate_limit_carries_its_wait() -> None:
    """The seconds of the answer arrive in the error."""
    made, _ = client({"developerMessage": "Quota limit exceeded."}, 429, retry_after=25.0)
    with pytest.raises(RateLimitedError) as caught:
        made.submit(ExportRequest("11", fields=("userName",)))
    assert caught.value.retry_after == 25.0


def test_a_list_is_sorted_and_broken_entries_are_known_to_be_there() -> None:
    """One broken entry costs itself only, and may be any export; it is logged without what it held."""
    later = {**RECORD, "requestKey": "later", "exportRequestDate": "2018-09-20T22:43:14Z"}
    undated = {**RECORD, "requestKey": "undated", "exportRequestDate": None}
    broken = {**RECORD, "exportRequestDate": LINK, "requestStatus": None}
    made, _ = client([later, broken, RECORD, "nonsense", undated])
    with capture_logs() as logs:
        records = made.list_exports("11", SERVER_TIME, SERVER_TIME)
    assert [record.request_key for record in records] == ["", "", "undated", KEY, "later"]
    assert [(entry["log_level"], entry["broken"]) for entry in logs] == [("warning", 2)]
    assert "SECRET" not in str(logs)


def test_labels_keep_their_places() -> None:
    """Empty and missing labels stay, since the place is the number of the custom field."""
    made, _ = client(["Country", "", None, "Büro", "Country"])
    assert made.enrichment_categories("11") == ("Country", "", "", "Büro", "Country")


def test_values_are_texts_that_say_something() -> None:
    """Each once, in the order of Token Flex, with the blanks that belong to them; all else is left out."""
    made, _ = client(["Revit", "", " ", None, 7, "AutoCAD ", "Revit"])
    for read in (made.field_values("11", "productName"), made.enrichment_values("11", "customField1")):
        assert read == ("Revit", "AutoCAD ")


def test_last_days_are_read() -> None:
    """A time behind the day does no harm; an entry without a day is left out."""
    listed = [{"usageCategory": "DESKTOP_PRODUCT", "lastUsageDate": day} for day in ("2026-11-26T00:00:00", "", None)]
    made, _ = client(listed)
    assert made.last_usage("11") == (LastUsage("DESKTOP_PRODUCT", date(2026, 11, 26)),)


YEAR = {
    "year": "3", "startDate": "2026-02-01", "endDate": "2027-01-31", "provisionedTokens": 19000.0,
    "consumedTokens": "12000", "remainingTokens": 7000, "multiyearTokensAtStart": 15000, "multiyearConsumedTokens": 900,
}  # fmt: skip
MONTH = {"usageMonth": "2026-10-01", "contractYear": "3", "usageCategory": "PRODUCT_CONSUMPTION"}


def test_tokens_of_years_are_read() -> None:
    """Numbers in any form, in the order of the years; without a number for what is left it is what is not used."""
    before = {
        "year": 2,
        "startDate": "2025-02-01",
        "endDate": "2026-01-31",
        "provisionedTokens": 5,
        "consumedTokens": 2,
    }
    made, _ = client({"contractYears": [YEAR, before]})
    second = TokenYear(2, date(2025, 2, 1), date(2026, 1, 31), 5, 2, 3)
    third = TokenYear(3, date(2026, 2, 1), date(2027, 1, 31), 19000, 12000, 7000, 15000, 900)
    assert made.token_years("11") == (second, third)


def test_the_monthly_summary_is_read_by_the_new_names_of_categories() -> None:
    """Those that it gives are old ones, or new ones; one that nobody knows stays as it is."""
    names = ("PRODUCT_CONSUMPTION", "DESKTOP_PRODUCT", "SOMETHING_NEW")
    made, _ = client([{**MONTH, "usageCategory": name, "uniqueUsers": 4, "tokensConsumed": "60.0"} for name in names])
    october = date(2026, 10, 1)
    shown = ("DESKTOP_PRODUCT", "DESKTOP_PRODUCT", "SOMETHING_NEW")
    assert made.monthly_summary("11") == tuple(MonthOfUse(october, name, 60, 4) for name in shown)


@pytest.mark.parametrize("broken", [{**MONTH, "usageMonth": ""}, {**MONTH, "tokensConsumed": "many"}, "nonsense"])
def test_what_is_to_be_added_up_has_to_be_whole(broken: Any) -> None:
    """A sum that lacks a month, or a year, would be wrong and look right."""
    made, _ = client([MONTH, broken])
    with pytest.raises(UpstreamBrokenError):
        made.monthly_summary("11")
    for year in ({**YEAR, "endDate": None}, {**YEAR, "provisionedTokens": "inf"}, {**YEAR, "consumedTokens": None}):
        made, _ = client({"contractYears": [YEAR, year]})
        with pytest.raises(UpstreamBrokenError):
            made.token_years("11")


def test_contracts_are_read() -> None:
    """Contracts arrive as records; a number stays a text."""
    made, _ = client([{"contractNumber": "0110", "contractName": "Example AG", "isActive": True}, {}])
    assert made.contracts() == (Contract("0110", "Example AG"),)


def test_times_of_any_zone_are_sent_in_utc() -> None:
    """Times are converted to UTC; a time without a zone is a mistake of ours."""
    made, door = client([])
    there = timezone(timedelta(hours=-8))
    made.list_exports("11", datetime(2018, 9, 20, 16, tzinfo=there), datetime(2018, 9, 21, tzinfo=UTC))
    assert door.calls[0][2]["fromDate"] == "2018-09-21T00:00:00.000000Z"
    with pytest.raises(ValueError, match="without a zone"):
        made.list_exports("11", datetime(2018, 9, 20), SERVER_TIME)  # noqa: DTZ001


@pytest.mark.parametrize("status", [200, 429])
def test_the_server_s_time_is_told(status: int) -> None:
    """Each answer with a Date header tells the server's time, refusals too."""
    seen: list[datetime] = []
    door = RememberingDoor(Response(status, [], server_time=SERVER_TIME))
    made = TokenFlexClient(door, BASE, lambda: "token", on_server_time=seen.append)
    with suppress(TokenFlexError):
        made.contracts()
    assert seen == [SERVER_TIME]


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_names_that_would_change_the_path_are_not_sent(key: str) -> None:
    """A name that would lead to another resource never leaves."""
    made, door = client()
    with pytest.raises(NotFoundError):
        made.delete_export("11", key)
    assert not door.calls


def test_contract_numbers_cannot_break_out() -> None:
    """Whatever stands for a contract stays one segment of the path."""
    made, door = client([])
    made.enrichment_categories("1/../2?x#y")
    assert door.calls[0][1] == "/contract/1%2F..%2F2%3Fx%23y/enrichment"
