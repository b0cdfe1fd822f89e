"""Which question somebody may mean who says it plainly: "tokens by product", "top users last month"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from bot.cards.names import NAMES, Names, words
from bot.questions import periods, questions
from bot.questions.periods import Period, PeriodError
from bot.questions.questions import Question

#: Words that tell one question from another in no way.
_EMPTY: Final = frozenset(
    words(
        "all and any are can could did does each every for from get give had has have how into many much our per "
        "please see show some tell than that the their them then there these they this used want was were what "
        "when where which who whom will with would you your"
    )
)
_SHORTEST: Final = 3  #: characters of a word that says anything
_LONGEST_PERIOD: Final = 4  #: words
_OF_TITLE, _OF_SYNONYM = 3, 2


def parted(text: str, today: date) -> tuple[str, Period | None]:
    """Return a text without the period that stands at its end, and that period."""
    typed = text.rstrip("?!. ").split()
    for length in range(min(_LONGEST_PERIOD, len(typed)), 0, -1):
        try:
            return " ".join(typed[:-length]), periods.parse(" ".join(typed[-length:]), today)
        except PeriodError:
            continue
    return text, None


def likely(text: str, known: Mapping[str, tuple[str, Question]], names: Names) -> str | None:
    """Return the key of the question that a text most likely means; None where most of its words fit none.

    `known` leads from keys to titles and questions; of two that fit as well the first is meant.
    """
    wanted = [word for word in words(text) if len(word) >= _SHORTEST and word not in _EMPTY]
    scored = {key: _score(wanted, title, question, names) for key, (title, question) in known.items()}
    best = max(scored, key=lambda key: scored[key], default=None)
    return best if best is not None and scored[best] > 0 else None


def _score(wanted: Sequence[str], title: str, question: Question, names: Names) -> int:
    """Return how well a question fits; 0 where it leaves more than half of the words unexplained."""
    said = words(f"{title} {questions.what(question, names)}")
    also = [*_synonyms(question)]
    scores = [_OF_TITLE * _is_in(word, said) or _OF_SYNONYM * _is_in(word, also) for word in wanted]
    return sum(scores) if 2 * sum(map(bool, scores)) >= len(wanted) else 0


def _synonyms(question: Question) -> Iterator[str]:
    for name in (*question.fields, *question.metrics, *question.categories):
        yield from words(f"{name} {NAMES[name].title} {NAMES[name].synonyms}" if name in NAMES else name)


def _is_in(word: str, known: Sequence[str]) -> bool:
    stem = word.removesuffix("s") if len(word) > _SHORTEST else word
    return any(each.startswith(stem) for each in known)
