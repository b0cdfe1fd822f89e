"""What a stand-in is made of: its limits and lives, the OAuth clients and the Autodesk users that it knows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from sandbox.tokenflex import recorded
from sandbox.tokenflex.limits import READINGS

Durations = Callable[[Random], float] | tuple[float, float]

CONTRACT_MANAGER = "contract manager"
SOFTWARE_COORDINATOR = "software coordinator"
EXAMPLE_CONTRACT = "110000123456"
_DOCUMENTED_LINK_LIFE = 120.0  #: seconds


@dataclass(frozen=True, slots=True)
class Client:
    """One OAuth client (an "app").

    `secret` is None for a public client. `tied_user` is the admin that Autodesk tied the client to; a tied client
    works two-legged only (source: Token Flex, authentication). `callback_urls` are matched as they are, except that a
    loopback address matches on any port. `api_enabled` False makes every API call answer AUTH-001.
    """

    client_id: str
    secret: str | None = field(default=None, repr=False)
    tied_user: str | None = None
    callback_urls: tuple[str, ...] = ()
    api_enabled: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """One Autodesk user.

    `role` is empty for an ordinary user, who sees no contract. `sees_region` narrows the data to one value of
    `customField2`, as the portal does for a software coordinator (source: Token Flex, roles).
    """

    name: str
    user_id: str
    role: str = ""
    contracts: tuple[str, ...] = ()
    sees_region: str | None = None


def default_clients() -> tuple[Client, ...]:
    """Return the two-legged, the three-legged and the public client of the sandbox."""
    callbacks = ("http://127.0.0.1:8765/callback", "http://localhost:8765/callback")
    return (
        Client("sandbox-client", "sandbox-secret", tied_user="ana.admin"),
        Client("sandbox-web", "sandbox-web-secret", callback_urls=callbacks),
        Client("sandbox-public", None, callback_urls=callbacks),
        Client("sandbox-untied", "sandbox-untied-secret", callback_urls=callbacks),
        Client("sandbox-no-api", "sandbox-no-api-secret", callback_urls=callbacks, api_enabled=False),
    )


def default_users() -> tuple[User, ...]:
    """Return an admin of two contracts, a coordinator who sees one region, another customer's admin, and a nobody."""
    return (
        User("ana.admin", "ANA0ADMIN001", CONTRACT_MANAGER, (EXAMPLE_CONTRACT, "11000099871")),
        User("ben.coordinator", "BEN0COORD002", SOFTWARE_COORDINATOR, (EXAMPLE_CONTRACT,), sees_region="EMEA"),
        User("cem.elsewhere", "CEM0OTHER003", CONTRACT_MANAGER, ("110000777001",)),
        User("dora.designer", "DORA0NONE004"),
    )


def lognormal_duration(random: Random) -> float:
    """Return the seconds until a file is ready: median 90 s, now and then many minutes."""
    return 90.0 * random.lognormvariate(0.0, 0.9)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Everything that is fixed while a stand-in runs; lives and durations are seconds.

    `missing_key_status`, `early_refresh_status`, `reuse_kills_chain`, `refuses_not_in_strings` and `csv_bom` are the
    points that Autodesk does not document: a client has to get along with either side of them.

    `recorded` has the ways of Autodesk's own recording: names of files without hyphens and dots, long signed links of
    60 to 68 s, quoted CSV with a comma at the end of each line, the contract `RomeoAgree-0` for Example AG's managers,
    `CY` and `MY`, an optional `state`, and a doubled slash in front of OAuth paths. Without it everything is as the
    documentation has it, with links of two minutes. `link_life`, where given, counts in either case.

    Queries take `query_durations`, live for `query_life` after they are done, and have ids in the form of the
    `reference`, of the `walkthrough`, or of one of `both` at random.

    Raises:
        ValueError: a reading or a form of ids that does not exist, or links that live longer than Autodesk's ever do.

    """

    rate_reading: str = "B"
    link_life: float | None = None
    durations: Durations = lognormal_duration
    outstanding_quota: int = 50
    access_token_life: float = 3599.0
    refresh_token_life: float = 15 * 86400.0
    code_life: float = 300.0
    clients: tuple[Client, ...] = field(default_factory=default_clients)
    users: tuple[User, ...] = field(default_factory=default_users)
    missing_key_status: int = 404
    early_refresh_status: int = 200
    reuse_kills_chain: bool = False
    refuses_not_in_strings: bool = False
    csv_bom: bool = False
    recorded: bool = True
    query_durations: Durations = (1.0, 8.0)
    query_life: float = 300.0
    query_ids: str = "both"

    def __post_init__(self) -> None:
        if self.rate_reading not in READINGS:
            raise ValueError(f"rate_reading is one of {', '.join(READINGS)}")
        if self.query_ids not in ("both", "reference", "walkthrough"):
            raise ValueError("query_ids is both, reference or walkthrough")
        if self.link_life is not None and not 0 < self.link_life <= 300:
            raise ValueError("a link lives for five minutes at most")

    def draw_duration(self, random: Random) -> float:
        """Return the seconds from a request to its file, drawn from `random`."""
        return _drawn(self.durations, random)

    def draw_query_duration(self, random: Random) -> float:
        """Return the seconds from a query to its result, drawn from `random`."""
        return _drawn(self.query_durations, random)

    def draw_link_life(self, random: Random) -> float:
        """Return the seconds that a link lives, drawn from `random` where they vary."""
        if self.link_life is not None:
            return self.link_life
        return random.uniform(*recorded.LINK_LIVES) if self.recorded else _DOCUMENTED_LINK_LIFE

    def known_users(self) -> tuple[User, ...]:
        """Return the users with the contracts that they have in this stand-in."""
        return tuple(_of_the_recording(user) if self.recorded else user for user in self.users)


def _drawn(durations: Durations, random: Random) -> float:
    return durations(random) if callable(durations) else random.uniform(*durations)


def _of_the_recording(user: User) -> User:
    manages = user.role == CONTRACT_MANAGER and EXAMPLE_CONTRACT in user.contracts
    return replace(user, contracts=(*user.contracts, recorded.CONTRACT)) if manages else user
