"""`python -m bot …`: the commands of the administrator, one function each; what they do lies in other modules."""

import argparse
import asyncio
import errno
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot import settings
from bot.alerts.alert_file import Watchable
from bot.app import Bot
from bot.login.sign_in import PATIENCE, LoginError, Person, login, logout
from bot.login.store import MissingKeyError
from bot.operate import (
    audit_page,
    doctor,
    findings,
    kept_answers,
    report,
    schedule_files,
    settings_page,
    template_files,
)
from bot.operate.init import wizard
from bot.operate.init.env_file import EnvFileError
from bot.people.permissions import Rules
from bot.questions.yaml_file import YamlFileError
from bot.runtime import logs
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.interrupts import InterruptedBySignalError, until_signal
from bot.runtime.invocation import as_typed
from bot.runtime.process_lock import AlreadyRunningError, LockFileError, ProcessLock
from bot.settings import AnswerDetail, Settings, SettingsError, environment
from bot.slack.connection import SlackTokenError
from bot.tokenflex.catalogue import Catalogue
from storage import backup
from storage.database import DatabaseError
from storage.logins import WrongKeyError

# Exit statuses
CRASHED = 1
WRONG_SETTING = 2
INTERRUPTED = 130

_AHEAD = timedelta(days=36_500)  #: what a clock that was ahead has written is forgotten as well
_LONGEST = 5  #: digits of a number of days

log = structlog.get_logger(__name__)

_KEY_ADVICE: dict[type[Exception], str] = {
    WrongKeyError: (
        "DATABASE_KEY is not the key that the stored Autodesk login was encrypted with. Set the old key again, or "
        "sign out with `python -m bot logout` and sign in anew."
    ),
    MissingKeyError: "DATABASE_KEY is missing: an Autodesk login is stored, encrypted with it.",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_ROOM = "There is no room left on the disk that is written to. Make room, and run the same again."
_INIT = "`python -m bot init` asks for what is missing, says where it is found, and checks it at once."
_SAID_AS_THEY_ARE = (
    audit_page.UnwritableError,
    YamlFileError,
    SlackTokenError,
    AlreadyRunningError,
    LockFileError,
    DatabaseError,
    LoginError,
    EnvFileError,
    wizard.UnknownSettingError,
)


def main(arguments: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run one command and return the exit status; `clock` is for tests."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options, clock)
        sys.stdout.flush()  # a disk that is full is told here, not by the interpreter as it ends
    except (SettingsError, WrongKeyError, MissingKeyError, *_SAID_AS_THEY_ARE) as error:
        return _fail(*_sentences(error))
    except (KeyboardInterrupt, EOFError, InterruptedBySignalError):  # Ctrl-C, or Ctrl-D at a question
        print()
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads what is printed has enough, as `head` does
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            return _fail(_NO_ROOM)
        log.exception("the program ended by an error")
        return CRASHED
    return status


def _sentences(error: Exception) -> list[str]:
    if not isinstance(error, SettingsError):
        return [_KEY_ADVICE.get(type(error), str(error))]
    return [*error.problems, *([_INIT] if any(" is missing: " in problem for problem in error.problems) else [])]


def _run(_: argparse.Namespace, clock: Clock | None) -> int:
    configured = _configured()
    with ProcessLock(configured.database_path):
        return asyncio.run(run(configured, clock))


def _login(options: argparse.Namespace, clock: Clock | None) -> int:
    configured = _configured()
    login(
        configured,
        redirect_uri=options.redirect_uri,
        paste=options.paste,
        patience=options.wait,
        opens_browser=not options.no_browser,
        clock=clock,
        person=Person(tell=_say),
    )
    _say(asyncio.run(until_signal(doctor.contracts_of_login(configured, clock or SystemClock()))))
    return 0


def _logout(_: argparse.Namespace, clock: Clock | None) -> int:
    return logout(_configured(), clock=clock, tell=_say)


def _init(options: argparse.Namespace, clock: Clock | None) -> int:
    found = _unchecked()
    clock = clock or SystemClock()
    if found.problems:
        return _fail(*found.problems)
    if options.non_interactive:
        return _show(wizard.check_only(options.names, found.variables, clock), found.variables, as_json=False)
    if not sys.stdin.isatty():
        return _fail("There is no terminal to ask in; --non-interactive checks what the environment and .env hold.")
    talk = wizard.Talk(tell=_say, style=_style(found.variables))
    return wizard.Wizard(environment.ENV_FILE, found.written, found.given, clock, talk).run(options.names)


def _doctor(options: argparse.Namespace, clock: Clock | None) -> int:
    given = _unchecked()
    found = asyncio.run(until_signal(doctor.examine(given, environment.ENV_FILE, clock or SystemClock())))
    return _show(found, given.variables, as_json=options.json)


def _backup(options: argparse.Namespace, clock: Clock | None) -> int:
    now = datetime.now(UTC) if clock is None else clock.now()
    size = backup.back_up(_configured().database_path, options.file, now)
    print(
        f"{options.file} holds all of the database ({size} bytes). An Autodesk login that is stored in it is "
        "encrypted; keep DATABASE_KEY somewhere else."
    )
    return 0


def _restore(options: argparse.Namespace, clock: Clock | None) -> int:
    path = _configured().database_path
    now = datetime.now(UTC) if clock is None else clock.now()
    with ProcessLock(path):
        restored = backup.restore(path, options.file, now)
    print(f"{path} is the backup now.{f' What was there before is kept as {restored.kept}.' if restored.kept else ''}")
    if restored.goes_on_at is not None:
        _say(
            "Nobody knows here which exports were asked for after the backup was made. So that no number comes twice, "
            f"the next export is #{restored.goes_on_at}."
        )
    _say("Run `python -m bot doctor` before the bot: a login that was renewed after the backup was made has ended.")
    return 0


def _settings(options: argparse.Namespace, _: Clock | None) -> int:
    print(settings_page.as_markdown() if options.markdown else settings_page.as_text(), end="")
    return 0


def _templates(options: argparse.Namespace, clock: Clock | None) -> int:
    configured = _configured()
    if options.what == "export":
        count = template_files.write(configured.database_path, options.file)
        print(f"{options.file} holds all templates ({count}).")
        return 0
    catalogue = Catalogue(configured.extra_fields, configured.extra_metrics)
    now = (clock or SystemClock()).now()
    count = asyncio.run(template_files.read(configured.database_path, options.file, catalogue, now))
    print(f"The templates of {options.file} are stored ({count}); a running bot has them at once.")
    return 0


def _schedules(options: argparse.Namespace, clock: Clock | None) -> int:
    configured = _configured()
    if options.what == "export":
        scheduled, watched = schedule_files.write(configured.database_path, options.file)
        print(f"{options.file} holds all schedules ({scheduled}) and alerts ({watched}).")
        return 0
    catalogue = Catalogue(configured.extra_fields, configured.extra_metrics)
    reads_files = configured.answer_detail is not AnswerDetail.LINK
    watchable = Watchable(catalogue, configured.personal_fields, reads_files)
    now, rules = (clock or SystemClock()).now(), Rules.of(configured)
    done = asyncio.run(schedule_files.read(configured.database_path, options.file, watchable, rules, now))
    for each in done:
        print(schedule_files.said(each))
    print(f"All of {options.file} is stored ({len(done)}); a running bot follows it within a minute.")
    return 0


def _answers(options: argparse.Namespace, clock: Clock | None) -> int:
    configured, now = _configured(), (clock or SystemClock()).now()
    keep = configured.keep_answers if options.older_than is None else timedelta(days=options.older_than)
    before = now + _AHEAD if options.all or options.contract else now - keep
    count = kept_answers.forget(configured.database_path, before, options.contract)
    print(f"The figures of {count} {'answer' if count == 1 else 'answers'} are forgotten.")
    _say("What stands in Slack stays there; Delete, in the details of an export, takes that away too.")
    return 0


def _audit(options: argparse.Namespace, _: Clock | None) -> int:
    audit_page.write(_configured().database_path, options.since, options.format, sys.stdout)
    return 0


async def run(configured: Settings, clock: Clock | None = None) -> int:
    """Run the bot until SIGTERM or SIGINT; returns 0."""
    with suppress(InterruptedBySignalError):
        await until_signal(_started(Bot(configured, clock=clock)))
    return 0


async def _started(bot: Bot) -> None:
    try:
        await bot.start()
        await asyncio.Event().wait()
    finally:
        await bot.stop()


def leave(status: int) -> None:
    """End the process now: what had an effect is over, and a thread that only reads is not waited for."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)


def _configured() -> Settings:
    found = environment.look()
    configured = settings.read(found.variables, found.problems)
    logs.configure(configured.log_level, configured.log_format, configured.secrets)
    environment.keep_from_libraries()
    return configured


def _unchecked() -> environment.Found:
    """Return the variables of commands that look at settings which may be wrong."""
    found = environment.look()
    logs.configure("ERROR", "text", settings.secrets_of(found.variables))
    environment.keep_from_libraries()
    return found


def _show(found: list[findings.Finding], variables: dict[str, str], *, as_json: bool) -> int:
    shown = report.without_secrets(found, variables)
    if as_json:
        print(report.as_json(shown))
    else:
        print(report.as_text(shown, _style(variables)), report.summary(shown), sep="\n\n")
    return findings.exit_status(shown)


def _style(variables: dict[str, str]) -> report.Style:
    if not sys.stdout.isatty():
        return report.Style()
    return report.Style(colours=not variables.get("NO_COLOR"), width=shutil.get_terminal_size().columns)


def _say(text: str) -> None:
    print(as_typed(text))


def _fail(*problems: str) -> int:
    for problem in problems:
        print(as_typed(problem), file=sys.stderr)
    return WRONG_SETTING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=as_typed("python -m bot"), description="Token Flex usage exports, from Slack."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def _add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.set_defaults(command=command)
        return added

    init = _add("init", _init, "ask for the settings, check each at once, and write .env")
    init.add_argument("names", nargs="*", metavar="NAME", help="ask only for these settings")
    init.add_argument(
        "--non-interactive", action="store_true", help="check what the environment and .env hold; ask nothing"
    )
    _add_login(_add("login", _login, "sign in to Autodesk and store the login"))
    _add("logout", _logout, "forget the Autodesk login and revoke it")
    examine = _add("doctor", _doctor, "check everything and say how to mend what is wrong")
    examine.add_argument("--json", action="store_true", help="write JSON for machines")
    _add("run", _run, "run the bot with the settings of the environment and .env")
    saving = _add("backup", _backup, "copy the database into a new file, also beside a running bot")
    saving.add_argument("file", type=Path, metavar="FILE", help="the file to make; it must not exist")
    restoring = _add("restore", _restore, "put a backup in the place of the database, while no bot runs")
    restoring.add_argument("file", type=Path, metavar="FILE", help="a file that `backup` made")
    record = _add("audit", _audit, "write who requested, saw, retried and deleted what, also beside a running bot")
    record.add_argument(
        "--since", type=audit_page.moment, metavar="DATE", help="only from that day on, as in 2026-01-31 (UTC)"
    )
    record.add_argument(
        "--format", choices=audit_page.STYLES, default="csv", help="csv or jsonl: one JSON object a line (default: csv)"
    )
    files = (("templates", _templates, "templates"), ("schedules", _schedules, "schedules and alerts"))
    for name, command, what in files:
        saved = _add(name, command, f"write all {what} to a file, or store those of a file, beside a running bot")
        saved.add_argument(
            "what", choices=("export", "import"), help="export makes the file; import stores all of it or none"
        )
        saved.add_argument("file", type=Path, metavar="FILE", help="a YAML file; export makes a new one")
    _add_answers(_add("answers", _answers, "forget figures that are kept of answers, also beside a running bot"))
    listing = _add("settings", _settings, "list all settings")
    listing.add_argument("--markdown", action="store_true", help="write docs/settings.md")
    return parser


def _add_answers(kept: argparse.ArgumentParser) -> None:
    kept.add_argument("what", choices=("forget",), help="forget: remove them from the database")
    which = kept.add_mutually_exclusive_group()
    which.add_argument(
        "--older-than", type=_days, metavar="DAYS", help="only those that are older (default: the setting KEEP_ANSWERS)"
    )
    which.add_argument("--contract", default="", metavar="N", help="those of one contract, however old")
    which.add_argument("--all", action="store_true", help="all of them")


def _days(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > _LONGEST:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of days")
    return int(text)


def _add_login(sign_in: argparse.ArgumentParser) -> None:
    sign_in.add_argument("--paste", action="store_true", help="paste the address that the browser ends at")
    sign_in.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sign_in.add_argument(
        "--redirect-uri",
        default="http://localhost:8765/callback",
        help="a callback URL registered with the Autodesk app (default: %(default)s)",
    )
    sign_in.add_argument(
        "--wait",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="how long to wait for the browser (default: %(default).0f)",
    )
