"""Token Flex, signed in: calls in the name of the login that the database holds."""

from contextlib import AsyncExitStack
from random import Random

from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import Turns
from bot.login.store import LoginStore
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.settings import Settings
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.http import Door
from bot.tokenflex.oauth import AccessTokens, OAuthClient
from storage.database import Database


async def token_flex_side(
    *,
    settings: Settings,
    database: Database,
    store: LoginStore,
    door: Door,
    clock: Clock,
    random: Random,
    ending: AsyncExitStack,
) -> TokenFlexCalls:
    """Return the calls of this database's login and budget; `ending` waits for what must not get lost in a thread."""
    server_time = ServerTime(clock)
    oauth = OAuthClient(door, settings.aps_base_url, settings.aps_client_id, settings.aps_client_secret)
    tokens = AccessTokens(oauth, store, clock.now)
    client = TokenFlexClient(door, settings.tokenflex_base_url, tokens.access_token, on_server_time=server_time.observe)
    turns = Turns(database, clock, server_time, settings.call_pace)
    await turns.load()
    calls = TokenFlexCalls(client, tokens, turns, clock, random)
    ending.push_async_callback(calls.drain)
    return calls
