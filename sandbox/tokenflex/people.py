"""The OAuth clients and users that a stand-in knows; tests may add to them while it runs."""

from sandbox.tokenflex.settings import Client, SandboxSettings, User


class People:
    """Clients by id, users by name."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._clients = {client.client_id: client for client in settings.clients}
        self._users = {user.name: user for user in settings.known_users()}

    def client(self, client_id: str) -> Client | None:
        """Return a client."""
        return self._clients.get(client_id)

    def user(self, name: str) -> User | None:
        """Return a user."""
        return self._users.get(name)

    def users(self) -> list[User]:
        """Return every user, in the order in which they were added."""
        return list(self._users.values())

    def add_client(self, client: Client) -> None:
        """Add a client, or replace the one with this id."""
        self._clients[client.client_id] = client

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one with this name."""
        self._users[user.name] = user
