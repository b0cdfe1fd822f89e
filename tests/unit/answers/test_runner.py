"""The engine as a process of its own: each way it can end is figures or a sentence, and nothing is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.answers.engine import process, runner
from bot.answers.engine.document import Found, Limits, Task
from bot.answers.plan import plan
from bot.cards.figures import Fault, Unread
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers import processes
from tests.unit.answers.files import asked
from tests.unit.answers.processes import after_asking, left_in, program_of

SECRET = "secret-name"
GOOD = f"userName,tokensConsumed\n{SECRET},4.5\nkobrien,1\n"


def _task(*by: str) -> Task:
    return plan(asked(["userName"], ["tokensConsumed"]), Catalogue(), by=by).task


def _file(folder: Path, content: str = GOOD) -> Path:
    path = folder / "export.csv"
    path.write_text(content, encoding="utf-8")
    return path


def _large(folder: Path) -> Path:
    return _file(folder, GOOD + "".join(f"user{at:060d},1.5\n" for at in range(400_000)))


async def _said(folder: Path, script: str, limits: Limits | None = None) -> Found | Unread:
    """Return the outcome where a script stands in the engine's place."""
    return await runner.read(_file(folder), folder, _task(), limits or Limits(), program=program_of(script))


async def test_the_engine_gives_figures_and_leaves_nothing(tmp_path: Path) -> None:
    found = await runner.read(_file(tmp_path), tmp_path, _task(), Limits())
    assert isinstance(found, Found)
    assert (found.rows, found.people, str(found.totals["tokensConsumed"])) == (2, 2, "5.5")
    assert left_in(tmp_path) == ["export.csv"]


async def test_a_service_that_may_not_step_back_has_figures_too(tmp_path: Path) -> None:
    """The unit in docs/deploy refuses the system call."""
    script = """
import os
def refuse(_): raise PermissionError(1, "Operation not permitted")
os.nice = refuse
from bot.answers.engine import __main__ as engine
engine.main()
"""
    assert isinstance(await _said(tmp_path, script), Found)


#: What stands in the engine's place, and what people read then.
ENDS: dict[str, tuple[str, Fault]] = {
    **processes.ENDS,
    "an error of Python": ("raise ValueError('secret-name')", Fault.CRASH),
    "an exit status": ("import os; os._exit(3)", Fault.CRASH),
    "a crash in a library": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Fault.CRASH),
    "an abort": ("import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", Fault.CRASH),
    "its share of the processor": ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Fault.TIME),
    "no JSON": ("print('secret-name')", Fault.CRASH),
    "JSON of another kind": ("print('[1, 2]')", Fault.CRASH),
    "an empty document": ("print('{}')", Fault.CRASH),
    "a fault that nobody knows": ("""print('{"fault": "secret-name", "columns": [], "line": 0}')""", Fault.CRASH),
    "a document with less": ("""print('{"found": {"rows": 1}}')""", Fault.CRASH),
    "a line without end": ("print('x' * 20_000_000)", Fault.CRASH),
    "a fault": ("""print('{"fault": "nul", "columns": ["secret-name"], "line": 0}')""", Fault.NUL),
}


@pytest.mark.parametrize("name", ENDS)
async def test_however_the_engine_ends_there_is_a_sentence_and_a_line_without_data(name: str, tmp_path: Path) -> None:
    script, fault = ENDS[name]
    with capture_logs() as lines:
        outcome = await _said(tmp_path, after_asking(script))
    assert outcome == Unread(fault)
    assert [line["fault"] for line in lines] == [fault.value]
    assert SECRET not in json.dumps(lines)
    assert left_in(tmp_path) == ["export.csv"]


async def test_an_engine_that_does_not_even_read_is_a_sentence(tmp_path: Path) -> None:
    assert await _said(tmp_path, "import os; os._exit(0)") == Unread(Fault.CRASH)


async def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0)
    script = f"import time, os; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    assert await _said(tmp_path, script, Limits(seconds=2)) == Unread(Fault.TIME)
    assert not _lives(int(_told(tmp_path / "pid")))


async def test_the_engine_ends_itself_in_time(tmp_path: Path) -> None:
    """Its own alarm, so that it ends although the bot was killed meanwhile."""
    pipe = tmp_path / "export.csv"
    os.mkfifo(pipe)  # opening it waits for ever
    assert await runner.read(pipe, tmp_path, _task(), Limits(seconds=1)) == Unread(Fault.TIME)


async def test_too_little_memory_and_too_little_disk_are_told_apart(tmp_path: Path) -> None:
    path = _large(tmp_path)
    assert await runner.read(path, tmp_path, _task(), Limits(memory=8)) == Unread(Fault.MEMORY)
    assert await runner.read(path, tmp_path, _task(), Limits(memory=80, disk=1)) == Unread(Fault.DISK)
    assert isinstance(await runner.read(path, tmp_path, _task(), Limits(memory=128)), Found)
    assert left_in(tmp_path) == ["export.csv"]


async def test_a_cancelled_call_has_ended_the_engine(tmp_path: Path) -> None:
    script = f"import time, os; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    waiting = asyncio.create_task(_said(tmp_path, script))
    await asyncio.to_thread(_until, lambda: bool(_told(tmp_path / "pid")))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not _lives(int(_told(tmp_path / "pid")))
    assert left_in(tmp_path) == ["export.csv", "pid"]


async def test_the_engine_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    script = f"import os; open({str(tmp_path / 'told')!r}, 'w').write(repr(dict(os.environ)))"
    await _said(tmp_path, script)
    assert SECRET not in _told(tmp_path / "told")


async def test_the_engine_ends_when_who_started_it_is_gone(tmp_path: Path) -> None:
    """A process starts the engine on a file that never comes and is killed: the engine does not outlive it."""
    os.mkfifo(tmp_path / "export.csv")
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", _STARTER, str(tmp_path), stdout=-1)
    assert started.stdout is not None
    engine = int(await started.stdout.readline())
    assert _lives(engine)
    started.send_signal(signal.SIGKILL)
    await started.wait()
    await asyncio.to_thread(_until, lambda: not _lives(engine))


_STARTER = """
import json, pathlib, subprocess, sys
from dataclasses import asdict
from bot.answers.engine.document import Limits
from tests.unit.answers.test_runner import _task
folder = sys.argv[1]
engine = subprocess.Popen([sys.executable, "-m", "bot.answers.engine"], stdin=subprocess.PIPE)
asked = {"path": folder + "/export.csv", "folder": folder, "limits": asdict(Limits()), "task": _task().json()}
engine.stdin.write((json.dumps(asked) + "\\n").encode())
engine.stdin.flush()
print(engine.pid, flush=True)
engine.wait()
"""


async def test_the_loop_goes_on_while_the_engine_reads(tmp_path: Path) -> None:
    reading = asyncio.create_task(runner.read(_large(tmp_path), tmp_path, _task(), Limits()))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert isinstance(reading.result(), Found)
    assert turns > 100


def _told(path: Path) -> str:
    """Return what a process has written; nothing while it has not."""
    return path.read_text() if path.exists() else ""


def _until(has_come: Callable[[], bool]) -> None:
    """Wait for something that has to come; half a minute is for a machine that is busy."""
    for _ in range(600):
        if has_come():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def _lives(process: int) -> bool:
    """Return whether a process is there and no zombie, which only waits for somebody to read its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_process_that_starts_the_engine_never_loads_duckdb() -> None:
    script = "import sys, bot.answers.engine.runner, bot.answers.answer, bot.app; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
