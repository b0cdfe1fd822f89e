"""A question: what somebody wants to know, without the contract and without dates; asked, it becomes a request."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.cards.names import NAMES, Names
from bot.cards.text import shorten
from bot.contracts.years import ContractYear
from bot.exports.use_cases import Described
from bot.questions import filters, periods
from bot.questions.filters import Filter, Operator
from bot.questions.periods import Days, Period, PeriodError, Relative
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest

_SAID: Final = 4  #: columns that a sentence names
_WHAT: Final = 60  #: characters of a file's name that say what is in it
_DAY: Final = "usageDate"


@dataclass(frozen=True, slots=True)
class Question:
    """What to export: names of Token Flex as in a request, the conditions besides the days, and the days."""

    fields: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    where: str = ""
    period: Period = Relative.ALL


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which contract a question is asked, on which day, and what is known of the contract's years."""

    contract: str
    today: date
    years: tuple[ContractYear, ...] = ()

    def days(self, question: Question) -> Days | None:
        """Return the days that the question is about; None: all.

        Raises:
            PeriodError: there are none.

        """
        return periods.days_of(question.period, self.today, self.years)


def request(question: Question, asked: Asked, file_name: str = "") -> ExportRequest:
    """Return what to ask Token Flex.

    Raises:
        PeriodError: there are no days to ask for.

    """
    return ExportRequest(
        asked.contract,
        question.fields,
        question.metrics,
        question.categories,
        filters.all_of(periods.clause(asked.days(question)), question.where),
        file_name,
    )


def moved_on(question: Question, today: date) -> Question:
    """Return the question as it is asked again: a period that was said in dates is the newest of its length."""
    return replace(question, period=periods.moved_on(question.period, today))


def said_again(question: Question, word: str, asked: Asked) -> Question:
    """Return the question with its days said by this word of a command, where that means the same days now."""
    try:
        said = replace(question, period=periods.parse(word, asked.today))
    except PeriodError:
        return question
    try:
        days = asked.days(said)
    except PeriodError:
        days = None
    return said if question.period == (days or Relative.ALL) else question


def of_request(made: ExportRequest, catalogue: Catalogue) -> Question:
    """Return the question that a request answers: days that stand in its where clause are its period."""
    read = filters.filters_of(made.where, catalogue)
    found = _period(read.filters)
    others = [each for each in read.filters if each.field != _DAY]
    where = filters.all_of(filters.clause_of(others, catalogue), read.rest) if found else made.where.strip()
    return Question(made.fields, made.metrics, made.usage_categories, where, found or Relative.ALL)


def _period(chosen: Sequence[Filter]) -> Days | None:
    """Return the days that filters cut out, where they do nothing else with days."""
    days = [each for each in chosen if each.field == _DAY]
    ends = {each.operator: date.fromisoformat(each.values[0]) for each in days}
    if len(days) != len(ends) or set(ends) != {Operator.AT_LEAST, Operator.AT_MOST}:
        return None
    try:
        return Days(ends[Operator.AT_LEAST], ends[Operator.AT_MOST])
    except PeriodError:
        return None


# --- for people ---------------------------------------------------------------------------------------------------


def sentence(question: Question, asked: Asked, catalogue: Catalogue, names: Names) -> str:
    """Return what will be exported: "Tokens by product, October 2026, only Revit, contract 110000123456".

    Plain text that quotes what was typed: escape it before it becomes mrkdwn.

    Raises:
        PeriodError: nothing will, since there are no days.

    """
    days = periods.words_of(question.period, asked.days(question), asked.years)
    said = _sentence(question, days, catalogue, names)
    return f"{said}, contract {asked.contract}" if asked.contract else said


def summary(question: Question, catalogue: Catalogue, names: Names) -> str:
    """Return the question whatever the day and the contract: "Tokens by product, last month, only Revit".

    Plain text that quotes what was typed: escape it before it becomes mrkdwn.
    """
    return _sentence(question, periods.label(question.period), catalogue, names)


def _sentence(question: Question, days: str, catalogue: Catalogue, names: Names) -> str:
    read = filters.filters_of(question.where, catalogue)
    parts = (
        what(question, names),
        _and([names.noun(name) for name in question.categories]),
        days,
        *(filters.said(each, names) for each in read.filters),
        f"only where {shorten(read.rest, 200)}" if read.rest else "",
    )
    return ", ".join(part for part in parts if part)


def what(question: Question, names: Names) -> str:
    """Return what is counted and by what: "Tokens by product"."""
    metrics = _and([names.noun(name) for name in question.metrics])
    columns = [names.noun(name) for name in question.fields]
    if len(columns) > _SAID:
        columns = [*columns[: _SAID - 1], f"{len(columns) - _SAID + 1} more columns"]
    said = f"{metrics} by {_and(columns)}" if metrics and columns else metrics or _and(columns) or "nothing yet"
    return said[:1].upper() + said[1:]


def described(made: ExportRequest, catalogue: Catalogue, names: Names, known_through: date | None) -> Described:
    """Return what the file of a request without a name is called, less its number: `tokens_by_product_2026_10`.

    `known_through` is the last day of which usage is known.
    It holds no sign that Token Flex takes out (source: Token Flex, what was seen in a recorded run).
    """
    question = of_request(made, catalogue)
    days = question.period if isinstance(question.period, Days) else None
    counted, columns = ([_slug(name, names) for name in listed] for listed in (question.metrics, question.fields))
    while len(_joined(counted, columns)) > _WHAT:
        longer = columns if len(columns) > 1 or not counted else counted
        longer.pop()
    stem = "_".join(part for part in (_joined(counted, columns) or "usage", periods.slug(days)) if part)
    is_behind = known_through is not None and days is not None and known_through < days.last
    return Described(stem, known_through if is_behind else None)


def _joined(counted: Sequence[str], columns: Sequence[str]) -> str:
    return "_by_".join("_".join(part) for part in (counted, columns) if part)


def _slug(name: str, names: Names) -> str:
    """Return a name in plain small letters; a label that has none of these is called as the field is."""
    for text in (names.noun(name), NAMES[name].title if name in NAMES else name):
        plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
        if found := re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_WHAT]:
            return found
    return "column"


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
