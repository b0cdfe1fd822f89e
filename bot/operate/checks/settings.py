"""The settings: each problem is a line of its own."""

from collections.abc import Mapping, Sequence

from bot import settings
from bot.operate.findings import Finding, ok, wrong
from bot.operate.guide import WHERE


def check_settings(
    variables: Mapping[str, str], problems: Sequence[str] = ()
) -> tuple[settings.Settings | None, list[Finding]]:
    """Return the settings, None where some are wrong, and what is found; `problems` are known already."""
    try:
        configured = settings.read(variables, problems)
    except settings.SettingsError as error:
        return None, [_finding(problem) for problem in error.problems]
    given = sum(bool(variables.get(name, "").strip()) for name in settings.NAMES)
    return configured, [ok("Settings", f"{given} are set, all of them usable; the rest have their defaults.")]


def _finding(problem: str) -> Finding:
    name = problem.split(maxsplit=1)[0]
    if " cannot be read (" in problem and name not in settings.NAMES:
        mend = "Let the user that the bot runs as read it, as in `chown root:tokenflex .env` and `chmod 640 .env`."
        return wrong("File .env", problem, mend)
    if name not in settings.NAMES or " line" in problem:
        return wrong(name, problem, "Mend it there; docs/settings.md lists the settings that there are.")
    return wrong(name, problem, f"Run `python -m bot init {name}`. {WHERE.get(name, '')}".strip())
