"""`python -m bot doctor` as a process: lines for people, JSON for machines, the exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot import settings
from tests.harness.house import ROOT, House
from tests.harness.process import start_process


async def test_the_command(sound_house: House) -> None:
    """Lines for people, JSON for machines, the exit status by the result, and no secret in either."""
    sound_house.variables["APS_CLIENT_SECRET"] = "wrong-client-secret"
    environment = sound_house.environment
    people = await start_process(sound_house.folder, "doctor", environment=environment, name="people")
    assert await people.ends() == 1
    machine = await start_process(sound_house.folder, "doctor", "--json", environment=environment, name="machine")
    assert await machine.ends() == 1
    assert "✗ wrong    Autodesk token" in people.out
    assert "\033" not in people.out
    body = json.loads(machine.out)
    assert body["ok"] is False
    assert {"name", "level", "found", "mend"} == set(body["findings"][0])
    for output in (people.out, people.err, machine.out, machine.err):
        assert "Traceback" not in output
        for secret in settings.secrets_of(environment):
            assert secret not in output


async def test_the_command_without_any_setting(tmp_path: Path) -> None:
    """A first look at an empty folder is no crash, and names what to do."""
    process = await start_process(tmp_path, "doctor", environment={})
    assert await process.ends() == 1
    assert process.out.count("-m bot init") == 3
    assert process.err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("command", [("settings",), ("doctor",), ("doctor", "--json"), ("settings", "--markdown")])
def test_a_full_disk_is_told_in_a_sentence(command: tuple[str, ...]) -> None:
    """Whatever prints to a disk that is full ends with a sentence, not with a traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *command],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    assert done.returncode != 0
    assert "There is no room left on the disk" in done.stderr
    assert "Traceback" not in done.stderr
