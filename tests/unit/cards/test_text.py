"""The escaper and the formatters: what people type can never become markup."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.cards.text import channel, clock_time, code, escape, link, mention, moment, sentence, shorten

# Characters that mean something to Slack, far more often than chance would have it.
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from([*"<>&`|@#!^*_~\n\r\t \u2028", "<!channel>", "<@U012ABC>", "&lt;", "&amp;", "<a|b>", "```"]),
        st.characters(),
    ),
    max_size=30,
).map("".join)


@given(HOSTILE)
@example("<!channel> <@U012> <https://x.y|click> <#C012>")
def test_escaped_text_holds_no_bracket_and_reads_back(text: str) -> None:
    """Nothing that is escaped can be a mention, a link or a date, and it decodes to what it was."""
    escaped = escape(text)
    assert not set(escaped) & set("<>")
    decoded = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert decoded.replace("\u00ad", "") == text.replace("\u00ad", "")


@given(HOSTILE)
def test_no_escaped_line_begins_with_a_quote_mark(text: str) -> None:
    """A line that begins with `>` is not drawn as a quotation."""
    assert not any(line.lstrip().startswith("&gt;") for line in re.split("[\r\n]", escape(text)))


def test_the_ampersand_is_escaped_once() -> None:
    """The three characters are escaped, the ampersand first, and nothing else is touched."""
    assert escape("R&D <b> 'x' \"y\" &amp;") == "R&amp;D &lt;b&gt; 'x' \"y\" &amp;amp;"
    assert escape("> quoted") == "\u00ad&gt; quoted"


@given(HOSTILE)
@example("`")
@example("")
@example("a`<!here>`b\n```")
def test_nothing_breaks_out_of_a_code_span(text: str) -> None:
    """A code span is one line between exactly two backticks, without a bracket."""
    span = code(text)
    assert span[0] == span[-1] == "`"
    inner = span[1:-1]
    assert inner
    assert not set(inner) & set("`<>")
    assert len(inner.splitlines()) == 1


def test_code_keeps_ordinary_text() -> None:
    """A where clause is shown as it was typed."""
    assert code("contractYear = 1 AND userName LIKE 'cad%'") == "`contractYear = 1 AND userName LIKE 'cad%'`"
    assert code("a < 3") == "`a &lt; 3`"


def test_mentions_are_made_of_ids_only() -> None:
    """An id becomes a mention; anything else is shown and notifies nobody."""
    assert mention("U012ABC") == "<@U012ABC>"
    assert channel("C012ABC") == "<#C012ABC>"
    assert mention("U1> <!channel") == "`U1&gt; &lt;!channel`"
    assert channel("general") == "`general`"


def test_times_are_shown_in_the_readers_zone_with_utc_beside() -> None:
    """The Unix second leads, the fallback names UTC, whatever zone the time was given in."""
    when = datetime(2026, 11, 24, 19, 5, 10, 900_000, tzinfo=timezone(timedelta(hours=1)))
    assert moment(when) == "<!date^1795543510^{date_short_pretty} {time}|2026-11-24 18:05 UTC>"
    assert clock_time(when) == "<!date^1795543510^{time_secs}|18:05:10 UTC>"
    assert datetime.fromtimestamp(1795543510, UTC) == when.replace(microsecond=0)


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody could say when that is."""
    with pytest.raises(ValueError, match="zone"):
        moment(datetime(2026, 11, 24))  # noqa: DTZ001 - the point of the test


@given(st.text(max_size=40), st.integers(min_value=0, max_value=40))
def test_shortened_text_fits(text: str, limit: int) -> None:
    """The result is never longer than the limit, and what fits is untouched."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…") or limit == 0


@given(HOSTILE, HOSTILE)
def test_a_link_is_exactly_one_link(address: str, label: str) -> None:
    """Neither address nor label can end the link early or begin another."""
    made = link("https://example.com/" + address, label)
    assert re.fullmatch(r"<https://[^<>|\s]+\|[^<>|\r\n]+>", made)


@given(st.text(alphabet="abc?&=%/:;#+~.-_()[]{}$!*,@^\\é", max_size=60))
@example("file.csv?key=a?signature=b%2Bc%3D&x=1")
def test_an_address_without_forbidden_characters_is_unchanged(rest: str) -> None:
    """A signed address arrives as it is; even an entity in it survives Slack's decoding."""
    url = "https://download.example.com/" + rest
    sent = link(url, "Download").removeprefix("<").removesuffix("|Download>")
    assert sent.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == url
    assert sent == url or re.search("&(amp|lt|gt);", url)


def test_forbidden_characters_of_an_address_are_percent_encoded() -> None:
    """Exactly those, nothing else."""
    assert link("https://x.y/a b|c<d>e\"f'g&h", "l") == "<https://x.y/a%20b%7Cc%3Cd%3Ee%22f%27g&h|l>"


def test_only_web_addresses_become_links() -> None:
    """An address such as `!channel` would notify everybody; its label alone is shown."""
    assert link("!channel", "click") == "click"
    assert link("javascript:alert(1)", "a<b") == "a&lt;b"
    assert link("https://x.y", "") == "<https://x.y|Link>"


def test_a_sentence_ends_once() -> None:
    """A full stop is added where there is no mark yet."""
    assert [sentence(text) for text in ("Do it", "Do it.", "Why?", "more…")] == ["Do it.", "Do it.", "Why?", "more…"]
