"""Lists of exports: one line each, with a button that asks the same anew, and pages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bot.cards import actions, blocks
from bot.cards.blocks import Block, Message
from bot.cards.export_card import file_name
from bot.cards.faces import FACES
from bot.cards.text import code, mention, moment, shorten
from storage.models import Export
from storage.states import ExportState

PAGE: Final = 20  #: exports on one page
_MAX_VALUE: Final = 2000  #: characters of a button's value (source: Slack, button element)
_WORDS: Final = "`/tokenflex list` takes words: a product, `@name`, `#channel`, `failed`, `october`."


@dataclass(frozen=True, slots=True)
class Turn:
    """A page of a list: of the exports that words mean those before a number, or those after one; 0 is no number."""

    words: tuple[str, ...] = ()
    before: int = 0
    after: int = 0

    @classmethod
    def of(cls, value: str) -> Self:
        """Return what stands in the value of a button."""
        words, before, after = json.loads(value)
        return cls(tuple(map(str, words)), int(before), int(after))

    def __str__(self) -> str:
        return json.dumps([self.words, self.before, self.after], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of exports, the newest first, and the pages beside it; `strange` are words that name nobody here."""

    exports: tuple[Export, ...]
    words: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    newer: Turn | None = None
    older: Turn | None = None


def listing(page: Listed) -> Message:
    """Return a page of a list."""
    exports = page.exports
    if not exports:
        return blocks.paragraph(_nothing(page))
    hint = f"`/tokenflex status {exports[0].label}` shows all about one."
    ready = next((export.label for export in exports if export.state is ExportState.READY), None)
    if ready:
        hint = f"{hint} `/tokenflex link {ready}` gets a link."
    hint = f"{hint} {_WORDS}" if page.older or page.newer else hint
    said = "; ".join(f"{export.label} {FACES[export.state].inside}" for export in exports)
    count = "One export" if len(exports) == 1 else f"{len(exports)} exports"
    return Message(f"{count}: {said}.", [*map(_row, exports), blocks.context("hint", hint), *_turns(page)])


def line(export: Export) -> str:
    """Return an export as one line of a list."""
    name = code(shorten(file_name(export), 60))
    state, accepted = FACES[export.state].word, moment(export.accepted_at)
    return f"*{export.label}* {name} · {state} · {mention(export.requester)} · {accepted}"


def _row(export: Export) -> Block:
    row = blocks.section(f"list.{export.number}", line(export))
    return row | {"accessory": actions.button(actions.AGAIN, export)}


def _turns(page: Listed) -> list[Block]:
    ends = (("Newer", page.newer), ("Older", page.older))
    values = [(words, str(turn)) for words, turn in ends if turn]
    turns = [actions.turn(actions.LIST, words, "exports", value) for words, value in values if len(value) <= _MAX_VALUE]
    return [actions.row("pages", *turns)] if turns else []


def _nothing(page: Listed) -> str:
    if page.strange:
        return f"None of the exports that you can see here has to do with {_quoted(page.strange)}. {_WORDS}"
    if page.words:
        return (
            f"None of the exports that you can see here fits {_quoted(page.words)}. `/tokenflex list` shows them all."
        )
    return "There are no exports of yours or of this channel yet. `/tokenflex` opens the form."


def _quoted(words: Sequence[str]) -> str:
    return code(shorten(" ".join(words), 200))
