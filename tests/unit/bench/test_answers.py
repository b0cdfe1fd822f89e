"""The bench's large export: the same each time, and the engine reads in it what its baseline in plain Python does."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bench import answer_speed, csv_sums, session_export
from bench.session_export import FIELDS, METRICS, TABLES
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.rules import check_request
from tests.unit.answers.files import found_in

ROWS = 3_000


def test_the_engine_and_its_baseline_read_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session_export.write(tmp_path / "a.csv", ROWS)
    session_export.write(tmp_path / "b.csv", ROWS)
    content = (tmp_path / "a.csv").read_bytes()
    assert content == (tmp_path / "b.csv").read_bytes()
    found = found_in(tmp_path, content, answer_speed.task())
    csv_sums.main(str(tmp_path / "a.csv"))
    tokens, groups = json.loads(capsys.readouterr().out)
    assert found.rows == ROWS
    assert found.totals["tokensConsumed"] == Decimal(str(tokens))
    assert [each.grouping.by for each in found.grouped] == [(name,) for name in TABLES]
    assert [each.groups for each in found.grouped] == groups
    assert found.timelines


def test_the_export_is_one_that_can_be_asked_for() -> None:
    request = ExportRequest("110000123456", FIELDS, METRICS, ("DESKTOP_PRODUCT",), "", "large")
    assert check_request(request, Catalogue()) == ()
