"""The Web API methods, each a function of its arguments and the workspace."""

from sandbox.slack.methods import chat, conversations, files, people, views
from sandbox.slack.methods.method import Method

METHODS: dict[str, Method] = {
    **people.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **views.METHODS,
    **files.METHODS,
}
