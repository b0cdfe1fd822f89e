"""`python -m bot templates` and `schedules`: out to a file and in again, while somebody has the database open."""

from pathlib import Path

from tests.integration.test_backup import command, make

FILE = """\
templates:
  - {name: Monthly, owner: U0SBX00001, fields: [productName], metrics: [tokensConsumed], period: last-month}
"""


async def test_templates_go_in_and_out(tmp_path: Path) -> None:
    """The file that comes out holds what went in; nothing is written over."""
    await make(tmp_path / "data" / "tokenflex.db", "here")
    (tmp_path / "mine.yaml").write_text(FILE, encoding="utf-8")
    stored = await command(tmp_path, "templates", "import", "mine.yaml")
    assert stored.out == "The templates of mine.yaml are stored (1); a running bot has them at once." + "\n"
    written = await command(tmp_path, "templates", "export", "all.yaml")
    assert written.out == "all.yaml holds all templates (1)." + "\n"
    assert "period: last-month" in (tmp_path / "all.yaml").read_text(encoding="utf-8")
    again = await command(tmp_path, "templates", "export", "all.yaml")
    assert (again.process.returncode, again.lines) == (
        2,
        ["all.yaml cannot be written (File exists); name a new file."],
    )


async def test_a_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    """And nothing is stored."""
    await make(tmp_path / "data" / "tokenflex.db", "here")
    (tmp_path / "mine.yaml").write_text(FILE.replace("last-month", "last-mnth"), encoding="utf-8")
    refused = await command(tmp_path, "templates", "import", "mine.yaml")
    assert (refused.process.returncode, refused.lines) == (
        2,
        ["line 2, period: I don't know the period “last-mnth”; did you mean last-month?"],
    )


async def test_schedules_go_in_and_out(tmp_path: Path) -> None:
    """Each is made once, and what that did is said; what the settings do not allow is a mistake like others."""
    await make(tmp_path / "data" / "tokenflex.db", "here")
    when = "runs: daily, at: 8, zone: Europe/Berlin"
    line = f"  - {{name: Monthly, owner: U0SBX00001, channel: C0SBX00006, contract: '1', {when}, fields: [productName]"
    (tmp_path / "mine.yaml").write_text(f"schedules:\n{line}, period: last-month}}\n", encoding="utf-8")
    for done in ("made", "as it was"):
        stored = await command(tmp_path, "schedules", "import", "mine.yaml")
        assert stored.out.splitlines() == [
            f"{done}: Monthly, of U0SBX00001 in C0SBX00006; it runs every day at 08:00, Europe/Berlin",
            "All of mine.yaml is stored (1); a running bot follows it within a minute.",
        ]
    written = await command(tmp_path, "schedules", "export", "all.yaml")
    assert written.out == "all.yaml holds all schedules (1) and alerts (0)." + "\n"
    assert "runs: daily" in (tmp_path / "all.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(f"schedules:\n{line}, period: last-mnth}}\n", encoding="utf-8")
    refused = await command(tmp_path, "schedules", "import", "mine.yaml")
    assert (refused.process.returncode, refused.lines) == (
        2,
        ["line 2, period: I don't know the period “last-mnth”; did you mean last-month?"],
    )
