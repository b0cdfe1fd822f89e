"""`python -m bot …`: the commands of the administrator."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence

import structlog

from storage.database import DatabaseError
from storage.logins import WrongKeyError

from . import logs, settings
from .app import Bot
from .clock import Clock
from .login import LoginError, login, logout
from .login_store import MissingKeyError
from .process_lock import AlreadyRunningError, LockFileError, ProcessLock
from .settings import Settings, SettingsError
from .slack_connection import SlackTokenError

# Exit statuses
CRASHED = 1
WRONG_SETTING = 2
INTERRUPTED = 130

log = structlog.get_logger(__name__)

_KEY_ADVICE: dict[type[Exception], str] = {
    WrongKeyError: (
        "DATABASE_KEY is not the key that the stored Autodesk login was encrypted with. Set the old key again, or "
        "sign out with `python -m bot logout` and sign in anew."
    ),
    MissingKeyError: "DATABASE_KEY is missing: an Autodesk login is stored, encrypted with it.",
}


def main(arguments: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run one command and return the exit status; `clock` is for tests."""
    options = _parser().parse_args(arguments)
    try:
        configured = settings.read(settings.environment())
    except SettingsError as error:
        return _fail(*error.problems)
    logs.configure(configured.log_level, configured.log_format, configured.secrets)
    settings.keep_from_libraries(configured)
    try:
        return _run_command(options, configured, clock)
    except (SlackTokenError, AlreadyRunningError, LockFileError, DatabaseError, LoginError) as error:
        return _fail(str(error))
    except (WrongKeyError, MissingKeyError) as error:
        return _fail(_KEY_ADVICE[type(error)])
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        log.exception("the program ended by an error")
        return CRASHED


def _run_command(options: argparse.Namespace, configured: Settings, clock: Clock | None) -> int:
    if options.command == "login":
        return login(configured, redirect_uri=options.redirect_uri)
    if options.command == "logout":
        return logout(configured)
    with ProcessLock(configured.database_path):
        return asyncio.run(run(configured, clock))


async def run(configured: Settings, clock: Clock | None = None) -> int:
    """Run the bot until SIGTERM or SIGINT; returns 0."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    bot = Bot(configured, clock=clock)
    starting = asyncio.create_task(bot.start())
    waiting = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await waiting
    finally:
        for task in (starting, waiting):
            task.cancel()
        await asyncio.gather(starting, waiting, return_exceptions=True)
        await bot.stop()
    return 0


def leave(status: int) -> None:
    """End the process now; a thread that still waits for an answer of Autodesk does not hold it up."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _fail(*problems: str) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return WRONG_SETTING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Token Flex usage exports, from Slack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="run the bot with the settings of the environment and .env")
    sign_in = commands.add_parser("login", help="sign in to Autodesk and store the login")
    sign_in.add_argument(
        "--paste", action="store_true", required=True, help="paste the address that the browser ends at"
    )
    sign_in.add_argument(
        "--redirect-uri",
        default="http://localhost:8765/callback",
        help="a callback URL registered with the Autodesk app (default: %(default)s)",
    )
    commands.add_parser("logout", help="forget the Autodesk login and revoke it")
    return parser
