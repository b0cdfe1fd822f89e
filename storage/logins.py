"""The Autodesk login, encrypted at rest with a key that is derived from `DATABASE_KEY`.

That protects copies and backups of the database; it does not protect against somebody who can read the settings
of the running bot as well.
"""

import base64
import os
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlite_utils import Database as Connection

from . import facts
from .models import from_text, to_text

_SALT = "login key salt"
_SIGNED_IN = "signed in"  #: the fact that says when one login took the place of another
_RENEWAL = "login renewal under way"  #: the fact that says of which login; there is none while nothing is in doubt


class WrongKeyError(Exception):
    """The stored login was encrypted with another DATABASE_KEY."""


@dataclass(frozen=True, slots=True)
class Login:
    """A pair of tokens; `seed` is a fingerprint of the `APS_REFRESH_TOKEN` that the chain began with, if it did."""

    refresh_token: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    access_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    seed: str = ""


class LoginCipher:
    """Encrypts and decrypts tokens; made once per start since deriving the key takes a moment by design."""

    def __init__(self, key: str, salt: bytes) -> None:
        derived = Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def hide(self, text: str) -> bytes:
        """Return the text encrypted."""
        return self._fernet.encrypt(text.encode())

    def show(self, data: bytes) -> str:
        """Return the text again.

        Raises:
            WrongKeyError: it was encrypted with another key.

        """
        try:
            return self._fernet.decrypt(data).decode()
        except InvalidToken:
            raise WrongKeyError("the stored login was encrypted with another DATABASE_KEY") from None


def cipher(db: Connection, key: str, now: datetime) -> LoginCipher:
    """Return the cipher of this database; its salt is made at the first use."""
    salt = facts.get(db, _SALT)
    if salt is None:
        salt = os.urandom(16).hex()
        facts.put(db, _SALT, salt, now)
    return LoginCipher(key, bytes.fromhex(salt))


def exists(db: Connection) -> bool:
    """Return whether a login is stored; needs no key."""
    return any(db.query("SELECT 1 FROM logins"))


def load(db: Connection, secret: LoginCipher) -> Login | None:
    """Return the stored login.

    Raises:
        WrongKeyError: it was encrypted with another key.

    """
    for row in db.query("SELECT * FROM logins"):
        access = row["access_token"]
        return Login(
            refresh_token=secret.show(row["refresh_token"]),
            access_token=None if access is None else secret.show(access),
            access_expires_at=from_text(row["access_expires_at"]),
            scopes=tuple(row["scopes"].split()),
            seed=row["seed"],
        )
    return None


def save(db: Connection, secret: LoginCipher, login: Login, now: datetime) -> None:
    """Store a login in place of the one before, in the caller's transaction; no renewal is under way any more."""
    end_renewal(db)
    expires = None if login.access_expires_at is None else to_text(login.access_expires_at)
    row = {
        "id": 1,
        "refresh_token": secret.hide(login.refresh_token),
        "access_token": None if login.access_token is None else secret.hide(login.access_token),
        "access_expires_at": expires,
        "scopes": " ".join(login.scopes),
        "seed": login.seed,
        "saved_at": to_text(now),
    }
    db.table("logins").upsert(row, pk="id")


def forget(db: Connection) -> None:
    """Remove the stored login."""
    end_renewal(db)
    db.execute("DELETE FROM logins")


def changed(db: Connection, now: datetime) -> None:
    """Note that another login counts from now on, or none: whoever it is of sees other things."""
    facts.put(db, _SIGNED_IN, "", now)


def changed_at(db: Connection) -> datetime | None:
    """Return when another login took the place of the one before, None where that is not known."""
    return facts.saved_at(db, _SIGNED_IN)


def begin_renewal(db: Connection, mark: str, now: datetime) -> bool:
    """Put on record that a refresh token is about to be spent; `mark` tells it from others and is of no use to anybody.

    Returns whether that was on record already: an earlier renewal of it never had an outcome.
    """
    before = facts.get(db, _RENEWAL)
    facts.put(db, _RENEWAL, mark, now)
    return before == mark


def end_renewal(db: Connection) -> None:
    """Take it off the record: the outcome is stored, or nothing was spent."""
    facts.forget(db, _RENEWAL)


def renewal_under_way(db: Connection) -> tuple[str, datetime] | None:
    """Return the mark of the refresh token that is being spent, or may have been, and since when (UTC)."""
    mark, since = facts.get(db, _RENEWAL), facts.saved_at(db, _RENEWAL)
    return None if mark is None or since is None else (mark, since)
