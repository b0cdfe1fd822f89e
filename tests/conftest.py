"""What every test can rely on: no settings, tokens or proxies of the person who runs it, and quiet logs."""

import logging
import os
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from bot.network import Network
from sandbox.tokenflex.usage_data import UsageData

# A busy machine is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

#: Folders whose files take minutes come first, so that in the end no file is left that one process has to run alone.
_FOLDERS = ("torture", "browser", "integration", "contract", "sandbox", "unit")
_PREFIXES = ("SLACK_", "APS_", "TOKENFLEX_", "DATABASE_", "LINK_", "LOG_", "ANSWER_", "DOWNLOAD_")
_TESTS = Path(__file__).parent
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove whatever the bot or its libraries would read from the environment."""
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in _PROXIES:
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders in order; `make test` gives files out in it, several at a time since most tests wait."""
    items.sort(key=lambda item: _FOLDERS.index(item.path.relative_to(_TESTS).parts[0]))


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Let all bots of this process share the usual certificates: reading them is half of a start; bundles are read."""
    read, usual = Network.trust, cache(Network().trust)

    def _trust(network: Network) -> ssl.SSLContext:
        return read(network) if network.ca_bundle else usual()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "trust", _trust)
        yield


@pytest.fixture(scope="session")
def usage_data() -> Iterator[UsageData]:
    """The synthetic usage data set, built once."""
    data = UsageData()
    yield data
    data.close()


@pytest.fixture(autouse=True)
def logging_through_pytest() -> Iterator[None]:
    """Send the bot's logs to the ordinary loggers, where pytest catches them."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("slack_bolt").setLevel(logging.INFO)
    yield
    structlog.reset_defaults()
