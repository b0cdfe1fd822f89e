"""Mistakes in a command: what is answered to each, what was likely meant, and what was understood all the same."""

import pytest

from bot.tokenflex.models import Contract, ExportRequest
from handlers.words.asked import List, Mistake, Templates, Unknown
from handlers.words.grammar import parse, read
from tests.harness.commands import CATALOGUE, mistakes_of


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("products period=soon", "I don't know the period “soon”."),
        ("products products=2", "I don't know “products”; did you mean"),
        ("products", "Say which contract, as in contract=12345."),
    ],
)
def test_mistakes_beside_a_name(typed: str, said: str) -> None:
    """They are told like any other; whether there is such a question is not known here."""
    assert any(message.startswith(said) for message in mistakes_of(f"export {typed}"))


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("contrat=12345 fields=productName", "I don't know “contrat”; did you mean contract=?"),
        ("contract 12345 fields=productName", "“contract” must be joined to its value: contract=VALUE."),
        ("contract=1 feilds=productName, usageMonth", "I don't know “feilds”; did you mean fields=?"),
        ("contract=1 contract=2 fields=productName", "contract= stands there 2 times; give it once."),
        ("contract=1 fields=productName name=", "name= is empty; give it a value or leave it out."),
        (
            "contract=1 fields=productName usageMonth",
            "“usageMonth” belongs to nothing; join the names of fields= with commas: fields=a,b.",
        ),
        (
            "contract=1 fields=productName contractYear=1",
            "“contractYear=1” is a condition; put conditions between quotes: where=\"productName='Revit'\".",
        ),
        (
            "contract=1 fields=productName where=contractYear >= 2 and usageMonth",
            "“>=” stands outside the condition; quote it whole: where=\"productName='Revit'\".",
        ),
        (
            "contract=1 fields=productName colour=red",
            (
                "I don't know “colour”. The words of an export are contract=, fields=, metrics=, category=, period=, "
                "where=, name=, answer=."
            ),
        ),
        (
            "contract=1 fields=productName name=my contract 2026",
            '“contract” stands outside the name; quote it whole: name="my report".',
        ),
        ("contract=1 fields=productName nmae=my report 2026", "I don't know “nmae”; did you mean name=?"),
        ("contract=1 fields=productName wher=contractYear = 1", "I don't know “wher”; did you mean where=?"),
        (
            "contract=1 fields=qqqq",
            '"qqqq" is not a field: the menu Columns of the form (/tokenflex) lists them all.',
        ),
        (
            'contract=1 fields=productName where="qqqq=1"',
            ('"qqqq" at character 1 is not a field: the menu Columns of the form (/tokenflex) lists them all.'),
        ),
        (
            "contract=1 metrics=qqqq",
            '"qqqq" is not a metric: the menu Numbers of the form (/tokenflex) lists them all.',
        ),
        (
            "contract=1 fields=productName category=qqqq",
            ('"qqqq" is not a usage category: the menu Usage categories of the form (/tokenflex) lists them all.'),
        ),
        (
            "contract=1 fields=productName period=last-mnth",
            "I don't know the period “last-mnth”; did you mean last-month?",
        ),
        (
            "contract=1 fields=productName period=2026-10-15..2026-10-01",
            "2026-10-15..2026-10-01 ends before it begins: swap the two days.",
        ),
        (
            "contract=1 fields=productName period=01.10.2026",
            "I don't know the period “01.10.2026”: write days as in 2026-10 or 2026-10-01..2026-10-15.",
        ),
        ("contract=1 fields=productName period=", "period= is empty; give it a value or leave it out."),
        (
            "contract=1 fields=productName period=all period=2026",
            "period= stands there 2 times; give it once.",
        ),
        ("contract=1 fields=productName perid=2026-10", "I don't know “perid”; did you mean period=?"),
        ("fields=productName", "Say which contract, as in contract=12345."),
        (
            "contract=12;a fields=productName",
            "A contract number has letters, digits and hyphens: copy it from your Autodesk account.",
        ),
        ("contract=1", "Pick at least one column or number, for example tokensConsumed."),
    ],
)
def test_one_mistake_gets_one_sentence(rest: str, said: str) -> None:
    """The sentence names the word and how to mend it, and nothing else is complained about."""
    assert mistakes_of(f"export {rest}") == (said,)


@pytest.mark.parametrize(
    ("rest", "nearest"),
    [
        ("fields=prodctName", "productName"),
        ("fields=PRODUCTNAME", "productName"),
        ("metrics=tokenConsumed", "tokensConsumed"),
        ("fields=productName category=MANUAL_ADJUSTMENTS", "MANUAL_ADJUSTMENT"),
        ('fields=productName where="contractYeer=1"', "contractYear"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(rest: str, nearest: str) -> None:
    """Fields, metrics, categories and the fields of a where clause."""
    messages = mistakes_of(f"export contract=1 {rest}")
    assert any(f"did you mean {nearest}?" in message for message in messages)


def test_all_mistakes_are_told_together() -> None:
    """Nobody has to mend a command mistake by mistake."""
    messages = mistakes_of('export fields=prodctName metric=tokenConsumed where="contractYear=" name=a/b clour=red')
    assert len(messages) == 6
    assert all(message[-1] in ".?!…" for message in messages)


@pytest.mark.parametrize(
    ("text", "mark"),
    [('where="contractYear=1', '"'), ("name=O'Brien", "'"), ("where=\"a='b", '"'), ("name='it\"s", "'")],
)
def test_an_open_quotation_mark_is_named(text: str, mark: str) -> None:
    """The sentence says which mark is open."""
    (message,) = mistakes_of(f"export contract=1 fields=productName {text}")
    assert message.startswith(f"A quotation mark {mark} is opened and never closed.")


def test_a_backslash_at_the_end_is_explained() -> None:
    """It escapes nothing."""
    assert "backslash" in mistakes_of("export name=x\\")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("templates all", "Nothing follows /tokenflex templates; leave “all” out."),
        (f"list {'word ' * 11}", "/tokenflex list takes 10 words at most; leave some out."),
        ("status", "Which export? Write /tokenflex status #42; /tokenflex list shows the numbers."),
        ("link it", "“it” is not the number of an export; write it like /tokenflex link #42."),
        ("retry 1 2", "“1 2” is not the number of an export; write it like /tokenflex retry #42."),
        ("delete 0", "“0” is not the number of an export; write it like /tokenflex delete #42."),
        ("delete ٤٢", "“٤٢” is not the number of an export; write it like /tokenflex delete #42."),
    ],
)
def test_words_that_are_used_wrongly(text: str, said: str) -> None:
    """The answer says what would be right, and has a command that leads on."""
    command = parse(text, CATALOGUE)
    assert isinstance(command, Mistake)
    assert command.messages == (said,)
    assert isinstance(read(command.likely, CATALOGUE), List | Templates)


@pytest.mark.parametrize(
    ("text", "word", "likely"),
    [
        ("exprt", "exprt", "export"),
        ("stat 42", "stat", "status 42"),
        ("lst", "lst", "list"),
        ("#42", "#42", "status #42"),
        ("42", "42", "status 42"),
        ("contract=1 fields=x", "contract=1", "export contract=1 fields=x"),
        ("exprt where=\"userName='a &lt;b&gt;'\"", "exprt", "export where=\"userName='a <b>'\""),
        ("how many tokens", "how", ""),
        ("xyzzy", "xyzzy", ""),
    ],
)
def test_what_may_be_meant_by_an_unknown_word(text: str, word: str, likely: str) -> None:
    """The whole command that was likely meant, as it would be typed, with what followed the word."""
    command = parse(text, CATALOGUE)
    assert isinstance(command, Unknown)
    assert (command.word, command.likely) == (word, likely)
    assert not isinstance(read(command.likely or "help", CATALOGUE), Unknown)


@pytest.mark.parametrize(
    ("rest", "understood"),
    [
        ("fields=prodctName,usageMonth", ExportRequest("1", ("usageMonth",))),
        ("metrics=useCount name=my report 2026", ExportRequest("1", (), ("useCount",), file_name="my report 2026")),
        (
            "fields=productName where=productName = 'Revit' name=x",
            ExportRequest("1", ("productName",), where="productName = 'Revit'", file_name="x"),
        ),
        (
            "where=“productName = “Revit”” fields=productName, usageMonth",
            ExportRequest("1", ("productName", "usageMonth"), where="productName = “Revit"),
        ),
        ("fields=productName where=\"qqqq='x'\"", ExportRequest("1", ("productName",), where="qqqq='x'")),
        ("fields=productName category=MANUAL_ADJUSTMENTS", ExportRequest("1", ("productName",))),
        ("fields=prodctName", ExportRequest("1")),
    ],
)
def test_what_was_understood_of_a_mistake_is_kept(rest: str, understood: ExportRequest) -> None:
    """So that the form opens with it: known names alone, and free texts as they were typed."""
    command = parse(f"export contract=1 {rest}", CATALOGUE)
    assert isinstance(command, Mistake)
    assert command.understood is not None
    assert command.understood.request == understood


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("users where=\"productName='Revit", "users"),
        ("“tokens by product", "tokens by product"),
        ('top users" period=2026-10', "top users"),
        ('contract=1 fields=userName where="x', ""),
    ],
)
def test_the_name_of_a_question_is_kept_where_a_mark_is_left_open(rest: str, name: str) -> None:
    """The form opens with the question that was asked, not with the first one."""
    command = parse(f"export {rest}", CATALOGUE)
    assert isinstance(command, Mistake)
    assert command.understood is not None
    assert command.understood.name == name


def test_a_contract_that_can_be_none_is_not_understood() -> None:
    """It would stand in the form as if it were one."""
    known = [Contract("7"), Contract("8")]
    command = parse("export contract=1#2 fields=productName", CATALOGUE, known)
    assert isinstance(command, Mistake)
    assert command.understood is not None
    assert command.understood.request.contract_number == ""


def test_a_number_too_large_for_the_database_is_no_number() -> None:
    """It cannot be an export."""
    assert isinstance(parse("status " + "9" * 19, CATALOGUE), Mistake)


def test_known_contracts_are_listed_when_none_is_named() -> None:
    """At most five, running ones first, and how many more there are."""
    contracts = [Contract(str(number), f"Firm {number}", is_active=number > 1) for number in range(1, 8)]
    assert mistakes_of("export fields=productName", *contracts) == (
        (
            "Say which contract: contract=2 (Firm 2), contract=3 (Firm 3), contract=4 (Firm 4), contract=5 (Firm 5), "
            "contract=6 (Firm 6) and 2 more."
        ),
    )


def test_a_very_long_word_is_cut_in_the_answer() -> None:
    """A mistake quotes no more than it takes to find it."""
    assert all(len(message) < 300 for message in mistakes_of("export contract=1 metrics=useCount " + "x" * 2000))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("answer=maybe", "answer= is yes or no, not “maybe”."),
        ("answer=", "answer= is empty; give it a value or leave it out."),
        ("answer no", "“answer” must be joined to its value: answer=VALUE."),
    ],
)
def test_a_wrong_word_about_figures_gets_one_sentence(typed: str, said: str) -> None:
    """What else was typed is understood."""
    assert mistakes_of(f"export contract=12345 fields=productName metrics=tokensConsumed {typed}")[0] == said


def test_what_was_said_of_figures_is_understood_beside_a_mistake() -> None:
    """The form that opens has it."""
    command = parse("export contract=12345 fields=nonsense answer=no", CATALOGUE)
    assert isinstance(command, Mistake)
    assert command.understood is not None
    assert command.understood.wants_answer is False
