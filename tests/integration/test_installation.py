"""The second part of docs/install.md, as an administrator follows it: from nothing to the first export."""

import asyncio
import contextlib
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.harness.house import ROOT
from tests.integration.test_login_browser import browse

EXPORT = "/tokenflex export contract=110000123456 fields=productName metrics=tokensConsumed name=first"


def blocks() -> list[str]:
    """The commands of the second part, block by block, as they stand there."""
    part = (ROOT / "docs" / "install.md").read_text(encoding="utf-8").partition("## Part 2")[2]
    return re.findall(r"^```\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def clone(folder: Path) -> Path:
    """A folder with what a clone has, and an environment with the packages that are installed here."""
    folder.mkdir()
    for name in ("bot", "handlers", "storage", "sandbox", "manifest.yaml", "Makefile", "requirements.txt"):
        (folder / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    (site,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_path("purelib"))
    (folder / ".venv" / ".installed").touch()
    return folder


class Terminal:
    """A terminal in a folder, in which a person types one command and what it asks for."""

    def __init__(self, folder: Path, command: str, **environment: str) -> None:
        self.shown = ""
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            ["bash", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1", "BROWSER": "none", **environment},
        )  # fmt: skip
        os.close(theirs)

    def until(self, text: str) -> str:
        """Read on until a text is there that was not before; return all that came."""
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert select.select([self._ours], [], [], 60)[0], self.shown
            self.shown += os.read(self._ours, 4096).decode(errors="replace").replace("\r\n", "\n")
        return self.shown[start:]

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, which everything that runs in the terminal gets."""
        os.killpg(self._process.pid, signal.SIGINT)

    def abandon(self) -> None:
        """End what still runs in it."""
        if self._process.poll() is None:
            self.interrupt()
            self.end()

    def end(self) -> int:
        """Read to the end and return the exit status."""
        with contextlib.suppress(OSError):  # the other end is closed
            while read := os.read(self._ours, 4096):
                self.shown += read.decode(errors="replace").replace("\r\n", "\n")
        status = self._process.wait(timeout=30)
        os.close(self._ours)
        return status


def run(folder: Path, command: str, *answers: str) -> str:
    """Type a command that has to work, with an answer to each of its questions; return what is shown."""
    terminal = Terminal(folder, command)
    for answer in answers:
        terminal.until("]: ")
        terminal.type(f"{answer}\n")
    assert terminal.end() == 0, terminal.shown
    return terminal.shown


async def first_export(page: str) -> str:
    """Ask for an export in #finance through the page's own doors; return all that ana saw until it was ready."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await (await browser.get(page)).read()
        base = str(URL(page).with_query(None)).rstrip("/")
        async with browser.get(f"{base}/events", params={"as": "ana"}) as events, asyncio.timeout(120):
            seen = ""
            while "#finance" not in seen:
                seen += (await events.content.readany()).decode()
            channel = re.search(r'"id": ?"(C\w+)"[^{}]*"#?finance"|"#?finance"[^{}]*"id": ?"(C\w+)"', seen)
            assert channel is not None, seen[:2000]
            act = {"as": "ana", "do": "type", "channel": channel[1] or channel[2], "text": EXPORT}
            async with browser.post(f"{base}/act", json=act, headers={"Origin": base}) as answer:
                assert answer.status == 200, await answer.text()
            while "is ready" not in seen:
                seen += (await events.content.readany()).decode()
            return seen


@pytest.fixture
def open_terminal() -> Iterator[Callable[..., Terminal]]:
    """Open terminals that are left with nothing in them after the test."""
    opened: list[Terminal] = []

    def _open(folder: Path, command: str, **environment: str) -> Terminal:
        opened.append(Terminal(folder, command, **environment))
        return opened[-1]

    yield _open
    for terminal in reversed(opened):
        terminal.abandon()


@pytest.mark.timeout(240)
async def test_from_nothing_to_the_first_export(tmp_path: Path, open_terminal: Callable[..., Terminal]) -> None:
    """Part 2 word for word, each block as it stands there, from the stand-ins to the last `rm`."""
    if shutil.which("make") is None or shutil.which("bash") is None:
        pytest.skip("there is no make or no bash here")
    folder = clone(tmp_path / "clone")
    stand_ins, writing, settings_up, signing_in, looking_and_running = blocks()
    first = open_terminal(folder, stand_ins, ARGS="--free-ports", PYTHONUNBUFFERED="1")  # as docs say for a port in use
    printed = await asyncio.to_thread(first.until, "Ctrl-C ends everything")
    lines = re.findall(r"^(?:SLACK|TOKENFLEX|APS)_BASE_URL=.*$", printed, re.MULTILINE)
    command, *shown_lines = writing.splitlines()
    assert [re.sub(r":\d+/", ":/", line) for line in shown_lines] == [re.sub(r":\d+/", ":/", line) for line in lines]
    second = open_terminal(folder, command)
    second.type("".join(f"{line}\n" for line in lines) + "\x04")
    assert second.end() == 0
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600

    slack = re.findall(r"^SLACK_\w+_TOKEN +(\S+)$", printed, re.MULTILINE)
    client = re.findall(r"^  APS_CLIENT_\w+ +(\S+)$", printed, re.MULTILINE)[2:]
    making, asking = settings_up.splitlines()
    await asyncio.to_thread(run, folder, making)
    shown = await asyncio.to_thread(run, folder, asking, *slack, *client, "g")
    assert "https://api.slack.com/apps?new_app=1" in shown
    assert slack[0] not in shown
    assert "Next: `.venv/bin/python -m bot login`" in shown
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600

    login = open_terminal(folder, f"{signing_in.strip()}{other_callback()}")
    address = re.search(r"https?://\S+authorize\S+", await asyncio.to_thread(login.until, "Waiting for the answer"))
    assert address is not None
    await browse(address[0], consent="allow", login="ana.admin")
    assert await asyncio.to_thread(login.end) == 0, login.shown

    looking, running = looking_and_running.splitlines()
    assert "Nothing is wrong" in await asyncio.to_thread(run, folder, looking)
    bot = open_terminal(folder, running)
    await asyncio.to_thread(bot.until, "connected")
    page = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", printed)
    assert page is not None
    assert "first.csv" in await first_export(page[0])
    await asyncio.to_thread(keep, folder)
    for terminal in (bot, first):
        terminal.interrupt()
        await asyncio.to_thread(terminal.end)
    await asyncio.to_thread(put_back, folder)
    await asyncio.to_thread(run, folder, "rm -r .env data")


def keep(folder: Path) -> None:
    """What the table “Later” says for a copy, beside the running bot, in an environment that was activated."""
    command = re.search(r"`(python -m bot backup copies/\S+)`", (ROOT / "docs" / "install.md").read_text())
    assert command is not None
    assert "holds all of the database" in run(folder, f". .venv/bin/activate; {command[1]}")


def put_back(folder: Path) -> None:
    """What it says for the way back, while no bot runs."""
    command = re.search(r"`(python -m bot restore copies/\S+)`", (ROOT / "docs" / "install.md").read_text())
    assert command is not None
    shown = run(folder, f". .venv/bin/activate; {command[1]}")
    assert "is the backup now" in shown
    assert "Run `python -m bot doctor` before the bot" in shown


def other_callback() -> str:
    """Nothing where the port that login takes is free, else the option for another one."""
    for port in (8765, *random.sample(range(15000, 30000), 100)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return "" if port == 8765 else f" --redirect-uri http://localhost:{port}/callback"
    raise AssertionError("no free port")
