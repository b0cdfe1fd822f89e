"""The consent page of OAuth: where a user lets a client in or does not."""

import re
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from sandbox.tokenflex.answers import Answer
from sandbox.tokenflex.inbound import Inbound
from sandbox.tokenflex.people import People
from sandbox.tokenflex.settings import Client, User
from sandbox.tokenflex.tokens import TokenBook

_SCOPES = frozenset(
    {
        *("data:read", "data:write", "data:create", "data:search", "account:read", "account:write", "code:all"),
        *("user:read", "user:write", "user-profile:read", "viewables:read", "application:service_account:read"),
        *("bucket:create", "bucket:read", "bucket:update", "bucket:delete"),
    }
)
_MOST_SCOPES, _LONGEST_SCOPE = 50, 3000
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MODES = {"query": "?", "fragment": "#"}
Query = dict[str, str]


def valid_scopes(text: str) -> tuple[str, ...] | None:
    """Return the scopes of a space-separated text, or None when one is unknown or there are too many."""
    scopes = tuple(dict.fromkeys(text.split(" ")))
    fits = len(scopes) <= _MOST_SCOPES and len(text) <= _LONGEST_SCOPE
    return scopes if fits and set(scopes) <= _SCOPES else None


def callback_fits(client: Client, uri: str) -> bool:
    """Tell whether a redirect address is registered; a loopback one is compared without its port."""
    return uri in client.callback_urls or any(_same_loopback(uri, known) for known in client.callback_urls)


class Consent:
    """Answers `/authorize`.

    Without `consent` it is a page with a form. `consent=allow` redirects with a code, `consent=deny` with
    `access_denied`; `login` names the user who signs in, by default the first user.
    """

    def __init__(self, people: People, tokens: TokenBook) -> None:
        self._people = people
        self._tokens = tokens

    def answer(self, inbound: Inbound, form: Query | None) -> Answer:
        """Answer a GET, or a POST of the page's form."""
        query = form if inbound.method == "POST" else inbound.target.query()
        if inbound.method not in ("GET", "POST") or query is None:
            return _page(400, "<p>The request is not one that this page understands.</p>")
        client = self._people.client(query.get("client_id", ""))
        if client is None or not callback_fits(client, query.get("redirect_uri", "")):
            return _page(400, "<p>The client_id is unknown or the redirect_uri is not registered.</p>")
        error = _error_in(client, query, needs_state=not self._tokens.settings.recorded)
        if error is not None:
            return _redirect(query, {"error": error})
        return self._decided(query)

    def _decided(self, query: Query) -> Answer:
        user = self._people.user(query["login"]) if "login" in query else self._people.users()[0]
        match query.get("consent"):
            case "allow" if user is not None:
                return _redirect(query, {"code": self._code(query, user)})
            case "deny":
                return _redirect(query, {"error": "access_denied", "error_description": "The user said no."})
            case _:
                return _page(200, _form(query, self._people.users()))

    def _code(self, query: Query, user: User) -> str:
        scopes = valid_scopes(query["scope"]) or ()
        grant = self._tokens.new_grant(query["client_id"], user.name, scopes)
        return self._tokens.issue_code(grant, query["redirect_uri"], query.get("code_challenge"))


def _error_in(client: Client, query: Query, *, needs_state: bool) -> str | None:
    if client.tied_user is not None:
        return "unauthorized_client"
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if (needs_state and not query.get("state")) or query.get("response_mode", "query") not in _MODES:
        return "invalid_request"
    if valid_scopes(query.get("scope", "")) is None:
        return "invalid_scope"
    return None if _challenge_fits(client, query) else "invalid_request"


def _challenge_fits(client: Client, query: Query) -> bool:
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None:
        return method is None and client.secret is not None
    return method == "S256" and _CHALLENGE.fullmatch(challenge) is not None


def _redirect(query: Query, result: Query) -> Answer:
    if query.get("state"):
        result = result | {"state": query["state"]}
    joint = _MODES.get(query.get("response_mode", "query"), "?")
    if joint == "?" and urlsplit(query["redirect_uri"]).query:
        joint = "&"
    location = f"{query['redirect_uri']}{joint}{urlencode(result, quote_via=quote)}"
    return Answer(302, None, {"Location": location, "Cache-Control": "no-store"})


def _form(query: Query, users: list[User]) -> str:
    kept = {name: value for name, value in query.items() if name not in ("consent", "login")}
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in kept.items()
    )
    options = "".join(f"<option>{escape(user.name)}</option>" for user in users)
    return (
        f"<p>{escape(query['client_id'])} asks for {escape(query['scope'])}.</p>"
        f'<form method="post">{hidden}<p><label>User <select name="login">{options}</select></label></p>'
        '<button name="consent" value="allow">Allow</button> <button name="consent" value="deny">Deny</button></form>'
    )


def _page(status: int, content: str) -> Answer:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox sign-in</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>'
        f"<body><main><h1>Sign in</h1>{content}</main></body></html>"
    )
    return Answer(status, page.encode(), content_type="text/html")


def _same_loopback(uri: str, known: str) -> bool:
    try:
        one, other = urlsplit(uri), urlsplit(known)
        ports = (one.port, other.port)
    except ValueError:
        return False
    same = (one.scheme, one.hostname, one.path, one.query) == (other.scheme, other.hostname, other.path, other.query)
    return same and one.hostname in _LOOPBACK and one.username is None and None not in ports and not one.fragment
