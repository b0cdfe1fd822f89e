"""`python -m bot` in a company network: everything through a proxy, to servers that only the company vouches for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.network import Obstacle
from bot.operate import doctor
from bot.operate.checks.obstacles import MENDS
from bot.operate.findings import Level
from bot.settings.environment import Found
from tests.harness.house import House
from tests.harness.process import start_process, until
from tests.harness.tls import Authority, ConnectProxy, tls_front
from tests.integration.conftest import OpenHouse
from tests.integration.test_start_autodesk import EXPORT

NAMES = ({"PROXY": "proxy", "CA_BUNDLE": "bundle"}, {"HTTPS_PROXY": "proxy", "REQUESTS_CA_BUNDLE": "bundle"},
         {"https_proxy": "proxy", "SSL_CERT_FILE": "bundle"})  # fmt: skip


@dataclass
class Company:
    """Both stand-ins under names that only the proxy knows."""

    house: House
    proxy: ConnectProxy
    ways: dict[str, str]  #: `proxy` and `bundle`

    def environment(self) -> dict[str, str]:
        """What a bot needs, but for the way out."""
        return self.house.environment | {
            "SLACK_BASE_URL": "https://slack.test/api/",
            "TOKENFLEX_BASE_URL": "https://autodesk.test/tokenflex/v1",
            "APS_BASE_URL": "https://autodesk.test/authentication/v2",
        }


@pytest.fixture
async def company(new_house: OpenHouse, tmp_path: Path) -> AsyncIterator[Company]:
    house = await new_house(speed=1.0, token_flex={"durations": (0.5, 1.0)}, slack={"rate_profile": "none"})
    authority = Authority(tmp_path)
    slack, autodesk = (int(url.split(":")[2].split("/")[0]) for url in (house.slack.api_url, house.token_flex.base_url))
    house.slack.response_urls.base = "https://hooks.slack.test/response/"
    house.slack._context.socket_url = "wss://wss.slack.test/link/"
    async with tls_front(authority, slack) as at_slack, tls_front(authority, autodesk) as at_autodesk:
        hosts = dict.fromkeys(("slack.test", "hooks.slack.test", "wss.slack.test"), at_slack)
        proxy = ConnectProxy({**hosts, "autodesk.test": at_autodesk}, login="ana:proxypassword")
        async with proxy.running() as address:
            ways = {"proxy": address.replace("//", "//ana:proxypassword@"), "bundle": str(authority.bundle)}
            yield Company(house, proxy, ways)


@pytest.mark.parametrize("names", NAMES, ids=" ".join)
@pytest.mark.parametrize("in_file", [True, False], ids=[".env", "environment"])
async def test_everything_goes_through_the_proxy(company: Company, names: dict[str, str], *, in_file: bool) -> None:
    """Web API, Socket Mode, response URLs and Autodesk: one rule for all, in `.env` as in the environment."""
    way = {name: company.ways[what] for name, what in names.items()}
    lines = "".join(f"{name}={value}\n" for name, value in way.items()) if in_file else ""
    (company.house.folder / ".env").write_text(lines)
    environment = company.environment() | ({} if in_file else way)
    bot = await start_process(company.house.folder, "run", environment=environment | {"LOG_LEVEL": "DEBUG"})
    await company.house.slack.connected(timeout=30)
    ana = company.house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "Got it: export", private=True)
    await until(lambda: set(company.proxy.connected) == set(company.proxy.routes), bot)
    assert await bot.stop() == 0
    assert "proxypassword" not in bot.err
    assert "Traceback" not in bot.err


async def test_doctor_goes_through_the_proxy(company: Company) -> None:
    """It asks as the bot does, so that what it finds is true of the bot."""
    (company.house.folder / ".env").touch(mode=0o600)
    way = {"PROXY": company.ways["proxy"], "CA_BUNDLE": company.ways["bundle"]}
    doctor = await start_process(company.house.folder, "doctor", environment=company.environment() | way)
    assert await doctor.ends() == 0, doctor.out
    assert {"slack.test", "wss.slack.test", "autodesk.test"} <= set(company.proxy.connected)


@dataclass(frozen=True)
class Trouble:
    """A way out that is wrong in one way: the lines of `doctor` that say so, what is found, and the setting to mend."""

    way: dict[str, str]
    found: str
    mend: str


def troubles(company: Company) -> dict[Obstacle, Trouble]:
    """Every obstacle, as it comes about here."""
    good = {"PROXY": company.ways["proxy"], "CA_BUNDLE": company.ways["bundle"]}
    nowhere = "http://127.0.0.1:9"
    unknown = {"SLACK_BASE_URL": "https://no-such-host.invalid/api/", "APS_BASE_URL": "https://no-such-host.invalid/v2"}
    closed = {"SLACK_BASE_URL": f"{nowhere}/api/", "APS_BASE_URL": f"{nowhere}/v2"}
    unroutable = {"SLACK_BASE_URL": "https://255.255.255.255/api/", "APS_BASE_URL": "https://255.255.255.255/v2"}
    return {
        Obstacle.CERTIFICATE: Trouble(good | {"CA_BUNDLE": ""}, "certificate is not trusted", "CA_BUNDLE"),
        Obstacle.PROXY_AWAY: Trouble(good | {"PROXY": nowhere}, "proxy cannot be reached", "PROXY"),
        Obstacle.PROXY_REFUSES: Trouble(
            good | {"PROXY": good["PROXY"].replace("proxypassword", "other")}, "proxy refuses", "PROXY"
        ),
        Obstacle.NAME: Trouble(unknown, "cannot be resolved", "_BASE_URL"),
        Obstacle.CLOSED: Trouble(closed, "connection was refused", "firewall"),
        Obstacle.OTHER: Trouble(unroutable, "cannot be reached", "firewall"),
    }


@pytest.mark.parametrize("obstacle", sorted(set(Obstacle) - {Obstacle.SILENT}), ids=lambda one: one.name)
async def test_doctor_tells_obstacles_apart(company: Company, obstacle: Obstacle) -> None:
    """At both services, with the setting that mends it; a certificate is never said to be the firewall's doing."""
    trouble = troubles(company)[obstacle]
    given = Found({}, company.environment() | trouble.way)
    found = await doctor.examine(given, company.house.folder / ".env", company.house.clock)
    report = {finding.name: finding for finding in found}
    for line in ("Slack bot token", "Autodesk token"):
        assert report[line].level is Level.WRONG
        assert trouble.found in report[line].found
        assert trouble.mend in report[line].mend
        assert ("firewall" in report[line].mend) == (trouble.mend == "firewall")
        assert "proxypassword" not in report[line].found


def test_every_obstacle_has_a_mend() -> None:
    """So that none is told in words of its own somewhere."""
    assert set(MENDS) == set(Obstacle)
