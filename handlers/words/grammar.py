"""The grammar of `/tokenflex …`: text in, one frozen record out. Nothing is looked up and nothing is done here."""

import re
from collections.abc import Sequence
from typing import Final

from bot.cards.text import sentence
from bot.signs import visible
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.rules import check_request
from handlers.words.answer_words import ask_of, number_of
from handlers.words.asked import (
    NUMBERED_WORDS,
    Administer,
    Alerts,
    Command,
    Help,
    List,
    Mistake,
    NumberedWord,
    OnExport,
    OpenForm,
    Schedules,
    Templates,
    Unknown,
    Usage,
    quoted,
)
from handlers.words.export_words import export_of
from handlers.words.slack_text import as_typed
from handlers.words.targets import AROUND, CONTRACT_KEYS, MARKS, export_number, meant_contract, which_contract

WORDS: Final = ("export", "usage", "answer", "list", "templates", "schedules", "alerts", *NUMBERED_WORDS, "help")
_MOST_SOUGHT: Final = 10  #: words of `list`
ADMIN: Final = "admin"  #: known to all, of use to administrators alone, and so not among the words that people are told

#: What each word shows that stands alone.
_ALONE: Final[dict[str, Command]] = {
    "templates": Templates(),
    "schedules": Schedules(),
    "alerts": Alerts(),
    "help": Help(),
    ADMIN: Administer(),
    "": OpenForm(),
}


def aim(text: str) -> tuple[str, int | None]:
    """Return the word of a command as it goes on record, and the export that it names; nothing else that was typed."""
    first, rest = _first_word(as_typed(text))
    word = first.lower() or "export"
    if word in {*NUMBERED_WORDS, "answer"}:
        number = export_number(word, number_of(rest) if word == "answer" else rest)
        return word, number if isinstance(number, int) else None
    return (word if word in {*WORDS, ADMIN} else ""), None


def parse(text: str, catalogue: Catalogue, contracts: Sequence[Contract] = ()) -> Command:
    """Return what the text after `/tokenflex`, as Slack sent it, asks for.

    `contracts` are the known ones: the only one of them, or the only active one, is meant where the text names none.
    """
    return read(as_typed(text), catalogue, contracts)


def read(text: str, catalogue: Catalogue, contracts: Sequence[Contract] = ()) -> Command:
    """Return what a text asks for as it was typed, without what Slack makes of it."""
    first, rest = _first_word(text)
    word = first.lower()
    if word in NUMBERED_WORDS:
        return _on_export(word, rest)
    if word == "export":
        return export_of(rest, catalogue, contracts) if rest else OpenForm()
    command: Command
    match word:
        case "answer":
            command = ask_of(rest, catalogue)
        case "list":
            command = _list_of(rest)
        case "usage":
            command = _usage_of(rest, catalogue, contracts)
        case _:
            command = _alone(word, rest) if word in _ALONE else _unknown(text, first, rest)
    return command


def _alone(word: str, rest: str) -> Command:
    if rest and word not in {"help", ADMIN}:
        return Mistake((f"Nothing follows /tokenflex {word}; leave {quoted(rest)} out.",), likely=word)
    return _ALONE[word]


def _on_export(word: NumberedWord, rest: str) -> OnExport | Mistake:
    number = export_number(word, rest)
    return number if isinstance(number, Mistake) else OnExport(word, number)


def _list_of(rest: str) -> Command:
    words = tuple(filter(None, (visible(word).strip(MARKS) for word in rest.split())))
    if len(words) > _MOST_SOUGHT:
        return Mistake((f"/tokenflex list takes {_MOST_SOUGHT} words at most; leave some out.",), likely="list")
    return List(words)


def _usage_of(rest: str, catalogue: Catalogue, contracts: Sequence[Contract]) -> Command:
    known = {contract.number: contract for contract in contracts}
    key, equals, value = rest.partition("=")
    typed = (value if equals and visible(key).strip().lower() in CONTRACT_KEYS else rest).strip()
    number = typed if typed in known else visible(typed).strip(AROUND) or meant_contract(contracts)
    number = "".join(number.split()) if re.fullmatch(r"[\d\s]+", number, re.ASCII) else number
    checked = check_request(ExportRequest(number), catalogue, set(known))
    wrong = [sentence(each.message) for each in checked if each.part == "contract" and not each.warning]
    if not number or wrong:
        likely = f"usage {next(iter(known))}" if known else "help"
        return Mistake(tuple(wrong if number else [which_contract(contracts)]), likely=likely)
    return Usage(number)


def _first_word(text: str) -> tuple[str, str]:
    """Return the word that says what to do and what follows it; nobody can see what is invisible in a word.

    Marks around a known word are none of it: they came along when it was copied, or Slack would draw it by them.
    """
    first, rest = (*text.split(maxsplit=1), "", "")[:2]
    if not visible(first):
        return _first_word(rest) if rest else ("", "")
    bare = visible(first).strip(AROUND)
    word = bare if bare.lower() in {*WORDS, ADMIN} else visible(first)
    return word, rest.strip() if visible(rest).strip() else ""


def _unknown(text: str, first: str, rest: str) -> Unknown:
    if "=" in first:
        return Unknown(text, first, f"export {text.strip()}")
    if not rest and isinstance(export_number("status", first), int):
        return Unknown(text, first, f"status {first}")
    near = nearest(first, WORDS)
    return Unknown(text, first, f"{near} {rest}".strip() if near else "")
