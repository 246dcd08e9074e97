"""The engine: its thread takes commands and observations in; workers deliver."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Protocol, assert_never

from traymail.core.commands import Apply, Command, Pause, Resume, StorageTrouble, Wake
from traymail.core.errors import InputError, StateError, TraymailError
from traymail.core.events import (
    Event,
    ItemChanged,
    OutboxChanged,
    PauseChanged,
    SettingsApplied,
)
from traymail.core.observations import Observation
from traymail.core.outbox import OutboxItem
from traymail.core.reasons import foreseen
from traymail.core.reports import FlowStatus
from traymail.core.retry import LOOK_SECONDS, reached
from traymail.core.rule import Rule
from traymail.core.settings import Settings
from traymail.core.texts import Text
from traymail.engine.automation import Automation
from traymail.engine.caps import rule_caps
from traymail.engine.delivery import Delivery, Tools
from traymail.engine.posting import Poster
from traymail.engine.publisher import Publisher
from traymail.engine.worker import Worker, end_all
from traymail.failures import log_failure

log = logging.getLogger(__name__)

STOP_SECONDS = 4.0
MOST_WAITING = 64


class Watch(Protocol):
    """A watcher: it is told the rules it works for."""

    def apply(self, settings: Settings) -> None:
        """Watch what these rules want watched, from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The health of the engine at one moment; ``troubles`` keep an account's mail from leaving."""

    settings: Settings
    rules: Mapping[str, FlowStatus]
    paused: bool
    paused_until: datetime | None
    troubles: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an engine waits.

    ``look_seconds``: until it looks at the clock, which may have been set. ``ask_seconds``: for a
    busy engine to say how things stand. ``again``: until what is known of rules is written once
    more, which could not be written, as on a full disk.
    """

    look_seconds: float = LOOK_SECONDS
    ask_seconds: float = 3.0
    again: timedelta = timedelta(seconds=5)


class _Stop:
    """The last entry of the inbox."""


@dataclass(frozen=True, slots=True)
class _Ask:
    answer: Future[Snapshot]


@dataclass(frozen=True, slots=True)
class _Ended:
    item: OutboxItem


Entry = Observation | Pause | Resume | Wake | Apply | StorageTrouble | _Stop | _Ask | _Ended


class PauseMemory(Protocol):
    """Remembers a pause over restarts."""

    def pause(self, now: datetime) -> tuple[bool, datetime | None]:
        """Return whether all is paused, and until when (None: until resumed)."""
        ...

    def remember_pause(self, until: datetime | None, *, paused: bool) -> None:
        """Remember it."""
        ...


class RuleMemory(Protocol):
    """Remembers the rules in force over restarts, so that one with another name is known again."""

    def put_in_force(self, rules: Iterable[Rule]) -> Mapping[str, str]:
        """Remember these; return the new names of those that have one, by the old.

        Raises StateError: nothing was changed.
        """
        ...

    def caps(self) -> Mapping[str, int]:
        """Return the mails an hour of each rule known, also of those that were taken out."""
        ...


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine is put together from."""

    tools: Tools
    poster: Poster
    automation: Automation
    watches: tuple[Watch, ...]
    publisher: Publisher
    memory: PauseMemory
    rules: RuleMemory
    patience: Patience = field(default_factory=Patience)


class Engine:
    """Owns the engine's thread and the delivery workers. `submit` and `observe` never block."""

    def __init__(
        self, settings: Settings, parts: EngineParts, on_death: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._caps = rule_caps(settings, {})
        self._waiting: tuple[datetime, Settings] | None = None
        self._late: set[Wake] = set()
        self._late_at: datetime | None = None
        self._on_death = on_death
        self._parts = parts
        self._inbox: SimpleQueue[Entry] = SimpleQueue()
        self._workers: dict[str, Worker] = {}
        self._paused, self._paused_until = parts.memory.pause(parts.tools.clock.now())
        self._shown = Snapshot(settings, {}, self._paused, self._paused_until)
        self._thread = threading.Thread(target=self._run, name="traymail-engine", daemon=True)
        parts.publisher.listen(self._hear)

    def start(self) -> None:
        """Begin to work; the outbox has been recovered before."""
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Take a command in."""
        self._inbox.put(command)

    def observe(self, observation: Observation) -> None:
        """Take in what a watcher saw."""
        self._inbox.put(observation)

    def has_room(self) -> bool:
        """Tell whether watchers may observe more: what has not been taken yet stays bounded."""
        return self._inbox.qsize() < MOST_WAITING

    def snapshot(self) -> Snapshot:
        """Return the health of the engine; called from other threads.

        What was submitted before is in it, unless the engine is busy for long: then it is how
        things stood when it last came to rest.
        """
        ask = _Ask(Future())
        self._inbox.put(ask)
        try:
            return ask.answer.result(self._parts.patience.ask_seconds)
        except TimeoutError:
            return self._shown

    def stop(self) -> None:
        """End all threads within `STOP_SECONDS`; what is under way is broken off and stays kept."""
        self._parts.tools.stopping.set()
        self._inbox.put(_Stop())
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)  # it is the one that adds workers
        end_all(tuple(self._workers.values()), STOP_SECONDS)

    # --- the engine's thread ------------------------------------------------------------------

    def _run(self) -> None:
        entry: Entry | None = None
        try:
            self._begin()
            while not isinstance(entry, _Stop):
                entry = self._next(self._tick())
                if entry is not None:
                    self._take(entry)
        except Exception as error:  # noqa: BLE001 # the owner is told; all is on disk
            log_failure(log, "the engine's thread ended", error)
        finally:
            if not isinstance(entry, _Stop):
                self._on_death()

    def _guarded(self, act: Callable[[], None], again: Wake) -> None:
        """Do it; when the outbox cannot be had just now, take ``again`` a little later instead."""
        try:
            act()
        except TraymailError as error:
            if not self._late:
                log_failure(log, "the engine waits", error)
            self._late.add(again)
            self._late_at = self._parts.tools.clock.now() + self._parts.patience.again

    def _begin(self) -> None:
        now = self._parts.tools.clock.now()
        if self._paused:
            self._parts.automation.pause(now, paused=True)
        self._put_in_force(self._settings, now)

    def _next(self, wish: datetime | None) -> Entry | None:
        wait = None
        if wish is not None:
            left = (wish - self._parts.tools.clock.now()).total_seconds()
            wait = min(max(left, 0.0), self._parts.patience.look_seconds)
        try:
            return self._inbox.get(timeout=wait)
        except Empty:
            return None

    def _take(self, entry: Entry) -> None:
        now = self._parts.tools.clock.now()
        match entry:
            case Observation():
                self._parts.automation.observe(entry, now)
            case _Ended():
                self._parts.automation.finished(entry.item, now)
            case _Ask():
                entry.answer.set_result(self._snapshot())
            case _Stop():
                pass
            case _:
                self._obey(entry, now)

    def _obey(self, command: Command, now: datetime) -> None:
        match command:
            case Wake():
                self._guarded(lambda: self._look_at(command.ended, now), command)
                self._wake_workers()
                self._parts.publisher.publish(OutboxChanged())
            case Apply():
                as_before = command.settings is self._settings
                self._put_in_force(command.settings, now)
                if command.mended and as_before:
                    self._parts.publisher.publish(SettingsApplied())
            case StorageTrouble():
                self._parts.automation.kept(command.trouble)
            case Pause():
                self._pause(command.until, now, paused=True)
            case Resume():
                self._pause(None, now, paused=False)
            case _:
                assert_never(command)

    def _look_at(self, ids: tuple[int, ...], now: datetime) -> None:
        """Tell the rules of mails that another process ended, as long as they are known."""
        for mail_id in ids:
            with contextlib.suppress(InputError):
                self._parts.automation.finished(self._parts.tools.outbox.get(mail_id), now)

    def _tick(self) -> datetime | None:
        """Let the flows work, wake who is concerned; return when to come back at the latest."""
        now, again = self._parts.tools.clock.now(), self._parts.patience.again
        if self._paused and self._paused_until is not None and self._paused_until <= now:
            self._pause(None, now, paused=False)
        if self._waiting is not None and reached(self._waiting[0], now, again):
            self._put_in_force(self._waiting[1], now)
        if self._late_at is not None and reached(self._late_at, now, again):
            late, self._late, self._late_at = self._late, set(), None
            for entry in late:
                self._inbox.put(entry)
        wish = self._parts.automation.tick(now)
        self._shown = self._snapshot()
        self._guarded(self._announce, Wake())
        in_force_at = None if self._waiting is None else self._waiting[0]
        waits = (wish, self._paused_until, in_force_at, self._late_at)
        return min((wait for wait in waits if wait is not None), default=None)

    def _announce(self) -> None:
        for account in self._parts.poster.announce():
            self._wake_worker(account)

    def _pause(self, until: datetime | None, now: datetime, *, paused: bool) -> None:
        self._paused, self._paused_until = paused, until
        try:
            self._parts.memory.remember_pause(until, paused=paused)
        except StateError as error:
            # What the user asked for holds now; a full disk is no reason to do otherwise.
            what = "the pause" if paused else "the end of the pause"
            log.error("%s is not kept for the next start: %s", what, error)  # noqa: TRY400 # told
        self._parts.automation.pause(now, paused=paused)
        for worker in self._workers.values():
            worker.pause(paused=paused)
        self._parts.publisher.publish(PauseChanged(paused, until))

    def _put_in_force(self, settings: Settings, now: datetime) -> None:
        """Work by these settings from now on; by the old ones until their rules are known."""
        before, self._waiting = self._settings, None
        caps_change = rule_caps(settings, {}) != rule_caps(before, {})
        for name, worker in self._workers.items():
            if caps_change or settings.accounts.get(name) != before.accounts.get(name):
                worker.retire()
        try:
            renamed = self._parts.rules.put_in_force(settings.rules)
            self._caps = rule_caps(settings, self._parts.rules.caps())
        except StateError as error:
            # A rule that is not known again would mail once more what it mailed before.
            log.error("the rules are not in force yet: %s", error)  # noqa: TRY400 # told in words
            self._waiting = now + self._parts.patience.again, settings
        else:
            self._settings = settings
            self._parts.automation.apply(settings, now, renamed)
            for watch in self._parts.watches:
                watch.apply(settings)
            if settings is not before:
                self._parts.publisher.publish(SettingsApplied())
        self._wake_workers()

    def _wake_workers(self) -> None:
        self._guarded(self._wake_all, Wake())

    def _wake_all(self) -> None:
        for name in self._parts.tools.outbox.accounts_with_work():
            self._wake_worker(name)

    def _wake_worker(self, name: str) -> None:
        """Wake an account's worker, made at its first mail; mail of a removed account waits."""
        worker = self._workers.get(name)
        account = self._settings.accounts.get(name)
        if account is not None and (worker is None or worker.retired):
            delivery = Delivery(account, self._caps, self._parts.tools)
            stopping = self._parts.tools.stopping
            worker = Worker(
                delivery,
                stopping,
                follows=worker,
                on_death=self._on_death,
                look_seconds=self._parts.patience.look_seconds,
            )
            worker.pause(paused=self._paused)
            try:
                worker.start()
            except RuntimeError as error:  # no room for one more thread just now
                raise foreseen(error) or error from error
            self._workers[name] = worker
        if worker is not None:
            worker.wake()

    def _snapshot(self) -> Snapshot:
        rules = self._parts.automation.status()
        troubles = {
            name: worker.trouble
            for name, worker in self._workers.items()
            if worker.trouble is not None and not worker.retired
        }
        return Snapshot(self._settings, rules, self._paused, self._paused_until, troubles)

    def _hear(self, event: Event) -> None:
        if isinstance(event, ItemChanged) and event.item.rule is not None:
            self._inbox.put(_Ended(event.item))
