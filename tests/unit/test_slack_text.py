"""What Slack sends of a command becomes what was typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cards.text import escape
from handlers.slack_text import as_typed, straight_quotes


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
        ("where=“contractYear=1”", 'where="contractYear=1"'),
        ("„x‟ «y»", '"x" "y"'),
        ("productName IN (‘Revit’,‘Vault Office’)", "productName IN ('Revit','Vault Office')"),
        ("‚a‛", "'a'"),
        ("userName=’cad’", "userName='cad'"),
        ("userName='O’Brien'", "userName='O’Brien'"),
        ("a\u00a0b\u202fc\u2007d", "a b c d"),
        ("2025–2026 — x", "2025–2026 — x"),
        ("’", "'"),
        ("’’", "''"),
        ("'plain' \"quotes\"", "'plain' \"quotes\""),
    ],
)
def test_quotes_of_phones_become_straight(typed: str, straight: str) -> None:
    """Smart quotes work; an apostrophe inside a word stays one."""
    assert straight_quotes(typed) == straight


@given(st.text(alphabet=st.one_of(st.sampled_from("“”„‟«»‘’‚‛\u00a0a"), st.characters())))
def test_straightening_keeps_the_length_and_needs_no_second_time(text: str) -> None:
    """One character for one character, and a second run changes nothing."""
    once = straight_quotes(text)
    assert len(once) == len(text)
    assert straight_quotes(once) == once
