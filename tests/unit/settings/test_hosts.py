"""Which links may be fetched: hosts, schemes, ports, and the addresses that a name stands for."""

from ipaddress import ip_address

import pytest

from bot import settings
from bot.settings import Hosts
from bot.settings.hosts import place_of
from tests.unit.settings.test_settings import GOOD

BASE = "https://developer.api.autodesk.com/tokenflex/v1"


def hosts(listed: str = "", base_url: str = BASE) -> Hosts:
    """The hosts of a setting; of the default where it is empty."""
    return settings.read(GOOD | {"DOWNLOAD_HOSTS": listed, "TOKENFLEX_BASE_URL": base_url}).download_hosts


@pytest.mark.parametrize(
    "link",
    [
        "https://download.autodesk.com/file.csv?Signature=a",
        "https://DOWNLOAD.Autodesk.com./file.csv",
        "https://download.autodesk.com:443/file.csv",
        "http://download.autodesk.com/file.csv",
        "https://developer.api.autodesk.com/file.csv",
        "https://s3.amazonaws.com/bucket/file.csv",
        "https://bucket.s3.amazonaws.com/file.csv",
        "https://my.bucket-1.s3.us-east-1.amazonaws.com/file.csv",
        "https://s3.us-gov-west-1.amazonaws.com/bucket/file.csv",
        "https://s3-us-west-2.amazonaws.com/bucket/file.csv",
        "https://bucket.s3-accelerate.amazonaws.com/file.csv",
        "https://bucket.s3.dualstack.eu-central-1.amazonaws.com/file.csv",
        "https://bucket.s3.cn-north-1.amazonaws.com.cn/file.csv",
    ],
)
def test_where_files_of_autodesk_are(link: str) -> None:
    """The default knows them."""
    assert hosts().allow(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://download.autodesk.com:8443/file.csv",
        "http://download.autodesk.com:8080/file.csv",
        "https://download.autodesk.com.example.com/file.csv",
        "https://evil-download.autodesk.com/file.csv",
        "https://download.autodesk.com@example.com/file.csv",
        "https://download.autodesk.com:secret@download.autodesk.com/file.csv",
        "https://ec2-1-2-3-4.compute-1.amazonaws.com/file.csv",
        "https://s3.ec2-1-2-3-4.compute-1.amazonaws.com/file.csv",
        "https://bucket.s3-website-us-east-1.amazonaws.com/file.csv",
        "https://s3.amazonaws.com.example.com/file.csv",
        "https://notamazonaws.com/file.csv",
        "https://xs3.amazonaws.com/file.csv",
        "http://s3.amazonaws.com/file.csv",
        "https://s3.amazonaws.com:444/file.csv",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/file.csv",
        "https://127.0.0.1/file.csv",
        "file:///etc/passwd",
        "ftp://download.autodesk.com/file.csv",
        "//download.autodesk.com/file.csv",
        "https://download.autodesk.com:port/file.csv",
        "https://[/file.csv",
        "",
    ],
)
def test_from_elsewhere_nothing_is_fetched(link: str) -> None:
    """Whatever a link looks like."""
    assert not hosts().allow(link)


def test_the_host_of_the_base_url_is_reached_as_the_base_url_is() -> None:
    """By HTTP too where the base URL is, at any port and address of it, and only where the list has it."""
    stand_in = "http://127.0.0.1:9002/tokenflex/v1"
    assert hosts("tokenflex", stand_in).allow("http://127.0.0.1:9002/download/file.csv")
    for link in ("http://127.0.0.1:9003/x", "https://127.0.0.1:9002/x", "http://localhost:9010/x", "http://[::1]:9/x"):
        assert hosts("tokenflex", stand_in).allow(link)
        assert hosts("tokenflex", stand_in).allow_at(link, ip_address("127.0.0.1"))
    for link in ("http://127.0.0.2:9002/x", "http://localhost.example.com:9002/x", "http://10.0.0.1:9002/x"):
        assert not hosts("tokenflex", stand_in).allow(link)
        assert not hosts("tokenflex", stand_in).allow_at(link, ip_address("127.0.0.1"))
    assert not hosts().allow("http://developer.api.autodesk.com/file.csv")
    assert hosts().allow("https://developer.api.autodesk.com:8443/file.csv")
    assert not hosts("s3", stand_in).allow("http://127.0.0.1:9002/download/file.csv")
    assert hosts("tokenflex", stand_in).allow_at("http://127.0.0.1:9002/x", ip_address("127.0.0.1"))
    assert not hosts("s3,tokenflex", stand_in).allow_at("https://s3.amazonaws.com/x", ip_address("127.0.0.1"))


def test_without_https_where_the_list_says_so() -> None:
    """A host that has no HTTPS is named so."""
    own = hosts("http://download.autodesk.com, http://files.example.com:8080, https://safe.example.com")
    assert own.allow("http://download.autodesk.com/x")
    assert own.allow("http://files.example.com:8080/x")
    assert own.allow("https://safe.example.com/x")
    assert not own.allow("https://download.autodesk.com/x")
    assert not own.allow("http://safe.example.com/x")
    assert not own.allow_at("http://download.autodesk.com/x", ip_address("10.0.0.1"))


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("https://Bucket.files.example.com./a.csv?Signature=s", "https://bucket.files.example.com"),
        ("http://[::1]:9010/a", "http://[::1]:9010"),
        ("https://ana:secret@files.example.com/a", ""),
        ("what else", ""),
    ],
)
def test_what_an_administrator_reads_of_a_link(link: str, place: str) -> None:
    """Where it leads, as it can be put on the list; nothing that is secret."""
    assert place_of(link) == place


def test_a_list_replaces_the_default() -> None:
    """Whoever writes one says all of it; a star stands for each host below, not for the host itself."""
    own = hosts("*.Files.example.com, proxy.example.com:8443, 10.2.0.7")
    assert own.allow("https://a.b.files.example.com/x")
    assert not own.allow("https://files.example.com/x")
    assert not own.allow("https://evilfiles.example.com/x")
    assert own.allow("https://proxy.example.com:8443/x")
    assert not own.allow("https://proxy.example.com/x")
    assert own.allow("https://10.2.0.7/x")
    assert not own.allow("https://download.autodesk.com/x")
    assert not own.allow("https://s3.amazonaws.com/x")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001::1", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_on_the_internet(address: str) -> None:
    """Whatever a name is said to stand for, nothing on this machine or in its network is asked."""
    assert not hosts().allow_at("https://download.autodesk.com/x", ip_address(address))


@pytest.mark.parametrize("address", ["52.216.1.1", "2600:1f18::1", "64:ff9b::34d8:101", "::ffff:52.216.1.1"])
def test_an_address_on_the_internet(address: str) -> None:
    """As it is, or written in IPv6."""
    assert hosts().allow_at("https://download.autodesk.com/x", ip_address(address))


def test_a_private_network_that_the_list_names() -> None:
    """Files may be behind an endpoint of a private network, where somebody says which."""
    own = hosts("s3,10.2.0.0/16,fd00::/8")
    assert own.allow_at("https://s3.amazonaws.com/x", ip_address("10.2.3.4"))
    assert own.allow_at("https://s3.amazonaws.com/x", ip_address("::ffff:10.2.3.4"))
    assert own.allow_at("https://s3.amazonaws.com/x", ip_address("fd00::9"))
    assert not own.allow_at("https://s3.amazonaws.com/x", ip_address("10.3.0.1"))
    assert not own.allow("https://10.2.3.4/x")
