"""Words of a command: a shell's, and those between the marks of phones."""

import re
import shlex

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.signs import CURLY_DOUBLE, CURLY_SINGLE
from handlers.words.shell_words import UnreadableError, split

CURLY = (
    CURLY_DOUBLE
    + CURLY_SINGLE
    + "".join(filter(str.isspace, map(chr, range(0x3001)))).translate(dict.fromkeys(map(ord, " \t\r\n")))
)


def texts(text: str) -> list[str] | None:
    try:
        return split(text)
    except UnreadableError:
        return None


def of_a_shell(text: str) -> list[str] | None:
    try:
        return shlex.split(text)
    except ValueError:
        return None


@given(st.text(st.one_of(st.sampled_from("\"'\\ \nab="), st.characters(exclude_characters=CURLY)), max_size=30))
@example("a\\\n\"b\\'\\\"\\\\\"'c\\'")
@example("'' \"\" a''")
@example("\\")
def test_straight_marks_mean_what_they_mean_in_a_shell(text: str) -> None:
    """Without curly marks, the words are those of Python's own reading of a shell, or the marks are asked about.

    The latter where a double mark closes inside a word: a shell leaves it out, and it may belong to the text.
    """
    assume("where=" not in text.lower())
    assert texts(text) in (of_a_shell(text), None)
    assert texts(text) is not None or of_a_shell(text) is None or re.search(r'"[^\s,]', text)


@given(st.text(st.one_of(st.sampled_from(CURLY), st.characters(exclude_characters='"\\')), max_size=30))
@example("Bericht „Juni“")
@example("a\u00a0b ”x” ’")
def test_what_stands_between_straight_marks_stays(text: str) -> None:
    """Whatever it is, curly marks and hard spaces included."""
    assert texts(f'name="{text}" x') == [f"name={text}", "x"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("where=“contractYear=1”", "where=contractYear=1"),
        ("“where=x y”", "where=x y"),
        ("name=„my report“", "name=my report"),
        ("name=«my report»", "name=my report"),
        ("name=“my report“", "name=my report"),
        ('name=“my report"', "name=my report"),
        ("name=‘my report’", "name=my report"),
        ("name=‚my report‘", "name=my report"),
        ("name=’my report’", "name=my report"),
        ("name=“Ana’s ‘report’”", "name=Ana’s ‘report’"),
        ("name=‘Ana’s report’", "name=Ana’s report"),
        ("name=O’Brien", "name=O’Brien"),
        ("fields=“a”,“b”", "fields=a,b"),
        ("name=\\“x\\”", "name=“x”"),
        ("name=“a\u00a0b”", "name=a\u00a0b"),
    ],
)
def test_marks_of_phones_delimit(typed: str, read: str) -> None:
    """Where a value begins and ends; what they enclose is kept."""
    assert split(typed) == [read]


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        ("name=Bericht„Juni“", "„"),
        ("name=“Bericht „Juni“”", "“"),
        ("where=“productName = ‘Projet “beta”’”", "“"),
        ('where="productName = \'Projet "beta"\'"', '"'),
        ('where="productName="Revit""', '"'),
        ("name=“my report", "“"),
        ("name=Anas’", "’"),
        ("name=‘a‘b’", "‘"),
        ('name="a” fields="b”', '"'),
        ("name='a’ fields='b’", "’"),
    ],
)
def test_a_mark_that_may_be_meant_in_two_ways_is_asked_about(typed: str, mark: str) -> None:
    """Nothing is guessed; the sentence names the mark and the way out."""
    with pytest.raises(UnreadableError) as caught:
        split(typed)
    assert str(caught.value).startswith(f"The quotation mark {mark} may stand around a value or inside it.")
    assert 'Put straight double quotes (") around the whole value' in str(caught.value)


@given(st.text(st.sampled_from(CURLY + "\"'\\ ,=ab")))
def test_any_text_has_words_or_a_reason(text: str) -> None:
    """Nothing else is raised, and every letter that was typed is read, in its order."""
    words = texts(text)
    if words is not None:
        assert re.sub("[^ab=,]", "", "".join(words)) == re.sub("[^ab=,]", "", text)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("where=productName='Vault Office'", "where=productName='Vault Office'"),
        ("WHERE=(productName='Revit')", "WHERE=(productName='Revit')"),
        ("where=productName=‘Revit’", "where=productName=‘Revit’"),
        ("where='contractYear=1'", "where=contractYear=1"),
        ("where=\"userName='a'\"", "where=userName='a'"),
        ("'where=userName='\"'a'\" x", "where=userName='a'"),
        ("name=my' report'", "name=my report"),
    ],
)
def test_a_clause_without_marks_around_it_keeps_its_own(typed: str, read: str) -> None:
    """The single quotes of its texts are the clause's, not the shell's; a quoted clause is read as in a shell."""
    assert split(typed)[0] == read
