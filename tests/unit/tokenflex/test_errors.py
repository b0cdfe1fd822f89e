"""The tree of errors, and which refusal becomes which of them."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex import errors
from bot.tokenflex.errors import (
    ApiNotEnabledError,
    AppRefusedError,
    ContractRefusedError,
    ForbiddenError,
    InvalidRequestError,
    NotAuthorisedError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    RefusedError,
    ScopeMissingError,
    TimedOutError,
    TokenFlexError,
)
from bot.tokenflex.http import Response
from bot.tokenflex.refusals import MAX_MESSAGE, refusal

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
GATEWAY = {"developerMessage": "No.", "userMessage": " ", "more info": "https://forge.example/error_handling"}
BAD_REQUEST = {"Code": "BadRequestError", "Message": "BadRequestError: Invalid request"}
FORBIDDEN = {"Code": "ForbiddenError", "Message": "ForbiddenError: Invalid contract or access level"}
PENDING = {"Code": "TooManyRequestsError", "Message": "TooManyRequestsError: Too many pending export requests"}


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_the_common_root_and_a_meaning(kind: type[Exception]) -> None:
    """Whoever catches TokenFlexError catches them all, and the drawing of the tree names each."""
    assert issubclass(kind, TokenFlexError)
    assert kind.__name__.endswith("Error")
    assert kind.__doc__
    assert kind.__name__ in (errors.__doc__ or "")


def test_which_effects_are_unknown() -> None:
    """Only a missing or senseless answer leaves the effect open."""
    unknown = {kind.__name__ for kind in ALL if issubclass(kind, TokenFlexError) and kind.effect_unknown}
    assert unknown == {"UpstreamBrokenError", "TimedOutError"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, BAD_REQUEST, InvalidRequestError),
        (400, None, InvalidRequestError),
        (400, ["odd"], InvalidRequestError),
        (401, {**GATEWAY, "errorCode": "AUTH-006"}, NotAuthorisedError),
        (401, {"developerMessage": "x", "moreInfo": "https://x", "errorCode": "AUTH-006"}, NotAuthorisedError),
        (401, {"errorCode": "AUTH-012"}, NotAuthorisedError),
        (401, None, NotAuthorisedError),
        (401, {"errorCode": "AUTH-001"}, ApiNotEnabledError),
        (403, {**GATEWAY, "errorCode": "AUTH-010"}, ScopeMissingError),
        (403, {**GATEWAY, "ErrorCode": "AUTH-010"}, ScopeMissingError),
        (403, {**GATEWAY, "errorCode": "AUTH-001"}, ApiNotEnabledError),
        (403, {**GATEWAY, "errorCode": "AUTH-002"}, ApiNotEnabledError),
        (403, {**GATEWAY, "errorCode": "AUTH-005"}, AppRefusedError),
        (403, {**GATEWAY, "errorCode": "ERR-004"}, AppRefusedError),
        (403, "Trial expired (ERR-004)", AppRefusedError),
        (403, "AUTH-010: Token does not have the privilege for this request.", ScopeMissingError),
        (403, "The client_id has no access (AUTH-001)", ApiNotEnabledError),
        (403, "Access Denied", ForbiddenError),
        (403, FORBIDDEN, ContractRefusedError),
        (403, {"code": "ForbiddenError", "message": "x"}, ContractRefusedError),
        (403, None, ForbiddenError),
        (404, {"Code": "NotFoundError", "Message": "x"}, NotFoundError),
        (404, None, NotFoundError),
        (408, None, TimedOutError),
        (409, None, RefusedError),
        (429, {"developerMessage": "Quota limit exceeded."}, RateLimitedError),
        (429, PENDING, RateLimitedError),
    ],
)
def test_refusals(status: int, body: Any, kind: type[TokenFlexError]) -> None:
    """Status, `errorCode` and `Code` decide, in any case of the keys."""
    error = refusal(Response(status, body))
    assert type(error) is kind
    if isinstance(error, RefusedError):
        assert error.status == status


@pytest.mark.parametrize(
    ("body", "retry_after", "kind"),
    [
        (PENDING, None, QuotaExceededError),
        (PENDING, 5.0, QuotaExceededError),
        ({"Code": "TooManyRequests", "Message": "Rate limit exceeded"}, 10.0, RateLimitedError),
        ({"Code": "TooManyRequests", "Message": "Limit exceeded"}, None, QuotaExceededError),
        ({"Code": "TooManyRequests", "Message": "TooManyRequests: Too many requests"}, None, RateLimitedError),
        ({"Code": "TooManyRequests", "Message": "Rate limit exceeded"}, None, RateLimitedError),
        ({"Code": "SpikeArrest", "Message": "Spike arrest violation"}, None, RateLimitedError),
        ({"Code": "Quota", "Message": "Only 5 calls per minute"}, None, RateLimitedError),
        ({"developerMessage": "50 exports are outstanding"}, None, QuotaExceededError),
        ({"developerMessage": "Quota limit exceeded."}, 25.0, RateLimitedError),
        ({"developerMessage": "Quota limit exceeded."}, None, RateLimitedError),
        *(
            (body, None, RateLimitedError)
            for words in (
                "Rate limit exceeded for POST /export/110000123456/requests",
                "Too many requests to the export service",
                "Spike arrest violation at export-requests",
                "Only 5 calls per minute for exports",
            )
            for body in (words, {"developerMessage": words}, {"Code": "TooManyRequests", "Message": words})
        ),
        ("Too many requests: 50 exports are pending", None, QuotaExceededError),
        ("Too many exports", None, QuotaExceededError),
        (None, None, RateLimitedError),
    ],
)
def test_rate_or_quota_where_an_export_starts(body: Any, retry_after: float | None, kind: type[TokenFlexError]) -> None:
    """The service's own 429 is the quota; the gateway's is the rate, although it says quota."""
    error = refusal(Response(429, body, retry_after), may_be_quota=True)
    assert type(error) is kind
    if isinstance(error, RateLimitedError):
        assert error.retry_after == retry_after


def test_upstream_s_own_sentence_is_kept_without_its_code() -> None:
    """The message is upstream's text less the code that it repeats."""
    error = refusal(Response(400, BAD_REQUEST))
    assert isinstance(error, InvalidRequestError)
    assert (error.message, error.code, str(error)) == ("Invalid request", "BadRequestError", "Invalid request")


def test_a_refusal_in_plain_text_keeps_its_reason() -> None:
    """The gateway refuses in plain text too; what it says is what people and logs get."""
    error = refusal(Response(403, "AUTH-010: Token does not have\r\nthe privilege for this request."))
    assert isinstance(error, RefusedError)
    assert (error.code, error.status) == ("AUTH-010", 403)
    assert error.message == "AUTH-010: Token does not have the privilege for this request."
    assert type(refusal(Response(429, "Too many outstanding exports"), may_be_quota=True)) is QuotaExceededError


@given(st.text(max_size=50), st.text(max_size=50))
def test_messages_carry_no_address_or_token(before: str, after: str) -> None:
    """Whatever surrounds them, links and tokens are cut out, and the rest is one short printable line."""
    message = f"{before} https://download.example/x?signature=SECRET eyJSECRET.SECRET.SECRET Bearer SECRET {after}"
    for body in ({"Message": message * 10}, message * 10):
        error = refusal(Response(400, body))
        assert "SECRET" not in f"{error}{error!r}"
        assert len(str(error)) <= MAX_MESSAGE
        assert str(error).isprintable()
