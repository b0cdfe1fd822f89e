"""Texts and marks around them, in a command: whatever people type or paste, a clause arrives as it was meant."""

import re
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cards.text import escape
from bot.tokenflex.catalogue import CATEGORIES, FIELDS, METRICS, Catalogue
from bot.tokenflex.models import ExportRequest
from handlers.words.asked import Export, Mistake
from handlers.words.grammar import parse
from tests.harness.commands import CATALOGUE, mistakes_of, request_of


def test_the_where_clause_passes_exactly_as_typed() -> None:
    """Spaces, case and escaped signs inside the quotes are kept."""
    text = "export contract=1 fields=productName where=\"contractYear &lt; 3  AND userName = 'O’Brien &amp; Co'\""
    assert request_of(text).where == "contractYear < 3  AND userName = 'O’Brien & Co'"


TEXTS = st.text(
    st.one_of(
        st.sampled_from("“”„‟«»‘’‚‛\u00a0\u2007\u202f x"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u00ad"),
    ),
    min_size=1,
    max_size=30,
)


@given(TEXTS)
@example("Projet «X» “beta”")
@example("Werk „Nord“")
def test_a_text_of_a_clause_arrives_unchanged(text: str) -> None:
    """Whatever stands inside straight single quotes is sent as typed, in double quotes or by a shell's rules."""
    clause = "productName = '" + text.replace("'", "''") + "'"
    within = clause.replace("\\", "\\\\").replace('"', '\\"')
    for typed in (f'where="{within}"', shlex.quote(f"where={clause}"), shlex.quote(clause).join(["where=", ""])):
        sent = escape(f"export contract=1 fields=productName {typed} name=x").replace("\u00ad", "")
        assert request_of(sent).where == clause


@given(TEXTS.filter(lambda text: "'" not in text))
def test_a_clause_without_marks_around_it_is_sent_as_typed(text: str) -> None:
    """Its single quotes belong to the clause, whatever stands between them."""
    sent = escape(f"export contract=1 fields=productName where=productName='{text}' name=x").replace("\u00ad", "")
    assert request_of(sent).where == f"productName='{text}'"


@pytest.mark.parametrize("name", ["Bericht „Juni“", "Projet «X»", "a\u00a0b", "Ana’s ‘report’"])
def test_a_name_between_straight_quotes_is_sent_as_typed(name: str) -> None:
    """Marks and hard spaces in a name stay."""
    assert request_of(f'export contract=1 fields=productName name="{name}"').file_name == name


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        ("where=productName='Revit'", "productName='Revit'"),
        ("where=productName=‘Revit’", "productName='Revit'"),
        ("where=usageMonth='2026-01-01'", "usageMonth='2026-01-01'"),
        ("where=userName='<mailto:ana@example.com|ana@example.com>'", "userName='ana@example.com'"),
        ("where=productName='Vault Office'", "productName='Vault Office'"),
        ("where=“productName=‘O’Brien’ and contractYear=1”", "productName='O’Brien' and contractYear=1"),
    ],
)
def test_quotes_of_a_clause_as_people_type_them(where: str, sent: str) -> None:
    """A clause in one word needs no marks around it, and marks of phones mean what straight ones mean."""
    assert request_of(f"export contract=1 fields=productName {where}").where == sent


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ('where=productName="Revit"', "Put \"Revit\" into single quotes: 'Revit'"),
        ("where='productName='Revit''", "Put \"Revit\" into single quotes: 'Revit'"),
        ('where="productName = “Revit”"', "put straight single quotes (') around texts"),
        ('where="productName="Revit""', "straight single quotes (') around texts"),
        ('where="productName = \'a"b"c\'"', "straight single quotes (') around texts"),
        ("where=productName='x' or userName=\"y\"", "stands outside the condition; quote it whole: where="),
        ("where=productName = 'Revit'", "stands outside the condition; quote it whole: where="),
        ("where=productName IN ('Revit', 'AutoCAD') metrics=useCount", "stands outside the condition"),
        ("where=contractYear=1 and usageMonth>='2026-01-01'", "stands outside the condition"),
        ("where=productName = '" + "x " * 200 + "'", "stands outside the condition"),
        ("usageMonth='2026-01-01'", "is a condition; put conditions between quotes: where="),
        ("contractYear=1 and usageMonth>='2026-01-01'", "is a condition; put conditions between quotes: where="),
        ("name=my report 2026", "stands outside the name; quote it whole: name="),
        ("name=my report 2026 metrics=useCount", "stands outside the name; quote it whole: name="),
        ('name="my report" 2026', "stands outside the name; quote it whole: name="),
        ("name=Bericht „Juni“", "stands outside the name; quote it whole: name="),
        ("name=Bericht\u00a02026", "stands outside the name; quote it whole: name="),
    ],
)
def test_a_value_whose_marks_do_not_fit_is_told(typed: str, said: str) -> None:
    """Every sentence is about the marks and says what to write, and nothing goes out."""
    messages = mistakes_of(f"export contract=1 fields=productName {typed}")
    assert said in messages[0]
    assert len(messages) <= 2


@given(
    TEXTS,
    st.sampled_from(['where="{}"', "where='{}'", "where=“{}”", "where=‘{}’", "where={}"]),
    st.sampled_from(["'{}'", '"{}"', "‘{}’", "“{}”"]),
)
@example('a"b"c', 'where="{}"', "'{}'")
@example('" or productName = "', 'where="{}"', "'{}'")
@example("a''b", "where={}", "'{}'")
@example("x y", "where={}", "‘{}’")
@example("\\\\", 'where="{}"', "'{}'")
@example("\\\\", "where=“{}”", "'{}'")
@example("\\\\", "where={}", "'{}'")
def test_no_sign_is_left_out_of_a_text_in_silence(text: str, outer: str, inner: str) -> None:
    """With any marks in a text and around it: each sign is sent, or all of it is refused.

    Between straight double quotes a backslash goes before a mark or another backslash, as a shell has it.
    """
    as_in_a_shell = re.sub(r'\\(["\\])', r"\1", text) if outer == 'where="{}"' else text
    typed = outer.format("productName=" + inner.format(text))
    command = parse(escape(f"export contract=1 fields=productName {typed}").replace("\u00ad", ""), CATALOGUE)
    if isinstance(command, Export):
        assert command.request.where.replace("''", "'") in {
            f"productName='{each}'" for each in (text, text.replace("''", "'"), text.replace("’’", "'"), as_in_a_shell)
        }


LIST_OF = {
    "fields": [field.name for field in FIELDS if not field.session_level and field.name != "tokenPool"],
    "metrics": [metric.name for metric in METRICS],
}


@given(
    fields=st.lists(st.sampled_from(LIST_OF["fields"]), min_size=1, unique=True),
    metrics=st.lists(st.sampled_from(LIST_OF["metrics"]), unique=True),
    categories=st.just([]) | st.just([category.name for category in CATEGORIES]),
    year=st.integers(min_value=1, max_value=9),
    name=st.text(alphabet="abcÄé 0-_.#&~", max_size=20),
    order=st.permutations(range(6)),
)
def test_what_a_shell_would_quote_is_read_back(
    fields: list[str], metrics: list[str], categories: list[str], year: int, name: str, order: list[int]
) -> None:
    """Any good request, quoted as for a shell and escaped as Slack does, in any order of its words, comes back."""
    name = f"x{name}x"
    words = [
        "contract=12345",
        f"fields={','.join(fields)}",
        f"metrics={', '.join(metrics)}" if metrics else "",
        f"category={','.join(categories)}" if categories else "",
        f"where=contractYear >= {year} and productName = 'Vault Office'",
        f"name={name}",
    ]
    text = escape(" ".join(shlex.quote(words[place]) for place in order if words[place])).replace("\u00ad", "")
    assert request_of(f"export {text}") == ExportRequest(
        "12345", tuple(fields), tuple(metrics), tuple(categories), words[4].removeprefix("where="), name
    )


@given(
    # Two in a row are a phone's way to double a quote.
    TEXTS.filter(lambda text: not set(text) & set("\"'\\") and "’’" not in text),
    st.sampled_from(["“{}”", "„{}“", "«{}»", "‘{}’", '"{}"', "'{}'", "{}"]),
    st.sampled_from(["‘{}’", "'{}'"]),
)
@example("5” or x", "“{}”", "'{}'")
@example("a” name=”b", "“{}”", "'{}'")
def test_whatever_the_marks_a_text_is_kept_or_asked_about(text: str, outer: str, inner: str) -> None:
    """Under any mix of marks, a clause goes out with its text as typed, or does not go out."""
    where = outer.format(f"productName={inner.format(text)}")
    sent = escape(f"export contract=1 fields=productName where={where}").replace("\u00ad", "")
    command = parse(sent, CATALOGUE)
    assert isinstance(command, Mistake | Export)
    assert isinstance(command, Mistake) or command.request.where == f"productName='{text}'"


@pytest.mark.parametrize("empty", ['where=""', "where=", "where='  '"])
def test_an_empty_condition_means_all_rows(empty: str) -> None:
    """Who leaves it empty wants everything, and gets it."""
    command = parse(f"export contract=12345 fields=productName {empty}", Catalogue())
    assert isinstance(command, Export)
    assert command.request.where == ""
