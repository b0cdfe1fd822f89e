"""Every text that people can read, in the source of the modules that speak to them: its words, and acts that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.words.grammar import ADMIN, WORDS
from tests.harness.house import ROOT
from tests.unit.cards.vocabulary import FORBIDDEN, LABELS

#: All modules that have sentences for people.
SPEAKERS = [
    *sorted(Path(ROOT, "bot/cards").glob("*.py")),
    *sorted(Path(ROOT, "handlers").rglob("*.py")),
    *(Path(ROOT, "bot/tokenflex", name) for name in ("catalogue.py", "rules.py", "literal.py", "where.py")),
    *(Path(ROOT, "bot/schedules", name) for name in ("rule.py", "typed.py", "waiting.py", "wording.py")),
    *(Path(ROOT, "bot/alerts", name) for name in ("rules.py", "typed.py", "use_cases.py")),
    Path(ROOT, "bot/questions/file_names.py"),
]


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts in a module that people may read, with `…` for what is put into them."""
    tree = ast.parse(path.read_text())
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # documentation
        if _is_for_the_log(node):
            skipped |= {id(each) for each in ast.walk(node)}
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(each) for each in node.values}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)


def _is_for_the_log(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return "NotImplementedError" in ast.dump(node)
    speaks = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    )
    return speaks and node.func.value.id == "log"  # type: ignore[attr-defined]


def every_literal() -> Iterator[Any]:
    for path in SPEAKERS:
        for line, text in literals(path):
            yield pytest.param(text, id=f"{path.relative_to(ROOT)}:{line}")


@pytest.mark.parametrize("text", list(every_literal()))
def test_no_word_of_the_implementation_is_in_the_source_of_sentences(text: str) -> None:
    """What people read is about exports, files, columns and Autodesk, not about how the bot is made."""
    found = FORBIDDEN.search(text)
    assert found is None, f"“{found and found.group()}” in: {text}"


@pytest.mark.parametrize("text", list(every_literal()))
def test_every_act_that_is_named_exists(text: str) -> None:
    """A word after /tokenflex is one of the command, what is between asterisks before a verb is a button."""
    for word in re.findall(r"/tokenflex ([a-z]+)", text):
        assert word in {*WORDS, ADMIN, "for", "does"}, text
    for label in re.findall(r"(?:Press|press|^|[.;] )\s?\*([A-Z][^*…]+)\*", text):
        if not text.startswith(f"*{label}*\n"):  # a heading
            assert label in LABELS, text
