"""Which columns of a file somebody means, in people's words, and what is said where it has none such. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.cards.drawing import MOST_ROWS
from bot.cards.names import Names
from bot.cards.query import Query
from bot.cards.text import shorten
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.where import fields_used

_NAMED: Final = 12  #: columns in one sentence


def resolved(query: Query, request: ExportRequest, catalogue: Catalogue, names: Names) -> Query | tuple[str, ...]:
    """Return the query with Autodesk's names of the columns that are meant, else what is wrong with it.

    The sentences are plain text that quotes what was typed.
    """
    meant = {name: names.called(name, request.fields) for name in query.by}
    elsewhere = [name for name in fields_used(query.where, catalogue) if name not in request.fields]
    wrong = [_no_column(name, request, catalogue, names) for name, found in meant.items() if not found]
    wrong += [_not_in_file(name, request, names) for name in elsewhere]
    if wrong:
        return tuple(dict.fromkeys(wrong))
    return replace(query, by=tuple(dict.fromkeys(filter(None, meant.values()))), top=min(query.top, MOST_ROWS))


def likely(query: Query, request: ExportRequest, catalogue: Catalogue, names: Names) -> Query:
    """Return the query that may be meant by one that cannot be followed: columns most like what was typed."""
    near = (_near(name, request, names) for name in query.by)
    is_of_file = set(fields_used(query.where, catalogue)) <= {*request.fields}
    return replace(query, by=tuple(dict.fromkeys(filter(None, near))), where=query.where if is_of_file else "")


def _no_column(typed: str, request: ExportRequest, catalogue: Catalogue, names: Names) -> str:
    quoted = f"“{shorten(typed, 60)}”"
    if number := names.called(typed, request.metrics):
        return f"{names.title(number)} is what is counted; ask by {_columns(request, names)}."
    if elsewhere := names.called(typed, (field.name for field in catalogue.fields)):
        return _not_in_file(elsewhere, request, names)
    if near := _near(typed, request, names):
        return f"The file has no column {quoted}; did you mean {names.title(near)}?"
    return f"The file has no column {quoted}; it has {_columns(request, names)}."


def _near(typed: str, request: ExportRequest, names: Names) -> str | None:
    """Return the column whose name is most like what was typed, or that is looked for by such a word."""
    return names.meant(typed, request.fields) or next(iter(names.search(typed, request.fields)), None)


def _not_in_file(name: str, request: ExportRequest, names: Names) -> str:
    return f"{names.title(name)} is not in this file; it has {_columns(request, names)}."


def _columns(request: ExportRequest, names: Names) -> str:
    titles = list(_titles(request, names))
    shown = ", ".join(titles[:_NAMED]) + (" and others" if len(titles) > _NAMED else "")
    return shown or "no columns but numbers"


def _titles(request: ExportRequest, names: Names) -> Iterator[str]:
    """Yield the columns as people call them, with Autodesk's names, which can be typed without quotation marks."""
    yield from (f"{names.title(name)} ({name})" if names.title(name) != name else name for name in request.fields)
