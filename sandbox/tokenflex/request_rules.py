"""What the body of a create and of a query must look like; every breach is one error (source: Token Flex)."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.tokenflex import recorded
from sandbox.tokenflex.catalogue import (
    ADJUSTMENT,
    CATEGORIES,
    DESKTOP,
    DESKTOP_SESSION_FIELDS,
    DESKTOP_SESSION_METRICS,
    FIELDS,
    MANUAL,
    METRICS,
)
from sandbox.tokenflex.usage_data import Report
from sandbox.tokenflex.where import Condition, WhereError, compile_where

_KEYS = frozenset({"fields", "metrics", "usageCategory", "where", "downloadFileName"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
DEFAULT_FILE_NAME = "API_Custom_Export"


class RuleError(ValueError):
    """The body breaks a rule; the text says which (Token Flex itself does not say)."""


def read_create(
    body: object, contract: str, *, region: str | None, refuses_not: bool = False, as_recorded: bool = False
) -> tuple[Report, str]:
    """Return the report that a body asks for, and its file name with the extension, which is always appended.

    `as_recorded` takes hyphens and dots out of the name first, and reads the recording's names of token pools.

    Raises:
        RuleError: the body breaks a rule.

    """
    read = _report(body, _KEYS, contract, region=region, refuses_not=refuses_not, as_recorded=as_recorded)
    return read, _file_name(body if isinstance(body, dict) else {}, as_recorded=as_recorded)


def read_query(
    body: object, contract: str, *, region: str | None, refuses_not: bool = False, as_recorded: bool = False
) -> Report:
    """Return the report that the body of a query asks for: no file name, and of desktop and cloud products no sessions.

    Raises:
        RuleError: the body breaks a rule.

    """
    keys = _KEYS - {"downloadFileName"}
    read = _report(body, keys, contract, region=region, refuses_not=refuses_not, as_recorded=as_recorded)
    _demand(not _is_session_level(read) or set(read.categories) <= MANUAL, "session level is for exports only")
    return read


def _report(
    body: object, keys: frozenset[str], contract: str, *, region: str | None, refuses_not: bool, as_recorded: bool
) -> Report:
    if not isinstance(body, dict):
        raise RuleError("the body is no object")
    _demand(body.keys() <= keys, "an unknown key")
    fields = _names(body, "fields", FIELDS)
    metrics = _names(body, "metrics", METRICS)
    categories = _names(body, "usageCategory", CATEGORIES)
    _demand(bool(fields or metrics), "neither fields nor metrics")
    where = _where(body.get("where", ""), refuses_not=refuses_not)
    table = "recorded_usage" if as_recorded else "usage"
    report = Report(contract, fields, metrics, categories, where, region, table)
    for check in (_session_level, _desktop_session, _known_to_a_category, _token_pool):
        check(report)
    return report


def _file_name(body: Mapping[str, Any], *, as_recorded: bool) -> str:
    name = body.get("downloadFileName", DEFAULT_FILE_NAME)
    _demand(isinstance(name, str), "the file name is no text")
    _demand(_is_unicode(name) and not _CONTROL.search(name), "the file name has control characters")
    kept = recorded.file_name(name) if as_recorded else name
    return f"{kept or DEFAULT_FILE_NAME}.csv"


def _demand(condition: bool, why: str) -> None:
    if not condition:
        raise RuleError(why)


def _names(body: dict[str, Any], key: str, known: Collection[str]) -> tuple[str, ...]:
    names = body.get(key, [])
    _demand(isinstance(names, list) and all(isinstance(name, str) for name in names), f"{key} is no array of texts")
    for name in names:
        _demand(name in known, f"{key}: {name} is not known")
    _demand(len(set(names)) == len(names), f"{key} names something twice")
    return tuple(names)


def _where(text: object, *, refuses_not: bool) -> Condition | None:
    if not isinstance(text, str) or not _is_unicode(text):
        raise RuleError("where is no text")
    _demand(not (refuses_not and "not" in text.lower()), "where holds the word not")
    if not text.strip():
        return None
    try:
        return compile_where(text)
    except WhereError as error:
        raise RuleError(f"where: {error}") from error


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _used(report: Report) -> frozenset[str]:
    """Return the fields asked for and those in the where clause: both count for the level (ASSUMPTION of ours)."""
    return frozenset(report.fields) | (report.where.fields if report.where else frozenset())


def _is_session_level(report: Report) -> bool:
    return any(FIELDS[name].session for name in _used(report))


def _session_level(report: Report) -> None:
    if _is_session_level(report):
        _demand(bool(report.categories), "session level needs usageCategory")
        one_kind = len(report.categories) == 1 or set(report.categories) == MANUAL
        _demand(one_kind, "session level does not mix categories")


def _desktop_session(report: Report) -> None:
    if _is_session_level(report) and report.categories == (DESKTOP,):
        _demand(_used(report) <= DESKTOP_SESSION_FIELDS, "a field that desktop session level lacks")
        _demand(set(report.metrics) <= DESKTOP_SESSION_METRICS, "a metric that desktop session level lacks")


def _known_to_a_category(report: Report) -> None:
    named = report.categories or CATEGORIES
    for name in _used(report):
        _demand(bool(FIELDS[name].categories & set(named)), f"{name} is known to none of the categories")


def _token_pool(report: Report) -> None:
    if "tokenPool" in _used(report):
        _demand(report.categories == (ADJUSTMENT,), "tokenPool is for MANUAL_ADJUSTMENT only")
