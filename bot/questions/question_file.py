"""A question as a part of a YAML file: its fields, and what is wrong with them there."""

from typing import Final

from bot.questions import periods
from bot.questions.periods import PeriodError
from bot.questions.questions import Question
from bot.questions.templates import question_problems
from bot.questions.yaml_file import Entry
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.problem import Part

TEXTS: Final = ("where", "period")
LISTS: Final = ("fields", "metrics", "categories")
#: Where a problem of the rules stands in the file.
_OF_PART: Final[dict[Part, str]] = {"fields": "fields", "metrics": "metrics", "categories": "categories"}


def written(question: Question) -> dict[str, str | list[str]]:
    """Return the fields of a question."""
    return {
        "fields": list(question.fields),
        "metrics": list(question.metrics),
        "categories": list(question.categories),
        "where": question.where,
        "period": periods.as_word(question.period),
    }


def read(entry: Entry, catalogue: Catalogue, wrong: list[str]) -> Question | None:
    """Return the question of an entry, None where it has no such period; what is wrong is added."""
    fields, metrics, categories = (entry.lists.get(name, ()) for name in LISTS)
    try:
        period = periods.parse(entry.texts.get("period", periods.Relative.ALL), periods.ANY_DAY)
    except PeriodError as error:
        wrong.append(f"{entry.at('period')}: {error}")
        return None
    question = Question(fields, metrics, categories, entry.text("where").strip(), period)
    wrong += [
        f"{entry.at(_OF_PART.get(problem.part, 'where'))}: {problem.message}"
        for problem in question_problems(question, catalogue)
        if not problem.warning
    ]
    return question
