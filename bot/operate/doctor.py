"""All checks in their order. While a bot holds the lock, nothing is asked that would cost it traffic or its login."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.operate.checks.activity import check_activity
from bot.operate.checks.autodesk import CONTRACTS
from bot.operate.checks.autodesk_login import check_autodesk
from bot.operate.checks.by_itself import check_by_itself
from bot.operate.checks.database import check_database, check_folder
from bot.operate.checks.host import check_database_modes, check_env_file, check_space
from bot.operate.checks.moved_channels import check_moved_channels, with_new_ids
from bot.operate.checks.running_bot import check_recorded
from bot.operate.checks.settings import check_settings
from bot.operate.checks.slack import check_slack
from bot.operate.findings import Finding, Level, ok, skipped, wrong
from bot.runtime.clock import Clock
from bot.runtime.process_lock import AlreadyRunningError, LockFileError, ProcessLock
from bot.settings import Settings
from bot.settings.environment import Found
from storage import database

BOT: Final = "Bot"
_FOLDER: Final = "Set DATABASE_PATH to a file in a folder that this user may write to."


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk that a folder is on."""
    return shutil.disk_usage(folder).free


async def examine(
    given: Found, env_file: Path, clock: Clock, *, free_space: Callable[[Path], int] = free_bytes
) -> list[Finding]:
    """Return everything that is found, in the order of the report."""
    settings, findings = check_settings(given.variables, given.problems)
    findings.append(check_env_file(env_file))
    if settings is None:
        return [*findings, skipped("The rest", "Looked at when the settings are right.")]
    findings.append(check_space(settings.database_path, free_space))
    if not settings.database_path.parent.exists():
        return [*findings, *await _before_the_first_start(settings, clock)]
    lock = ProcessLock(settings.database_path)
    try:
        lock.acquire()
    except AlreadyRunningError:
        return [*findings, *await _beside_a_bot(settings, clock)]
    except LockFileError as error:
        return [
            *findings,
            wrong(BOT, str(error), _FOLDER),
        ]
    try:
        return [*findings, *await _alone(settings, clock)]
    finally:
        lock.release()


async def contracts_of_login(settings: Settings, clock: Clock) -> str:
    """Return which contracts a login sees that was stored just now, for the person who signed in."""
    lock = ProcessLock(settings.database_path)
    try:
        lock.acquire()
    except (AlreadyRunningError, LockFileError):
        return "`python -m bot doctor` names the contracts that it sees as soon as the running bot has asked for them."
    try:
        found = next((each for each in await check_autodesk(settings, clock) if each.name == CONTRACTS), None)
    finally:
        lock.release()
    if found is None:
        return "`python -m bot doctor` says which contracts it sees."
    return f"It sees these contracts: {found.found}" if found.level is Level.OK else f"{found.found} {found.mend}"


async def _before_the_first_start(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at everything but the database, whose folder may be mistyped, so that none is made."""
    findings = [check_folder(settings.database_path), *await check_slack(settings, clock, bot_runs=False)]
    if settings.aps_refresh_token:
        found = "Looked at when there is a folder for the database: APS_REFRESH_TOKEN works once."
        return [*findings, skipped("Autodesk", found)]
    with tempfile.TemporaryDirectory() as folder:
        return [*findings, *await check_autodesk(replace(settings, database_path=Path(folder) / "none.db"), clock)]


async def _alone(settings: Settings, clock: Clock) -> list[Finding]:
    usable, found = check_database(settings.database_path)
    modes = check_database_modes(settings.database_path) if usable else None
    findings = [ok(BOT, "No bot runs with this database, so the services are asked directly."), found]
    findings += [modes] if modes else []
    findings += await _slack(settings, clock, usable=usable, bot_runs=False)
    if not usable:
        return [*findings, skipped("Autodesk", "Looked at when the database can be used: calls are logged there.")]
    findings += await check_autodesk(settings, clock)
    return [*findings, *_activity(settings, clock, bot_runs=False)]


async def _beside_a_bot(settings: Settings, clock: Clock) -> list[Finding]:
    usable, found = check_database(settings.database_path)
    modes = check_database_modes(settings.database_path) if usable else None
    findings = [ok(BOT, "A bot runs with this database; this reads what it has noted, and disturbs nothing."), found]
    findings += [modes] if modes else []
    findings += await _slack(settings, clock, usable=usable, bot_runs=True)
    if not usable:
        return findings
    with database.read_only(settings.database_path) as db:
        findings += check_recorded(db, settings, clock.now())
    return [*findings, *_activity(settings, clock, bot_runs=True)]


async def _slack(settings: Settings, clock: Clock, *, usable: bool, bot_runs: bool) -> list[Finding]:
    if not (usable and settings.database_path.exists()):
        return await check_slack(settings, clock, bot_runs=bot_runs)
    with database.read_only(settings.database_path) as db:
        moved, meant = check_moved_channels(db, settings), with_new_ids(settings, db)
    return [*await check_slack(meant, clock, bot_runs=bot_runs), *moved]


def _activity(settings: Settings, clock: Clock, *, bot_runs: bool) -> list[Finding]:
    with database.read_only(settings.database_path) as db:
        now = clock.now()
        activity = check_activity(db, now, bot_runs=bot_runs, pace=settings.call_pace)
        return [*activity, *check_by_itself(db, now, bot_runs=bot_runs)]
