"""What nobody can see, and what phones write in place of plain signs: in words, in conditions, in numbers."""

import re
import sys
import unicodedata

import pytest

from bot import signs
from bot.signs import visible
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract
from bot.tokenflex.where import check_where
from handlers.forms import export_modal
from handlers.words.asked import Export, List
from handlers.words.grammar import parse
from handlers.words.shell_words import split
from handlers.words.slack_text import straight_clause

EVERY = [chr(point) for point in range(sys.maxunicode + 1)]
#: Blanks between words, whatever their width; Python's idea of a blank is Unicode's White_Space and four separators.
BLANKS = [each for each in EVERY if each.isspace()]
#: Unicode's Default_Ignorable_Code_Point, which Python does not know, beside the categories that it knows.
IGNORED = [
    *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, 0x2800, 0xFFFC)),
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))),
]
UNSEEN = [*IGNORED, *(each for each in EVERY if unicodedata.category(each) in {"Cf", "Cc"} and not each.isspace())]


def test_whatever_nobody_can_see_is_taken_out_and_nothing_else() -> None:
    """Each character of Unicode: a word with one of these is that word, letters, signs and blanks stay."""
    assert not [ascii(each) for each in UNSEEN if visible(f"li{each}st{each}") != "list"]
    assert not [ascii(each) for each in sorted(set(EVERY) - {*UNSEEN}) if visible(each) != each]


def test_patterns_know_what_nobody_can_see() -> None:
    """All of it but controls, and nothing that is seen; what is not assigned yet in an older Unicode is as good."""
    found = set(re.findall(f"[{signs.UNSEEN}]", "".join(EVERY)))
    known = {each for each in UNSEEN if unicodedata.category(each) != "Cc"}
    assert known <= found
    assert {unicodedata.category(each) for each in found - known} <= {"Cn"}


@pytest.mark.parametrize("unseen", ["\u3164", "\u2800", "\u034f", "\u200b", "\ufe0f", "\U000e0101"], ids=ascii)
def test_a_mark_ends_a_text_also_where_something_unseen_hangs_on_it(unseen: str) -> None:
    """Phones and clipboards leave it there."""
    for text in (
        f"where=\"productName = 'Revit'\"{unseen} name=mine",
        f"where=“productName = 'Revit'”{unseen} name=mine",
    ):
        assert [visible(word) for word in split(text)] == ["where=productName = 'Revit'", "name=mine"]


@pytest.mark.parametrize("unseen", [*IGNORED[:12], "\x00", "\x7f", "\U000e0101"], ids=ascii)
def test_a_command_is_the_one_that_is_seen(unseen: str) -> None:
    """Nobody is asked whether they mean what they have typed; also in the form a number is the one that is seen."""
    assert parse(f"{unseen}li{unseen}st{unseen}", Catalogue()) == List()
    typed = {export_modal.CONTRACT_TYPED: {export_modal.CONTRACT_TYPED: {"value": f"12{unseen}345 {unseen}"}}}
    assert export_modal.parse({"state": {"values": typed}}).request.contract_number == "12345"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_blank_of_any_width_is_a_blank(blank: str) -> None:
    """Between the words of a command, and between those of a condition."""
    text = f"export{blank}contract=1{blank}fields=productName{blank}where=\"productName{blank}={blank}'Revit'\""
    command = parse(text, Catalogue(), [Contract("1")])
    assert isinstance(command, Export), command
    assert command.request.fields == ("productName",)
    assert not check_where(straight_clause(f"productName{blank}={blank}'Revit'"), Catalogue())


@pytest.mark.parametrize(
    ("typed", "has", "meant"),
    [
        *((f"O{mark}Brien", "a curly mark", "O'Brien") for mark in "‘’‚‛ʼ′´"),
        *((f"17{mark} screen", "a curly mark", '17" screen') for mark in "“”„‟″"),
        *((f"Revit {dash} LT", "a long dash", "Revit - LT") for dash in "‐‑‒–—―−"),
        ("and so on…", "three dots in one sign", "and so on..."),
        *(
            (f"Vault{blank}Office", "another kind of space", "Vault Office")
            for blank in BLANKS
            if blank.isprintable() or unicodedata.category(blank) == "Zs"
            if blank != " "
        ),
        *((f"Re{unseen}vit", "an invisible character", "Revit") for unseen in [*IGNORED[:12], "\u200b", "\u00ad"]),
        ("O’Brien – Revit", "a curly mark and a long dash", "O'Brien - Revit"),
    ],
    ids=ascii,
)
def test_a_text_that_probably_finds_nothing_is_warned_of(typed: str, has: str, meant: str) -> None:
    """It goes out, since it may be meant; the person hears what the data probably has, and the text to copy works."""
    (problem,) = check_where(f"userName = '{typed}'", Catalogue())
    assert problem.warning
    assert f"{typed} has {has}, the data probably has {meant}" in problem.message
    copied = problem.message.partition("to find it write ")[2]
    assert copied == "'" + meant.replace("'", "''") + "'"
    assert check_where(f"userName = {copied}", Catalogue()) == ()
