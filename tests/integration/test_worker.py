"""The threads that deliver: all of them end when the program does, however many servers hang."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.support.engine import ACCOUNT, NO_CAPS, ScriptedSender, Surroundings, surroundings
from traymail.core.account import Account
from traymail.core.message import Address, Draft
from traymail.core.outbox import State
from traymail.engine.delivery import Delivery
from traymail.engine.worker import Worker, end_all

NAMES = ("one", "two", "three")
# What the program promises, whatever is under way.
PROMISED_SECONDS = 5.0


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    with surroundings(tmp_path) as made:
        yield made


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
        workers.append(Worker(Delivery(account, NO_CAPS, tools), tools.stopping))
    for worker in workers:
        worker.start()
    for sender in senders.values():
        assert sender.entered.wait(10), "it hangs in its attempt"
    tools.stopping.set()
    began = monotonic()
    end_all(workers, PROMISED_SECONDS)
    assert monotonic() - began < PROMISED_SECONDS
    assert all(sender.aborted.is_set() for sender in senders.values())
    assert around.outbox.counts()[State.QUEUED] == len(NAMES), "nothing is lost"


def test_whoever_follows_a_retired_worker_ends_with_it(around: Surroundings) -> None:
    sender = around.sender
    sender.hold = threading.Event()
    around.post()
    first = Worker(around.delivery(), around.tools.stopping)
    first.start()
    assert sender.entered.wait(10)
    first.retire()
    second = Worker(around.delivery(), around.tools.stopping, follows=first)
    second.start()
    around.tools.stopping.set()
    end_all([second], PROMISED_SECONDS)
    assert sender.aborted.is_set()
    assert around.outbox.counts()[State.QUEUED] == 1
