"""The grammar of the command: what is typed, and what is meant."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.tokenflex.models import Contract, ExportRequest
from handlers.words.asked import Export, Help, List, Mistake, OnExport, OpenForm, Templates, Usage
from handlers.words.grammar import parse
from tests.harness.commands import CATALOGUE, request_of

WALKTHROUGH = (
    "export contract=12345 fields=productName,usageMonth metrics=tokensConsumed category=MANUAL_ADJUSTMENT "
    'where="contractYear=1" name=myYear1Adjustments'
)


WALKTHROUGH_REQUEST = ExportRequest(
    contract_number="12345",
    fields=("productName", "usageMonth"),
    metrics=("tokensConsumed",),
    usage_categories=("MANUAL_ADJUSTMENT",),
    where="contractYear=1",
    file_name="myYear1Adjustments",
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", OpenForm()),
        ("   ", OpenForm()),
        ("export", OpenForm()),
        ("  EXPORT  ", OpenForm()),
        ("list", List()),
        ("List Revit  @ana <#C012|finance>", List(("Revit", "@ana", "#finance"))),
        ("templates", Templates()),
        ("usage 110000123456", Usage("110000123456")),
        ("Usage contract=RomeoAgree-0", Usage("RomeoAgree-0")),
        ("`usage` “110000123456”", Usage("110000123456")),
        ("usage 110 000 12", Usage("11000012")),
        ("help", Help()),
        ("help export", Help()),
        ("status #42", OnExport("status", 42)),
        ("link 42", OnExport("link", 42)),
        ("Retry\t#42", OnExport("retry", 42)),
        ("delete # 042", OnExport("delete", 42)),
        ("status\u00a0#42", OnExport("status", 42)),
        ("status <#C012|42>", OnExport("status", 42)),
    ],
)
def test_short_commands(text: str, command: object) -> None:
    """Each word, in any case and spacing, gives its record."""
    assert parse(text, CATALOGUE) == command


@pytest.mark.parametrize(
    "text",
    [
        WALKTHROUGH,
        WALKTHROUGH.replace('"', "“"),
        WALKTHROUGH.replace('"contractYear=1"', "“contractYear=1”"),
        WALKTHROUGH.replace('"', "'"),
        WALKTHROUGH.replace("fields=productName,usageMonth", 'fields="productName, usageMonth"'),
        WALKTHROUGH.replace("fields=productName,usageMonth", "fields=productName, usageMonth"),
        WALKTHROUGH.replace("fields=productName,usageMonth", "fields=productName ,usageMonth,"),
        WALKTHROUGH.replace("fields=productName,usageMonth", "fields= productName , usageMonth"),
        WALKTHROUGH.replace("fields=productName,usageMonth", "field=productName,usageMonth,productName"),
        WALKTHROUGH.replace("category=", "usageCategory=").replace("metrics=", "METRIC="),
        WALKTHROUGH.replace("category=", "categories=").replace("contract=", "contract_number="),
        WALKTHROUGH.replace("name=myYear1Adjustments", "file=myYear1Adjustments.csv"),
        WALKTHROUGH.replace("name=myYear1Adjustments", "filename=myYear1Adjustments.CSV"),
        WALKTHROUGH.replace("name=", "downloadFileName="),
        WALKTHROUGH.replace(" ", "\n"),
        WALKTHROUGH.replace("fields=productName,", "fields=<http://productName|productName>,"),
    ],
)
def test_many_spellings_of_one_request(text: str) -> None:
    """Smart quotes, spaces around commas, other words for a key and `.csv` lead to the same request."""
    assert request_of(text) == WALKTHROUGH_REQUEST


@pytest.mark.parametrize(
    ("typed", "period"),
    [
        ("period=last-month", "last-month"),
        ("period=last month", "last month"),
        ("PERIOD=“last month”", "last month"),
        ("period=2026-10", "2026-10"),
        ("period=2026-10-01..2026-10-15", "2026-10-01..2026-10-15"),
        ("period=2026-10-01 .. 2026-10-15", "2026-10-01 .. 2026-10-15"),
        ("period=october", "october"),
        ("", ""),
    ],
)
def test_a_period_stays_as_it_was_typed(typed: str, period: str) -> None:
    """Which days it means is known only when the export is made; the words after it belong to others."""
    command = parse(f"export contract=12345 {typed} fields=productName,usageMonth", CATALOGUE)
    assert command == Export(ExportRequest("12345", fields=("productName", "usageMonth")), (), period)


@pytest.mark.parametrize(
    ("typed", "name", "period", "contract"),
    [
        ("products", "products", "", "12345"),
        ("Monthly by cost centre period=2026-10", "Monthly by cost centre", "2026-10", "12345"),
        ("“Monthly by cost centre” period=last month", "Monthly by cost centre", "last month", "12345"),
        ('"Where used" contract=777', "Where used", "", "777"),
        ("days", "days", "", "12345"),
    ],
)
def test_a_question_by_its_name(typed: str, name: str, period: str, contract: str) -> None:
    """What stands in front of all that has a key; what else is typed comes on top of it."""
    known = (Contract("12345"),)
    assert parse(f"export {typed}", CATALOGUE, known) == Export(ExportRequest(contract), (), period, name)
    with_more = parse(f'export {typed} where="contractYear=1" name=mine', CATALOGUE, known)
    assert with_more == Export(ExportRequest(contract, where="contractYear=1", file_name="mine"), (), period, name)


@given(st.text(alphabet=st.one_of(st.sampled_from("=,'\"\\#<>&;@! \n“”’"), st.characters()), max_size=60))
@example("fields=,")
@example("where=")
@example("=")
@example(",")
@example("contract= = =")
def test_any_text_gets_an_answer(text: str) -> None:
    """Nothing that can be typed raises; a mistake always says something."""
    for whole in (text, f"export {text}", f"status {text}", f'export contract=1 fields=productName where="{text}"'):
        command = parse(whole, CATALOGUE)
        assert not isinstance(command, Mistake) or (command.messages and all(command.messages))


def test_marks_around_words_of_the_list_are_none_of_them() -> None:
    """Phones write curly ones."""
    assert parse("list “revit lt” 'failed' \"@ana\"", CATALOGUE) == List(("revit", "lt", "failed", "@ana"))


def test_the_only_known_contract_is_meant() -> None:
    """With one contract nobody has to type its number."""
    assert request_of("export fields=productName", Contract("110000123456")).contract_number == "110000123456"
    assert request_of("export contract=7 fields=productName", Contract("110000123456")).contract_number == "7"


@pytest.mark.parametrize(("typed", "number"), [("RomeoAgree -0", "RomeoAgree-0"), ("110 000 12", "11000012")])
def test_blanks_in_a_contract_number_are_taken_out(typed: str, number: str) -> None:
    """People copy numbers as they are printed."""
    assert request_of(f"export contract={typed} fields=productName").contract_number == number


def test_usage_is_of_the_contract_that_is_meant() -> None:
    """The only active one; of several one has to be named, and a button leads to the first."""
    active, ended, other = Contract("1"), Contract("2", is_active=False), Contract("3")
    assert parse("usage", CATALOGUE, [active, ended]) == Usage("1")
    assert parse("usage 2", CATALOGUE, [active, ended]) == Usage("2")
    several = parse("usage", CATALOGUE, [active, ended, other])
    assert isinstance(several, Mistake)
    assert several.likely == "usage 1"
    assert "contract=1, contract=3" in several.messages[0]
    nobody_knows = parse("usage", CATALOGUE)
    assert isinstance(nobody_knows, Mistake)
    assert nobody_knows.likely == "help"


def test_warnings_do_not_block() -> None:
    """A request that may fail goes out, with the warning beside it."""
    command = parse("export contract=1 fields=productName where=\"productName = 'not used'\"", CATALOGUE)
    assert isinstance(command, Export)
    assert len(command.warnings) == 1
    assert "not" in command.warnings[0]


@pytest.mark.parametrize(
    ("typed", "wanted"), [("", True), ("answer=yes", True), ("answer=no", False), ("Answer=NO", False)]
)
def test_figures_are_wanted_unless_that_is_said(typed: str, wanted: bool) -> None:
    """Whole requests and questions by their names."""
    for rest in ("contract=12345 fields=productName metrics=tokensConsumed", "products contract=12345"):
        command = parse(f"export {rest} {typed}", CATALOGUE)
        assert isinstance(command, Export)
        assert command.wants_answer is wanted
