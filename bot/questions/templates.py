"""Saved questions: what people can do with them. A template keeps the question, not its dates and no contract."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.cards.actions import MadeFor
from bot.cards.names import NAMES
from bot.errors import (
    HiddenTemplateError,
    NoSuchTemplateError,
    OwnerOnlyError,
    TemplateRefusedError,
)
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions import periods
from bot.questions.questions import Question
from bot.runtime.clock import Clock
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.problem import Problem
from bot.tokenflex.rules import check_request
from storage import audit
from storage import templates as template_store
from storage.audit import Act, Entry
from storage.database import Database
from storage.templates import NameTakenError, NewTemplate, Template, UnknownTemplateError

#: Characters; ours. A name is a word of a command, a sentence one line of a list.
MAX_NAME: Final = 60
MAX_SENTENCE: Final = 150
#: At one home, so that a list stays one.
MOST: Final = 100
_NOT_IN_NAMES: Final = frozenset("=\\\"'`“”„«»‘’‚‛")
#: What a command reads as a word of its own where a name begins; Autodesk's names are such words too.
_OF_COMMANDS: Final = frozenset(
    {
        *("contract", "contract_number", "contractnumber", "category", "categories", "usagecategory"),
        *("usagecategories", "fields", "field", "metrics", "metric", "period", "periods", "where"),
        *("name", "file", "filename", "file_name", "downloadfilename", "answer"),
    }
)

log = structlog.get_logger(__name__)


class Templates:
    """Everything that commands, buttons and forms do with saved questions but asking them."""

    def __init__(self, database: Database, access: Access, catalogue: Catalogue, clock: Clock) -> None:
        self._database = database
        self._access = access
        self._catalogue = catalogue
        self._clock = clock

    async def save(
        self, question: Question, asker: Asker, *, name: str, sentence: str = "", shared: bool = False, origin: str
    ) -> Template:
        """Save a question for the asker alone, or for the channel; the same `origin` again is the same template.

        Raises:
            TemplateRefusedError: the name is taken or none, the question cannot be asked, or there are too many.
            ChannelNotAllowedError, ChannelSharedError: nothing may be exported to that channel.
            MembershipUnknownError: Slack does not say now whether it may.
            StorageFullError: there is no room.

        """
        refuse([*name_problems(name, sentence), *sentences_on(question, self._catalogue)])
        home = await self._home(asker, shared=shared)
        new = NewTemplate(
            name=tidy(name),
            sentence=tidy(sentence),
            question=write(question),
            owner=asker.person,
            home=home,
            origin=origin,
        )
        return await self._database.write(_save, new, asker, self._clock.now())

    async def listing(self, asker: Asker) -> tuple[Template, ...]:
        """Return the asker's own templates and then those of the channel where they ask."""
        return await self._database.read(template_store.at_home, [asker.person, asker.channel])

    async def changeable(self, listed: Iterable[Template], asker: Asker) -> frozenset[int]:
        """Return which of these the asker may change, as far as Slack tells now: what is pressed is asked again."""
        all_of_them = await self._access.administers(asker)
        return frozenset(each.id for each in listed if all_of_them or permissions.may_change_owned(each, asker.person))

    async def own(self, asker: Asker) -> tuple[Template, ...]:
        """Return the templates that the asker has saved, also those that they have shared with channels."""
        return await self._database.read(template_store.of_owner, asker.person)

    async def find(self, name: str, asker: Asker) -> Template:
        """Return the asker's own template of a name, else the channel's.

        Raises:
            NoSuchTemplateError: there is none; it says which name is most like it.

        """
        homes = [asker.person, asker.channel]
        found = await self._database.read(template_store.named, tidy(name), homes)
        if found is None:
            names = tuple(template.name for template in await self.listing(asker))
            raise NoSuchTemplateError(tidy(name), nearest(name, names) or "")
        return found

    async def see(self, template_id: int, asker: Asker) -> Template:
        """Return a template that this person may see.

        Raises:
            NoSuchTemplateError: there is none, or it is not theirs to see.
            MembershipUnknownError: Slack does not say now whether it is.

        """
        try:
            template = await self._database.read(template_store.get, template_id)
        except UnknownTemplateError:
            raise NoSuchTemplateError("") from None
        seen = permissions.may_see_template(template, asker.person, asker.channel)
        if not seen and not await self._access.is_administrator(asker):
            raise HiddenTemplateError("")
        return template

    async def recognise(self, made_for: MadeFor) -> int:
        """Return the id of the template that a button was made for.

        Raises:
            NoSuchTemplateError: it was another one, before the database was replaced by a copy of it.

        """
        try:
            template = await self._database.read(template_store.get, made_for.number)
        except UnknownTemplateError:
            raise NoSuchTemplateError("") from None
        if not made_for.is_of(template.mark):
            raise NoSuchTemplateError("")
        return template.id

    async def change(self, template_id: int, asker: Asker) -> Template:
        """Return a template that this person may change, and is to be asked how.

        Raises:
            NoSuchTemplateError: there is none, or it is not theirs to see.
            OwnerOnlyError: it is somebody else's.

        """
        template = await self.see(template_id, asker)
        if permissions.may_change_owned(template, asker.person) or await self._access.is_administrator(asker):
            return template
        raise OwnerOnlyError(template)

    async def edit(self, template_id: int, asker: Asker, question: Question) -> Template:
        """Give a template another question.

        Raises:
            UseCaseError: as `change`; TemplateRefusedError: the question cannot be asked.

        """
        refuse(sentences_on(question, self._catalogue))
        await self.change(template_id, asker)
        return await self._store(template_id, asker, "edited", question=write(question))

    async def rename(self, template_id: int, asker: Asker, name: str, sentence: str) -> Template:
        """Give a template another name and sentence.

        Raises:
            UseCaseError: as `change`; TemplateRefusedError: the name is taken or none.

        """
        refuse(name_problems(name, sentence))
        await self.change(template_id, asker)
        return await self._store(template_id, asker, "renamed", name=tidy(name), sentence=tidy(sentence))

    async def share(self, template_id: int, asker: Asker, *, shared: bool) -> Template:
        """Give a template to the channel where the asker is, or back to its owner alone.

        Raises:
            UseCaseError: as `change` and `save`.

        """
        template = await self.change(template_id, asker)
        home = await self._home(asker, shared=True) if shared else template.owner
        return await self._store(template_id, asker, "shared" if shared else "no longer shared", home=home)

    async def delete(self, template_id: int, asker: Asker) -> Template:
        """Delete a template.

        Raises:
            UseCaseError: as `change`.

        """
        template = await self.change(template_id, asker)
        await self._database.write(_delete, template, asker, self._clock.now())
        return template

    async def _home(self, asker: Asker, *, shared: bool) -> str:
        if not shared:
            return asker.person
        await self._access.check_channel(asker.channel)
        return asker.channel

    async def _store(self, template_id: int, asker: Asker, what: str, **changes: str) -> Template:
        return await self._database.write(_change, template_id, changes, asker, what, self._clock.now())


# --- rules --------------------------------------------------------------------------------------------------------


def tidy(text: str) -> str:
    """Return a name or a sentence as it is kept: on one line, with single blanks."""
    return " ".join(text.split())


def name_problems(name: str, sentence: str) -> list[str]:
    """Return what is wrong with a name and its sentence."""
    name, wrong = tidy(name), []
    if not any(map(str.isalnum, name)):
        wrong.append("Give the template a name, such as Monthly by cost centre")
    if len(name) > MAX_NAME:
        wrong.append(f"The name has {len(name)} characters: shorten it to {MAX_NAME}")
    if signs := sorted(_NOT_IN_NAMES & set(name)):
        wrong.append(f"The name must not contain {' '.join(signs)}, so that it can stand in a command")
    first = name.partition(" ")[0]
    if first.lower() in _OF_COMMANDS or first in NAMES:
        wrong.append(f"In a command {first} means something else: begin the name with another word")
    if len(tidy(sentence)) > MAX_SENTENCE:
        wrong.append(f"The sentence has {len(tidy(sentence))} characters: shorten it to {MAX_SENTENCE}")
    if any(unicodedata.category(each) in {"Cc", "Cf", "Cs"} for each in f"{name}{tidy(sentence)}"):
        wrong.append("There is an invisible character in the name or the sentence: type it anew")
    return wrong


def question_problems(question: Question, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Return what Token Flex would refuse in a question, whatever the contract and the days; warnings too."""
    asked = ExportRequest("", question.fields, question.metrics, question.categories, question.where)
    return check_request(asked, catalogue, known_contracts={""})


def refuse(problems: Iterable[str]) -> None:
    """Refuse a template where anything is wrong with it.

    Raises:
        TemplateRefusedError: something is.

    """
    if found := tuple(problems):
        raise TemplateRefusedError(found)


def sentences_on(question: Question, catalogue: Catalogue) -> list[str]:
    """Return why a question cannot be kept, in plain sentences."""
    return [problem.message for problem in question_problems(question, catalogue) if not problem.warning]


# --- what is stored -----------------------------------------------------------------------------------------------


def write(question: Question) -> str:
    """Return the text that stands for a question in the database."""
    kept = {
        "fields": question.fields,
        "metrics": question.metrics,
        "categories": question.categories,
        "where": question.where,
        "period": periods.as_word(question.period),
    }
    return json.dumps({name: value for name, value in kept.items() if value})


def read(template: Template) -> Question:
    """Return the question of a template."""
    return of_text(template.question)


def of_text(text: str) -> Question:
    """Return the question that `write` made a text of."""
    kept = json.loads(text)
    return Question(
        tuple(kept.get("fields", ())),
        tuple(kept.get("metrics", ())),
        tuple(kept.get("categories", ())),
        kept.get("where", ""),
        periods.parse(kept["period"], periods.ANY_DAY),
    )


def _save(db: Connection, new: NewTemplate, asker: Asker, now: datetime) -> Template:
    try:
        template, is_new = template_store.add(db, new, now)
    except NameTakenError as error:
        raise _taken(error.wanted) from None
    if is_new:
        _check_room(db, template)
        _note(db, template, asker, "saved", now)
    return template


def _change(
    db: Connection, template_id: int, changes: Mapping[str, str], asker: Asker, what: str, now: datetime
) -> Template:
    try:
        changed = template_store.change(db, template_id, now, **changes)
    except NameTakenError as error:
        raise _taken(error.wanted) from None
    except UnknownTemplateError:
        raise NoSuchTemplateError("") from None
    _check_room(db, changed)
    _note(db, changed, asker, what, now)
    return changed


def _delete(db: Connection, template: Template, asker: Asker, now: datetime) -> None:
    template_store.remove(db, template.id)
    _note(db, template, asker, "deleted", now)


def _check_room(db: Connection, template: Template) -> None:
    """Refuse one too many; what was stored of it is undone with the transaction."""
    if len(template_store.at_home(db, [template.home])) > MOST:
        whose = "This channel has" if template.is_shared else "You have"
        raise TemplateRefusedError((f"{whose} {MOST} templates already: delete one first",))


def _taken(template: NewTemplate) -> TemplateRefusedError:
    whose = "This channel has" if template.home != template.owner else "You have"
    return TemplateRefusedError((f'{whose} a template "{template.name}" already: choose another name',))


def _note(db: Connection, template: Template, asker: Asker, what: str, now: datetime) -> None:
    result = f"template {template.id} {what}, for {template.home}"
    audit.add(db, Entry(now, asker.person, Act.TEMPLATE, None, asker.channel, asker.source, result))
