"""What people call the names of Token Flex, and how they find them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.names import NAMES, Names
from bot.tokenflex.catalogue import CATEGORIES, FIELDS, METRICS, Catalogue

CATALOGUE = Catalogue(("jobStatusCode",), ("peakUsers",))
FIELD_NAMES = tuple(field.name for field in CATALOGUE.fields)
METRIC_NAMES = tuple(metric.name for metric in CATALOGUE.metrics)
CATEGORY_NAMES = tuple(category.name for category in CATALOGUE.categories)
OF_CATEGORIES = tuple(category.name for category in CATEGORIES)
ALL = (*FIELD_NAMES, *METRIC_NAMES, *CATEGORY_NAMES)
LABELS = {
    "customField1": "Cost centre",
    "customField2": "Region",
    "customField3": "",
    "customField4": "Büro",
    "customField5": " region ",
    "customField7": "部署",
}
PLAIN, LABELLED = Names(CATALOGUE), Names(CATALOGUE, LABELS)


def test_every_name_of_the_catalogue_has_words() -> None:
    """A field, metric or category that is added without words for people shows here; so does one that is gone."""
    assert set(NAMES) == {*(each.name for each in FIELDS), *(each.name for each in METRICS), *OF_CATEGORIES}


def test_titles_fit_a_menu_and_are_told_apart() -> None:
    """Nobody chooses between two entries that look the same, and each fits Slack's option."""
    for names in (PLAIN, LABELLED):
        titles = [names.title(name).casefold() for name in ALL]
        assert len(titles) == len(set(titles))
        assert all(0 < len(title) <= 75 for title in titles)


@pytest.mark.parametrize(
    ("name", "title", "noun"),
    [
        ("productName", "Product name", "product"),
        ("tokensConsumed", "Tokens", "tokens"),
        ("hubId", "Hub ID", "hub ID"),
        ("customField1", "Cost centre", "Cost centre"),
        ("customField2", "Region (custom field 2)", "Region (custom field 2)"),
        ("customField5", "region (custom field 5)", "region (custom field 5)"),
        ("customField3", "Custom field 3", "custom field 3"),
        ("customField7", "部署", "部署"),
        ("jobStatusCode", "jobStatusCode", "jobStatusCode"),
        ("DESKTOP_PRODUCT", "Desktop products", "desktop products"),
    ],
)
def test_what_people_read(name: str, title: str, noun: str) -> None:
    """Our words, the customer's label where there is one, the name itself where nothing is known."""
    assert (LABELLED.title(name), LABELLED.noun(name)) == (title, noun)


def test_only_labels_of_custom_fields_count() -> None:
    """What Token Flex says of other names, or nothing, labels nothing."""
    names = Names(CATALOGUE, {"productName": "Cost centre", "customField11": "x", "customField4": "Büro"})
    assert names.title("customField4") == "Büro"
    assert (names.title("productName"), names.title("customField11")) == ("Product name", "customField11")
    assert names.labelled == ("customField4",)
    assert LABELLED.labelled == ("customField1", "customField2", "customField4", "customField5", "customField7")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("cost", "customField1"),
        ("Centre", "customField1"),
        ("depart", "customField1"),
        ("buro", "customField4"),
        ("BÜRO", "customField4"),
        ("部", "customField7"),
        ("software", "productName"),
        ("seat", "usageType"),
        ("week", "usageDate"),
        ("product na", "productName"),
        ("productN", "productName"),
        ("product_name", "productName"),
        ("version", "productVersion"),
        ("e-mail", "userName"),
        ("fields server", None),
        ("zzz", None),
    ],
)
def test_search_finds_what_was_meant(text: str, first: str | None) -> None:
    """By title, label, Autodesk's name, synonym and meaning, in any case, without accents."""
    found = LABELLED.search(text, FIELD_NAMES)
    assert (found[0] if found else None) == first


def test_every_word_of_the_issue_finds_something_in_each_menu_that_has_it() -> None:
    """Cost, department, software, seat and week: what three new users looked for in vain."""
    for names in (PLAIN, LABELLED):
        for word in ("cost", "department", "software", "seat", "week"):
            assert names.search(word, FIELD_NAMES), word
    assert "tokensConsumed" in PLAIN.search("cost", METRIC_NAMES)
    assert "uniqueUsers" in PLAIN.search("seat", METRIC_NAMES)


def test_no_text_finds_all_in_order() -> None:
    """A menu that was only opened shows everything as it stands."""
    assert PLAIN.search("  ", FIELD_NAMES) == FIELD_NAMES


@given(st.text(max_size=40))
def test_search_takes_any_text(text: str) -> None:
    """What is found is among what was offered, each once."""
    found = LABELLED.search(text, ALL)
    assert set(found) <= set(ALL)
    assert len(found) == len(set(found))


@given(st.sampled_from(ALL), st.sampled_from([PLAIN, LABELLED]), st.integers(1, 30))
def test_titles_and_names_lead_back(name: str, names: Names, typed: int) -> None:
    """A title, a noun and Autodesk's name mean what they stand for, and search finds it from its first letters."""
    for said in (name, names.title(name), names.noun(name), names.title(name).upper()):
        assert names.meant(said, ALL) == name
    assert name in names.search(names.title(name)[:typed], ALL)


@pytest.mark.parametrize(
    ("text", "name"),
    [("prodcut name", "productName"), ("licence servr", "licenseServerName"), ("custom field 1", "customField1")],
)
def test_a_slip_is_understood(text: str, name: str) -> None:
    """A letter too few or in the wrong place is no reason to give up; our word goes on beside a label."""
    assert LABELLED.meant(text, FIELD_NAMES) == name
    assert LABELLED.meant("qqqqqq", FIELD_NAMES) is None
