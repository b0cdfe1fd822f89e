"""The second part of docs/install.md, as an administrator follows it: from nothing to the first export."""

import asyncio
import contextlib
import json
import os
import pty
import random
import re
import select
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.harness.house import ROOT
from tests.harness.process import start_process, until
from tests.integration.test_login_browser import browse, consent_address

EXPORT = "/tokenflex export contract=110000123456 fields=productName metrics=tokensConsumed name=first"


@pytest.fixture
async def printed(tmp_path: Path) -> AsyncIterator[str]:
    """What `make stand-ins` prints; the stand-ins run in a process of their own."""
    with (tmp_path / "stand-ins.out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-u", "-m", "sandbox.stand_ins", "--free-ports", cwd=ROOT, stdout=out
        )
    await until(lambda: "Ctrl-C ends everything" in (tmp_path / "stand-ins.out").read_text())
    yield (tmp_path / "stand-ins.out").read_text()
    process.terminate()
    assert await process.wait() == 0


def free_callback() -> str:
    """A callback on a free port that the kernel gives to nobody else meanwhile."""
    for port in random.sample(range(15000, 30000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return f"http://localhost:{port}/callback"
    raise AssertionError("no free port")


def initialise(folder: Path, answers: list[str]) -> str:
    """Answer the questions of `init` on a terminal; return what it showed."""
    ours, theirs = pty.openpty()
    kept = {name: os.environ[name] for name in ("PATH",)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "init"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True,
        env={**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder), "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    shown = ""
    for answer in answers:
        shown += _until_asked(ours)
        os.write(ours, f"{answer}\n".encode())
    with contextlib.suppress(OSError):  # the other end is closed
        while read := os.read(ours, 4096):
            shown += read.decode(errors="replace")
    os.close(ours)
    assert process.wait(timeout=30) == 0, shown
    return shown


def _until_asked(terminal: int) -> str:
    shown = b""
    while not shown.rstrip(b" ").endswith(b"]:"):
        assert select.select([terminal], [], [], 30)[0], shown
        shown += os.read(terminal, 4096)
    return shown.decode(errors="replace")


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


@pytest.mark.timeout(240)
async def test_from_nothing_to_the_first_export(tmp_path: Path, printed: str) -> None:
    """The lines and answers that are printed are all that it takes: init, login, doctor, run, `/tokenflex`."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / ".env").write_text("\n".join(re.findall(r"^(?:SLACK|TOKENFLEX|APS)_BASE_URL=.*$", printed, re.MULTILINE)))
    slack = re.findall(r"^SLACK_\w+_TOKEN +(\S+)$", printed, re.MULTILINE)
    client = re.findall(r"^  APS_CLIENT_\w+ +(\S+)$", printed, re.MULTILINE)[2:]
    shown = await asyncio.to_thread(initialise, folder, [*slack, *client, "g"])
    assert "https://api.slack.com/apps?new_app=1" in shown
    assert slack[0] not in shown
    login = await start_process(folder, "login", "--redirect-uri", free_callback(), environment={}, name="login")
    await login.asks("Waiting for the answer of the browser")
    await browse(consent_address(login), consent="allow", login="ana.admin")
    assert await login.ends() == 0
    doctor = await start_process(folder, "doctor", "--json", environment={}, name="doctor")
    assert await doctor.ends() == 0, doctor.out
    assert json.loads(doctor.out)["ok"] is True
    bot = await start_process(folder, "run", environment={}, name="bot")
    await bot.says('"connected"')
    page = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", printed)
    assert page is not None
    assert "first.csv" in await first_export(page[0])
    assert await bot.stop() == 0
