"""What the bot has noted about itself: read in place of asking the services while a bot runs beside us."""

import json
from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database as Connection

from bot.contracts.cache import seen_with_login
from bot.operate.checks.autodesk import CONTRACTS, TOKEN, contracts_seen
from bot.operate.checks.autodesk_login import login_kind
from bot.operate.checks.host import check_clock
from bot.operate.checks.names import check_contracts
from bot.operate.checks.slack_tokens import SOCKET_MODE
from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.operate.vital_signs import Recorded
from bot.settings import Settings
from bot.tokenflex.models import Contract
from storage import logins

#: The bot notes its state each minute; so long after the last note something is wrong with it.
_SILENCE: Final = timedelta(minutes=5)
#: A renewal of the login ends long before that, so one that began earlier has no outcome.
_RENEWAL: Final = timedelta(minutes=2)
_STALE: Final = timedelta(hours=1)  #: what the bot has kept for longer is shown with its age
_LOG: Final = "The bot's log says more; restart it if this lasts."


def check_recorded(db: Connection, settings: Settings, now: datetime) -> list[Finding]:
    """Return what the running bot says of its connection, its login and its contracts."""
    noted = Recorded.load(db)
    return [
        _connection(noted, now),
        login_kind(settings, stored=logins.exists(db), cut_off=_is_cut_off(db, now)),
        _token(noted, now),
        *_contracts(db, noted, settings, now),
        check_clock("Autodesk", noted.autodesk_ahead),
    ]


def _is_cut_off(db: Connection, now: datetime) -> bool:
    under_way = logins.renewal_under_way(db)
    return under_way is not None and now - under_way[1] > _RENEWAL


def _connection(noted: Recorded, now: datetime) -> Finding:
    if noted.noted_at is None:
        return warning(SOCKET_MODE, "A bot is starting; it has not connected yet.", _LOG)
    if now - noted.noted_at > _SILENCE:
        return wrong(SOCKET_MODE, f"The bot has noted nothing since {ago(noted.noted_at, now)}.", _LOG)
    if noted.connected_since is None:
        return wrong(SOCKET_MODE, "The running bot has lost its connection to Slack and tries to get it back.", _LOG)
    return ok(SOCKET_MODE, f"The running bot has been connected since {ago(noted.connected_since, now)}.")


def _token(noted: Recorded, now: datetime) -> Finding:
    if noted.token_trouble:
        mend = "Sign in with `python -m bot login` (three-legged), or check the client with `python -m bot init`."
        return wrong(TOKEN, f"The running bot says: {noted.token_trouble}.", mend)
    if noted.token_good_until is None:
        return skipped(TOKEN, "The running bot has noted nothing of an access token yet; it notes once a minute.")
    minutes = max(0, round((noted.token_good_until - now).total_seconds() / 60))
    return ok(TOKEN, f"The running bot has one, good for {minutes} more minutes; it renews it when it needs it.")


def _contracts(db: Connection, noted: Recorded, settings: Settings, now: datetime) -> list[Finding]:
    if noted.contracts_trouble:
        found = wrong(
            CONTRACTS,
            f"The running bot could not fetch the list: {noted.contracts_trouble}.",
            "Stop the bot and run this again: it then asks Token Flex itself and says what to do.",
        )
        return [found]
    kept, saved = seen_with_login(db)
    if kept is None or saved is None:
        signed_in = logins.changed_at(db)
        since = f" since somebody signed in at {ago(signed_in, now)}; it does within two hours" if signed_in else " yet"
        return [skipped(CONTRACTS, f"The running bot has not fetched the list{since}.")]
    contracts = [Contract(**contract) for contract in json.loads(kept)]
    as_of = f", as the running bot saw them at {ago(saved, now)}" if now - saved > _STALE else ""
    return [contracts_seen(contracts, as_of), *check_contracts(settings.allowed_contracts, contracts, as_of)]


def ago(moment: datetime, now: datetime) -> str:
    """Return a time with how long ago it was."""
    return f"{moment:%Y-%m-%d %H:%M} UTC ({_length(now - moment)} ago)"


def ahead(moment: datetime, now: datetime) -> str:
    """Return a time with how long it is until then."""
    return f"{moment:%Y-%m-%d %H:%M} UTC (in {_length(moment - now)})"


def _length(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    for unit, length, most in (("min", 1, 120), ("h", 60, 2880)):
        if minutes < most:
            return f"{minutes // length} {unit}"
    return f"{minutes // 1440} days"
