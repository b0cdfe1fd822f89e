"""Two files of one question, made in a folder for what compares them."""

from collections.abc import Sequence
from pathlib import Path

from bot.answers.engine.document import Found
from bot.answers.plan import Plan, plan
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers.files import asked, found_in

CATALOGUE = Catalogue()


def plan_of(header: str) -> Plan:
    """Return the plan of an answer that is kept, to a request for these columns."""
    columns = header.split(",")
    fields = [name for name in columns if CATALOGUE.field(name)]
    return plan(asked(fields, columns[len(fields) :]), CATALOGUE, keeps=True)


def found_of(folder: Path, header: str, rows: Sequence[str]) -> Found:
    """Return the figures of a file with these columns and rows."""
    return found_in(folder, "\n".join([header, *rows, ""]).encode(), plan_of(header).task)
