"""docs/security.md says what is so: each row of its threats has a test that exists, each setting is named."""

import ast
import re

from bot.people.permissions import Rules
from storage.audit import Act
from tests.harness.house import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def threats() -> list[str]:
    """The rows of the table of threats."""
    table = PAGE.partition("## Threats")[2]
    return [line for line in table.splitlines() if line.startswith("| ")][1:]


def names_in(path: str) -> set[str]:
    """The names of the tests of a file."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_threat_has_a_test_that_exists() -> None:
    """A test that is renamed or removed takes its row with it."""
    assert len(threats()) >= 20
    for row in threats():
        found = _TEST.search(row)
        assert found is not None, row
        assert found.group(2) in names_in(found.group(1)), row


def test_each_setting_of_who_may_is_explained() -> None:
    """Whoever reads the page knows every switch."""
    names = {"people": "ALLOWED_PEOPLE", "contracts": "ALLOWED_CONTRACTS", "channels": "ALLOWED_CHANNELS"}
    names |= {"administrators": "ADMINISTRATORS", "shared_channels": "SHARED_CHANNELS"}
    assert set(Rules.__dataclass_fields__) == set(names) | {"shared_channels_are_set"}
    assert all(f"| `{name}` |" in PAGE for name in names.values())


def test_each_act_of_the_audit_is_named() -> None:
    """The list of acts is the whole list."""
    listed = re.search(r"Acts: ([^.]*)\.", PAGE.replace("\n", " "))
    assert listed is not None
    assert re.sub(r" \([^)]*\)", "", listed.group(1)).split(", ") == [act.value for act in Act]
