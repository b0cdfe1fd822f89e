"""Which error a refusal of Token Flex (4xx) is.

Two families of bodies exist: the gateway's `developerMessage` and `errorCode`, and the service's `Code` and `Message`
(source: error handling). Their keys are read in any case. The gateway also refuses in plain text: that is its message.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

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

#: Characters of upstream's message that are kept.
MAX_MESSAGE: Final = 300

_BY_CODE: Final[Mapping[str, type[RefusedError]]] = {
    "AUTH-001": ApiNotEnabledError,
    "AUTH-002": ApiNotEnabledError,
    "AUTH-010": ScopeMissingError,
}
_BY_STATUS: Final[Mapping[int, type[RefusedError]]] = {
    400: InvalidRequestError,
    403: ForbiddenError,
    404: NotFoundError,
}
_SECRETS: Final = re.compile(r"\S*://\S+|\beyJ[\w.-]+|\b(?:bearer|basic)\s+\S+", re.IGNORECASE)
_CODE: Final = re.compile(r"\b(?:AUTH|ERR)-[0-9]{3}\b")
_PLAIN: Final = ""  #: the name under which `error_texts` has a body that is plain text
#: What tells the limit of exports; a plain limit of calls may name the call, and so say "export" as well.
_OUTSTANDING: Final = re.compile(r"pending|outstanding|concurrent|in progress|at once", re.IGNORECASE)
_EXPORTS: Final = re.compile(r"export", re.IGNORECASE)
#: What tells a plain limit of calls, whoever words it.
_ABOUT_RATE: Final = re.compile(
    r"\brates?\b|too many (?:requests|calls)|spike|thrott|\bper (?:second|minute|hour)\b", re.IGNORECASE
)


def refusal(answer: Response, *, may_be_quota: bool = False) -> TokenFlexError:
    """Return the error of a refusing answer.

    `may_be_quota` is true for the calls that start an export: only there a 429 can mean that 50 are outstanding
    (source: rate limits; the body is not documented, so that both families are read).
    """
    texts = error_texts(answer.body)
    if answer.status == 429:
        quota = may_be_quota and _is_quota(texts, answer.retry_after)
        return QuotaExceededError("too many exports are outstanding") if quota else RateLimitedError(answer.retry_after)
    if answer.status == 408:
        return TimedOutError("Autodesk waited too long for the request")
    code = texts("errorCode") or texts("Code")
    kind = _BY_CODE.get(code) or _BY_STATUS.get(answer.status, RefusedError)
    if answer.status == 401 and code not in _BY_CODE:
        return NotAuthorisedError("Autodesk does not accept the access token")
    if kind is ForbiddenError and _CODE.fullmatch(code):
        kind = AppRefusedError
    elif kind is ForbiddenError and texts("Code"):
        kind = ContractRefusedError
    return kind(safe_message(texts), code=code[:40], status=answer.status)


def error_texts(body: object) -> Callable[[str], str]:
    """Return a look-up of the texts in an error's body, in any case of the key; "" for what is not there."""
    if isinstance(body, str):
        found = _CODE.search(body)
        body = {_PLAIN: body, "errorCode": found[0] if found else ""}
    entries: Mapping[Any, Any] = body if isinstance(body, Mapping) else {}
    texts = {str(key).lower(): value for key, value in entries.items() if isinstance(value, str)}
    return lambda name: texts.get(name.lower(), "").strip()


def safe_message(texts: Callable[[str], str]) -> str:
    """Return upstream's own sentence: one line, cut, without the code in front, without addresses and tokens."""
    message = _message(texts)
    code = texts("Code")
    if code and message.startswith(f"{code}:"):
        message = message[len(code) + 1 :]
    printable = "".join(character if character.isprintable() else " " for character in _SECRETS.sub("…", message))
    return " ".join(printable.split())[:MAX_MESSAGE]


def _message(texts: Callable[[str], str]) -> str:
    return texts("Message") or texts("developerMessage") or texts(_PLAIN)


def _is_quota(texts: Callable[[str], str], retry_after: float | None) -> bool:
    """Return whether a 429 is about exports; where it says nothing, the service's own without a time to wait is.

    Taken for that by mistake, it holds up new exports alone, for minutes at most; what people are told fits both.
    """
    message = _message(texts)
    is_plain = _OUTSTANDING.search(message) is None and _ABOUT_RATE.search(message) is not None
    about_exports = not is_plain and (_OUTSTANDING.search(message) or _EXPORTS.search(message)) is not None
    by_service = bool(texts("Code")) and not is_plain
    return by_service or about_exports if retry_after is None else by_service and about_exports
