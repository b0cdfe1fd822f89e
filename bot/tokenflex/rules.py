"""What Token Flex would refuse, found before it is asked (source: Fields and Metrics, Usage Categories)."""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Final

from bot.tokenflex.catalogue import DESKTOP_PRODUCT, MANUAL, MANUAL_ADJUSTMENT, Catalogue, Field
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.problem import Part, Problem
from bot.tokenflex.where import check_where, fields_used

__all__ = [
    "MAX_CONTRACT_NUMBER",
    "MAX_FILE_NAME",
    "Part",
    "Problem",
    "check_file_name",
    "check_request",
    "plain_file_name",
]

#: Characters; ours, Autodesk publishes none. A file name's are without the extension.
MAX_CONTRACT_NUMBER: Final = 100
_NAMED_AT_MOST: Final = 5  #: contracts in one sentence
MAX_FILE_NAME: Final = 100
_CONTRACT_NUMBER: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_CONTRACT_NUMBER - 1}}}")
_PORTAL: Final = "null"  #: stands in addresses for what was made in the account portal (source: Token Flex, exports)
_FORBIDDEN_IN_FILE_NAME: Final = frozenset('/\\|:*?"<>')
#: An emoji as Slack sends it in what is typed after a command (source: Slack, slash commands).
#: What could be a time, or a letter between two colons that somebody typed, is one only where it stands alone.
_EMOJI: Final = re.compile(
    r"(?::[+-]1:|:(?=[^\WA-Z])[^\d_][\w+'-]+:|(?<!\w):(?:[abmovx]|100|1234|\d+[^\W\d][\w+'-]*):(?!\w))(?::skin-tone-[2-6]:)?"
)
#: They turn the direction of the text, so that a name reads as another.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain_file_name(text: str) -> str:
    """Return a file name as typed without blanks around it and without `.csv`, which Token Flex appends."""
    name = text.strip()
    return name[:-4].rstrip() if name.lower().endswith(".csv") else name


def check_request(
    request: ExportRequest, catalogue: Catalogue, known_contracts: Container[str] = ()
) -> tuple[Problem, ...]:
    """Return everything that is wrong with a request, and warnings; nothing when it may be sent as it is.

    `known_contracts` are numbers that Token Flex has given: those are right whatever they look like.
    """
    findings = (
        *(() if request.contract_number in known_contracts else _contract(request.contract_number)),
        *_names(request, catalogue),
        *_levels(request, catalogue),
        *check_where(request.where, catalogue),
        *check_file_name(request.file_name),
    )
    return tuple(dict.fromkeys(findings))


def _contract(number: str) -> Iterator[Problem]:
    """Numbers hold letters and hyphens too (source: Token Flex, what was seen in a recorded run)."""
    if _CONTRACT_NUMBER.fullmatch(number) and number.lower() != _PORTAL:
        return
    joined = "".join(number.split())
    sentence = "A contract number has letters, digits and hyphens: copy it from your Autodesk account"
    if joined != number and _CONTRACT_NUMBER.fullmatch(joined):
        sentence = f"Write the contract's number without blanks: {joined[:60]}"
    yield Problem("contract", sentence)


def unseen_contract(number: str, seen: Sequence[str]) -> Problem:
    """Return the problem of a contract that the login does not see, with those that it sees."""
    named = ", ".join(seen[:_NAMED_AT_MOST]) + (f" and {more} more" if (more := len(seen) - _NAMED_AT_MOST) > 0 else "")
    return Problem(
        "contract",
        f"Our Autodesk account does not see contract {number[:40]}; it sees {named}. If it is new, try again later",
    )


def _names(request: ExportRequest, catalogue: Catalogue) -> Iterator[Problem]:
    if not request.fields and not request.metrics:
        yield Problem("fields", "Pick at least one column or number, for example tokensConsumed")
    yield from _unknown("categories", request.usage_categories, lambda name: _category(name, catalogue))
    yield from _unknown("fields", request.fields, lambda name: _field(name, catalogue))
    yield from _unknown("metrics", request.metrics, lambda name: _metric(name, catalogue))


def _unknown(part: Part, names: Sequence[str], check: Callable[[str], str | None]) -> Iterator[Problem]:
    """Yield a problem for each name that `check` has a sentence about, and for each that comes twice."""
    for name in dict.fromkeys(names):
        sentence = check(name)
        if sentence:
            yield Problem(part, sentence)
        elif names.count(name) > 1:
            yield Problem(part, f"{name} is there twice: leave one out")


def _category(name: str, catalogue: Catalogue) -> str | None:
    if catalogue.category(name):
        return None
    if name.upper() == "CLOUD":
        return "CLOUD is for Autodesk's schedules only: choose CLOUD_PRODUCT or CLOUD_SERVICE"
    return _not_a("usage category", "Usage categories", name, catalogue.nearest_category(name))


def _field(name: str, catalogue: Catalogue) -> str | None:
    if catalogue.field(name):
        return None
    if catalogue.metric(name):
        return f"{name} is a metric: put it among the metrics"
    return _not_a("field", "Columns", name, catalogue.nearest_field(name))


def _metric(name: str, catalogue: Catalogue) -> str | None:
    if catalogue.metric(name):
        return None
    if catalogue.field(name):
        return f"{name} is a field: put it among the fields"
    return _not_a("metric", "Numbers", name, catalogue.nearest_metric(name))


def _not_a(kind: str, menu: str, name: str, near: str | None) -> str:
    hint = f"did you mean {near}?" if near else f"the menu {menu} of the form (/tokenflex) lists them all"
    return f'"{name[:40]}" is not a {kind}: {hint}'


def _levels(request: ExportRequest, catalogue: Catalogue) -> Iterator[Problem]:
    chosen = [found for name in dict.fromkeys(request.fields) if (found := catalogue.field(name))]
    named = fields_used(request.where, catalogue)
    in_where = [found for name in named if (found := catalogue.field(name)) and found not in chosen]
    categories = frozenset(request.usage_categories)
    if not all(map(catalogue.category, categories)):
        return  # a mistyped category is told already; what follows from it would only confuse
    yield from _session_level((*chosen, *in_where), categories)
    yield from _token_pool((*chosen, *in_where), categories)
    yield from _mixing("fields", chosen, categories)
    yield from _mixing("where", in_where, categories)
    if any(field.session_level for field in (*chosen, *in_where)) and categories == {DESKTOP_PRODUCT}:
        yield from _desktop_session("fields", chosen)
        yield from _desktop_session("where", in_where)
        yield from _desktop_metrics(request.metrics, catalogue)


def _session_level(fields: Sequence[Field], categories: frozenset[str]) -> Iterator[Problem]:
    """Session level wants one category in the attribute itself, or the documented manual pair."""
    session = next((field for field in fields if field.session_level), None)
    if session is None or len(categories) == 1 or categories == MANUAL:
        return
    pair = " (or MANUAL_ADJUSTMENT with MANUAL_CONSUMPTION)" if session.categories & MANUAL else ""
    message = f"{session.name} is a session-level field: choose exactly one usage category{pair}"
    yield Problem("categories", message)


def _token_pool(fields: Sequence[Field], categories: frozenset[str]) -> Iterator[Problem]:
    """Since 2023-08-11 tokenPool is for MANUAL_ADJUSTMENT only (source: changelog)."""
    if any(field.name == "tokenPool" for field in fields) and categories != {MANUAL_ADJUSTMENT}:
        yield Problem("categories", "tokenPool needs the usage category MANUAL_ADJUSTMENT and no other")


def _mixing(part: Part, fields: Sequence[Field], categories: frozenset[str]) -> Iterator[Problem]:
    """Not documented: refused when no chosen category knows the field, empty cells when one does."""
    for field in fields:
        if categories and field.name != "tokenPool" and not field.categories & categories:
            known = " or ".join(sorted(field.categories))
            yield Problem(part, f"{field.name} is only there for {known}: choose that category or leave it out")


def _desktop_session(part: Part, fields: Sequence[Field]) -> Iterator[Problem]:
    """Desktop session level is a complete set; what another category alone knows is told by `_mixing` already."""
    for field in fields:
        if DESKTOP_PRODUCT in field.categories and not field.desktop_session:
            yield Problem(part, f"{field.name} is not available at desktop session level: leave it out")


def _desktop_metrics(metrics: Sequence[str], catalogue: Catalogue) -> Iterator[Problem]:
    allowed = ", ".join(metric.name for metric in catalogue.metrics if metric.desktop_session)
    for metric in (found for name in dict.fromkeys(metrics) if (found := catalogue.metric(name))):
        if not metric.desktop_session:
            message = f"{metric.name} is not available at desktop session level: choose among {allowed}"
            yield Problem("metrics", message)


def check_file_name(name: str) -> Iterator[Problem]:
    """Yield what is wrong with a file name; the empty one stands for one that is made."""
    if not name:
        return
    sentences = (
        (len(name) > MAX_FILE_NAME, f"The file name has {len(name)} characters: shorten it to {MAX_FILE_NAME}"),
        (name != name.strip(), "The file name begins or ends with a blank: take it away"),
        (name.startswith("."), "The file name begins with a dot: take it away"),
        (name.lower().endswith(".csv"), "Leave .csv out of the file name: Token Flex adds it"),
        (any(map(_is_hidden, name)), "The file name has an invisible character: type it anew"),
        (not any(map(str.isalnum, name)), "The file name needs a letter or a digit: Token Flex takes signs out"),
    )
    yield from (Problem("file_name", sentence) for wrong, sentence in sentences if wrong)
    emoji = _EMOJI.findall(name)
    if emoji:
        yield Problem("file_name", f"The file name has an emoji: leave {' '.join(dict.fromkeys(emoji))} out")
    forbidden = sorted(_FORBIDDEN_IN_FILE_NAME & set(_EMOJI.sub("", name)))
    if forbidden:
        yield Problem("file_name", f"The file name must not contain {' '.join(forbidden)} (use _ instead)")


def _is_hidden(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
