"""What an import did to schedules and alerts: put on record, and refused as a whole where there would be too many."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from sqlite_utils import Database as Connection

from bot.people import by_itself
from bot.people.by_itself import MOST, Kind, T
from bot.questions.file_fields import Done
from bot.questions.yaml_file import YamlFileError


@dataclass(frozen=True, slots=True)
class Imported(Generic[T]):
    """A schedule or an alert that a file has, and what that did."""

    one: T
    done: Done


def noted(db: Connection, kind: Kind[T], one: T, done: Done, now: datetime) -> Imported[T]:
    """Put on record what an import did to one of a kind."""
    by_itself.note_import(db, kind, one, done, now)
    return Imported(one, done)


def check_room(kind: Kind[T], known: Iterable[T], imported: Sequence[Imported[T]]) -> None:
    """Refuse a file by which a channel or an owner would have too many of a kind, of which all are `known`.

    Raises:
        YamlFileError: one would; what was stored is undone with the transaction.

    """
    everywhere = tuple(known)
    for of in ("channel", "owner"):
        counted = Counter(getattr(each, of) for each in everywhere)
        for whose in dict.fromkeys(getattr(each.one, of) for each in imported):
            if counted[whose] > MOST:
                raise YamlFileError(f"{whose} would have more than {MOST} {kind.word}s; nothing was stored.")
