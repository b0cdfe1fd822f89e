"""Where the OAuth code finds the Autodesk login: in the database, or in `APS_REFRESH_TOKEN` at the first start.

A refresh token works once, so the one of the settings is imported once: a fingerprint of it is kept with the chain
that it began. A different token in the settings later on is a new import.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlite_utils import Database as Connection

from bot.tokenflex.errors import LoginNeededError
from bot.tokenflex.oauth import StoredLogin
from storage import logins
from storage.database import Database
from storage.logins import Login, LoginCipher, WrongKeyError

log = structlog.get_logger(__name__)


class MissingKeyError(Exception):
    """A login is stored, but there is no DATABASE_KEY to read it with."""


def fingerprint(token: str) -> str:
    """Return what tells one token of the settings from another without being of use to anybody."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


class LoginStore:
    """Implements `bot.tokenflex.oauth.TokenStore`; called from worker threads."""

    def __init__(
        self, database: Database, cipher: LoginCipher | None, seed_token: str, clock_now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._seed_token = seed_token
        self._now = clock_now

    @classmethod
    async def open(
        cls, database: Database, key: str, seed_token: str, clock_now: Callable[[], datetime]
    ) -> "LoginStore":
        """Return the store of this database.

        Raises:
            MissingKeyError: a login is stored and the key is empty.
            WrongKeyError: a login is stored and was encrypted with another key.

        """
        if not key:
            if await database.read(logins.exists):
                raise MissingKeyError
            return cls(database, None, "", clock_now)
        cipher = await database.write(logins.cipher, key, clock_now())
        await database.read(logins.load, cipher)
        return cls(database, cipher, seed_token, clock_now)

    def load(self) -> StoredLogin | None:
        """Return the login to use now; None means two-legged credentials.

        Raises:
            LoginNeededError: another process has stored one with another key.

        """
        try:
            return self._database.write_blocking(_current, self._cipher, self._seed_token)
        except WrongKeyError:
            raise LoginNeededError("the stored Autodesk login was encrypted with another DATABASE_KEY") from None

    def begin_renewal(self, login: StoredLogin) -> bool:
        """Put on record that the refresh token is about to be spent; return whether that was on record already.

        Raises:
            StorageFullError, sqlite3.Error: nothing can be written now.

        """
        return self._database.write_blocking(logins.begin_renewal, fingerprint(login.refresh_token), self._now())

    def end_renewal(self) -> None:
        """Take it off the record again: nothing was spent."""
        self._database.write_blocking(logins.end_renewal)

    async def cut_off(self) -> bool:
        """Say in the log, and return, whether a renewal of the login was begun and its outcome never recorded.

        Then the program ended in the middle of it, or Autodesk's answer was lost. To be asked by the one process that
        renews, while it does not.
        """
        since = await self._database.read(_cut_off_since, self._cipher, self._seed_token)
        if since is not None:
            log.warning(
                "a renewal of the Autodesk login was cut off, so Autodesk may have ended the login; if it has, run "
                "`python -m bot login`",
                since=since.isoformat(),
            )
        return since is not None

    def save(self, login: StoredLogin, previous: StoredLogin) -> bool:
        """Store a renewed login, unless somebody has signed in meanwhile; that ends the renewal in the record, too."""
        return self._database.write_blocking(
            _renew, self._cipher, self._seed_token, login, previous.refresh_token, self._now()
        )

    async def sign_in(self, login: StoredLogin) -> None:
        """Store a new login in place of whatever was there; the token of the settings stays imported."""
        await self._database.write(_sign_in, self._cipher, self._seed_token, login, self._now())

    async def sign_out(self) -> StoredLogin | None:
        """Forget the stored login and return it; None where there is none."""
        return await self._database.write(_sign_out, self._cipher, self._now())


def _current(db: Connection, cipher: LoginCipher | None, seed_token: str) -> StoredLogin | None:
    stored = _stored(db, cipher)
    if seed_token and (stored is None or stored.seed != fingerprint(seed_token)):
        return StoredLogin(seed_token)
    return None if stored is None else _usable(stored)


def _cut_off_since(db: Connection, cipher: LoginCipher | None, seed_token: str) -> datetime | None:
    current, under_way = _current(db, cipher, seed_token), logins.renewal_under_way(db)
    if current is None or under_way is None or under_way[0] != fingerprint(current.refresh_token):
        return None
    return under_way[1]


def _renew(
    db: Connection, cipher: LoginCipher | None, seed_token: str, login: StoredLogin, spent: str, now: datetime
) -> bool:
    current = _current(db, cipher, seed_token)
    if current is None or current.refresh_token != spent:
        return False
    stored = _stored(db, cipher)
    if stored is None or (seed_token and stored.seed != fingerprint(seed_token)):
        logins.changed(db, now)  # the first renewal of the token in the settings
    _put(db, cipher, login, fingerprint(seed_token), now)
    return True


def _sign_in(db: Connection, cipher: LoginCipher | None, seed_token: str, login: StoredLogin, now: datetime) -> None:
    # `login` may run without the APS_REFRESH_TOKEN that the bot runs with.
    before = _stored(db, cipher)
    known = "" if before is None else before.seed
    logins.changed(db, now)
    _put(db, cipher, login, fingerprint(seed_token) or known, now)


def _sign_out(db: Connection, cipher: LoginCipher | None, now: datetime) -> StoredLogin | None:
    stored = _stored(db, cipher)
    logins.changed(db, now)
    logins.forget(db)
    return None if stored is None else _usable(stored)


def _stored(db: Connection, cipher: LoginCipher | None) -> Login | None:
    return None if cipher is None else logins.load(db, cipher)


def _put(db: Connection, cipher: LoginCipher | None, login: StoredLogin, seed: str, now: datetime) -> None:
    if cipher is None:
        raise MissingKeyError
    kept = Login(login.refresh_token, login.access_token, login.access_expires_at, login.scopes, seed)
    logins.save(db, cipher, kept, now)


def _usable(stored: Login) -> StoredLogin:
    return StoredLogin(stored.refresh_token, stored.access_token, stored.access_expires_at, stored.scopes)
