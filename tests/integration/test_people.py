"""Past recipients, over a real database."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.engine import START
from traymail.core.message import Address
from traymail.store.database import Database
from traymail.store.people import People

ANN, BOB, EVE = Address("ann@example.com", "Ann"), Address("bob@example.com"), Address("eve@e.org")


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    database = Database(tmp_path / "outbox.db")
    yield People(database)
    database.close()


def test_the_most_used_come_first_then_the_latest(people: People) -> None:
    people.note([ANN, BOB], START)
    people.note([EVE], START + timedelta(hours=1))
    people.note([BOB], START)
    assert people.known() == (BOB, EVE, ANN)


def test_a_name_once_given_stays_until_another_is_given(people: People) -> None:
    people.note([ANN], START)
    people.note([Address(ANN.mailbox)], START)
    assert people.known() == (ANN,)
    people.note([Address(ANN.mailbox, "Anna")], START)
    assert people.known() == (Address(ANN.mailbox, "Anna"),)


def test_one_is_forgotten_when_asked(people: People) -> None:
    people.note([ANN, BOB], START)
    people.forget(ANN.mailbox)
    assert people.known() == (BOB,)
