"""`make demo`: the real bot against both stand-ins, in a chat workspace in the browser."""

import argparse
import asyncio
import signal
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path

from sandbox import installed
from sandbox.demo_house import DemoHouse
from sandbox.page.server import Page
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.ways import add_ways

TRAVEL = "To see a report that comes by itself: Schedule it, then travel to its day under “Time” on the page."
DURATIONS = (8.0, 20.0)  #: seconds until a file is ready; the real ones take minutes


async def _run(*, opens_browser: bool, port: int, recorded: bool) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    with tempfile.TemporaryDirectory(prefix="tokenflex-demo-") as folder:
        house = DemoHouse(Path(folder), SandboxSettings(durations=DURATIONS, recorded=recorded))
        page = Page(house.slack, house.token_flex, house.clock, commands=installed.commands(), time=house)
        try:
            await house.start()
            await page.start(port)
            print(f"Open this page (only this machine can):\n\n    {page.url}\n", flush=True)
            print(f"The bot's log: {house.log}\n{TRAVEL}\nCtrl-C ends everything.", flush=True)
            if opens_browser:
                await asyncio.to_thread(_open_in_browser, page.url)
            await ended.wait()
            print("stopped", flush=True)
        finally:
            await page.stop()
            await house.stop()


def _open_in_browser(url: str) -> None:
    """Try to open the page; a browser that would take over this terminal is left alone."""
    with suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:
            browser.open(url)


def main() -> None:
    """Serve the page until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--port", type=int, default=0, help="port of the page on 127.0.0.1 (default: a free one)")
    add_ways(parser)
    options = parser.parse_args()
    try:
        asyncio.run(_run(opens_browser=not options.no_browser, port=options.port, recorded=options.recorded))
    except OSError as error:
        parser.exit(2, f"{error.strerror}. Without --port, a free one is taken.\n")


if __name__ == "__main__":
    main()
