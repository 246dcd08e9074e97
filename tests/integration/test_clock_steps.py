"""The clock is set, or the computer slept: what is due by the clock of the day is noticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.running import account
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.app import App
from traymail.configuration import LOOK_SECONDS
from traymail.core.commands import Pause, Resume
from traymail.core.duration import LONGEST
from traymail.core.message import Address, Draft
from traymail.core.outbox import State
from traymail.core.retry import LOOK_SECONDS as CLOCK_SECONDS
from traymail.desktop.clock import SystemClock
from traymail.desktop.paths import home
from traymail.engine.engine import Patience
from traymail.program import Program
from traymail.services.services import services_of
from traymail.store.database import from_ms, to_ms

HOURS = timedelta(hours=8)
# The clock is looked at more often than for people; the waits are as long as theirs.
OFTEN = Patience(look_seconds=0.1)
assert CLOCK_SECONDS < 30
# Less than the first retry and the caps take by themselves, with the rest before.
SOON_SECONDS = 10.0
RULE = """
[[rules]]
name = "errors"
kind = "log"
to = ["you@example.com"]
subject = "{{rule}}"
paths = ['{log}']
match = ["ERROR"]
{more}
"""


class SetClock(SystemClock):
    """The machine's clock, set by a test; timers know nothing of it, nor of a sleep."""

    def __init__(self) -> None:
        super().__init__(lambda: time.time() + self.step.total_seconds())
        self.step = self.slept = timedelta(0)

    def passing(self) -> float:
        return super().passing() + self.slept.total_seconds()


@dataclass(frozen=True)
class Desk:
    app: App
    program: Program
    clock: SetClock
    log: Path
    sink: Sink

    def post(self, undo: timedelta = timedelta(0)) -> int:
        draft = Draft("main", Address("me@example.com"), (Address("you@example.com"),), text="x")
        return services_of(self.app, self.program).mail.post(draft, undo).id

    def state(self, mail_id: int) -> State:
        return self.app.outbox.get(mail_id).state

    def matched(self, count: int) -> bool:
        return self.program.engine.snapshot().rules["errors"].matched == count

    def sleep(self, span: timedelta) -> None:
        """Let the computer sleep for so long."""
        self.turn(span, slept=span)

    def turn(self, step: timedelta, slept: timedelta = timedelta(0)) -> None:
        """Set the clock once nothing else wakes the engine: it hears of what was written."""
        written = list(self.app.home.state.glob("outbox.db*"))
        until(
            lambda: time.time() - max(one.stat().st_mtime for one in written) > 3 * LOOK_SECONDS,
            what="rest",
        )
        self.clock.step, self.clock.slept = step, slept

    def write(self, matches: int) -> None:
        with self.log.open("a") as file:
            file.write("ERROR\n")
        until(lambda: self.matched(matches), what="the line to be read")


@contextmanager
def desk(folder: Path, more: str = "", limits: str = "") -> Iterator[Desk]:
    app, clock = App(home(str(folder / "home"), {}), {}, "en"), SetClock()
    app.clock = clock
    app.home.make()
    log = folder / "app.log"
    log.touch()
    with serve(security="none") as sink:
        config = account(sink.port, security="none", auth="none")
        config = config.replace("max_per_minute = 100000\n", limits or "max_per_minute = 100000\n")
        app.home.config_file.write_text(config + RULE.format(log=log, more=more))
        app.instance.claim()
        program = Program(app, app.settings_file.load(), lambda: None, patience=OFTEN)
        program.start()
        try:
            rules = program.engine.snapshot
            until(lambda: rules().rules.get("errors") and rules().rules["errors"].watching)
            yield Desk(app, program, clock, log, sink)
        finally:
            program.stop()
            app.close()


def test_a_pause_ends(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.program.engine.submit(Pause(one.clock.now() + timedelta(minutes=30)))
        until(lambda: one.program.engine.snapshot().paused)
        mail = one.post()
        one.turn(HOURS)
        until(lambda: one.state(mail) is State.SENT)
        assert not one.program.engine.snapshot().paused


def test_a_digest_and_silence_are_told(tmp_path: Path) -> None:
    with desk(tmp_path, 'cooldown = "1h"\nsilent_for = "2h"') as one:
        one.write(1)
        one.sink.wait_for(1)
        one.write(2)
        one.turn(HOURS)
        told = [mail.content for mail in one.sink.wait_for(3)[1:]]
        assert sorted(b"nothing has matched" in one for one in told) == [False, True]


def test_a_retry_is_due(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.sink.reply("final", "451 4.3.0 later")
        mail = one.post()
        until(lambda: one.app.outbox.get(mail).code == 451)
        one.turn(HOURS)
        until(lambda: one.state(mail) is State.SENT, SOON_SECONDS)


def test_a_pause_of_the_account_and_a_cap_are_over(tmp_path: Path) -> None:
    with desk(tmp_path, limits="max_per_minute = 1\n") as one:
        first, second = one.post(), one.post()
        until(lambda: one.state(first) is State.SENT)
        assert one.state(second) is State.QUEUED
        one.sleep(HOURS)
        until(lambda: one.state(second) is State.SENT, SOON_SECONDS)


@pytest.mark.parametrize("years", [30, -30])
def test_a_clock_that_is_set_ends_no_cap_and_forgets_nothing(tmp_path: Path, years: int) -> None:
    with desk(tmp_path, limits="max_per_minute = 2\n") as one:
        sent = [one.post(), one.post()]
        until(lambda: all(one.state(mail) is State.SENT for mail in sent))
        third = one.post()
        one.turn(timedelta(days=365 * years))
        one.program.wake()
        one.program.engine.snapshot()
        until(lambda: one.app.holds(one.program.engine.snapshot().settings).accounts)
        one.app.outbox.forget(one.app.passed.now() - timedelta(hours=1))
        one.turn(timedelta(0))
        one.program.wake()
        until(lambda: one.app.holds(one.program.engine.snapshot().settings).accounts)
        assert [one.state(mail) for mail in (*sent, third)] == [State.SENT] * 2 + [State.QUEUED]
        one.sleep(HOURS)
        until(lambda: one.state(third) is State.SENT)


@pytest.mark.parametrize("while_sent", [False, True])
def test_a_clock_that_is_set_gives_no_mail_up(tmp_path: Path, *, while_sent: bool) -> None:
    years = timedelta(days=3650)
    with desk(tmp_path) as one:
        held = threading.Event()
        if while_sent:
            one.sink.hold("mail", held)
        one.sink.reply("final", "451 4.3.0 later", times=1 if while_sent else 2)
        mail = one.post()
        if while_sent:
            until(lambda: one.state(mail) is State.SENDING)
            one.clock.step = years
            held.set()
        else:
            until(lambda: one.app.outbox.get(mail).code == 451)
            one.turn(years)
        until(lambda: one.app.outbox.get(mail).attempts == 2 - while_sent)
        until(lambda: one.state(mail) is not State.SENDING)
        assert one.state(mail) is State.QUEUED
        assert one.app.outbox.get(mail).code == 451


@pytest.mark.parametrize("step", [HOURS, -HOURS])
def test_an_undo_is_over(tmp_path: Path, step: timedelta) -> None:
    with desk(tmp_path) as one:
        mail = one.post(timedelta(hours=1))
        one.turn(step)
        until(lambda: one.state(mail) is State.SENT)


def test_a_clock_that_is_set_back_keeps_nothing_waiting_longer(tmp_path: Path) -> None:
    with desk(tmp_path, 'cooldown = "2s"') as one:
        one.sink.reply("mail", "421 4.7.0 too much, later")
        one.write(1)
        until(lambda: one.app.outbox.find()[0].code == 421)
        one.turn(-HOURS)
        one.sink.wait_for(1)
        one.write(2)
        one.sink.wait_for(2)


END_OF_DAYS = datetime(9999, 12, 31, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [
        END_OF_DAYS,
        END_OF_DAYS - timedelta(days=366 * 50),
        datetime(1961, 4, 12, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_clock_that_is_set_to_another_age_stops_nothing(tmp_path: Path, at: datetime) -> None:
    with desk(tmp_path, 'cooldown = "1s"\nsilent_for = "366d"') as one:
        one.write(1)
        one.sink.wait_for(1)
        one.clock.step = at - datetime.now(UTC)  # noqa: TID251 # what the machine says
        one.sink.reply("final", "451 4.3.0 later")
        waits = one.post()
        # What tells of the silence of ages may go first.
        until(lambda: [item for item in one.app.outbox.find() if item.code == 451])
        undone = one.post(timedelta(days=1))
        one.write(2)
        far = one.clock.now() + LONGEST
        one.program.engine.submit(Pause(far))
        until(lambda: one.program.engine.snapshot().paused)
        assert one.program.status(str)["paused"]
        one.program.engine.submit(Resume())
        put_off = [item.id for item in one.app.outbox.find() if item.code == 451]
        services_of(one.app, one.program).mail.retry(put_off)
        until(lambda: one.state(waits) is State.SENT)
        assert one.state(undone) is State.QUEUED
        one.app.outbox.purge(one.clock.now() - LONGEST)
        # Mended: what was to wait for ages does not.
        one.clock.step = timedelta(0)
        one.write(3)
        one.program.wake()
        until(lambda: one.state(undone) is State.SENT)
        assert not one.program.failed


@pytest.mark.parametrize("seconds", [1e300, -1e300, float("inf"), 2.6e11, -1e11])
def test_time_goes_on_at_the_edge_of_the_calendar(seconds: float) -> None:
    clock = SystemClock(lambda: seconds)
    first = clock.now()
    until(lambda: clock.now() > first, what="time")
    assert first - LONGEST < first < first + LONGEST
    assert from_ms(to_ms(first + LONGEST)) + LONGEST > first
