"""The words of sentences for people: those that none of them has, those of buttons; and how long one may be."""

import re

from bot.cards import actions

#: Words of the implementation, which tell people nothing or something else.
FORBIDDEN = re.compile(
    r"\b(calls?|slots?|places?|submit\w*|queued?|outbox|database|poll\w*|(?<!Post to )threads?|triggers?|payloads?"
    r"|upstream|endpoints?|post request|http|json|exceptions?|null|request keys?|credentials?|scopes?|cached?"
    r"|responses?|modals?|ephemeral|parser?|syntax|literals?|operators?|clauses?|outstanding|envelopes?|timeouts?|workers?"
    r"|loops?)\b",
    re.IGNORECASE,
)
#: Of a Slack notification, of which a telephone shows the beginning; and what nobody reads to its end.
LONGEST = 330
LABELS = set(actions._LABELS.values()) | {"Export", "New export"}
