"""The list of templates: each with what it asks, whose it is, and what the person who looks can do with it."""

from dataclasses import dataclass
from typing import Final

from bot.cards import actions, blocks, pages
from bot.cards.blocks import Block, Message
from bot.cards.pages import PAGE, Page
from bot.cards.text import channel, code, escape, is_direct_message, mention, sentence, shorten
from storage.templates import Template

_LIST: Final = "`/tokenflex` opens the form; *Save as template* in it, or on a card, saves a question under a name."


@dataclass(frozen=True, slots=True)
class Line:
    """A template, what it asks in words, and whether the person who looks may change it."""

    template: Template
    said: str
    may_change: bool


def listing(page: Page[Line], place: str, note: str = "") -> Message:
    """Return a page of templates as they are seen from a place; `note` is mrkdwn about what was just done."""
    above = [blocks.section("note", note)] if note else []
    if not page.count:
        empty = f"There are no templates of yours or of this channel yet. {_LIST}"
        return Message(note or empty, [*above, blocks.section("empty", empty)])
    count = "One template" if page.count == 1 else f"{page.count} templates"
    named = ", ".join(escape(line.template.name) for line in page.shown)
    rows = [block for line in page.shown for block in _row(line, place)]
    shown = f"{page.first + 1} to {page.first + len(page.shown)} of {page.count}. " if page.count > PAGE else ""
    hint = f"{shown}{code('/tokenflex export NAME')} asks one at once, with `period=` for other days."
    return Message(note or f"{count}: {named}.", [*above, *rows, blocks.context("hint", hint), *_pages(page)])


def shared(template: Template) -> str:
    """Return what is said of a template that was just shared, or taken back, as mrkdwn."""
    if template.is_shared:
        return f"{code(template.name)} is {channel(template.home)}'s now: everybody there can run it."
    return f"{code(template.name)} is yours alone now."


def deleted(template: Template) -> str:
    """Return what is said of a template that was just deleted, as mrkdwn."""
    return f"{code(template.name)} is deleted. Exports that were made with it stay."


def _row(line: Line, place: str) -> list[Block]:
    template = line.template
    whose = f"this channel's, saved by {mention(template.owner)}" if template.is_shared else "yours alone"
    told = f"{escape(template.sentence)}\n" if template.sentence else ""
    text = f"*{escape(template.name)}* · {whose}\n{told}{escape(sentence(shorten(line.said, 1000)))}"
    buttons = [actions.RUN, actions.SCHEDULE_TEMPLATE]
    if line.may_change:
        buttons += [actions.CHANGE, actions.RENAME, *_sharing(template, place), actions.REMOVE]
    return [
        blocks.section(f"template.{template.id}", text),
        actions.row(f"buttons.{template.id}", *(actions.of_template(action, template) for action in buttons)),
    ]


def _sharing(template: Template, place: str) -> list[str]:
    if template.is_shared:
        return [actions.UNSHARE]
    return [] if not place or is_direct_message(place) else [actions.SHARE]


def _pages(page: Page[Line]) -> list[Block]:
    turns = pages.turns(actions.TEMPLATES, "templates", page)
    return [actions.row("pages", *turns)] if turns else []
