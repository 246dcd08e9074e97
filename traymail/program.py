"""The running program of a home: engine, watchers and the ear for other processes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from traymail import __version__
from traymail.app import App, look_at_log, machine, recover
from traymail.configuration import LOOK_SECONDS, Configuration
from traymail.core.account import Account
from traymail.core.commands import Pause, Resume, StorageTrouble, Wake
from traymail.core.duration import in_calendar
from traymail.core.errors import (
    INTERNAL_ERROR,
    AlreadyRunning,
    InputError,
    StateError,
    TraymailError,
    one_line,
)
from traymail.core.events import MailProgress
from traymail.core.observations import Observation
from traymail.core.outbox import State
from traymail.core.rule import Rule
from traymail.core.settings import Settings
from traymail.core.texts import Text, Translate, text
from traymail.desktop.ending import Ending
from traymail.desktop.instance import Server
from traymail.desktop.language import choose, translator
from traymail.engine.automation import Automation
from traymail.engine.engine import Engine, EngineParts, Patience
from traymail.engine.event_log import write_down
from traymail.engine.flow import Flow
from traymail.engine.stops import Interruptions
from traymail.failures import log_failure
from traymail.mending import Mending
from traymail.running.kind import Runner, RunningParts
from traymail.status import describe
from traymail.store.passed import KEPT_EACH
from traymail.store.salvage import check
from traymail.store.settings import Loaded
from traymail.store.write_ahead import warnings
from traymail.watch.scheduler import Scheduler

log = logging.getLogger(__name__)

LARGE_BYTES = 512 * 1024
PROGRESS_SECONDS = 0.2
DAY_SECONDS = 24 * 3600.0
# How long a start waits for a `send` that delivers its own mail to finish.
SENDER_SECONDS = 120.0


class Front(Protocol):
    """The windows, as other processes may ask for them; called on the thread that answers."""

    @property
    def ready(self) -> bool:
        """Whether they are there."""
        ...

    def visit(self, request: dict[str, Any]) -> None:
        """Show what is asked for, as soon as they are there."""
        ...


class Program:
    """One home at work, from `start` to `stop`."""

    def __init__(
        self,
        app: App,
        loaded: Loaded,
        on_end: Callable[[], None],
        front: Front | None = None,
        patience: Patience | None = None,
    ) -> None:
        """``on_end`` is called when it is asked to end; without ``front`` it has no windows."""
        self.failed = False
        self._server: Server | None = None  # until it has started
        self.lost: TraymailError | None = None  # its outbox, or its home, was taken away
        self.end = on_end
        self._front = front
        self._app = app
        self.unwritable: Text | None = None
        self._stopping = threading.Event()
        self.interruptions = Interruptions()
        self.stops = app.new_stops(self.wake)
        self._progress_told: dict[int, float] = {}
        self._data_version = 0
        self._poster = app.new_poster(lambda: self.configuration.settings)
        parts_of_rules = self._parts_of_rules()
        self.runners: Mapping[str, Runner[Any]] = {
            one.kind.name: one.runner(parts_of_rules) for one in app.rule_kinds
        }
        automation = Automation(self._make_flow, app.publisher.publish)
        parts = EngineParts(
            tools=app.tools(self._stopping, self._tell_progress, self.interruptions),
            poster=self._poster,
            automation=automation,
            watches=(self,),
            publisher=app.publisher,
            memory=app.pauses,
            rules=app.known_rules,
            patience=patience or Patience(),
        )
        self.engine = Engine(loaded.settings, parts, self._die)
        self.configuration = Configuration(app, loaded, self.engine, self.stops)
        self._mending = Mending(app, self.configuration, self.stops, self._stopping)
        self._scheduler = Scheduler(
            (
                self.configuration.look,
                self._look_at_outbox,
                self._mending.look,
                *(look for runner in self.runners.values() for look in runner.looks),
                app.passed.keep,
                self._tidy,
            ),
            app.clock.monotonic,
            self._die,
        )

    def start(self) -> None:
        """Recover what a crash left, and begin; raises StateError."""
        recovered = recover(self._app)
        if recovered.requeued or recovered.unknown:
            log.warning(
                "found under way: %d due again, %d of unknown fate",
                recovered.requeued,
                recovered.unknown,
            )
        self._mending.ask_again()
        try:
            for runner in self.runners.values():
                runner.start()
            self.engine.start()
            self._scheduler.start()
            self._server = self._app.instance.serve(self.answer, self._die)
        except BaseException:  # whatever it is: nothing goes on behind it
            self._end_threads()
            raise

    def stop(self) -> None:
        """End all threads, upstream first."""
        self._stopping.set()
        try:
            if self._server is not None:
                self._server.close()
            self.configuration.judge_last_edit()
        finally:
            self._end_threads()

    def _end_threads(self) -> None:
        self._stopping.set()
        for runner in self.runners.values():
            runner.stop()
        self._scheduler.stop()
        for runner in self.runners.values():
            runner.close()
        self.engine.stop()
        self._app.passed.keep()

    def apply(self, settings: Settings) -> None:
        """Watch what these settings want watched, at once: a `traymail.engine` watch."""
        for runner in self.runners.values():
            runner.apply(settings)
        self._scheduler.hurry()

    def cancel(self, ids: Collection[int]) -> None:
        """Take mails out of the queue; stop those that are being sent. Raises InputError."""
        outbox = self._app.outbox
        # Asked for first: a mail that is claimed meanwhile is stopped all the same.
        self.interruptions.request(ids)
        under_way: set[int] = set()
        try:
            outbox.cancel(ids, self._app.clock.now())
            under_way = {item.id for item in outbox.find(state=State.SENDING)}
        finally:
            # Else a mail that gets such a number later would be stopped.
            self.interruptions.forget(set(ids) - under_way)
        self.wake(ids)

    def wake(self, ended: Iterable[int] = ()) -> bool:
        """Look at the outbox, which has changed; ``ended`` are mails that somebody settled."""
        self.engine.submit(Wake(tuple(ended)))
        return True

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer another process; called on the server's thread."""
        match request.get("command"):
            case "pause":
                self.engine.submit(Pause(_moment(request.get("until"))))
            case "resume":
                self.engine.submit(Resume())
            case "wake":
                self.wake(_numbers(request.get("ended", [])))
            case "cancel":
                self.cancel(_numbers(request.get("ids", [])))
            case "quit":
                self.end()
            case _:
                return self._told(request)
        return {"ok": True}

    def _told(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer who asks for more than that it is done."""
        match request.get("command"):
            case "status":
                return self.status(self._translator_for(request))
            case "consent":
                return self.configuration.answer(request, self._translator_for(request))
            case "strike_out":
                return {"words": self._app.told.strike_out(str(request.get("words", "")))}
            case "hello" | "compose" | "add_account" as wish:
                if self._front is not None and wish != "hello":
                    self._front.visit(request)
                return self._hello()
            case _:
                return {"error": "unknown command"}

    def _translator_for(self, request: dict[str, Any]) -> Translate:
        return translator(choose(str(request.get("language", "auto")), self._app.environ))

    def _hello(self) -> dict[str, Any]:
        """Tell who answers, and of what kind it is."""
        front = self._front
        return {
            "pid": os.getpid(),
            "windows": front is not None,
            "ready": front is None or front.ready,
        }

    def status(self, translate: Translate) -> dict[str, Any]:
        """Return what ``status --json`` shows."""
        snapshot = self.engine.snapshot()
        return describe(self._app, snapshot, self.configuration.error, self.warnings(), translate)

    def warnings(self) -> tuple[Text, ...]:
        """Return what is to be shown of the outbox: it was damaged, or cannot be written."""
        now = () if self.unwritable is None else (self.unwritable,)
        return (*now, *warnings(self._app.home.database))

    # --- parts ----------------------------------------------------------------------------------

    def _observe(self, observation: Observation) -> None:
        self.engine.observe(observation)

    def _parts_of_rules(self) -> RunningParts:
        app = self._app
        return RunningParts(
            observe=self._observe,
            has_room=self._has_room,
            on_death=self._die,
            clock=app.clock,
            passed=app.passed.now,
            database=app.database,
            outbox=app.outbox,
            spool=app.spool,
            poster=self._poster,
            own_folders=tuple(map(str, app.home.own_folders)),
            machine=machine(),
            translate=self._in_the_users_language,
        )

    def _make_flow(self, rule: Rule, account: Account) -> Flow:
        return self.runners[rule.kind].flow(rule, account)

    def _in_the_users_language(self, sentence: str) -> str:
        return self._app.translate(self.configuration.settings.language)(sentence)

    def _tell_progress(self, mail_id: int, done: int, total: int) -> None:
        """Publish how far a large mail is, a few times a second."""
        if total < LARGE_BYTES:
            return
        now = self._app.clock.monotonic()
        if done >= total:
            self._progress_told.pop(mail_id, None)
        elif now - self._progress_told.get(mail_id, 0.0) < PROGRESS_SECONDS:
            return
        else:
            self._progress_told[mail_id] = now
        self._app.publisher.publish(MailProgress(mail_id, done, total))

    def _has_room(self) -> bool:
        return self.engine.has_room()

    def _die(self) -> None:
        self.failed = True
        self.end()

    # --- looks of the scheduler -------------------------------------------------------------------

    def _look_at_outbox(self) -> float:
        """Notice mail that other processes store, also when their call did not reach us."""
        if self._app.database.is_gone() and self.lost is None:
            self._leave_outbox()
        elif self.lost is None and not self._app.instance.running.keep():
            self.lost = AlreadyRunning(self._app.instance.running.holder())
            self._die()
        elif self.lost is None and self._server is not None:
            self._server.keep()
        self._look_whether_written()
        version = self._app.outbox.data_version()
        if version != self._data_version:
            self._data_version = version
            self.wake()
        return LOOK_SECONDS

    def _look_whether_written(self) -> None:
        """Notice a disk that became read-only before anything is lost of what comes next."""
        unwritable = self._app.home.unwritable()
        if unwritable != self.unwritable:
            self.unwritable = unwritable
            if unwritable is not None:
                log.error("%s", unwritable)
            self.engine.submit(StorageTrouble(unwritable))

    def _leave_outbox(self) -> None:
        """End, as mails would be stored where nobody finds them again."""
        try:
            self.lost = self._app.database.leave(self._app.clock.now())
        except Exception as error:
            log_failure(log, "what the outbox held cannot be kept", error)
            raise
        finally:
            self._die()

    def _tidy(self) -> float:
        """Forget what is older than the retention; once a day."""
        # A note may be older than its mail, by as much as the time is kept apart.
        kept = self.configuration.settings.retention + KEPT_EACH
        count = self._app.outbox.forget(self._app.passed.now() - kept)
        if count:
            log.info("%d mails that ended long ago are forgotten", count)
        return DAY_SECONDS


def _numbers(asked: object) -> tuple[int, ...]:
    """Return the numbers of mails that another process names; raises InputError."""
    if not isinstance(asked, list) or any(type(one) is not int for one in asked):
        raise _not_understood()
    return tuple(asked)


def _moment(words: object) -> datetime | None:
    """Return the time that another process names; raises InputError."""
    if not words:
        return None
    try:
        moment = datetime.fromisoformat(str(words))
        return in_calendar(moment if moment.tzinfo is not None else moment.astimezone())
    except (ValueError, OverflowError, OSError) as error:  # OSError: of Windows, for odd years
        raise _not_understood() from error


def _not_understood() -> InputError:
    return InputError(
        text("The running program does not understand what it is asked."),
        text("Restart it: it may be of another version than the command."),
    )


Stay = Callable[[Program, Ending], None]


def run(app: App, stay: Stay | None = None, front: Front | None = None) -> int:
    """Be the running program of a home until asked to stop; return the exit status.

    ``stay`` is what the main thread does meanwhile, until the end is asked for: with windows, the
    loop of Tk; None waits. ``front``: see `Program`. Raises AlreadyRunning, SettingsError,
    StateError, and what ``stay`` does.
    """
    app.home.make()
    app.instance.claim()
    ending = Ending()
    try:
        loaded = app.settings_file.load()
        with ending.by_signals():
            if not own_the_home(app, ending):
                return 0
            program = Program(app, loaded, ending.ask, front)
            program.start()
            try:
                log.info("traymail %s runs, pid %d", __version__, os.getpid())
                if stay is None:
                    ending.wait()
                else:
                    stay(program, ending)
            finally:
                program.stop()
                log.info("traymail ends")
    finally:
        app.close()
        ending.close()
    if program.lost is not None:
        log.error("%s", one_line(program.lost))
        raise program.lost
    return INTERNAL_ERROR if program.failed else 0


def own_the_home(app: App, ending: Ending) -> bool:
    """Become the one who delivers, with a database that is whole.

    False when asked to end before; raises StateError.
    """
    if not app.instance.delivering.wait(ending.asked, SENDER_SECONDS):
        if ending.asked.is_set():
            return False
        raise StateError(text("Another traymail is still sending."), text("Try again in a minute."))
    app.publisher.listen(write_down)
    _mend_database(app)
    return True


def _mend_database(app: App) -> None:
    """Set a damaged database aside and go on with what can be saved of it; told in the log."""
    look_at_log(app.home, app.instance)
    salvage = check(app.home.database, app.clock.now())
    if salvage is not None:
        log.error(
            "the database was damaged; %d mails could be read, %d of them not whole; see %s",
            salvage.mails,
            salvage.incomplete,
            salvage.set_aside,
        )
