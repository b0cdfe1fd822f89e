"""`python -m bot doctor` on machines that are broken in one way each: clocks, files, databases, folders."""

import asyncio
import sqlite3
import subprocess
from datetime import timedelta

import pytest

from bot.operate.findings import Level
from sandbox.clock import ScaledClock
from tests.harness.house import House
from tests.integration.test_doctor import database_path, examined, wrong_lines
from tests.integration.test_start_autodesk import KEY


@pytest.mark.parametrize(
    ("minutes", "level", "words"),
    [(-10, Level.WRONG, "behind"), (10, Level.WRONG, "ahead of"), (1, Level.WARNING, "ahead of")],
)
async def test_a_clock_that_is_off(sound_house: House, minutes: float, level: Level, words: str) -> None:
    """The clock of this machine is compared with both services', and the direction is right."""
    ours = ScaledClock(origin=sound_house.clock.now() + timedelta(minutes=minutes))
    report = await examined(sound_house, clock=ours)
    for service in ("Slack", "Autodesk"):
        assert report[f"Clock, {service}"].level is level
        assert f" {words} {service}'s" in report[f"Clock, {service}"].found
        assert "time synchronisation" in report[f"Clock, {service}"].mend


# Files


async def test_files_that_others_may_read(sound_house: House) -> None:
    """`.env` and the database are looked at; the mend is a command that works as it stands."""
    await examined(sound_house)
    (sound_house.folder / ".env").chmod(0o644)
    database_path(sound_house).chmod(0o640)
    report = await examined(sound_house)
    assert wrong_lines(report) == {"File .env", "Database rights"}
    assert "(mode 0644)" in report["File .env"].found
    while wrong := wrong_lines(report):
        await asyncio.to_thread(subprocess.run, report[wrong.pop()].mend.split(), check=True)
        report = await examined(sound_house)


async def test_a_damaged_database(sound_house: House) -> None:
    """It is left as it is, and Autodesk is not asked, since the call could not be logged; moving it away mends it."""
    database_path(sound_house).write_bytes(b"this is no database" * 500)
    before = database_path(sound_house).read_bytes()
    report = await examined(sound_house)
    assert "Database" in wrong_lines(report)
    assert "python -m bot restore FILE" in report["Database"].mend
    assert "is not the bot's, change DATABASE_PATH" in report["Database"].mend
    assert report["Autodesk"].level is Level.SKIPPED
    assert database_path(sound_house).read_bytes() == before
    assert sound_house.token_flex.calls == []
    database_path(sound_house).rename(sound_house.folder / "away.db")
    assert not wrong_lines(await examined(sound_house))


@pytest.mark.parametrize("what", ["a file of others", "a folder"])
async def test_what_is_not_the_bots_is_left_as_it_is(sound_house: House, what: str) -> None:
    """A DATABASE_PATH that names something else: nobody is advised to take that from whoever needs it."""
    other = sound_house.folder / "others"
    if what == "a folder":
        other.mkdir(mode=0o755)
    else:
        other.write_text("root:x:0:0\n" * 100)
        other.chmod(0o644)
    report = await examined(sound_house, {"DATABASE_PATH": str(other)})
    assert wrong_lines(report) == {"Database"}
    assert "DATABASE_PATH" in report["Database"].mend
    assert "chmod" not in "".join(finding.mend for finding in report.values())


async def test_a_database_of_a_newer_version(sound_house: House) -> None:
    """A schema that this program does not know is not touched."""
    await examined(sound_house)
    with sqlite3.connect(database_path(sound_house)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations SELECT max(id) + 1, migration_set, 'm999', applied_at"
            " FROM _sqlite_migrations"
        )
    connection.close()
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Database"}
    assert "newer version" in report["Database"].found


async def test_a_database_of_an_older_version_is_not_migrated(sound_house: House) -> None:
    """Doctor leaves the schema to the next start, and says so."""
    await examined(sound_house)
    with sqlite3.connect(database_path(sound_house)) as connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE id = (SELECT max(id) FROM _sqlite_migrations)")
    connection.close()
    before = database_path(sound_house).read_bytes()
    report = await examined(sound_house)
    assert report["Database"].level is Level.WARNING
    assert "python -m bot backup FILE" in report["Database"].mend
    assert database_path(sound_house).read_bytes() == before


@pytest.mark.parametrize(("megabytes", "level"), [(5, Level.WRONG), (100, Level.WARNING), (1000, Level.OK)])
async def test_a_disk_that_gets_full(sound_house: House, megabytes: int, level: Level) -> None:
    """Little room is a warning, hardly any is wrong."""
    report = await examined(sound_house, free=megabytes * 2**20)
    assert report["Disk"].level is level
    assert report["Disk"].found.startswith(f"{megabytes} MB are free")


async def test_a_folder_that_cannot_be_made(sound_house: House) -> None:
    """A DATABASE_PATH beneath a file is said as such."""
    (sound_house.folder / "file").touch()
    report = await examined(sound_house, {"DATABASE_PATH": str(sound_house.folder / "file" / "tokenflex.db")})
    assert wrong_lines(report) == {"Bot"}
    assert "DATABASE_PATH" in report["Bot"].mend


@pytest.mark.parametrize("path", ["nope/x.db", "~/nope/x.db", "nope/deep/er/x.db"])
async def test_a_mistyped_folder_is_not_made(sound_house: House, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """It is said, the services are asked all the same, and nothing appears on the disk."""
    monkeypatch.chdir(sound_house.folder)
    monkeypatch.setenv("HOME", str(sound_house.folder))
    before = sorted(sound_house.folder.rglob("*"))
    report = await examined(sound_house, {"DATABASE_PATH": path})
    assert not wrong_lines(report)
    assert report["Database"].level is Level.WARNING
    assert "change DATABASE_PATH" in report["Database"].mend
    assert report["Contracts"].level is Level.OK
    assert sorted(sound_house.folder.rglob("*")) == before


async def test_the_default_folder_before_the_first_start(sound_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to look at in that; with a login that works once, Autodesk is not asked yet."""
    monkeypatch.chdir(sound_house.folder)
    report = await examined(sound_house, {"DATABASE_PATH": ""})
    assert report["Database"].level is Level.OK
    seed = {"DATABASE_PATH": "", "APS_REFRESH_TOKEN": "R" * 42, "DATABASE_KEY": KEY}
    assert (await examined(sound_house, seed))["Autodesk"].level is Level.SKIPPED
    assert not (sound_house.folder / "data").exists()
