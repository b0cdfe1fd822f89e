"""Autodesk's OAuth v2: token, revoke and introspect (the consent page is in `consent`)."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import NoReturn
from urllib.parse import parse_qsl, unquote

from sandbox.clock import Clock
from sandbox.tokenflex.answers import Answer, RefusalError, oauth_error, rate_limited
from sandbox.tokenflex.consent import Consent, valid_scopes
from sandbox.tokenflex.faults import Faults
from sandbox.tokenflex.inbound import Call, Inbound
from sandbox.tokenflex.limits import PerMinute
from sandbox.tokenflex.people import People
from sandbox.tokenflex.settings import Client
from sandbox.tokenflex.tokens import Code, Grant, TokenBook, challenge_of, narrowed

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_FORM = "application/x-www-form-urlencoded"
_LIMITS = {"token": 500, "authorize": 100, "revoke": 100, "introspect": 100}
Form = dict[str, str]


class OAuth:
    """Answers the OAuth calls and remembers each of them in `calls`."""

    def __init__(self, *, clock: Clock, people: People, tokens: TokenBook, faults: Faults) -> None:
        self.calls: list[Call] = []
        self._clock = clock
        self._people = people
        self._tokens = tokens
        self._faults = faults
        self._consent = Consent(people, tokens)
        self._limits: dict[tuple[str, str], PerMinute] = {}

    async def answer(self, inbound: Inbound) -> Answer:
        """Answer one call.

        Raises:
            DroppedError: the connection is to be closed without an answer.

        """
        form, slot = _form(inbound), len(self.calls)
        self.calls.append(self._record(inbound, form or {}))
        work = partial(self._carry_out, inbound, form)
        answer = await self._faults.wrap(inbound.method, inbound.target, work, oauth=True)()
        self.calls[slot] = replace(self.calls[slot], status=answer.status)
        return answer

    def _record(self, inbound: Inbound, form: Form) -> Call:
        client, grant = _client_id(inbound, form), form.get("grant_type", "")
        return Call(self._clock.now(), None, client, inbound.method, inbound.target.path, 0, grant=grant)

    async def _carry_out(self, inbound: Inbound, form: Form | None) -> Answer:
        name = inbound.target.segments[-1]
        limit = self._limits.setdefault((name, _client_id(inbound, form or {})), PerMinute(_LIMITS.get(name, 100)))
        if (wait := limit.allows(self._clock.now().timestamp())) is not None:
            return rate_limited(wait)
        try:
            return await self._endpoint(inbound, name, form)
        except RefusalError as refusal:
            return refusal.answer

    async def _endpoint(self, inbound: Inbound, name: str, form: Form | None) -> Answer:
        if name == "authorize":
            return self._consent.answer(inbound, form)
        endpoints: dict[str, Callable[[Client, Form], Awaitable[Answer]]] = {
            "token": self._token,
            "revoke": self._revoke,
            "introspect": self._introspect,
        }
        if name not in endpoints or inbound.method != "POST":
            return oauth_error(404, "not_found", "There is nothing here.")
        if inbound.content_type != _FORM or form is None:
            _refuse("invalid_request", "The body must be form encoded, each parameter once.")
        return await endpoints[name](self._client(inbound, form), form)

    def _client(self, inbound: Inbound, form: Form) -> Client:
        """Return the client that authenticates itself, in one of the two ways; a public one shows its id alone."""
        header = inbound.headers.get("Authorization")
        if header is not None and ("client_id" in form or "client_secret" in form):
            _refuse("invalid_request", "Client credentials were sent twice.")
        given = _basic(header) if header is not None else (form.get("client_id", ""), form.get("client_secret"))
        client = self._people.client(given[0]) if given else None
        if client is None or given is None or given[1] != client.secret:
            raise RefusalError(oauth_error(401, "invalid_client", "The client credentials are invalid."))
        return client

    async def _token(self, client: Client, form: Form) -> Answer:
        grants = {
            "authorization_code": self._code_grant,
            "refresh_token": self._refresh_grant,
            "client_credentials": self._client_grant,
        }
        grant_type = form.get("grant_type", "")
        if grant_type not in grants:
            _refuse("invalid_request", "The grant_type is missing or unknown.")
        if client.tied_user is not None and grant_type != "client_credentials":
            _refuse("invalid_request", "This client works two-legged only.")
        return grants[grant_type](client, form)

    def _code_grant(self, client: Client, form: Form) -> Answer:
        needed = ["code", "redirect_uri"] + ["code_verifier"] * (client.secret is None)
        _need(form, *needed)
        code = self._tokens.take_code(form["code"])
        if code is None or code.grant.client_id != client.client_id or code.redirect_uri != form["redirect_uri"]:
            _refuse("invalid_grant", "The authorization code is invalid or expired, or was made for something else.")
        _check_verifier(code, form)
        return self._issued(code.grant, with_refresh=True)

    def _refresh_grant(self, client: Client, form: Form) -> Answer:
        _need(form, "refresh_token")
        grant = self._tokens.refresh(form["refresh_token"])
        if grant is None or grant.client_id != client.client_id:
            _refuse("invalid_grant", "The refresh token is invalid or expired.")
        if "scope" in form:
            scopes = valid_scopes(form["scope"])
            if scopes is None or not set(scopes) <= set(grant.scopes):
                _refuse("invalid_scope", "The scope is unknown, malformed or more than was granted.")
            grant = narrowed(grant, scopes)
        self._tokens.use_refresh(form["refresh_token"])
        return self._issued(grant, with_refresh=True)

    def _client_grant(self, client: Client, form: Form) -> Answer:
        _need(form, "scope")
        if client.secret is None:
            _refuse("invalid_request", "A public client has no client credentials.")
        scopes = valid_scopes(form["scope"])
        if scopes is None:
            _refuse("invalid_scope", "The scope is unknown or malformed.")
        grant = self._tokens.new_grant(client.client_id, client.tied_user, scopes)
        return self._issued(grant, with_refresh=False)

    def _issued(self, grant: Grant, *, with_refresh: bool) -> Answer:
        # A two-legged token has no `userid`, whoever the client is tied to.
        user = self._people.user(grant.user) if with_refresh and grant.user else None
        body: dict[str, object] = {
            "access_token": self._tokens.issue_access(grant, user),
            "token_type": "Bearer",
            "expires_in": int(self._tokens.settings.access_token_life),
        }
        if with_refresh:
            body["refresh_token"] = self._tokens.issue_refresh(grant)
        return Answer(200, body, {"Cache-Control": "no-store"})

    async def _revoke(self, client: Client, form: Form) -> Answer:
        _need(form, "token", "token_type_hint")
        if form["token_type_hint"] not in ("access_token", "refresh_token"):
            _refuse("invalid_request", "The token_type_hint is unknown.")
        self._tokens.revoke(form["token"], client.client_id)
        return Answer(200)

    async def _introspect(self, client: Client, form: Form) -> Answer:
        _need(form, "token")
        grant = self._tokens.access(form["token"]) or self._tokens.refresh(form["token"])
        expires = self._tokens.expiry(form["token"])
        if grant is None or expires is None or grant.client_id != client.client_id:
            return Answer(200, {"active": False})
        user = self._people.user(grant.user) if grant.user else None
        body = {"scope": " ".join(grant.scopes), "client_id": grant.client_id, "exp": int(expires.timestamp())}
        return Answer(200, {"active": True} | body | ({"userid": user.user_id} if user else {}))


def _refuse(error: str, description: str) -> NoReturn:
    raise RefusalError(oauth_error(400, error, description))


def _need(form: Form, *names: str) -> None:
    for name in names:
        if not form.get(name):
            _refuse("invalid_request", f"The parameter {name} is missing.")


def _check_verifier(code: Code, form: Form) -> None:
    verifier = form.get("code_verifier")
    if code.challenge is not None and verifier is None:
        _refuse("invalid_request", "The parameter code_verifier is missing.")
    if verifier is not None and not _VERIFIER.fullmatch(verifier):
        _refuse("invalid_request", "The parameter code_verifier is malformed.")
    if (challenge_of(verifier) if verifier is not None else None) != code.challenge:
        _refuse("invalid_grant", "The code_verifier does not fit the challenge.")


def _form(inbound: Inbound) -> Form | None:
    """Return the parameters of a form body, or None when one is there twice or it is no form."""
    if inbound.content_type != _FORM:
        return None
    try:
        pairs = parse_qsl(inbound.body.decode(), keep_blank_values=True)
    except ValueError:
        return None
    return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else None


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote(name), unquote(secret)


def _client_id(inbound: Inbound, form: Form) -> str:
    basic = _basic(inbound.headers.get("Authorization", ""))
    query = inbound.target.query() or {}
    return basic[0] if basic else form.get("client_id") or query.get("client_id", "")
