"""What Slack sends of a command becomes what was typed."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cards.text import escape
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.where import check_where
from handlers.words.slack_text import as_typed, straight_clause

MARKS = CURLY_DOUBLE + CURLY_SINGLE + "\u00a0\u2007\u202f\u2003\u3000\x85"


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<@U012|ana>", "@ana"),
        ("<@U012>", "@U012"),
        ("<@U012|>", "@U012"),
        ("<#C012|general>", "#general"),
        ("<#C012|>", "#C012"),
        ("<#C012>", "#C012"),
        ("status <#C012|42>", "status #42"),
        ("<https://x.y/|x.y>", "x.y"),
        ("<https://x.y>", "https://x.y"),
        ("<https://x.y/?a=1&amp;b=2>", "https://x.y/?a=1&b=2"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<mailto:a@b.c>", "a@b.c"),
        ("<tel:+4930123|+49 30 123>", "+49 30 123"),
        ("<!here>", "@here"),
        ("<!here|here>", "@here"),
        ("<!channel>", "@channel"),
        ("<!everyone>", "@everyone"),
        ("<!subteam^S1|@team>", "@team"),
        ("<!subteam^S1>", "S1"),
        ("where=\"userName='<mailto:a@b.c|a@b.c>'\"", "where=\"userName='a@b.c'\""),
        ("a &lt; 3 and b &gt; 2", "a < 3 and b > 2"),
        ("a < 3 and b > 2", "a < 3 and b > 2"),
        ("contractYear<3 and contractYear>1", "contractYear<3 and contractYear>1"),
        ("&amp;lt;", "&lt;"),
        ("&lt;@U012&gt;", "<@U012>"),
        ("&quot; &#39;", "&quot; &#39;"),
        ("", ""),
    ],
)
def test_each_form_of_slack_arrives_as_typed(sent: str, typed: str) -> None:
    """Mentions, channels, addresses and entities are put back."""
    assert as_typed(sent) == typed


@given(st.text(alphabet=st.one_of(st.sampled_from("<>&;|@#!lt"), st.characters(exclude_characters="\u00ad"))))
@example("<!channel> &lt; &amp;amp; <@U012>")
def test_what_slack_only_escaped_comes_back_exactly(typed: str) -> None:
    """Whatever was typed and escaped is decoded once, never twice."""
    assert as_typed(escape(typed).replace("\u00ad", "")) == typed


@pytest.mark.parametrize(
    ("typed", "straight"),
    [
        ("productName IN (‘Revit’,‘Vault Office’)", "productName IN ('Revit','Vault Office')"),
        ("userName=‚cad‘ or userName=‛x‛", "userName='cad' or userName='x'"),
        ("userName=’cad’", "userName='cad'"),
        ("userName=‘O’Brien’", "userName='O’Brien'"),
        ("userName=‘O’’Brien’ and contractYear=1", "userName='O''Brien' and contractYear=1"),
        ("productName=‘Projet «X» “beta”\u00a0’", "productName='Projet «X» “beta”\u00a0'"),
        ("contractYear\u00a0=\u202f1\u2007or x='\u00a0'", "contractYear = 1 or x='\u00a0'"),
        ("userName='it''s' or userName=‘x’", "userName='it''s' or userName='x'"),
        ("’", "’"),
        ("‘’", "''"),
    ],
)
def test_marks_around_the_texts_of_a_clause_become_straight(typed: str, straight: str) -> None:
    """Smart quotes work; what stands inside a text, such as an apostrophe, stays."""
    assert straight_clause(typed) == straight


@pytest.mark.parametrize(
    "clause",
    [
        "userName=‘Werk ‚Nord‘ Ost’",
        "userName=‘O'Brien’",
        "userName=‘a’b",
        "userName=‘a",
        "userName=“a”",
        "userName='a ‘b’",
        "userName=O’Brien",
    ],
)
def test_a_clause_that_may_be_meant_in_two_ways_is_refused_as_typed(clause: str) -> None:
    """It is not changed, and the check tells the person."""
    assert straight_clause(clause) == clause
    assert any(not problem.warning for problem in check_where(clause, Catalogue()))


@given(st.lists(st.text(st.one_of(st.sampled_from(MARKS), st.characters())), min_size=1))
@example(["Projet «X» “beta”"])
@example(["Werk „Nord“\u00a0’"])
def test_what_stands_between_straight_marks_of_a_clause_stays(texts: list[str]) -> None:
    """Any number of texts in single quotes, with anything in them: the clause is not changed at all."""
    clause = " or ".join("userName = '" + text.replace("'", "''") + "'" for text in texts)
    assert straight_clause(clause) == clause


@given(st.text(st.one_of(st.sampled_from(MARKS + "'a ,)="), st.characters())).map(visible))
def test_straightening_keeps_the_length_and_needs_no_second_time(text: str) -> None:
    """One character for one character, and a second run changes nothing."""
    once = straight_clause(text)
    assert len(once) == len(text)
    assert straight_clause(once) == once


def test_what_is_invisible_goes_but_for_texts() -> None:
    """Nobody can mend what they do not see; what stands between marks may be a part of a name."""
    assert straight_clause("user\u200bName\u200e = 'a\u200db'\ufeff") == "userName = 'a\u200db'"


@given(st.text(st.sampled_from(MARKS + "'a ,)=")).map("userName = ".__add__))
def test_a_mark_that_was_left_is_always_told(text: str) -> None:
    """Where a curly mark stands outside of a text, the clause does not pass."""
    straight = straight_clause(text)
    if set(re.sub("'(?:[^']|'')*'", "", straight)) & set(CURLY_DOUBLE + CURLY_SINGLE):
        assert any(not problem.warning for problem in check_where(straight, Catalogue()))
