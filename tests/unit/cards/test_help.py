"""The help: complete, and its examples work when copied."""

import re

import pytest
from slack_sdk.models.blocks import Block

from bot.cards.help import LINES, Example, examples, message
from bot.cards.text import code, escape
from bot.tokenflex.catalogue import Catalogue
from handlers.words.asked import Export
from handlers.words.grammar import WORDS, parse


@pytest.mark.parametrize("contract_number", ["12345", "110000123456"])
def test_every_example_works_when_copied(contract_number: str) -> None:
    """Each example is a request without a mistake or a warning, for the contract that was asked for."""
    shown = examples(contract_number)
    assert 3 <= len(shown) <= 4
    for one in shown:
        command = parse(one.removeprefix("/tokenflex "), Catalogue())
        assert isinstance(command, Export), (one, command)
        assert command.warnings == ()
        assert command.request.contract_number == contract_number


@pytest.mark.parametrize(("double", "single"), [("“”", "‘’"), ("„“", "‚‘"), ("««", "’’"), ("»«", "''")])
def test_every_example_works_when_a_phone_turned_its_quotes(double: str, single: str) -> None:
    """Whatever a keyboard makes of the marks, and what Slack escapes on the way, the same request is read."""
    for one in examples():
        turned = re.sub('"([^"]*)"', rf"{double[0]}\1{double[1]}", one)
        turned = re.sub("'([^']*)'", rf"{single[0]}\1{single[1]}", turned)
        sent = escape(turned).replace("\u00ad", "").removeprefix("/tokenflex ")
        assert parse(sent, Catalogue()) == parse(one.removeprefix("/tokenflex "), Catalogue())


def test_the_walkthrough_of_the_api_is_among_the_examples() -> None:
    """The request of Autodesk's own walkthrough can be copied from the help."""
    requests = [parse(one.removeprefix("/tokenflex "), Catalogue()) for one in examples()]
    bodies = [command.request.body() for command in requests if isinstance(command, Export)]
    assert {
        "fields": [
            "contractYear",
            "chargedItemID",
            "reasonType",
            "reasonComment",
            "usageCategory",
            "usageDate",
            "transactionDate",
            "productLineCode",
            "productName",
        ],
        "metrics": ["tokensConsumed", "quantity"],
        "usageCategory": ["MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"],
        "where": "contractYear=1",
        "downloadFileName": "myYear1Adjustments",
    } in bodies


def test_every_word_of_the_command_has_a_line() -> None:
    """No word is hidden, and none is promised that does not exist."""
    told = {form.split()[1] for form, _ in LINES if " " in form}
    assert told == set(WORDS)
    assert all(f"/tokenflex {word}" in message().text for word in WORDS)


def test_blocks_fit_slack() -> None:
    """Every block is one that Slack takes, foreign words are verbatim, and examples are shown as code."""
    hostile = Example("starter.x", "<!here> " * 40, "*all* of it & more", "/tokenflex export x `y`")
    blocks = message((hostile,), "110000123456").blocks
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
        if block["type"] != "actions":
            assert len(block["text"]["text"]) <= (150 if block["type"] == "header" else 3000)
            assert block["type"] == "header" or block["text"]["verbatim"]
    texts = "\n".join(block["text"]["text"] for block in blocks if "text" in block)
    assert all(code(one) in texts for one in examples("110000123456"))
    assert "<!" not in texts


def test_questions_come_first_then_commands() -> None:
    """Each question has a button that asks it, and its command stands with the others."""
    asked = Example("starter.products", "Which products?", "Tokens by product", "/tokenflex export products")
    shown = message((asked,)).blocks
    assert shown[1]["accessory"]["value"] == "starter.products"
    assert shown[1]["accessory"]["accessibility_label"] == "Ask, Which products?"
    texts = [block["text"]["text"] for block in shown if "text" in block]
    assert texts.index("*Which products?*\nTokens by product.") < texts.index("What /tokenflex does")
    assert any(code("/tokenflex export products") in text for text in texts[texts.index("Examples to copy") :])
