"""The where clause and the rules of a create, without a server."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.tokenflex.request_rules import RuleError, read_create
from sandbox.tokenflex.usage_data import Report, UsageData
from sandbox.tokenflex.where import WhereError, compile_where

CONTRACT = "110000123456"


@pytest.mark.parametrize(
    "text",
    [
        "contractYear=1",
        "contractYear = 2 and usageMonth >= '2025-01-01'",
        "contractYear<=3 AND contractYear >= 2",
        "usageDate < '2018-02-01'",
        "productName IN ('Revit', 'Vault Office')",
        "contractYear in (1,2)",
        "userName LIKE 'cad%'",
        "userName like '%abc%'",
        "userName LIKE 'a'",
        "userName = 'a%'",
        "userName = 'O''Brien'",
        "usageDate BETWEEN '2024-01-01' AND '2024-12-31' OR (contractYear != 1)",
        "sessionStartDate >= '2024-01-01T10:00:00'",
        "usageCategory = 'DESKTOP_PRODUCT'",
        "reasonComment = 'not used; -- really /* \"so\" */'",
        "  ( ( contractYear=1 ) )  ",
    ],
)
def test_clauses_that_pass(text: str) -> None:
    """What Autodesk's examples show, and what follows from them, passes."""
    assert compile_where(text).fields


@pytest.mark.parametrize(
    "text",
    [
        *("NOT contractYear=1", "userName NOT IN ('a')", "userName not like 'abcd'", "userName IS NOT NULL"),
        *("userName IS NULL", "userName = ''", "userName LIKE ''", "userName LIKE '%'", "userName LIKE 'a%'"),
        *("userName LIKE '__ab%'", "usageCategory LIKE 'DESK%'", "usageType LIKE 'Norm%'", "tokenPool LIKE 'ANNU%'"),
        *("chargeCategory LIKE 'CHAR%'", "usageCategory = 'PRODUCT_CONSUMPTION'", "usageType = 'normal'"),
        *("contractYear <> 1", "contractYear < > 1", "contractYear = '1'", "contractYear = 1.0", "contractYear = -1"),
        *("contractYear LIKE '111%'", "contractYear = 1 + 1", "contractYear == 1", "contractYear = 12345678901"),
        *("usageDate = 20240101", "usageDate = '2024-1-1'", "usageDate = '2024-02-30'", "usageDate LIKE '2024%'"),
        *("usageMonth = '2024-01-15'", "usageDate = CURRENT_DATE", "lower(userName) = 'abc'", "1=1", "'a'='a'"),
        *('userName = "abc"', "userName = `abc`", "userName = \\'abc'", "contractYear=1;", "contractYear=1 --", ""),
        *("contractYear=1 /* x */", "username = 'abc'", "tokensConsumed > 1", "tokens > 1", "contract = '1'"),
        *("contractYear IN ()", "contractYear IN (1,)", "contractYear IN 1", "(contractYear=1", "contractYear=1)"),
        *("contractYear", "contractYear =", "contractYear = 1 AND", "AND contractYear = 1", "contractYear=1 2"),
        *("contractYear BETWEEN 1", "contractYear BETWEEN 1 OR 2", "userName = userName", "userName = 'abc"),
        *("contractYear＝1", "(" * 60 + "contractYear=1" + ")" * 60, " or ".join(["contractYear=1"] * 1000)),
    ],
)
def test_clauses_that_are_refused(text: str) -> None:
    """Everything else is refused."""
    with pytest.raises(WhereError):
        compile_where(text)


PIECES = [
    "contractYear",
    "userName",
    "=",
    "1",
    "'abc'",
    "'",
    "%",
    "(",
    ")",
    ",",
    ";",
    "--",
    " AND ",
    " OR ",
    " IN ",
    "not",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
@example("'")
@settings(max_examples=200, deadline=None)
def test_any_text_is_compiled_or_refused(text: str) -> None:
    """No text makes the parser fail in another way."""
    try:
        compile_where(text)
    except WhereError:
        return


TEXTS = st.text(min_size=1, max_size=8).filter(lambda text: "\x00" not in text)
LEAVES = st.one_of(
    st.tuples(st.just("contractYear"), st.sampled_from(["=", "!=", "<", ">="]), st.integers(0, 5)),
    st.tuples(st.just("userName"), st.sampled_from(["=", "!=", "<"]), TEXTS),
)


def quoted(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


@given(leaves=st.lists(LEAVES, min_size=1, max_size=5), joints=st.lists(st.sampled_from(["AND", "or"]), min_size=4))
@settings(max_examples=100, deadline=None)
def test_values_go_in_as_parameters(leaves: list[tuple[str, str, str | int]], joints: list[str]) -> None:
    """Whatever a string holds, it is a value: the SQL has no text of the clause's strings in it."""
    parts = [f"{name} {sign} {quoted(value)}" for name, sign, value in leaves]
    text = parts[0] + "".join(f" {joint} {part}" for joint, part in zip(joints, parts[1:], strict=False))
    compiled = compile_where(text)
    assert compiled.parameters == tuple(value for _, _, value in leaves)
    assert "'" not in compiled.sql


def body(**more: object) -> dict[str, object]:
    return {"fields": ["productName"], "metrics": ["tokensConsumed"]} | more


def session(*categories: str, **more: object) -> dict[str, object]:
    return body(fields=["chargedItemID"], usageCategory=list(categories)) | more


@pytest.mark.parametrize(
    "asked",
    [
        body(),
        body(fields=[]),
        {"fields": ["usageMonth"]},
        body(usageCategory=["DESKTOP_PRODUCT", "CLOUD_SERVICE", "MANUAL_CONSUMPTION"]),
        body(fields=["machineName"]),
        body(fields=["machineName"], usageCategory=["DESKTOP_PRODUCT", "CLOUD_SERVICE"]),
        session("DESKTOP_PRODUCT"),
        session("DESKTOP_PRODUCT", fields=["sessionStartDate", "customField10"], metrics=["usageHours"]),
        session("CLOUD_PRODUCT", fields=["hubId", "hubName", "chargeCategory"], metrics=["uniqueUsers"]),
        session("MANUAL_CONSUMPTION", "MANUAL_ADJUSTMENT", metrics=["quantity"]),
        body(fields=["tokenPool"], usageCategory=["MANUAL_ADJUSTMENT"]),
        body(where="  "),
    ],
)
def test_bodies_that_pass(asked: dict[str, object]) -> None:
    """What the rules allow is taken."""
    report, name = read_create(asked, CONTRACT, region=None)
    assert list(report.fields) == asked.get("fields", [])
    assert name == "API_Custom_Export.csv"


@pytest.mark.parametrize(
    "asked",
    [
        *([], "text", None, {}, {"fields": [], "metrics": []}, {"where": "contractYear=1"}),
        *(body(colour="red"), body(fields="productName"), body(fields=[1]), body(metrics=None)),
        *(body(fields=["productname"]), body(fields=["tokensConsumed"]), body(metrics=["productName"])),
        *(body(fields=["productName", "productName"]), body(metrics=["tokensConsumed"] * 2)),
        *(body(usageCategory=["CLOUD"]), body(usageCategory=["PRODUCT_CONSUMPTION"]), body(usageCategory="x")),
        body(usageCategory=["CLOUD_SERVICE"] * 2),
        *(session(), session("DESKTOP_PRODUCT", "CLOUD_PRODUCT"), session("CLOUD_SERVICE", "MANUAL_ADJUSTMENT")),
        session(where="usageCategory = 'DESKTOP_PRODUCT'"),
        *(session("DESKTOP_PRODUCT", metrics=[name]) for name in ("uniqueUsers", "useCount", "quantity")),
        session("DESKTOP_PRODUCT", fields=["chargedItemID", "hubId"]),
        session("DESKTOP_PRODUCT", where="reasonType = 'Other'"),
        *(body(where="chargedItemID = 'ABC'"), body(where="hubName = 'x'", usageCategory=["DESKTOP_PRODUCT"])),
        body(fields=["machineName"], usageCategory=["CLOUD_SERVICE"]),
        *(body(fields=["tokenPool"]), body(where="tokenPool = 'ANNUAL'", usageCategory=["MANUAL_CONSUMPTION"])),
        body(fields=["tokenPool"], usageCategory=["MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"]),
        *(body(where=1), body(where="nonsense"), body(where="userName = '\ud800abc'")),
        *(body(downloadFileName=7), body(downloadFileName="a\nb"), body(downloadFileName=None)),
    ],
)
def test_bodies_that_are_refused(asked: object) -> None:
    """Where the reference says refuse, or is silent about it, the stand-in refuses."""
    with pytest.raises(RuleError):
        read_create(asked, CONTRACT, region=None)


def test_the_word_not_inside_a_string_is_a_matter_of_setting() -> None:
    """Autodesk may look for the word anywhere; both sides can be had."""
    asked = body(where="userName = 'not me'")
    assert read_create(asked, CONTRACT, region=None)[0].where is not None
    with pytest.raises(RuleError):
        read_create(asked, CONTRACT, region=None, refuses_not=True)


@pytest.mark.parametrize(
    ("where", "sql"),
    [
        ("contractYear=1 or contractYear=2 and userName LIKE 'caDm%'", "contractYear = 1"),
        ("contractYear IN (1, 3) AND userName LIKE 'cadm%'", "contractYear IN (1, 3) AND userName GLOB 'cadm*'"),
        ("userName = 'o''brien'", "userName = 'o''brien'"),
        ("usageMonth BETWEEN '2024-03-01' AND '2024-04-01'", "usageMonth IN ('2024-03-01', '2024-04-01')"),
        (
            "(contractYear=1 or contractYear=2) and productName != 'Revit'",
            "contractYear < 3 AND productName <> 'Revit'",
        ),
    ],
)
def test_a_clause_means_what_sql_means(where: str, sql: str, usage_data: UsageData) -> None:
    """AND binds more tightly than OR, LIKE minds the case, and the sums are those of plain SQL."""
    report = Report(CONTRACT, (), ("tokensConsumed",), (), compile_where(where))
    (expected,) = usage_data.query(f"SELECT SUM(tokens) FROM usage WHERE contract = '{CONTRACT}' AND ({sql})")[0]
    assert expected > 0
    assert usage_data.csv(report).decode() == f"tokensConsumed\r\n{expected}\r\n"
