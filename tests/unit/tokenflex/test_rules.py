"""The check of whole requests."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.catalogue import CATEGORIES, FIELDS, METRICS, Catalogue, Category, Field, Metric
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.rules import MAX_FILE_NAME, Part, Problem, check_request, plain_file_name

CATALOGUE = Catalogue(("seatCount",))
WALKTHROUGH = ExportRequest(
    contract_number="110000123456",
    fields=(
        "contractYear",
        "chargedItemID",
        "reasonType",
        "reasonComment",
        "usageCategory",
        "usageDate",
        "transactionDate",
        "productLineCode",
        "productName",
    ),
    metrics=("tokensConsumed", "quantity"),
    usage_categories=("MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"),
    where="contractYear=1",
    file_name="myYear1Adjustments",
)
PLAIN = ExportRequest("1", fields=("productName",))


def request(fields: str = "", categories: str = "", metrics: str = "", where: str = "") -> ExportRequest:
    return ExportRequest("1", tuple(fields.split()), tuple(metrics.split()), tuple(categories.split()), where)


def check(asked: ExportRequest) -> tuple[Problem, ...]:
    return check_request(asked, CATALOGUE)


def test_the_walkthrough_example_passes() -> None:
    """The example of Autodesk's own export walkthrough has no problem."""
    assert check(WALKTHROUGH) == ()


@pytest.mark.parametrize(
    "asked",
    [
        request("productName"),
        request(metrics="tokensConsumed"),
        request("productName machineName", metrics="uniqueUsers quantity"),
        request("productName hubId", "CLOUD_PRODUCT"),
        request("machineName productName", "DESKTOP_PRODUCT CLOUD_SERVICE"),
        request("usageType", "DESKTOP_PRODUCT", "usageHours useCount uniqueProducts"),
        request("chargedItemID", "CLOUD_SERVICE", "useCount"),
        request("chargedItemID", "MANUAL_CONSUMPTION MANUAL_ADJUSTMENT"),
        request("sessionStartDate customField10", "DESKTOP_PRODUCT", "usageMinutes"),
        request("productName", "DESKTOP_PRODUCT", where="chargedItemID = 'ABC'"),
        request("tokenPool", "MANUAL_ADJUSTMENT"),
        request("seatCount", "CLOUD_SERVICE MANUAL_ADJUSTMENT"),
        request("seatCount chargedItemID", "CLOUD_SERVICE"),
    ],
)
def test_permitted_combinations_pass(asked: ExportRequest) -> None:
    """What is documented as accepted, or not documented as refused, is left alone."""
    assert check(asked) == ()


@pytest.mark.parametrize(
    ("asked", "part", "sentence"),
    [
        (replace(PLAIN, contract_number=""), "contract", "letters, digits and hyphens"),
        (replace(PLAIN, contract_number="1" * 101), "contract", "letters, digits and hyphens"),
        (replace(PLAIN, contract_number="12;a"), "contract", "letters, digits and hyphens"),
        (replace(PLAIN, contract_number="١٢"), "contract", "letters, digits and hyphens"),
        (replace(PLAIN, contract_number="12\n"), "contract", "the contract's number without blanks: 12"),
        (replace(PLAIN, contract_number="null"), "contract", "letters, digits and hyphens"),
        (request(), "fields", "at least one column or number"),
        (request("productname"), "fields", "did you mean productName?"),
        (request("qqqq"), "fields", "is not a field"),
        (request("tokensConsumed"), "fields", "put it among the metrics"),
        (request("userName userName"), "fields", "userName is there twice"),
        (request(metrics="tokenConsumed"), "metrics", "did you mean tokensConsumed?"),
        (request(metrics="userName"), "metrics", "put it among the fields"),
        (request(metrics="useCount useCount"), "metrics", "twice"),
        (request("userName", "DESKTOP"), "categories", "did you mean DESKTOP_PRODUCT?"),
        (request("userName", "PRODUCT_CONSUMPTION"), "categories", "did you mean DESKTOP_PRODUCT?"),
        (request("userName", "CLOUD"), "categories", "choose CLOUD_PRODUCT or CLOUD_SERVICE"),
        (request("userName", "CLOUD_SERVICE CLOUD_SERVICE"), "categories", "twice"),
        (request("chargedItemID"), "categories", "chargedItemID is a session-level field: choose exactly one"),
        (request("chargedItemID", "CLOUD_PRODUCT CLOUD_SERVICE"), "categories", "exactly one usage category"),
        (request("reasonType"), "categories", "or MANUAL_ADJUSTMENT with MANUAL_CONSUMPTION"),
        (
            request("chargedItemID", "MANUAL_ADJUSTMENT MANUAL_CONSUMPTION CLOUD_SERVICE"),
            "categories",
            "exactly one usage category",
        ),
        (request("productName", where="chargedItemID = 'X'"), "categories", "session-level"),
        (
            request("chargedItemID", where="usageCategory = 'DESKTOP_PRODUCT'"),
            "categories",
            "exactly one usage category",
        ),
        (request("chargedItemID", "DESKTOP_PRODUCT", "useCount"), "metrics", "not available at desktop session level"),
        (request("chargedItemID", "DESKTOP_PRODUCT", "quantity"), "metrics", "choose among tokensConsumed"),
        (request("chargedItemID seatCount", "DESKTOP_PRODUCT"), "fields", "not available at desktop session level"),
        (request("chargedItemID", "DESKTOP_PRODUCT", where="seatCount = 1"), "where", "desktop session level"),
        (request("hubId", "DESKTOP_PRODUCT"), "fields", "only there for CLOUD_PRODUCT"),
        (request("machineName", "CLOUD_SERVICE"), "fields", "only there for DESKTOP_PRODUCT"),
        (request("userName", "CLOUD_SERVICE", where="machineName = 'x'"), "where", "only there for DESKTOP_PRODUCT"),
        (request("tokenPool"), "categories", "MANUAL_ADJUSTMENT and no other"),
        (request("tokenPool", "MANUAL_ADJUSTMENT MANUAL_CONSUMPTION"), "categories", "MANUAL_ADJUSTMENT and no other"),
        (request("userName", where="tokenPool = 'x'"), "categories", "MANUAL_ADJUSTMENT and no other"),
        (request("userName", where="userName <> 'x'"), "where", "use != instead"),
    ],
)
def test_breaches_are_told_where_they_belong(asked: ExportRequest, part: Part, sentence: str) -> None:
    """Each breach is one problem on the part of the form that can mend it."""
    found = check(asked)
    assert [problem.part for problem in found] == [part]
    assert sentence in found[0].message
    assert not found[0].warning


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x" * (MAX_FILE_NAME + 1), "shorten it to 100"),
        ("a/b", "must not contain /"),
        ('a\\|:*?"<>b', "must not contain"),
        (".hidden", "begins with a dot"),
        (" x", "blank"),
        ("report.CSV", "Token Flex adds it"),
        ("a\tb", "invisible"),
        ("a\u2028b", "invisible"),
        ("a\ud800", "invisible"),
    ],
)
def test_file_names_that_cannot_be(name: str, sentence: str) -> None:
    """A file name that could go wrong is refused with the remedy."""
    found = check(replace(PLAIN, file_name=name))
    assert {problem.part for problem in found} == {"file_name"}
    assert any(sentence in problem.message for problem in found)


@pytest.mark.parametrize("name", ["", "x", "x" * MAX_FILE_NAME, "Tokens März (2) & co.", "日本語", "a&b"])
def test_ordinary_file_names_pass(name: str) -> None:
    """Blanks, brackets and letters of any language are fine."""
    assert check(replace(PLAIN, file_name=name)) == ()


def test_plain_file_name_drops_what_token_flex_adds() -> None:
    """An extension and blanks around the name go; the rest stays."""
    assert plain_file_name("  usage.CSV ") == "usage"
    assert plain_file_name("usage.csv.txt") == "usage.csv.txt"


ENTRIES: tuple[Field | Metric | Category, ...] = (*FIELDS, *METRICS, *CATEGORIES)
NAMES = st.sampled_from([entry.name for entry in ENTRIES] + ["seatCount", "productname", "CLOUD", "", "\x00", "nope"])


@given(
    st.builds(
        ExportRequest,
        st.text(max_size=25),
        st.lists(NAMES, max_size=5).map(tuple),
        st.lists(NAMES, max_size=3).map(tuple),
        st.lists(NAMES, max_size=3).map(tuple),
        st.text(max_size=50),
        st.text(max_size=120),
    )
)
def test_any_request_gets_an_answer(asked: ExportRequest) -> None:
    """No request makes the check raise, and no finding comes twice."""
    found = check(asked)
    assert len(found) == len(set(found))
    assert all(problem.message for problem in found)


@pytest.mark.parametrize(
    "emoji",
    [
        *(":tada:", ":+1:", ":-1:", ":wave::skin-tone-2:", ":de:", ":man-shrugging:", ":e-mail:", ":ブロッコリー:"),
        *(":a:", ":b:", ":m:", ":o:", ":v:", ":x:", ":100:", ":1234:", ":8ball:", ":1st_place_medal:"),
    ],
)
def test_an_emoji_in_a_file_name_is_told_as_itself(emoji: str) -> None:
    """Slack sends it as a word between colons; nobody has typed a colon."""
    (problem,) = check_request(replace(request("productName"), file_name=f"report {emoji} {emoji}"), Catalogue())
    assert problem.message == f"The file name has an emoji: leave {emoji} out"


def test_times_and_colons_are_no_emoji() -> None:
    """A colon that was typed is told as one."""
    for name in ("at 10:30:15", "10:30am:15", "a:b:c", "C:X:1", ":30:15", "at :5: o'clock"):
        (problem,) = check_request(replace(request("productName"), file_name=name), Catalogue())
        assert problem.message == "The file name must not contain : (use _ instead)", name
