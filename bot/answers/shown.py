"""What messages show of answers, by the settings: figures, the button that shows them, or nothing of them."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import structlog

from bot.answers import kept
from bot.answers.answer import answer_of
from bot.answers.comparison import Run, compared
from bot.answers.earlier import Before
from bot.answers.engine.document import DocumentError, Found
from bot.answers.plan import Plan, plan
from bot.cards import actions, answer_card, figures
from bot.cards.answer_controls import controls
from bot.cards.blocks import Message
from bot.cards.names import Names
from bot.cards.query import Query
from bot.questions.identity import days_asked
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.where import fields_used
from storage import answers
from storage.answers import AnswerState
from storage.models import Export

_NAMED: Final = 20  #: answers whose names of people are in memory until they are sent

log = structlog.get_logger(__name__)


class Shown:
    """Draws answers; names of people are in its memory alone, and only where everybody may see them."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        personal: Iterable[str] = (),
        detail: AnswerDetail = AnswerDetail.FIGURES,
        audience: LinkAudience = LinkAudience.CHANNEL,
    ) -> None:
        """`personal` are fields that name people besides those of the catalogue."""
        self.catalogue = catalogue
        self._personal = frozenset(personal)
        self._audience = audience
        self.detail = detail
        self._named: OrderedDict[int, tuple[Found, Plan]] = OrderedDict()

    def plan(self, export: Export, asked: str = "") -> Plan:
        """Return what is asked of the file of an export, by the text of a query; "": what is when it is ready."""
        query = Query.of(asked)
        return plan(
            export.request,
            self.catalogue,
            personal=self._personal,
            by=query.by,
            top=query.top,
            where=query.where,
            keeps=True,
        )

    def remember(self, answer: int, found: Found, asked: Plan) -> None:
        """Keep the names of people of an answer until it is sent, where they are shown."""
        if self.detail is AnswerDetail.ALL and asked.main != asked.for_all:
            self._named[answer] = found, asked
            while len(self._named) > _NAMED:
                self._named.popitem(last=False)

    @property
    def audience(self) -> LinkAudience:
        """For whom links are, and figures of files with them."""
        return self._audience

    @property
    def personal(self) -> frozenset[str]:
        """The fields that name people by the settings, besides those of the catalogue."""
        return self._personal

    @property
    def shows_in_channel(self) -> bool:
        """Whether figures of a file may stand in its channel, for everybody there."""
        return self._audience is LinkAudience.CHANNEL

    @property
    def remembered(self) -> tuple[int, ...]:
        """The answers whose names of people are in memory."""
        return tuple(self._named)

    def forget(self, sent: Collection[int]) -> None:
        """Forget the names of people of these answers."""
        for answer in sent:
            self._named.pop(answer, None)

    def compared(
        self, answer: figures.Answer, asked: Plan, names: Names, found: Found, before: Before | None
    ) -> figures.Answer:
        """Return an answer with what it says of earlier runs, as far as it is understood what was kept of them."""
        if before is None:
            return answer
        return compared(answer, asked, names, (before.now, found), [*self._read(before)])

    def message(
        self,
        export: Export,
        answer: answers.Answer | None,
        names: Names | None,
        *,
        private: bool = False,
        discreet: bool = False,
        before: Before | None = None,
    ) -> Message:
        """Return the message about an answer, None: it was removed.

        A `private` one is for who asked for the export, a `discreet` one for a channel that others read too. `before`
        is what it is compared with.
        """
        why = answer_card.not_in(export) if private and self._audience is not LinkAudience.REQUESTER else ""
        if self.detail is AnswerDetail.LINK:
            return answer_card.withheld(export)
        if answer is None:
            return answer_card.forgotten(export)
        try:
            if answer.state is AnswerState.UNREAD:
                return answer_card.unread(export, kept.fault_of(answer.document), why=why)
            if not private and (discreet or self._audience is not LinkAudience.CHANNEL):
                query = Query.of(answer.asked)
                asked = "" if discreet or self._picks_people(query) else answer.asked
                return answer_card.on_press(export, asked, discreet=discreet)
            return self._figures(export, answer, names or Names(self.catalogue), why, before)
        except DocumentError as error:
            log.warning("an answer of an older version cannot be read", answer=answer.id, reason=str(error))
            return answer_card.forgotten(export)

    def _figures(
        self, export: Export, answer: answers.Answer, names: Names, why: str, before: Before | None
    ) -> Message:
        query = Query.of(answer.asked)
        found, asked, people = self._found(answer)
        drawn = answer_of(found, asked, names, people=people, days=days_asked(export.request, self.catalogue))
        drawn = self.compared(drawn, asked, names, found, before)
        if not people and self._picks_people(query):  # the condition is not told, also not to who reads buttons
            only, under = answer_card.only(), [actions.button(actions.SAVE, export)]
        else:
            only = answer_card.only(query.where) if query.where else ""
            under = controls(export, query, names, shows_people=not people and asked.main != asked.for_all)
        return answer_card.figures(export, drawn, why=why, only=only, controls=under)

    def _found(self, answer: answers.Answer) -> tuple[Found, Plan, bool]:
        """Return what was found, by which plan, and whether people are named in it."""
        named = self._named.get(answer.id)
        if named is not None:
            return *named, True
        return *kept.figures_of(answer.document, self._names_people), False

    def _read(self, before: Before) -> Iterator[tuple[Run, Found]]:
        """Yield what was kept of earlier runs, as far as it is understood."""
        for run, document in before.runs:
            try:
                found, _ = kept.figures_of(document, self._names_people)
            except DocumentError as error:
                log.info("an answer of an older version is not compared", answer=run.answer, reason=str(error))
            else:
                yield run, found

    def _picks_people(self, query: Query) -> bool:
        """Return whether the condition of a query may name somebody."""
        return bool(self._names_people & {*fields_used(query.where, self.catalogue)})

    @property
    def _names_people(self) -> frozenset[str]:
        return self._personal | {field.name for field in self.catalogue.fields if field.personal_data}
