"""The store of saved questions. What a question says is a text here, written and read by `bot.questions`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database as Connection

from . import rows
from .models import Stored, mark_of, to_text


class UnknownTemplateError(LookupError):
    """There is no template of that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTemplate:
    """What is needed to save a question.

    `home` is a person's ID where it is theirs alone, a channel's where it is for all who are there; a name is the only
    one of its home, whatever its case. `origin` names the one act of a person that saved it, None for an import.
    """

    name: str
    sentence: str
    question: str
    owner: str
    home: str
    origin: str | None = None


@dataclass(eq=False)
class NameTakenError(ValueError):
    """There is another template of that name at the same home."""

    wanted: NewTemplate  #: what could not be stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(NewTemplate, Stored):
    """A saved question."""

    id: int
    created_at: datetime
    changed_at: datetime

    @property
    def mark(self) -> str:
        """What tells it from a template of the same id in another life of the database."""
        return mark_of(self.origin or to_text(self.created_at))

    @property
    def is_shared(self) -> bool:
        """Whether it is for a channel."""
        return self.home != self.owner


def add(db: Connection, new: NewTemplate, now: datetime) -> tuple[Template, bool]:
    """Store a template and return it with True; the same act again returns the first one with False.

    Raises:
        NameTakenError: the name is taken there.

    """
    for row in db.query("SELECT * FROM templates WHERE origin = ?", [new.origin]):
        return Template.from_row(row), False
    _check_free(db, new, None)
    columns = {name: getattr(new, name) for name in ("name", "sentence", "question", "owner", "home", "origin")}
    added = rows.insert(db, "templates", {**columns, "name_key": _key(new.name), "created_at": now, "changed_at": now})
    return get(db, added), True


def put(db: Connection, new: NewTemplate, now: datetime) -> Template:
    """Store a template in the place of the one of its name at the same home, if there is one."""
    known = named(db, new.name, [new.home])
    if known is None:
        return add(db, new, now)[0]
    said = {"name": new.name, "sentence": new.sentence, "question": new.question, "owner": new.owner}
    return change(db, known.id, now, **said)


def get(db: Connection, template_id: int) -> Template:
    """Return one template.

    Raises:
        UnknownTemplateError: there is none of that id.

    """
    for row in db.query("SELECT * FROM templates WHERE id = ?", [template_id]):
        return Template.from_row(row)
    raise UnknownTemplateError(template_id)


def named(db: Connection, name: str, homes: Sequence[str]) -> Template | None:
    """Return the template of a name at the first of some homes that has one."""
    for home in homes:
        for row in db.query("SELECT * FROM templates WHERE home = ? AND name_key = ?", [home, _key(name)]):
            return Template.from_row(row)
    return None


def at_home(db: Connection, homes: Sequence[str]) -> tuple[Template, ...]:
    """Return the templates of some homes, home by home and each by its name."""
    sql = "SELECT * FROM templates WHERE home = ? ORDER BY name_key"
    return tuple(Template.from_row(row) for home in homes for row in db.query(sql, [home]))


def of_owner(db: Connection, owner: str) -> tuple[Template, ...]:
    """Return the templates that a person has saved, wherever their home is, by name."""
    return tuple(
        Template.from_row(row)
        for row in db.query("SELECT * FROM templates WHERE owner = ? ORDER BY name_key, id", [owner])
    )


def everywhere(db: Connection) -> tuple[Template, ...]:
    """Return all templates, by home and name."""
    return tuple(Template.from_row(row) for row in db.query("SELECT * FROM templates ORDER BY home, name_key"))


def change(db: Connection, template_id: int, now: datetime, **changes: str) -> Template:
    """Change a template by the names of its fields.

    Raises:
        UnknownTemplateError: there is none of that id.
        NameTakenError: the name is taken there.

    """
    changed = replace(get(db, template_id), **changes)  # type: ignore[arg-type] # all of these are texts
    _check_free(db, changed, template_id)
    rows.update(db, "templates", "id", template_id, {**changes, "name_key": _key(changed.name), "changed_at": now})
    return get(db, template_id)


def remove(db: Connection, template_id: int) -> None:
    """Remove a template."""
    db.execute("DELETE FROM templates WHERE id = ?", [template_id])


def _check_free(db: Connection, new: NewTemplate, own: int | None) -> None:
    known = named(db, new.name, [new.home])
    if known and known.id != own:
        raise NameTakenError(new)


def _key(name: str) -> str:
    """Return a name as it is compared: whatever its case and blanks."""
    return " ".join(name.casefold().split())
