"""OAuth codes and tokens: who got what, how long it lives, and that each code and refresh token works once."""

import base64
import hashlib
import json
import string
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.clock import Clock
from sandbox.tokenflex.settings import SandboxSettings, User

_ALPHABET = string.ascii_letters + string.digits
_CODE_LENGTH, _REFRESH_LENGTH = 40, 42


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user let a client do; `chain` is the sign-in that it began with. No user: two-legged, not tied."""

    client_id: str
    user: str | None
    scopes: tuple[str, ...]
    chain: int


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, bound to all that it was asked with."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires: datetime


@dataclass(frozen=True, slots=True)
class _Live:
    grant: Grant
    expires: datetime


@cache
def _key() -> rsa.RSAPrivateKey:
    """Return the key of this process: making one takes longer than all else of a stand-in's start."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Signer:
    """Signs access tokens (RS256)."""

    def __init__(self) -> None:
        self._key = _key()
        self.key_id = hashlib.sha256(str(self._key.public_key().public_numbers().n).encode()).hexdigest()[:16]

    def jwt(self, claims: dict[str, object]) -> str:
        """Return the signed token."""
        header = {"alg": "RS256", "kid": self.key_id, "pi.atm": "assc", "typ": "JWT"}
        signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return _encoded(hashlib.sha256(verifier.encode("ascii")).digest())


@dataclass(slots=True)
class TokenBook:
    """Every code and token that is alive."""

    clock: Clock
    settings: SandboxSettings
    random: Random
    signer: Signer
    _codes: dict[str, Code] = field(default_factory=dict, repr=False)
    _access: dict[str, _Live] = field(default_factory=dict, repr=False)
    _refresh: dict[str, _Live] = field(default_factory=dict, repr=False)
    _used: dict[str, int] = field(default_factory=dict, repr=False)
    _chains: int = 0

    def new_grant(self, client_id: str, user: str | None, scopes: tuple[str, ...]) -> Grant:
        """Return the grant of a new sign-in."""
        self._chains += 1
        return Grant(client_id, user, scopes, self._chains)

    def issue_code(self, grant: Grant, redirect_uri: str, challenge: str | None) -> str:
        """Return a code for a grant."""
        text = self._opaque(_CODE_LENGTH)
        self._codes[text] = Code(grant, redirect_uri, challenge, self._in(self.settings.code_life))
        return text

    def take_code(self, text: str) -> Code | None:
        """Return what a code stands for and kill it; None when it is unknown, used or too old."""
        code = self._codes.pop(text, None)
        return code if code is not None and code.expires > self.clock.now() else None

    def issue_access(self, grant: Grant, user: User | None) -> str:
        """Return an access token (a JWT)."""
        expires = self._in(self.settings.access_token_life)
        claims: dict[str, object] = {
            "scope": list(grant.scopes),
            "client_id": grant.client_id,
            "iss": "https://developer.api.autodesk.com",
            "aud": "https://autodesk.com",
            "jti": self._opaque(64),
            "exp": int(expires.timestamp()),
        }
        if user is not None:
            claims["userid"] = user.user_id
        token = self.signer.jwt(claims)
        self._access[token] = _Live(grant, expires)
        return token

    def issue_refresh(self, grant: Grant) -> str:
        """Return a refresh token."""
        text = self._opaque(_REFRESH_LENGTH)
        self._refresh[text] = _Live(grant, self._in(self.settings.refresh_token_life))
        return text

    def access(self, token: str) -> Grant | None:
        """Return the grant of an access token that is alive."""
        return self._alive(self._access, token)

    def refresh(self, text: str) -> Grant | None:
        """Return the grant of a refresh token that is alive; a used one may end its whole chain."""
        if text in self._used and self.settings.reuse_kills_chain:
            self._end_chain(self._used[text])
        return self._alive(self._refresh, text)

    def use_refresh(self, text: str) -> None:
        """Kill a refresh token because it was used."""
        self._used[text] = self._refresh.pop(text).grant.chain

    def expiry(self, token: str) -> datetime | None:
        """Return when a token ends, access or refresh, that is alive."""
        live = self._access.get(token) or self._refresh.get(token)
        return live.expires if live is not None and live.expires > self.clock.now() else None

    def revoke(self, token: str, client_id: str) -> None:
        """Kill a token of that client; any other is left alone."""
        for book in (self._access, self._refresh):
            if token in book and book[token].grant.client_id == client_id:
                del book[token]

    def revoke_access(self) -> None:
        """Kill every access token."""
        self._access.clear()

    def revoke_refresh(self) -> None:
        """Kill every refresh token."""
        self._refresh.clear()

    def _alive(self, book: dict[str, _Live], token: str) -> Grant | None:
        live = book.get(token)
        return live.grant if live is not None and live.expires > self.clock.now() else None

    def _end_chain(self, chain: int) -> None:
        for book in (self._access, self._refresh):
            for token in [token for token, live in book.items() if live.grant.chain == chain]:
                del book[token]

    def _in(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def _opaque(self, length: int) -> str:
        return "".join(self.random.choices(_ALPHABET, k=length))


def narrowed(grant: Grant, scopes: tuple[str, ...]) -> Grant:
    """Return the grant with fewer scopes."""
    return replace(grant, scopes=scopes)
