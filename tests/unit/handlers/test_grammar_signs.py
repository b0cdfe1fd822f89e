"""The grammar of the command: marks around words, what nobody can see, and the names of templates."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cards.names import NAMES
from bot.questions.templates import name_problems, tidy
from bot.tokenflex.catalogue import Catalogue
from handlers.words.asked import NUMBERED_WORDS, Export, List, Mistake, OnExport, OpenForm, Unknown
from handlers.words.export_words import _PARTS
from handlers.words.grammar import ADMIN, WORDS, parse, read
from tests.harness.commands import CATALOGUE, mistakes_of

INVISIBLE = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\ufe0f",
    "\u202a",
    "\u2066",
]


@pytest.mark.parametrize("hidden", INVISIBLE, ids=ascii)
def test_what_nobody_can_see_changes_nothing(hidden: str) -> None:
    """A word with an invisible character in it, before it or behind it is that word."""
    for text in ("list", "help", "status #42", 'export contract=12345 fields=productName where="contractYear=1"'):
        meant = parse(text, Catalogue())
        assert not isinstance(meant, Mistake)
        for at in (0, 2, text.find(" "), text.find("=") + 1, len(text)):
            if at >= 0:
                typed = text[:at] + hidden + text[at:]
                assert parse(typed, Catalogue()) == meant, ascii(typed)
    assert parse(hidden, Catalogue()) == OpenForm()
    assert parse(f"{hidden} list {hidden}", Catalogue()) == List()
    assert parse("\u00a0list\u00a0", Catalogue()) == List()


@pytest.mark.parametrize(
    "marks",
    ["``", '""', "''", "**", "__", "~~", "“”", "‘’", "<>", "()", "[]", "/ ", " .", " ,", " !", " …", '."'],
)
def test_marks_around_a_word_are_none_of_it(marks: str) -> None:
    """They came along when it was copied; nobody is asked whether they mean what they see."""
    before, behind = marks[0].strip(), marks[1].strip()
    for word in (*(each for each in WORDS if each not in NUMBERED_WORDS), ADMIN):
        assert parse(f"{before}{word}{behind}", Catalogue()) == parse(word, Catalogue())
    for word in NUMBERED_WORDS:
        assert parse(f"{before}{word}{behind} {before}#42{behind}", Catalogue()) == OnExport(word, 42)


def test_marks_alone_are_no_word() -> None:
    """Nothing is done that nobody has asked for."""
    for typed in ("?", "...", "``", "*", '"'):
        assert isinstance(parse(typed, Catalogue()), Unknown)


def test_a_contract_with_blanks_is_told_without_them() -> None:
    """Between quotation marks, too: the number to write stands in the sentence."""
    (message,) = mistakes_of('export contract="1100 0012 3456" metrics=tokensConsumed')
    assert message == "Write the contract's number without blanks: 110000123456."


@given(st.text(max_size=20))
@example("where revit")
@example("Period")
@example("productName")
@example("Back\\slash")
@example("*bold* & ~co~")
@example("42")
def test_a_template_that_could_be_saved_is_exported_by_its_name(name: str) -> None:
    """Whatever people call it, unless they were told to choose another name."""
    if not name_problems(name, ""):
        command = read(f"export {tidy(name)} contract=12345", CATALOGUE)
        assert isinstance(command, Export)
        assert command.name == tidy(name)


@pytest.mark.parametrize("word", sorted({*_PARTS, *NAMES}))
def test_no_template_begins_with_a_word_of_the_command(word: str) -> None:
    """It could never be asked by its name."""
    assert name_problems(f"{word} of May", "")
