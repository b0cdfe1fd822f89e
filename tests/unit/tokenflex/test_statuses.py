"""Every call to Autodesk with every status of HTTP: which error it is. `test_fates.py` says what follows from each."""

from http import HTTPStatus
from typing import Any, Unpack

import pytest
import requests

from bot.tokenflex import errors, http
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.http import Response, Sent
from tests.unit.tokenflex.test_client import BASE, CALLS

_E = errors
#: What does not follow from the hundred of the status.
SPECIAL: dict[int, type[errors.TokenFlexError]] = {
    400: _E.InvalidRequestError,
    401: _E.NotAuthorisedError,
    403: _E.ForbiddenError,
    404: _E.NotFoundError,
    407: _E.UnreachableError,
    408: _E.TimedOutError,
    429: _E.RateLimitedError,
}
BY_HUNDRED: dict[int, type[errors.TokenFlexError]] = {
    3: _E.UpstreamBrokenError,
    4: _E.RefusedError,
    5: _E.UpstreamBrokenError,
}
#: Autodesk as a whole is away, for whoever calls.
AWAY = {502, 503, 504}
_BAD = [status.value for status in HTTPStatus if status >= 300]


class Door:
    """Responds with one status to all."""

    def __init__(self, status: int, content: bytes) -> None:
        self.response = requests.Response()
        self.response.status_code, self.response._content = status, content

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        """Respond as the door on HTTP reads it."""
        return http._response(self.response)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"odd": ["x"]}', b"plain text"])
@pytest.mark.parametrize("status", _BAD)
def test_what_a_status_means_to_each_call(status: int, content: bytes) -> None:
    """Whatever the body; a refusal is never read as an absence, and what concerns all is known by its status."""
    expected = SPECIAL.get(status, BY_HUNDRED[status // 100])
    for call, _, _ in CALLS:
        with pytest.raises(errors.TokenFlexError) as caught:
            call(TokenFlexClient(Door(status, content), BASE, lambda: "token"))
        assert type(caught.value) is expected
        assert caught.value.concerns_all == (status in AWAY | {407, 429})
        assert caught.value.effect_unknown == (status // 100 in {3, 5} or status == 408)


def test_every_call_is_there() -> None:
    """A new call of the client gets a row with the others."""
    asked: set[str] = set()

    class _Remembers:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return lambda *_: None

    remembers: Any = _Remembers()
    for call, _, _ in CALLS:
        call(remembers)
    assert asked == {name for name, made in vars(TokenFlexClient).items() if callable(made) and name[0] != "_"}
