"""What Autodesk's token endpoint grants, and the small formats around it: PKCE and the scopes inside a token."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Final

from bot.tokenflex.errors import UpstreamBrokenError

#: Everything the bot does; asked for at once, since less cannot be turned into more later (source: scopes).
SCOPES: Final = ("data:read", "data:write")


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """One answer of the token endpoint; the tokens hide from `repr`.

    `expires_in` is in seconds from when it was asked for. `refresh_token` is None for client credentials. `scopes`
    are as the answer or the token itself says; empty where neither does.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: float
    scopes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: object) -> "TokenGrant":
        """Return the grant of a JSON answer.

        Raises:
            UpstreamBrokenError: it is not one.

        """
        data = body if isinstance(body, dict) else {}
        access, refresh = data.get("access_token"), data.get("refresh_token")
        seconds = _seconds(data.get("expires_in"))
        if not isinstance(access, str) or not access or seconds is None:
            raise UpstreamBrokenError("Autodesk's answer holds no token")
        scope = data.get("scope")
        scopes = tuple(scope.split()) if isinstance(scope, str) else granted_scopes(access) or ()
        return cls(access, refresh if isinstance(refresh, str) and refresh else None, seconds, scopes)


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else 0.0
    except (ValueError, OverflowError):
        return None
    # Longer than any documented life is senseless, and would overflow a date.
    return seconds if 0 < seconds <= 10_000_000 else None


def pkce_pair(random_bytes: bytes) -> tuple[str, str]:
    """Return verifier and S256 challenge made of 32 to 96 random bytes (source: OAuth, PKCE).

    Raises:
        ValueError: too few or too many bytes.

    """
    if not 32 <= len(random_bytes) <= 96:
        raise ValueError("PKCE needs 32 to 96 random bytes")
    verifier = _base64url(random_bytes)
    return verifier, _base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def granted_scopes(access_token: str) -> tuple[str, ...] | None:
    """Return the scopes that an access token claims, unverified; None where it does not say, as an opaque one."""
    pieces = access_token.split(".")
    if len(pieces) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    scope = claims.get("scope") if isinstance(claims, dict) else None
    if isinstance(scope, str):
        return tuple(scope.split())
    return tuple(filter(lambda one: isinstance(one, str), scope)) if isinstance(scope, list) else None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
