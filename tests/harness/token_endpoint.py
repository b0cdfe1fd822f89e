"""A token endpoint and a store of logins in memory, with a clock that is moved by hand: for tests of signing in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack

from bot.tokenflex.errors import TimedOutError, TokenFlexError
from bot.tokenflex.http import Response, Sent
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin

BASE = "https://auth.example/v2"
START = datetime(2026, 11, 24, 10, tzinfo=UTC)


class Autodesk:
    """A door with a token endpoint behind it: refresh tokens r1, r2 … are good once, in their order."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.urls: list[str] = []
        self.script: list[Response | TokenFlexError | Callable[[], None]] = []
        self.good = "r1"
        self.issued = 1
        self.expires_in: Any = 3599

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        assert (method, sent.keys() - {"headers", "data"}) == ("POST", set())
        form = dict(sent.get("data", {}))
        self.forms.append(form)
        self.headers.append(dict(sent.get("headers", {})))
        self.urls.append(url)
        return self._response(form)

    def _response(self, form: dict[str, str]) -> Response:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, TokenFlexError):
            raise step
        if isinstance(step, Response):
            return step
        if step is not None:
            step()
        if form["grant_type"] == "client_credentials":
            self.issued += 1
            return Response(200, {"access_token": f"two{self.issued}", "expires_in": self.expires_in})
        if form.get("refresh_token") != self.good:
            return Response(400, {"error": "invalid_grant"})
        return self.rotate()

    def rotate(self) -> Response:
        self.issued += 1
        self.good = f"r{self.issued}"
        return Response(
            200, {"access_token": f"a{self.issued}", "refresh_token": self.good, "expires_in": self.expires_in}
        )

    def lose(self) -> None:
        """Rotate, and lose the answer."""
        self.rotate()
        raise TimedOutError


class Store:
    """A store in memory, which another process may write to as well."""

    def __init__(self, login: StoredLogin | None) -> None:
        self.login = login
        self.loads = 0
        self.history: list[StoredLogin | None] = [login]
        self.failing = 0  #: so many times there is no room for a renewed login
        self.full = False  #: there is no room for anything
        self.renewing: str | None = None  #: the refresh token that is on record as about to be spent

    def load(self) -> StoredLogin | None:
        self.loads += 1
        return self.login

    def begin_renewal(self, login: StoredLogin) -> bool:
        if self.full:
            raise OSError("disk full")
        before, self.renewing = self.renewing, login.refresh_token
        return before == login.refresh_token

    def end_renewal(self) -> None:
        self.renewing = None

    def save(self, login: StoredLogin, previous: StoredLogin) -> bool:
        if self.failing:
            self.failing -= 1
            raise OSError("disk full")
        if self.login is None or self.login.refresh_token != previous.refresh_token:
            return False
        self.login, self.renewing = login, None
        self.history.append(login)
        return True


class Tokens:
    """Everything together, with a clock that is moved by hand."""

    def __init__(self, login: StoredLogin | None = None, *, secret: str = "secret", ahead: float = 300) -> None:
        self.autodesk = Autodesk()
        self.store = Store(login)
        self.now = START
        self.oauth = OAuthClient(self.autodesk, BASE, "id", secret)
        self.tokens = AccessTokens(self.oauth, self.store, lambda: self.now, ahead)

    def later(self, seconds: float) -> str:
        self.now += timedelta(seconds=seconds)
        return self.tokens.access_token()

    def refreshes(self) -> list[str]:
        return [form["refresh_token"] for form in self.autodesk.forms if "refresh_token" in form]


def signed_in(**options: Any) -> Tokens:
    """Return a house with a stored login whose refresh token is good."""
    return Tokens(StoredLogin("r1"), **options)
