"""What stands under an answer to be pressed: another column, more rows, names of people, the thread, a template."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.cards import actions
from bot.cards.blocks import Block
from bot.cards.drawing import MOST_ROWS
from bot.cards.names import Names
from bot.cards.query import TOPS, Query
from storage.models import Export

# Characters of a value (source: Slack, composition objects and block elements).
_OPTION: Final = 150
_BUTTON: Final = 2000
_MOST_OPTIONS: Final = 100


def controls(
    export: Export, query: Query, names: Names, *, shows_people: bool = False, posts: bool = False
) -> list[Block]:
    """Return what can be pressed under an answer to a query.

    Each carries the whole query, so that nothing has to be remembered; what is too long for that is left out.
    """
    return [*_menus(export, query, names), *_buttons(export, query, shows_people, posts)]


def _menus(export: Export, query: Query, names: Names) -> Iterator[Block]:
    by = [(names.title(name), replace(query, by=(name,))) for name in export.request.fields[:_MOST_OPTIONS]]
    top = [("As many as fit" if rows == MOST_ROWS else f"Top {rows}", replace(query, top=rows)) for rows in TOPS]
    for action, choices in ((actions.ANSWER_BY, by), (actions.ANSWER_TOP, top if by else [])):
        options = [(words, actions.value_of_answer(export, asked.text)) for words, asked in choices]
        if options and all(len(value) <= _OPTION for _, value in options):
            yield actions.menu(action, options)


def _buttons(export: Export, query: Query, shows_people: bool, posts: bool) -> Sequence[Block]:
    wanted = {actions.SHOW_PEOPLE: shows_people, actions.POST_ANSWER: posts}
    fits = len(actions.value_of_answer(export, query.text)) <= _BUTTON
    own = [actions.of_answer(action, export, query.text) for action, is_there in wanted.items() if is_there and fits]
    return [*own, actions.button(actions.SAVE, export), actions.button(actions.SCHEDULE, export)]
