"""What runs in a database thread is a function of values: nothing there can read what the loop changes meanwhile."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    str(path.relative_to(ROOT)) for folder in ("bot", "handlers", "storage") for path in (ROOT / folder).rglob("*.py")
)
_DOORS = {"read", "write", "write_blocking"}


def _is_of_module(function: ast.expr, names: set[str]) -> bool:
    """Return whether this names a function of a module: one defined or imported here, or one of an imported module."""
    if isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in names


def _names(tree: ast.Module) -> set[str]:
    imports = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    imported = {alias.asname or alias.name for each in imports for alias in each.names}
    return imported | {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def offenders(source: str) -> Iterator[int]:
    """Yield the lines on which a database is given something else than a function of a module."""
    tree = ast.parse(source)
    names = _names(tree)
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _DOORS):
            continue
        if ast.unparse(call.func.value).endswith("database") and not _is_of_module(call.args[0], names):
            yield call.lineno


@pytest.mark.parametrize("file", FILES)
def test_transactions_are_functions_of_values(file: str) -> None:
    """Each database is given functions of modules, and nothing else."""
    assert not list(offenders((ROOT / file).read_text()))


@pytest.mark.parametrize(
    "given", ["lambda db: get(db, 1)", "self._get", "inner", "self.store.get", "partial(get, 1)", "given"]
)
def test_what_could_share_something_is_noticed(given: str) -> None:
    """A lambda, a method, a function inside a function, what was made, an argument: each is an offence."""
    source = f"""
import store
from functools import partial
def get(db, number): ...
class Reader:
    async def look(self, given):
        def inner(db): ...
        await self._database.read(get, 1)
        await self._database.read(store.get, 1)
        return await self._database.read({given})
"""
    assert list(offenders(source)) == [10]
