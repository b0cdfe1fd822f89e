"""`python -m bot` in a company network: everything through a proxy, to servers that only the company vouches for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    await ana.hears("#finance", "is accepted", private=True)
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
