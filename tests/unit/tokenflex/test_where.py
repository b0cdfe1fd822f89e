"""The check of where clauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.catalogue import FIELDS, Catalogue, Field
from bot.tokenflex.where import MAX_LENGTH, check_where, fields_used

CATALOGUE = Catalogue(("seatCount",), ("peakUsers",))


def sentences(clause: str, *, warning: bool = False) -> list[str]:
    return [problem.message for problem in check_where(clause, CATALOGUE) if problem.warning is warning]


@pytest.mark.parametrize(
    "clause",
    [
        "",
        "contractYear=1",
        "contractYear = 2",
        "contractYear >= 2",
        "contractYear<=3",
        "contractYear!=3",
        "contractYear IN (1,2, 3)",
        "contractYear between 1 and 3 and contractYear < 9",
        "usageDate < '2018-02-01'",
        "usageDate BETWEEN '2018-02-01' AND '2018-02-28'",
        "usageMonth = '2018-02-01'",
        "sessionStartDate > '2018-03-01T16:24:53'",
        "productName IN ('Revit', 'Vault Office')",
        "productName='AutoCAD' and usageMonth>='2018-01-01' OR (userName = 'jdoe')",
        "((userName = 'jdoe'))",
        "userName LIKE 'cad%'",
        "userName like '%abc%'",
        "userName LIKE 'a%bc'",
        "userName LIKE 'ab'",
        "userName = 'a%'",
        "userName = 'O''Brien'",
        "userName = '-- \"; /* \\ ` #'",
        "userName = 'ü€😀'",
        "usageCategory = 'DESKTOP_PRODUCT'",
        "chargeCategory != 'N/A'",
        "usageType LIKE 'Normal'",
        "tokenPool = 'whatever'",
        "seatCount > 5 or seatCount = 'x'",
        "contractYear = 1\r\n\tand userName = 'x'",
    ],
)
def test_documented_and_offered_forms_pass(clause: str) -> None:
    """What Autodesk's examples show, and what the rules offer, has no problem."""
    assert check_where(clause, CATALOGUE) == ()


@pytest.mark.parametrize(
    ("clause", "part_of_sentence"),
    [
        ("not userName = 'x'", "use != instead"),
        ("NOT (userName = 'x')", "NOT is not allowed at character 1"),
        ("userName NOT IN ('x')", "NOT is not allowed"),
        ("userName not like 'abc%'", "NOT is not allowed"),
        ("userName IS NOT NULL", "NOT is not allowed"),
        ("userName is null", "IS is not allowed"),
        ("userName = null", "NULL is not allowed"),
        ("userName <> 'x'", "<> is not allowed at character 10: use != instead"),
        ("userName LIKE 'a%'", "at least 3 characters"),
        ("userName LIKE '%'", "leave it out for all rows"),
        ("userName LIKE 'a_%b_'", "at least 3 characters"),
        ("usageCategory LIKE 'CLOUD%'", "% is not allowed with usageCategory"),
        ("chargeCategory LIKE 'CHA%'", "% is not allowed with chargeCategory"),
        ("usageType LIKE 'Nor%'", "% is not allowed with usageType"),
        ("tokenPool LIKE 'abc%'", "% is not allowed with tokenPool"),
        ("contractYear LIKE '1'", "LIKE is for text"),
        ("usageMonth LIKE '2018%'", "LIKE is for text"),
        ("lower(userName) = 'x'", "Functions are not allowed"),
        ("userName = lower('x')", "Functions are not allowed"),
        ("usageDate > CURRENT_DATE", "write the day"),
        ("usageDate > now()", "Functions are not allowed"),
        ("contractYear = 1 + 1", "+ is not allowed"),
        ("contractYear = -1", "- is not allowed"),
        ("contractYear = 1.5", ". is not allowed"),
        ('userName = "x"', "single quotes"),
        ("userName = ‘x’", "straight single quotes"),
        ("userName = “x”", "straight single quotes"),
        ("userName = «x»", "straight single quotes"),
        ("`userName` = 'x'", "without quotes"),
        ("userName = 'O\\'Brien'", "never closed"),
        ("userName \\ 'x'", "double a quote"),
        ("userName = 'x'; drop", "; is not allowed at character 15"),
        ("userName = 'x' -- note", "Comments are not allowed: leave out -- at character 16"),
        ("userName = /* note */ 'x'", "Comments are not allowed"),
        ("contractYear = 1 # note", "leave comments out"),
        ("{# note #}", "is not allowed"),
        ("userName = 'x", "never closed"),
        ("userName = x", "Put \"x\" into single quotes: 'x'"),
        ("userName = productName", None),
        ("userName = ''", "empty text"),
        ("userName LIKE ''", "empty text"),
        ("seatCount = ''", "empty text"),
        ("contractYear = 1234567890", "too large"),
        ("userName = 5", "userName is text"),
        ("userName LIKE 555", "Put the pattern into single quotes"),
        ("tokensConsumed > 5", "is a metric"),
        ("peakUsers > 5", "is a metric"),
        ("productname = 'x'", "did you mean productName?"),
        ("frobnicated = 'x'", "is not a field"),
        ("contractYear = '1'", "without quotes"),
        ("contractYear IN (1, '2')", "without quotes"),
        ("usageDate = 20180101", "takes a day"),
        ("usageDate = '2018-02-30'", "takes a day"),
        ("usageDate = '2018-2-3'", "takes a day"),
        ("usageMonth = '2018-02-02'", "first day of a month"),
        ("usageMonth = '2018-02'", "first day of a month"),
        ("sessionEndDate < 'yesterday'", "takes a time"),
        ("sessionEndDate < '2018-03-01T25:00:00'", "takes a time"),
        ("usageCategory = 'PRODUCT_CONSUMPTION'", "did you mean 'DESKTOP_PRODUCT'?"),
        ("usageType = 'normal'", "did you mean 'Normal'?"),
        ("chargeCategory = 'zzz'", "choose one of CHARGED"),
        ("chargeCategory = 1", "put 1 into single quotes"),
        ("1=1", "leave it out for all rows"),
        ("'a' = userName", "write a field instead"),
        ("where contractYear = 1", "leave the word out"),
        ("contractYear", "breaks off"),
        ("contractYear =", "breaks off"),
        ("contractYear = 1 and", "breaks off"),
        ("contractYear = 1 contractYear = 2", "write AND or OR instead"),
        ("contractYear == 1", "does not belong there"),
        ("contractYear <=> 1", "at character 1 is no condition"),
        ("(contractYear = 1", "add 1 )"),
        ("contractYear = 1))", "leave out 2 of them"),
        ("contractYear IN ()", "as in productName = 'Revit' or contractYear IN (1, 2)"),
        ("contractYear IN (1", "add 1 )"),
        ("contractYear IN 1", "or contractYear IN (1, 2)"),
        ("contractYear IN (1,)", '"," at character 19 does not belong there: leave it out'),
        ("contractYear between 1 or 2", "write AND instead"),
        ("userName = N'x'", "single quotes"),
        ("userName = 'x' 'y'", "is no condition: write it as in"),
        ("contractYear = 1 order by userName", "is not a field"),
        ("contractYear = 1 group by userName", "is not a field"),
        ("contractYear = 1 union select userName", "is not a field"),
        ("   ", "leave it empty"),
        ("userName =\u00a0'x'", "U+00A0"),
        ("userName = 'a\x00b'", "invisible character at character 14"),
        ("userName = '" + "x" * MAX_LENGTH + "'", "shorten it to 4000"),
    ],
)
def test_refused_forms_say_how_to_mend(clause: str, part_of_sentence: str | None) -> None:
    """What is refused, or not documented, gets a sentence that names the place or the remedy."""
    found = sentences(clause)
    assert found
    assert part_of_sentence is None or any(part_of_sentence in sentence for sentence in found)


def test_the_word_not_inside_a_text_is_a_warning_only() -> None:
    """Nobody knows whether upstream looks inside texts, so the person is warned."""
    assert not sentences("userName = 'not used'")
    assert "may refuse" in sentences("userName = 'not used'", warning=True)[0]
    assert not sentences("userName = 'nothing'", warning=True)


def test_an_underscore_in_a_pattern_is_a_warning_only() -> None:
    """An underscore may be a wildcard in LIKE; after = it is itself."""
    assert not sentences("userName LIKE 'a_bcd%'")
    assert "any one character" in sentences("userName LIKE 'a_bcd%'", warning=True)[0]
    assert not sentences("userName = 'a_bcd'", warning=True)


def test_fields_used_leaves_texts_out() -> None:
    """Fields are found wherever they stand, but not inside texts and not in another case."""
    clause = "chargedItemID = 'hubId' and (userName='x' or USERNAME='y') and chargedItemID != 'it''s hubName'"
    assert fields_used(clause, CATALOGUE) == ("chargedItemID", "userName")


def test_deep_and_long_clauses_end() -> None:
    """Neither depth nor length exhausts anything."""
    assert sentences("(" * MAX_LENGTH)
    assert "take some away" in sentences("(" * 1000 + "contractYear=1" + ")" * 1000)[0]
    assert not sentences("(" * 20 + "contractYear=1" + ")" * 20)
    assert not sentences(" OR ".join(["contractYear=1"] * 200))
    assert len(sentences("foo " * 1000)) <= 5


PIECES = st.sampled_from(
    [field.name for field in FIELDS]
    + ["'x'", "'2018-01-01'", "1", "'it''s'", "'abc%'", "'", '"', "--", "/*", "*/", ";", "\\", "`", "{{", "{#", "$$"]
    + ["=", "!=", "<>", "<", "<=", "(", ")", ",", "AND", "or", "IN", "LIKE", "between", "not", "is", "null", "N'x'"]
    + ["order by", "0x1F", "1e5", "e'\\n'", "@", "::", "->", "\n", "\x00", "\ud800", "😀", "/*+", "b'1'", "{%", "1_0"]
)


@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map(" ".join) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_gets_an_answer(clause: str) -> None:
    """No text makes the check raise."""
    for problem in check_where(clause, CATALOGUE):
        assert problem.part == "where"
        assert problem.message
    assert set(fields_used(clause, CATALOGUE)) <= {field.name for field in CATALOGUE.fields}


NOT_IN_PLACES = st.sampled_from(["not {}", "{} AND NOT {}", "({} or not {})", "userName Not In ('x') or {}"])
CONDITIONS = st.builds(
    lambda text, operator: f"userName {operator} '{text.replace(chr(39), chr(39) * 2)}'",
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    st.sampled_from(["=", "!=", "<", ">="]),
)


@given(NOT_IN_PLACES, CONDITIONS)
def test_the_keyword_not_is_found_beside_any_text(template: str, condition: str) -> None:
    """Whatever the texts hold, the keyword outside of them is refused and the clause without it passes."""
    assert not sentences(condition)
    assert any("NOT is not allowed" in sentence for sentence in sentences(template.replace("{}", condition)))


@given(CONDITIONS, st.sampled_from(["--", ";", "/* x */", '"', "`", "\\"]))
def test_comments_and_stops_are_found_outside_texts(condition: str, odd: str) -> None:
    """Inside a text they are harmless, outside they are refused."""
    assert sentences(f"{condition} {odd}")
    assert not sentences(f"{condition} and productName = '{odd}'")


@pytest.mark.parametrize(
    "clause",
    [
        *("1=1", "1 = 1", "(1=1)", "'a'='a'", "1 != 2", "true", "TRUE;", "all", "*", "%", "1", "everything"),
        *("1 in (1)", "1 LIKE 1", "1 BETWEEN 0 AND 2", "1==1", "1<>2", "1=1;", "1=1 --", "'1'", "'%'", "''", "1.0=1.0"),
        *(
            "TRUE=TRUE",
            "not 1=2",
            "null is null",
            "all rows",
            "contractYear = 1 or 1 in (1)",
            "contractYear = 1 OR TRUE",
        ),
        *("productName = productName", "contractYear = 1 OR 1=1", "1=1 AND contractYear = 1", "productName LIKE '%%'"),
    ],
)
def test_who_wants_every_row_is_told_how(clause: str) -> None:
    """Whatever people write for all rows, they hear that nothing has to be written."""
    (problem,) = check_where(clause, Catalogue())
    assert "leave it out for all rows" in problem.message
    assert not problem.warning


@pytest.mark.parametrize("word", ["last", "October", "this", "today"])
def test_a_period_in_words_is_answered_with_a_condition(word: str) -> None:
    """Who writes a period as people say it gets a condition that passes."""
    (problem,) = check_where(word, Catalogue())
    assert check_where(problem.message.partition("write ")[2], Catalogue()) == ()


@pytest.mark.parametrize("value", ["'2026-10'", "'2026-10-15'"])
def test_a_month_is_answered_with_its_first_day(value: str) -> None:
    """The finished value stands in the sentence."""
    (problem,) = check_where(f"usageMonth = {value}", Catalogue())
    assert problem.message.endswith(": write '2026-10-01'")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("value", ["October", "two", "revit", "normal", "AutoCAD LT", "last month", "Revit 2026"])
def test_advice_about_a_bare_word_can_be_followed(field: Field, value: str) -> None:
    """Each field: nobody is told to put a word into quotes that is refused between them, in whatever condition."""
    for clause in (f"{field.name} = {value}", f"{field.name} >= {value}", f"{field.name} IN ({value})"):
        (problem,) = check_where(clause, Catalogue())
        message = problem.message
        _, told, advised = message.partition(" into single quotes: ")
        if told:
            assert not [each for each in check_where(clause.replace(value, advised), Catalogue()) if not each.warning]
        else:
            assert field.name in message
            assert "without quotes" not in message
