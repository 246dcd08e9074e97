"""An engine's surroundings: a real outbox on disk, a clock to turn by hand, a sender to script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.wait import PATIENCE_SECONDS
from traymail.core.account import Account, Auth, Limits, Security
from traymail.core.errors import DeliveryError, Reply, Stage, TransientFailure
from traymail.core.events import Event, ItemChanged
from traymail.core.message import Address, Draft, Mail
from traymail.core.outbox import OutboxItem, Receipt
from traymail.core.ports import Journal, Sender
from traymail.core.texts import text
from traymail.desktop.clock import SystemClock
from traymail.engine.caps import RuleCaps
from traymail.engine.clock_steps import ClockSteps
from traymail.engine.delivery import Delivery, Tools
from traymail.engine.posting import Poster
from traymail.engine.stops import Interruptions
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.spool import Spool

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NO_CAPS = RuleCaps({}, 100_000)


class HandClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.time = START
        self.set_by = self.slept = timedelta(0)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - self.set_by).timestamp()

    def passing(self) -> float:
        return self.monotonic() + self.slept.total_seconds()

    def turn(self, **span: float) -> None:
        self.time += timedelta(**span)

    def set(self, **step: float) -> None:
        """Have it jump: no time passes."""
        self.time += timedelta(**step)
        self.set_by += timedelta(**step)

    def sleep(self, **span: float) -> None:
        """Let the computer sleep for so long."""
        self.set(**span)
        self.slept += timedelta(**span)


class StoppedClock(SystemClock):
    """The real one, which stands still as often as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._stops = 0
        self._since = self._lost = 0.0

    def monotonic(self) -> float:
        with self._lock:
            return (self._since if self._stops else super().monotonic()) - self._lost

    @contextmanager
    def standing(self) -> Iterator[None]:
        with self._lock:
            if not self._stops:
                self._since = super().monotonic()
            self._stops += 1
        yield
        with self._lock:
            self._stops -= 1
            if not self._stops:
                self._lost += super().monotonic() - self._since


@dataclass
class ScriptedSender:
    """`traymail.core.ports.Sender` that does as told, and remembers what it was given.

    ``script`` holds one entry a mail: None (taken), an error to raise before the final dot, or
    ("after", error) to raise after it. When it has run out, all mails are taken.
    """

    script: list[object] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    closed: int = 0
    aborted: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event | None = None
    entered: threading.Event = field(default_factory=threading.Event)

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        act = self.script.pop(0) if self.script else None
        journal.progress(0, mail.size)
        self.entered.set()
        if self.hold is not None and not self.hold.wait(PATIENCE_SECONDS):
            raise AssertionError("held for too long")
        if self.aborted.is_set():
            raise failure(TransientFailure, None, Stage.DATA)
        if isinstance(act, Exception):
            raise act
        journal.before_final()
        if isinstance(act, tuple):
            raise act[1]
        self.mails.append(mail)
        if isinstance(act, Receipt):
            return act
        return Receipt(250, "taken", mail.envelope.recipients)

    def close(self) -> None:
        self.closed += 1

    def abort(self) -> None:
        self.aborted.set()
        if self.hold is not None:
            self.hold.set()


def failure(kind: type[DeliveryError], code: int | None, stage: Stage) -> DeliveryError:
    return kind(Reply(code, "said the server", stage), "x-4xx", text("Refused"))


ACCOUNT = Account(
    name="work",
    address=Address("me@example.com", "Me"),
    host="mail.example.com",
    port=465,
    security=Security.TLS,
    username="me@example.com",
    auth=Auth.NONE,
)


@dataclass
class Surroundings:
    outbox: Outbox
    poster: Poster
    clock: HandClock
    sender: ScriptedSender
    tools: Tools
    events: list[Event]
    database: Database
    spool: Spool

    def post(self, subject: str = "hello", **fields: object) -> OutboxItem:
        draft = Draft(
            account="work",
            sender=ACCOUNT.address,
            to=(Address("you@example.com"),),
            subject=subject,
            text="body",
            **fields,  # type: ignore[arg-type] # fields of Draft
        )
        return self.poster.store(draft)

    def delivery(self, account: Account = ACCOUNT, caps: RuleCaps = NO_CAPS) -> Delivery:
        return Delivery(account, caps, self.tools)


@contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    database = Database(folder / "outbox.db")
    spool = Spool(folder / "spool")
    clock, sender, events = HandClock(), ScriptedSender(), list[Event]()
    outbox = Outbox(database, spool)
    make: Callable[[Account], Sender] = lambda _account: sender  # noqa: E731 # one sender for all
    stopping = threading.Event()
    tools = Tools(
        outbox,
        clock,
        make,
        events.append,
        lambda: 1.0,
        stopping,
        _nothing,
        Interruptions(),
        ClockSteps(outbox, clock),
    )
    try:
        yield Surroundings(
            outbox,
            Poster(outbox, spool, clock, lambda item: events.append(ItemChanged(item))),
            clock,
            sender,
            tools,
            events,
            database,
            spool,
        )
    finally:
        stopping.set()
        database.close()


def _nothing(_mail: int, _done: int, _total: int) -> None:
    """Nobody watches the progress."""


def limited(per_minute: int) -> Account:
    return replace(ACCOUNT, limits=Limits(per_minute=per_minute))
