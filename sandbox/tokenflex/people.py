"""The OAuth clients and users that a stand-in knows; tests may add to them while it runs."""

from dataclasses import replace

from sandbox.tokenflex.settings import Client, SandboxSettings, User


class People:
    """Clients by id, users by name."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._clients = {client.client_id: client for client in settings.clients}
        self._lapsed: set[tuple[str, str | None]] = set()
        self._users = {user.name: user for user in settings.known_users()}

    def client(self, client_id: str) -> Client | None:
        """Return a client."""
        return self._clients.get(client_id)

    def user(self, name: str) -> User | None:
        """Return a user, with the contracts whose role has not lapsed."""
        user = self._users.get(name)
        if user is None or (name, None) in self._lapsed:
            return user and replace(user, contracts=())
        return replace(user, contracts=tuple(each for each in user.contracts if (name, each) not in self._lapsed))

    def users(self) -> list[User]:
        """Return every user, in the order in which they were added."""
        return list(self._users.values())

    def lapse(self, user: str, contract: str | None) -> None:
        """Take a user's role for a contract away, or (None) for every contract."""
        self._lapsed.add((user, contract))

    def restore(self, user: str, contract: str | None) -> None:
        """Give a role that lapsed back."""
        self._lapsed.discard((user, contract))

    def add_client(self, client: Client) -> None:
        """Add a client, or replace the one with this id."""
        self._clients[client.client_id] = client

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one with this name."""
        self._users[user.name] = user
