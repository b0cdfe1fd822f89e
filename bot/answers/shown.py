"""What messages show of answers, by the settings: figures, the button that shows them, or nothing of them."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Final

import structlog

from bot.answers import kept
from bot.answers.answer import answer_of
from bot.answers.document import DocumentError, Found
from bot.answers.plan import Plan, plan
from bot.cards import answer_card
from bot.cards.blocks import Message
from bot.cards.figures import Answer
from bot.cards.names import Names
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
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
        self._catalogue = catalogue
        self._personal = frozenset(personal)
        self._audience = audience
        self.detail = detail
        self._named: OrderedDict[int, tuple[Found, Plan]] = OrderedDict()

    def plan(self, export: Export) -> Plan:
        """Return what is asked of the file of an export when it is ready."""
        return plan(export.request, self._catalogue, personal=self._personal, keeps=True)

    def remember(self, answer: int, found: Found, asked: Plan) -> None:
        """Keep the names of people of an answer until it is sent, where they are shown."""
        if self.detail is AnswerDetail.ALL and asked.main != asked.for_all:
            self._named[answer] = found, asked
            while len(self._named) > _NAMED:
                self._named.popitem(last=False)

    @property
    def remembered(self) -> tuple[int, ...]:
        """The answers whose names of people are in memory."""
        return tuple(self._named)

    def forget(self, sent: Collection[int]) -> None:
        """Forget the names of people of these answers."""
        for answer in sent:
            self._named.pop(answer, None)

    def message(
        self,
        export: Export,
        answer: answers.Answer | None,
        names: Names | None,
        *,
        private: bool = False,
        discreet: bool = False,
    ) -> Message:
        """Return the message about an answer, None: it was removed.

        A `private` one is for who asked for the export, a `discreet` one for a channel that others read too.
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
                return answer_card.on_press(export, discreet=discreet)
            return answer_card.figures(export, self._answer(answer, names or Names(self._catalogue)), why=why)
        except DocumentError as error:
            log.warning("an answer of an older version cannot be read", answer=answer.id, reason=str(error))
            return answer_card.forgotten(export)

    def _answer(self, answer: answers.Answer, names: Names) -> Answer:
        named = self._named.get(answer.id)
        if named is not None:
            return answer_of(*named, names, people=True)
        personal = self._personal | {field.name for field in self._catalogue.fields if field.personal_data}
        return answer_of(*kept.figures_of(answer.document, personal), names, people=False)
