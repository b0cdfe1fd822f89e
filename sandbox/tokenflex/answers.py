"""Answers in the forms of Autodesk: the gateway's, the service's, OAuth's and the object store's."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

_MORE = "https://aps.autodesk.com/en/docs/oauth/v2/developers_guide/error_handling/"
_GATEWAY = {
    "AUTH-001": (403, "The client_id specified does not have access to the api product"),
    "AUTH-006": (401, "Access token provided is invalid or expired."),
    "AUTH-010": (403, "Token does not have the privilege for this request."),
    "AUTH-012": (401, "The Authorization header is missing or malformed."),
}
_SERVICE = {
    400: ("BadRequestError", "Invalid request"),
    403: ("ForbiddenError", "Invalid contract or access level"),
    404: ("NotFoundError", "Not found"),
    405: ("MethodNotAllowedError", "Method not allowed"),
    409: ("ConflictError", "Not in this status"),
    429: ("TooManyRequestsError", "Too many pending export requests"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `body` is JSON data unless it is bytes or a file on the disk; None means no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class RefusalError(Exception):
    """A call ends here with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def gateway_error(code: str) -> Answer:
    """Return the API gateway's refusal with an AUTH code."""
    status, message = _GATEWAY[code]
    return Answer(status, {"developerMessage": message, "moreInfo": _MORE, "errorCode": code})


def gateway_failure(status: int) -> Answer:
    """Return the API gateway's error of a status, with the keys that its documentation shows."""
    if status == 429:
        return rate_limited(None)
    code = {401: "AUTH-006", 403: "AUTH-010"}.get(status)
    if code is not None:
        return gateway_error(code)
    body = {"developerMessage": "The service is not available.", "userMessage": " ", "errorCode": "ERR-003"}
    return Answer(status, body | {"more info": _MORE})


def plain_text(status: int, text: str) -> Answer:
    """Return a few words without any form, as gateways now and then answer."""
    return Answer(status, text.encode(), content_type="text/plain")


def rate_limited(retry_after: float | None) -> Answer:
    """Return the gateway's 429; `Retry-After` in whole seconds, rounded up."""
    headers = {"Server": "Apigee Router"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return Answer(429, {"developerMessage": "Quota limit exceeded."}, headers)


def service_error(status: int, message: str | None = None) -> Answer:
    """Return an error of the Token Flex service."""
    code, usual = _SERVICE.get(status, ("InternalServerError", "Unknown server error"))
    return Answer(status, {"Code": code, "Message": f"{code}: {message or usual}"})


def oauth_error(status: int, error: str, description: str) -> Answer:
    """Return an error of the OAuth endpoints, in the form of RFC 6749."""
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="authentication"'
    return Answer(status, {"error": error, "error_description": description}, headers)


def html_page(status: int, text: str) -> Answer:
    """Return a page such as proxies send when what is behind them is down."""
    page = f"<html><head><title>{status} {text}</title></head><body><h1>{status} {text}</h1></body></html>"
    return Answer(status, page.encode(), content_type="text/html")


def store_error(status: int, code: str, message: str) -> Answer:
    """Return an error of the object store behind download links."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, xml.encode(), content_type="application/xml")


def response_of(answer: Answer) -> web.StreamResponse:
    """Return the answer as aiohttp sends it."""
    if isinstance(answer.body, Path):
        headers = {**answer.headers, "Content-Type": answer.content_type}
        return web.FileResponse(answer.body, status=answer.status, headers=headers)
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    if isinstance(answer.body, bytes):
        return web.Response(
            status=answer.status, body=answer.body, headers=answer.headers, content_type=answer.content_type
        )
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)
