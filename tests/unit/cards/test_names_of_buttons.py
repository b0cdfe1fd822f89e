"""Who speaks to their computer presses a button by the words that they see (source: WCAG 2.2, 2.5.3).

The table is complete by construction: every function of the bot that makes a button has a row.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cards import actions
from bot.tokenflex.models import Contract, ExportRequest
from handlers.forms import export_modal, question_modal
from handlers.forms.export_modal import Choices, Draft, Opened
from handlers.forms.question_modal import Sketch
from storage.models import About, Delivery, DeliveryState, Export, MessageKind
from storage.states import ExportState
from tests.harness.house import ROOT
from tests.harness.rows import NOW, REQUEST

LONG = "A name that goes on " * 20
DELIVERY = Delivery(
    id=1, subject="s", kind=MessageKind.CARD, about=About.EXPORT, about_id=42, recipient="C0SBX00006", edition=1,
    state=DeliveryState.WAITING, due_at=NOW, created_at=NOW,
)  # fmt: skip


def export(number: int) -> Export:
    """Return an export of that number."""
    return Export(number, ExportState.READY, REQUEST, "U0SBX00002", "C0SBX00006", NOW, NOW)


def forms() -> Iterator[dict[str, Any]]:
    """Yield both forms, with a menu of contracts and without one."""
    for typed in (True, False):
        draft = Draft(ExportRequest("110000123456"), "C1")
        yield export_modal.build(draft, CHOICES, type_contract=typed, opened=Opened("C1"))
    short = question_modal.build(Sketch(), [], CHOICES, "Nothing yet.")
    assert short is not None
    yield short


CHOICES = Choices((Contract("110000123456", "Example AG"), Contract("2")))
ACTIONS = [action for action in actions._LABELS if action.startswith(("export.", "answer."))]
#: Each function that makes a button, and a way to have it make all that it makes.
MAKERS: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
    "bot/cards/actions.py:download": lambda: [actions.download(42, LONG, "https://a.example")],
    "bot/cards/actions.py:open_form": lambda: [actions.open_form(), actions.new_export()],
    "bot/cards/actions.py:ask": lambda: [actions.ask("Run", "starter.days", LONG), actions.ask(LONG[:60], "x", "y")],
    "bot/cards/actions.py:post_usage": lambda: [actions.post_usage("110000123456"), actions.post_usage(LONG)],
    "bot/cards/actions.py:new_alert": lambda: [actions.new_alert(), actions.new_alert("Alert me", LONG)],
    "bot/cards/actions.py:meant": lambda: [actions.meant("list"), actions.meant("export " + LONG)],
    "bot/cards/actions.py:turn": lambda: [actions.turn(actions.TEMPLATES, "Older", LONG, "2")],
    "bot/cards/actions.py:_button": lambda: [
        *(actions.button(action, export(number)) for action in ACTIONS for number in (1, 10**17)),
        *(actions.of_answer(action, export(42), LONG) for action in ACTIONS if action.startswith("answer.")),
        actions.send_again(DELIVERY),
    ],
    "handlers/forms/export_modal.py": lambda: [button for form in forms() for button in buttons(form)],
    "handlers/forms/question_modal.py": lambda: [button for form in forms() for button in buttons(form)],
}


def buttons(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every button in a view or a message."""
    if isinstance(part, dict):
        if part.get("type") == "button":
            yield part
        for inner in part.values():
            yield from buttons(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from buttons(inner)


def makers() -> Iterator[str]:
    """Yield the functions of the bot in whose source a button is made."""
    for path in (*Path(ROOT, "bot").rglob("*.py"), *Path(ROOT, "handlers").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and any(map(_is_button, ast.walk(function))):
                yield f"{path.relative_to(ROOT)}:{function.name}"


def _is_button(node: ast.AST) -> bool:
    if not isinstance(node, ast.Dict):
        return False
    pairs = zip(node.keys, node.values, strict=True)
    return any(
        isinstance(key, ast.Constant)
        and isinstance(value, ast.Constant)
        and (key.value, value.value) == ("type", "button")
        for key, value in pairs
    )


def test_every_function_that_makes_a_button_has_a_row() -> None:
    """A new one fails here until it is tried below."""
    made = {name if name in MAKERS else name.partition(":")[0] for name in makers()}
    assert made == set(MAKERS)


@pytest.mark.parametrize("maker", MAKERS)
def test_the_name_of_a_button_begins_with_what_is_seen(maker: str) -> None:
    """What a screen reader says of it and what voice control listens to contain the words on it."""
    made = MAKERS[maker]()
    assert made
    for button in made:
        seen = button["text"]["text"]
        assert 1 <= len(seen) <= 75
        name = button.get("accessibility_label", seen)
        assert name.startswith(seen), (seen, name)
        assert len(name) <= 75
