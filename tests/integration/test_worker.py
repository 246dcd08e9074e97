"""The threads that deliver: all of them end when the program does, however many servers hang."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine import ACCOUNT, NO_CAPS, ScriptedSender, Surroundings, surroundings
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.account import Account
from traymail.core.errors import StateError
from traymail.core.events import AccountChanged
from traymail.core.message import Address, Draft
from traymail.core.outbox import OutboxItem, State
from traymail.core.texts import text
from traymail.engine.delivery import Delivery
from traymail.engine.worker import GRACE_SECONDS, Worker, end_all
from traymail.store.outbox import Outbox

NAMES = ("one", "two", "three")
# What the program promises, whatever is under way.
PROMISED_SECONDS = 5.0


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(tmp_path) as made:
        yield made


class Timed(Worker):
    """A worker that remembers how long it was waited for."""

    def __init__(self, delivery: Delivery, stopping: threading.Event) -> None:
        super().__init__(delivery, stopping)
        self.given: list[float] = []

    def ended(self, seconds: float | None = None) -> bool:
        assert seconds is not None
        self.given.append(seconds)
        return super().ended(seconds)


def test_servers_that_hang_are_cut_off_together(around: Surroundings) -> None:
    senders = {name: ScriptedSender(hold=threading.Event()) for name in NAMES}

    def hanging(account: Account) -> ScriptedSender:
        return senders[account.name]

    tools = replace(around.tools, make_sender=hanging)
    workers = []
    for name in NAMES:
        account = replace(ACCOUNT, name=name)
        around.poster.store(
            Draft(name, ACCOUNT.address, to=(Address("you@example.com"),), subject="x", text="y")
        )
        workers.append(Timed(Delivery(account, NO_CAPS, tools), tools.stopping))
    for worker in workers:
        worker.start()
    for sender in senders.values():
        assert sender.entered.wait(PATIENCE_SECONDS), "it hangs in its attempt"
    tools.stopping.set()
    end_all(workers, PROMISED_SECONDS)
    first, *others = (worker.given[0] for worker in workers)
    assert first <= GRACE_SECONDS
    assert max(others) <= 0.0, "the first has had the grace of all"
    assert all(sender.aborted.is_set() for sender in senders.values())
    assert around.outbox.counts()[State.QUEUED] == len(NAMES), "nothing is lost"


def test_whoever_follows_a_retired_worker_ends_with_it(around: Surroundings) -> None:
    sender = around.sender
    sender.hold = threading.Event()
    around.post()
    first = Worker(around.delivery(), around.tools.stopping)
    first.start()
    assert sender.entered.wait(PATIENCE_SECONDS)
    first.retire()
    second = Worker(around.delivery(), around.tools.stopping, follows=first)
    second.start()
    around.tools.stopping.set()
    end_all([second], PROMISED_SECONDS)
    assert sender.aborted.is_set()
    assert around.outbox.counts()[State.QUEUED] == 1


class BrittleOutbox(Outbox):
    """The real one, whose claims, or what it is told of their end, fail as they are told to."""

    error: Exception | None = None
    at_the_end: Exception | None = None

    def finish(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 # as they come
        if self.at_the_end is not None:
            raise self.at_the_end
        super().finish(*arguments, **more)

    def claim(self, *arguments: Any, **more: Any) -> OutboxItem | None:  # noqa: ANN401 # as they come
        if self.error is not None:
            raise self.error
        return super().claim(*arguments, **more)


@pytest.mark.parametrize("foreseen", [True, False])
def test_what_keeps_an_accounts_mail_is_told_once_and_until_it_has_passed(
    around: Surroundings,
    caplog: pytest.LogCaptureFixture,
    foreseen: bool,  # a case
) -> None:
    outbox = BrittleOutbox(around.database, around.spool)
    full = StateError(text("The disk is full."), text("Free some space."))
    outbox.error = full if foreseen else ValueError("odd")
    around.tools = replace(around.tools, outbox=outbox)
    around.post()
    worker = Worker(around.delivery(), around.tools.stopping)
    worker.start()
    until(lambda: worker.trouble, what="the trouble")
    told = until(
        lambda: [event.state for event in around.events if isinstance(event, AccountChanged)],
        what="a word of it",
    )
    assert [(state.stopped, state.advice_id) for state in told] == [(True, "internal")]
    worker.wake()
    outbox.error = None
    worker.wake()
    until(lambda: around.outbox.counts()[State.SENT], what="the mail sent")
    until(lambda: worker.trouble is None, what="no trouble")
    around.tools.stopping.set()
    end_all([worker], PROMISED_SECONDS)
    assert [e.state.stopped for e in around.events if isinstance(e, AccountChanged)] == [
        True,
        False,
    ]
    # With -v, more is told.
    told_of = [one for one in caplog.records if one.levelno >= logging.WARNING]
    [record] = [one for one in told_of if one.name.startswith("traymail")]
    assert (record.exc_info is None) == foreseen
    assert not foreseen or record.getMessage() == "account work: The disk is full. Free some space."


def test_an_outcome_that_finds_no_room_is_told_of_its_account_until_it_is_stored(
    around: Surroundings,
) -> None:
    outbox = BrittleOutbox(around.database, around.spool)
    outbox.at_the_end = StateError(text("The disk is full."), text("Free some space."))
    around.tools = replace(around.tools, outbox=outbox)
    around.post()
    worker = Worker(around.delivery(), around.tools.stopping)
    worker.start()
    until(lambda: worker.trouble, what="the trouble")
    assert str(worker.trouble) == "The disk is full."
    outbox.at_the_end = None
    until(lambda: around.outbox.counts()[State.SENT], what="the mail sent")
    until(lambda: worker.trouble is None, what="no trouble")
    around.tools.stopping.set()
    end_all([worker], PROMISED_SECONDS)
    assert [e.state.stopped for e in around.events if isinstance(e, AccountChanged)] == [
        True,
        False,
    ]
    assert len(around.sender.mails) == 1
