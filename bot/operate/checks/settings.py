"""The settings: each problem is a line of its own."""

from collections.abc import Mapping

from bot import settings
from bot.operate.findings import Finding, ok, wrong
from bot.operate.guide import WHERE


def check_settings(variables: Mapping[str, str]) -> tuple[settings.Settings | None, list[Finding]]:
    """Return the settings, None where some are wrong, and what is found."""
    try:
        configured = settings.read(variables)
    except settings.SettingsError as error:
        return None, [_finding(problem) for problem in error.problems]
    given = sum(bool(variables.get(name, "").strip()) for name in settings.NAMES)
    return configured, [ok("Settings", f"{given} are set, all of them usable; the rest have their defaults.")]


def _finding(problem: str) -> Finding:
    name = problem.split(maxsplit=1)[0]
    return wrong(name, problem, f"Run `python -m bot init {name}`. {WHERE.get(name, '')}".strip())
