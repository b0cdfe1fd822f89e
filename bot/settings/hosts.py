"""Which hosts a file may be downloaded from, as `DOWNLOAD_HOSTS` says it, and which addresses these may have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

AMAZON: Final = "s3"  #: the word for Amazon's S3
OURS: Final = "tokenflex"  #: the word for the host of TOKENFLEX_BASE_URL
EXPECTED: Final = (
    f"`{AMAZON}` (Amazon's S3), `{OURS}` (the host of TOKENFLEX_BASE_URL), names of hosts (files.example.com, "
    "*.example.com, files.example.com:8443, http://files.example.com), or private networks that they may be in "
    "(10.2.0.0/16)"
)
#: Endpoints of buckets, in the path or in front (source: Amazon S3 endpoints and quotas).
_OF_AMAZON: Final = re.compile(
    r"(?:[a-z0-9][a-z0-9.-]*\.)?s3(?:-(?!website)[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9])?"
    r"\.amazonaws\.com(?:\.cn)?",
    re.ASCII,
)
#: A last part of digits alone is that of an address, so of no name.
_NAMED: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?"
    r"(?P<name>(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?![0-9]+(?::|\Z))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)
_USUAL: Final = {"https": 443, "http": 80}
#: Names that a machine has for itself: a stand-in may write one in its links and be asked by another.
_ITSELF: Final = frozenset({"localhost", "127.0.0.1", "::1"})
#: Where an IPv6 address has one of IPv4 in it that a translator would go to.
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


class HostsError(ValueError):
    """Some entries cannot be read; `wrong` has them as they were written."""

    def __init__(self, wrong: Iterable[str]) -> None:
        self.wrong = tuple(wrong)
        super().__init__(", ".join(self.wrong))


@dataclass(frozen=True, slots=True)
class _Place:
    """A scheme, a host (`*.` in front: each one below it) and a port."""

    scheme: str
    name: str
    port: int

    def has(self, other: "_Place") -> bool:
        below = self.name.startswith("*.") and other.name.endswith(self.name[1:])
        return (self.scheme, self.port) == (other.scheme, other.port) and (below or self.name == other.name)

    def is_host_of(self, other: "_Place") -> bool:
        """Return whether both are one host, asked at whatever port, and not with less care."""
        is_one = self.name == other.name or {self.name, other.name} <= _ITSELF
        return is_one and other.scheme in {"https", self.scheme}

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.scheme}://{name}" + (f":{self.port}" if self.port != _USUAL[self.scheme] else "")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of a setting. `own` is the base URL's, at any port and any address: the bot speaks to it anyway."""

    places: frozenset[_Place] = frozenset()
    networks: frozenset[Network] = frozenset()
    amazon: bool = False
    own: _Place | None = None

    def allow(self, link: str) -> bool:
        """Return whether a file may be fetched from there at all: by HTTPS, or as the base URL is reached."""
        place = _place(link)
        if place is None:
            return False
        is_amazon = self.amazon and place.scheme == "https" and place.port == _USUAL["https"]
        is_named = any(each.has(place) for each in self.places) or self._is_own(place)
        return is_named or bool(is_amazon and _OF_AMAZON.fullmatch(place.name))

    def allow_at(self, link: str, address: Address) -> bool:
        """Return whether the host in a link, if it is allowed, may have this address."""
        place = _place(link)
        if place is not None and self._is_own(place):
            return True
        meant = _meant(address)
        public = meant.is_global and not meant.is_multicast
        return public or any(meant in each for each in self.networks if each.version == meant.version)

    def _is_own(self, place: _Place) -> bool:
        return self.own is not None and self.own.is_host_of(place)


def place_of(link: str) -> str:
    """Return where a link leads, as an administrator may read it: nothing of it that is secret; "" for no address."""
    return str(_place(link) or "")


def read_hosts(entries: Iterable[str], base_url: str) -> Hosts:
    """Return the hosts that a list names; `base_url` is where Token Flex is.

    Raises:
        HostsError: an entry is no host.

    """
    places: set[_Place] = set()
    networks: set[Network] = set()
    words, wrong = set(), []
    for entry in (each.strip() for each in entries):
        if entry.lower() in {AMAZON, OURS}:
            words.add(entry.lower())
        elif (network := _network(entry)) is not None:
            networks.add(network)
            if network.num_addresses == 1:
                places.add(_Place("https", str(network.network_address), _USUAL["https"]))
        elif (named := _NAMED.fullmatch(entry.lower())) and int(named["port"] or 1) in range(1, 1 << 16):
            scheme = named["scheme"] or "https"
            places.add(_Place(scheme, named["name"], int(named["port"] or _USUAL[scheme])))
        else:
            wrong.append(entry)
    if wrong:
        raise HostsError(wrong)
    own = _place(base_url) if OURS in words else None
    return Hosts(frozenset(places), frozenset(networks), AMAZON in words, own)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _place(link: str) -> _Place | None:
    """Return where a link leads; None where it is no address of the web, or has a name and password in it."""
    try:
        parts = urlsplit(link)
        port = parts.port or _USUAL.get(parts.scheme, 0)
    except ValueError:
        return None
    if not port or not parts.hostname or parts.scheme not in _USUAL or "@" in parts.netloc:
        return None
    return _Place(parts.scheme, parts.hostname.lower().removesuffix("."), port)


def _meant(address: Address) -> Address:
    """Return the address that one of IPv6 stands for."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
