"""The single door to Autodesk over HTTP: time-outs always, every failure one of `errors.py`, no URL in any message.

The text of an error of `requests` contains the URL, query and signature included, so none of it is kept: errors are
raised outside of the `except` block and have no cause and no context.
"""

import json as json_module
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol, TypedDict, Unpack

import requests  # noqa: TID251 - the one place
from requests.adapters import HTTPAdapter  # noqa: TID251 - the one place
from requests.auth import AuthBase  # noqa: TID251 - the one place
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ReadTimeoutError
from urllib3.exceptions import InvalidHeader as InvalidAnswerHeader
from urllib3.exceptions import ProxyError as TunnelError

from bot.network import Network, Obstacle, obstacle, parts
from bot.tokenflex.errors import TimedOutError, TokenFlexError, UnreachableError, UpstreamBrokenError

#: A kept connection that the server is just closing would lose a submission in doubt; at a handful of calls a minute a
#: new one for each costs nothing.
_HEADERS: Final = {"User-Agent": "tokenflex-slack", "Accept": "application/json", "Connection": "close"}
#: Raised by `requests` before anything is sent: the address or a header cannot be used.
_UNUSABLE: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
    LocationValueError,
)
_AT_PROXY: Final = (TunnelError, requests.exceptions.ProxyError)
#: Raised before a connection stands, so that nothing was sent.
_UNCONNECTED: Final = (NewConnectionError, ConnectTimeoutError, requests.ConnectTimeout, *_AT_PROXY)
_PROXY_WANTS_LOGIN: Final = 407
_PAGE: Final = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_SAME_FROM_ANYBODY: Final = {408, 429}
#: A ValueError comes from the standard library, for a header that cannot be written; its text holds the header.
_FAILURES: Final = (requests.exceptions.RequestException, HTTPError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer below 300 or from 400 to 499.

    `body` is the JSON of it, None where there is none; of a refusal it may also be plain text. `retry_after` is in
    seconds. `server_time` is the `Date` header, UTC. The body may hold links and tokens, so it hides from `repr`.
    """

    status: int
    body: Any = field(default=None, repr=False)
    retry_after: float | None = None
    server_time: datetime | None = None

    @property
    def refused(self) -> bool:
        """Whether the server refused the request."""
        return self.status >= 400


class Sent(TypedDict, total=False):
    """What may go out with a request: `json` or `data`, a form, is the body; `token` is the bearer."""

    headers: Mapping[str, str]
    params: Mapping[str, str] | None
    json: Any
    data: Mapping[str, str]
    token: str


class Door(Protocol):
    """Whatever carries a request to Autodesk and an answer back."""

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        """Send one request, once, and return its answer; refusals (4xx) are answers too.

        Raises:
            UnreachableError: no connection was made, nothing was sent.
            TimedOutError: there was no answer in time; the request may have had its effect.
            UpstreamBrokenError: the answer broke off, is none, or says 3xx or 5xx; the same.

        """
        ...


class HttpDoor:
    """The door on `requests`; may be used by several threads at once.

    Time-outs are in seconds: `connect_timeout` for making the connection, `read_timeout` between two pieces of the
    answer. Redirects are not followed, so that a token never travels on. The way out is that of `network` alone:
    neither the proxies nor the certificates of the environment are looked at.

    Raises:
        OSError: the certificates of `network` cannot be read.

    """

    def __init__(
        self, network: Network | None = None, *, connect_timeout: float = 5.0, read_timeout: float = 30.0
    ) -> None:
        self._network = network or Network()
        self._trust = self._network.trust()
        self._timeout = (connect_timeout, read_timeout)

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        """Send one request, once; see `Door.request`."""
        proxy = self._network.proxy_for(url)
        try:
            with _Session(self._trust) as session:
                response = session.request(
                    method,
                    url,
                    headers=sent.get("headers"),
                    params=sent.get("params"),
                    json=sent.get("json"),
                    data=sent.get("data"),
                    auth=_Bearer(sent.get("token")),
                    timeout=self._timeout,
                    proxies=dict.fromkeys(("http", "https"), proxy) if proxy else None,
                    allow_redirects=False,
                )
        except _FAILURES as error:
            failure = _failure(error)
        else:
            return _response(response)
        raise failure


class _Session(requests.Session):
    """Looks at no redirection: `requests` parses its address even where it does not follow, and fails on a bad one."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", _Adapter(trust))
        self.mount("http://", _Adapter(trust))
        self.headers.update(_HEADERS)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address."""


class _Adapter(HTTPAdapter):
    """Checks certificates as it is told, on the way to a proxy and behind it."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as `requests` calls it
        """Make the pool for connections without a proxy."""
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as `requests` calls it
        """Make the pool for connections through a proxy."""
        return super().proxy_manager_for(proxy, ssl_context=self._trust, proxy_ssl_context=self._trust, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ANN401 - as `requests` calls it
        """Add no certificates: the context knows whom to trust."""


class _Bearer(AuthBase):
    """Sets the token; without one nothing."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _failure(error: Exception) -> TokenFlexError:
    """Return what a failure means; whatever may have reached the server counts as of unknown effect."""
    wrapped = tuple(parts(error))

    def is_a(*kinds: type[Exception]) -> bool:
        return any(isinstance(part, kinds) for part in wrapped)

    if is_a(ssl.SSLCertVerificationError):
        return UnreachableError(obstacle=Obstacle.CERTIFICATE)
    if is_a(InvalidAnswerHeader):
        return UpstreamBrokenError("Autodesk's answer has a header that cannot be read")
    if isinstance(error, ValueError) or is_a(*_UNUSABLE):
        return UnreachableError("the address or the credentials in the settings cannot be used; nothing was sent")
    if is_a(*_UNCONNECTED):
        refused = any("Tunnel connection failed" in str(part) for part in wrapped)
        return UnreachableError(
            obstacle=Obstacle.PROXY_REFUSES if refused else obstacle(error, at_proxy=is_a(*_AT_PROXY))
        )
    if is_a(requests.ReadTimeout, ReadTimeoutError, TimeoutError):
        return TimedOutError("Autodesk did not answer in time")
    return UpstreamBrokenError("the connection to Autodesk broke off")


def _response(response: requests.Response) -> Response:
    status = response.status_code
    if status == _PROXY_WANTS_LOGIN:
        raise UnreachableError(obstacle=Obstacle.PROXY_REFUSES)
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
    status = response.status_code
    try:
        return json_module.loads(response.content)
    except (ValueError, RecursionError):
        is_page = "html" in response.headers.get("Content-Type", "").lower() or _PAGE.match(response.content)
    # A page for people is a proxy's word, not Autodesk's, whatever its status: it says nothing of our login. Where it
    # only asks to come later, that is as good as Autodesk's.
    if status < 400 or (is_page and status not in _SAME_FROM_ANYBODY):
        raise UpstreamBrokenError("Autodesk's answer is no JSON", status=status)
    text = response.content.decode(errors="replace")
    return None if text.lstrip().startswith("<") else text


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
