"""The single door to Autodesk over HTTP: time-outs always, every failure one of `errors.py`, no URL in any message.

The text of an error of `requests` contains the URL, query and signature included, so none of it is kept: errors are
raised outside of the `except` block and have no cause and no context.
"""

import json as json_module
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

import requests  # noqa: TID251 - the one place
from requests.auth import AuthBase  # noqa: TID251 - the one place
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ReadTimeoutError
from urllib3.exceptions import InvalidHeader as InvalidAnswerHeader

from bot.tokenflex.errors import TimedOutError, TokenFlexError, UnreachableError, UpstreamBrokenError

USER_AGENT: Final = "tokenflex-slack"
CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 30.0

#: Raised by `requests` before anything is sent: the address or a header cannot be used.
_UNUSABLE: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
    LocationValueError,
)
_PAGE: Final = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_SAME_FROM_ANYBODY: Final = {401, 408, 429}
#: A ValueError comes from the standard library, for a header that cannot be written; its text holds the header.
_FAILURES: Final = (requests.exceptions.RequestException, HTTPError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer below 300 or from 400 to 499.

    `body` is the JSON of it: None where there is none, and for refusals also where it is plain text. `retry_after` is
    in seconds. `server_time` is the `Date` header, UTC. The body may hold links and tokens, so it hides from `repr`.
    """

    status: int
    body: Any = field(default=None, repr=False)
    retry_after: float | None = None
    server_time: datetime | None = None

    @property
    def refused(self) -> bool:
        """Whether the server refused the request."""
        return self.status >= 400


class Door(Protocol):
    """Whatever carries a request to Autodesk and an answer back."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,  # noqa: ANN401 - JSON is of any kind
        form: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Response:
        """Send one request, once, and return its answer; refusals (4xx) are answers too.

        `json` or `form` is the body; `token` goes out as the bearer.

        Raises:
            UnreachableError: no connection was made, nothing was sent.
            TimedOutError: there was no answer in time; the request may have had its effect.
            UpstreamBrokenError: the answer broke off, is none, or says 3xx or 5xx; the same.

        """
        ...


class HttpDoor:
    """The door on `requests`; may be used by several threads at once, each of which gets a session of its own.

    Time-outs are in seconds: `connect_timeout` for making the connection, `read_timeout` between two pieces of the
    answer. Redirects are not followed, so that a token never travels on; proxies are those of the environment.
    """

    def __init__(
        self,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._timeout = (connect_timeout, read_timeout)
        self._user_agent = user_agent
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,  # noqa: ANN401 - JSON is of any kind
        form: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Response:
        """Send one request, once; see `Door.request`."""
        try:
            response = self._session().request(
                method,
                url,
                headers=dict(headers or {}),
                params=params,
                json=json,
                data=form,
                auth=_Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except _FAILURES as error:
            failure = _failure(error)
        else:
            return _response(response)
        raise failure

    def close(self) -> None:
        """Close the connections of all threads; call it after the last request."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = _Session()
            # A kept connection that the server is just closing would lose a submission in doubt; at a handful of calls
            # a minute a new one for each costs nothing.
            headers = {"User-Agent": self._user_agent, "Accept": "application/json", "Connection": "close"}
            session.headers.update(headers)
            with self._lock:
                self._sessions.append(session)
                self._local.session = session
        return session


class _Session(requests.Session):
    """Looks at no redirection: `requests` parses its address even where it does not follow, and fails on a bad one."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address."""


class _Bearer(AuthBase):
    """Sets the token. It is given without one as well: `requests` reads ~/.netrc where there is no `auth`."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _failure(error: Exception) -> TokenFlexError:
    """Return what a failure means; whatever may have reached the server counts as of unknown effect."""
    parts = tuple(_parts(error))
    if any(isinstance(part, ssl.SSLCertVerificationError) for part in parts):
        return UnreachableError("Autodesk's certificate is not trusted; nothing was sent")
    if any(isinstance(part, InvalidAnswerHeader) for part in parts):
        return UpstreamBrokenError("Autodesk's answer has a header that cannot be read")
    if isinstance(error, ValueError) or any(isinstance(part, _UNUSABLE) for part in parts):
        return UnreachableError("the address or the credentials in the settings cannot be used; nothing was sent")
    unconnected = (NewConnectionError, ConnectTimeoutError, requests.ConnectTimeout, requests.exceptions.ProxyError)
    if any(isinstance(part, unconnected) for part in parts):
        return UnreachableError("no connection to Autodesk could be made")
    if any(isinstance(part, (requests.ReadTimeout, ReadTimeoutError, TimeoutError)) for part in parts):
        return TimedOutError("Autodesk did not answer in time")
    return UpstreamBrokenError("the connection to Autodesk broke off")


def _parts(error: object, depth: int = 6) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, as `requests` and urllib3 wrap them: in `args` or as `reason`."""
    if not isinstance(error, BaseException) or not depth:
        return
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        yield from _parts(inner, depth - 1)


def _response(response: requests.Response) -> Response:
    status = response.status_code
    if status >= 500 or 300 <= status < 400:
        raise UpstreamBrokenError(f"Autodesk answered with status {status}", status=status)
    server_time = http_date(response.headers.get("Date", ""))
    return Response(
        status=status,
        body=_body(response),
        retry_after=_retry_after(response.headers.get("Retry-After", ""), server_time),
        server_time=server_time,
    )


def _body(response: requests.Response) -> Any:  # noqa: ANN401 - JSON is of any kind
    if not response.content.strip():
        return None
    try:
        return json_module.loads(response.content)
    except (ValueError, RecursionError):
        broken = response.status_code < 400 or _is_a_page(response)
    if broken:
        raise UpstreamBrokenError("Autodesk's answer is no JSON", status=response.status_code)
    return None


def _is_a_page(response: requests.Response) -> bool:
    """Return whether this is a page for people: a proxy's word, not Autodesk's, whatever its status.

    Where it only asks to sign in or to come later, its status is as good as Autodesk's.
    """
    is_html = "html" in response.headers.get("Content-Type", "").lower() or _PAGE.match(response.content) is not None
    return is_html and response.status_code not in _SAME_FROM_ANYBODY


def http_date(text: str) -> datetime | None:
    """Return the time of a header in UTC, None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _retry_after(text: str, server_time: datetime | None) -> float | None:
    """Return the seconds of a `Retry-After`; a date counts from the server's own time."""
    seconds = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", seconds):
        return float(seconds)
    until = http_date(text)
    if until is None or server_time is None:
        return None
    return max(0.0, (until - server_time).total_seconds())
