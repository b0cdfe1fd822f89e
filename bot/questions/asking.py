"""Asking a question: on the asker's day, of a contract with its own years, as a request for an export."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from bot.cards.help import Example
from bot.cards.names import Names
from bot.cards.text import is_direct_message
from bot.contracts.cache import ContractCache
from bot.contracts.values import ContractValues
from bot.contracts.years import years_of
from bot.errors import NoSuchTemplateError
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions import filters, periods, questions, templates
from bot.questions.filters import Filter
from bot.questions.questions import Asked, Question
from bot.questions.starters import starters
from bot.questions.suggestions import suggest
from bot.questions.templates import Templates
from bot.runtime.clock import Clock
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import ExportRequest
from storage.models import Export

#: How many questions stand in the help.
_TO_BEGIN_WITH: Final = 4


class Asking:
    """Knows on which day and of which contract somebody asks, and what the names of questions mean for them."""

    def __init__(
        self,
        templates: Templates,
        contracts: ContractCache,
        values: ContractValues,
        access: Access,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._templates = templates
        self._contracts = contracts
        self._values = values
        self._access = access
        self._catalogue = catalogue
        self._clock = clock

    async def today(self, asker: Asker) -> date:
        """Return the day that it is for the asker."""
        return periods.today_in(await self._access.zone(asker), self._clock.now())

    async def asked(self, contract: str, asker: Asker) -> Asked:
        """Return what a question is asked of: the one contract that is meant, where none is named."""
        offered = self._contracts.offered
        only = offered[0].number if len(offered) == 1 else ""
        number = contract or self._contracts.meant or only
        known = next((one for one in offered if one.number == number), None)
        return Asked(number, await self.today(asker), years_of(known) if known else ())

    async def of_export(self, export: Export, asker: Asker) -> Question:
        """Return the question that an export answered, its days as they were said then or probably meant."""
        question = questions.of_request(export.asked, self._catalogue)
        asked = await self.asked(export.request.contract_number, asker)
        then = periods.today_in(await self._access.zone(asker), export.accepted_at)
        said = questions.said_again(question, export.period, replace(asked, today=then))
        return replace(said, period=periods.relative_of(said.period, then, asked.years))

    async def place_of(self, export: Export, asker: Asker) -> str:
        """Return the channel for the same again: the export's, or where it is asked if the asker has left that one."""
        place = export.channel
        if place == asker.channel or is_direct_message(place):
            return place
        channels = await self._access.channels_of(asker)
        return place if channels is None or place in channels else asker.channel

    def prepare(self, asked: Asked) -> None:
        """Have what menus suggest of a contract fetched ahead, since somebody asks of it."""
        self._values.use(asked.contract)

    def names(self, contract: str) -> Names:
        """Return what people call fields, metrics and categories where they ask of this contract."""
        return Names(self._catalogue, self._values.labels(contract))

    def freshness(self, question: Question, asked: Asked) -> str:
        """Return through which day usage is known, where the question is about later ones; "" where it is not known.

        Raises:
            PeriodError: there are no days to ask for.

        """
        known_through = self._values.known_through(asked.contract, question.categories)
        said = periods.freshness(asked.days(question), known_through) if known_through else ""
        return said[:1].upper() + said[1:]

    def suggestions(self, text: str, contract: str, names: Names, _asker: Asker) -> tuple[Filter, ...]:
        """Return filters that a text may mean; values of a contract are for those alone who may ask for it."""
        may_ask = self._access.rules.allows_contract(contract)
        known = self._values.values(contract) if may_ask else {}
        return suggest(text, known, self._catalogue, names)

    async def named(self, name: str, asker: Asker, contract: str = "") -> Question:
        """Return the question of a name: of the asker's own template, else of the channel's, else one of the bot's.

        Raises:
            NoSuchTemplateError: there is none; it says which name is most like it.

        """
        try:
            return templates.read(await self._templates.find(name, asker))
        except NoSuchTemplateError as error:
            own = self._own(contract)
            if (key := _key(name)) in own:
                return own[key]
            saved = [template.name for template in await self._templates.listing(asker)]
            raise NoSuchTemplateError(error.name, error.near or _near(key, [*saved, *own])) from None

    async def examples(self, asker: Asker) -> tuple[Example, ...]:
        """Return questions to begin with, of the contract that is meant, or of the first of several."""
        active = [contract.number for contract in self._contracts.offered if contract.is_active]
        asked = await self.asked(active[0] if active else "", asker)
        named = f" contract={active[0]}" if len(active) > 1 else ""
        names = self.names(asked.contract)
        return tuple(
            Example(
                f"starter.{each.key}",
                each.title,
                questions.sentence(each.question, asked, self._catalogue, names),
                f"/tokenflex export {each.key} period={periods.as_word(each.question.period)}{named}",
            )
            for each in starters(names)[:_TO_BEGIN_WITH]
        )

    async def request(
        self, typed: ExportRequest, asker: Asker, *, name: str = "", period: str = ""
    ) -> tuple[ExportRequest, str]:
        """Return what to ask Token Flex: what was typed, or the question of a name with what was typed besides.

        Behind it stands how its days are said, as in a command; "" where they are not.

        Raises:
            PeriodError: there are no days to ask for.
            NoSuchTemplateError: as `named`.

        """
        self._values.use(typed.contract_number)
        if not (name or period):
            return typed, ""
        asked = await self.asked(typed.contract_number, asker)
        question = Question(typed.fields, typed.metrics, typed.usage_categories, typed.where)
        if name:
            found = questions.moved_on(await self.named(name, asker, asked.contract), asked.today)
            question = replace(found, where=filters.all_of(found.where, typed.where))
        if period:
            question = replace(question, period=periods.parse(period, asked.today))
        return questions.request(question, asked, typed.file_name), periods.as_word(question.period)

    def _own(self, contract: str) -> Mapping[str, Question]:
        """Return the bot's own questions by all that people may call them."""
        names = self.names(contract)
        known = starters(names)
        called = [(_key(questions.what(each.question, names)), each) for each in reversed(known)]
        called += [(_key(text), each) for each in known for text in (each.title, each.key)]
        return {name: each.question for name, each in called}


def _key(name: str) -> str:
    return " ".join(name.casefold().split()).rstrip("?")


def _near(key: str, names: list[str]) -> str:
    inside = (name for name in names if key and key in _key(name))
    return nearest(key, names) or next(inside, "")
