"""Lists that are shown a page at a time: what is on a page, and the buttons that turn it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.cards import actions
from bot.cards.blocks import Block

T = TypeVar("T")
Drawn = TypeVar("Drawn")

PAGE: Final = 15  #: things on one page: two blocks each (source: Slack, messages: 50 blocks at most)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the things that there are, from the `first` on."""

    shown: Sequence[T]
    first: int
    count: int

    def drawn(self, draw: Callable[[T], Drawn]) -> "Page[Drawn]":
        """Return the same page of what is made of each."""
        return Page(tuple(map(draw, self.shown)), self.first, self.count)


def cut(found: Sequence[T], first: int, most: int = PAGE, *, place: int | None = None) -> Page[T]:
    """Return the page of at most so many that has the `first`, or the one at a `place` where there is such a place."""
    wanted = first if place is None else place
    begin = max(0, min(wanted, len(found) - 1)) // most * most
    return Page(found[begin : begin + most], begin, len(found))


def turns(action: str, what: str, page: Page[T]) -> list[Block]:
    """Return the buttons to the pages before and after; `what` says what is listed."""
    ends = (("Previous", page.first - PAGE), ("Next", page.first + PAGE))
    return [actions.turn(action, words, what, str(first)) for words, first in ends if 0 <= first < page.count]
