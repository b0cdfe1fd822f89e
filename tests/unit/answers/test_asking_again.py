"""What somebody has posted of a file, while somebody else deletes its export."""

import pytest
from sqlite_utils import Database as Connection

from bot.answers.asking_again import _want
from bot.cards.query import Query
from bot.errors import WrongStateError
from bot.exports import announcements, removal
from storage import answers, audit, exports
from storage.migrations import migrations
from storage.states import Event
from tests.harness.people import admitted
from tests.harness.rows import NOW, accepted


def test_nothing_is_posted_of_an_export_that_is_deleted_meanwhile() -> None:
    """It was there as the person was let in; its figures come neither to the thread nor back into the database."""
    db = Connection(memory=True)
    migrations.apply(db)
    accepted(db)
    for event in (Event.TAKE, Event.TAKEN, Event.FINISH):
        exports.move(db, 1, event, NOW)
    announcements.result(db, exports.get(db, 1), NOW)
    seen, asker = exports.get(db, 1), admitted("U1", "C1")
    posted, is_new = _want(db, seen, asker, Query(), "answer:posted:1", None, NOW)
    assert (posted.state, is_new) == (answers.AnswerState.WANTED, True)
    deleted = exports.move(db, 1, Event.DELETE, NOW)
    assert deleted is not None
    removal.ours(db, deleted, NOW)
    with pytest.raises(WrongStateError):
        _want(db, seen, asker, Query(), "answer:posted:2", None, NOW)
    assert answers.of_export(db, 1) == ()
    assert [row["result"] for row in db.query("SELECT result FROM audit WHERE act = ?", [audit.Act.ANSWER])] == [
        "for the thread"
    ]
