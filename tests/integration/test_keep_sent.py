"""What was moved once it was sent is deleted after so long: that, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.folder_desk import FolderDesk
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.running import account
from tests.support.sink import serve
from tests.support.wait import until
from traymail.core.message import FileIdentity
from traymail.core.observations import FolderGone
from traymail.core.outbox import State
from traymail.core.post_send import PostSend
from traymail.core.rules.folder import After
from traymail.core.texts import text
from traymail.desktop.clock import SystemClock
from traymail.desktop.files import SystemFiles
from traymail.store.known_rules import KnownRules
from traymail.store.ledger import FolderLedger

DAY = 24 * 3600.0
KEEP = timedelta(days=90)
with_links = pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
Make = Callable[..., FolderDesk]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    desks: list[FolderDesk] = []

    def desk(**fields: object) -> FolderDesk:
        given = {"after": After.MOVE, "keep_sent": KEEP, **fields}
        desks.append(FolderDesk(tmp_path / str(len(desks)), **given))  # type: ignore[arg-type] # of a rule
        desks[-1].first_scan()
        return desks[-1]

    yield desk
    for one in desks:
        one.close()


def sent(desk: FolderDesk, path: str = "a.pdf", content: bytes = b"whole") -> Path:
    """Drop a file and have it sent and moved."""
    desk.drop(path, content)
    desk.end()
    there = Path(desk.rule.move_to, path)
    assert there.read_bytes() == content
    return there


def wait(desk: FolderDesk, days: float = 91) -> None:
    """Let days go by, and the flow do what is due."""
    desk.tick(days * DAY)


def test_what_was_moved_goes_after_so_long_and_not_before(make: Make) -> None:
    desk = make(recursive=True)
    first = sent(desk, "in/发票.pdf")
    due = desk.tick()
    assert due == desk.clock.now() + KEEP
    wait(desk, 30)
    second = sent(desk, "b.pdf")
    wait(desk, 59)
    assert (first.exists(), second.exists()) == (True, True)
    wait(desk, 1)
    assert (first.exists(), second.exists()) == (False, True)
    wait(desk, 30)
    assert not second.exists()
    assert desk.flow.status().error is None
    assert len(desk.mails()) == 2


def test_files_of_one_name_are_told_apart(make: Make) -> None:
    desk = make()
    first = sent(desk, "a.pdf", b"1")
    wait(desk, 30)
    desk.drop("a.pdf", b"2")
    desk.end()
    wait(desk, 61)
    assert not first.exists()
    assert Path(desk.rule.move_to, "a (2).pdf").read_bytes() == b"2"


@pytest.mark.parametrize(
    "fields", [{"keep_sent": None}, {"after": After.KEEP}, {"after": After.DELETE}]
)
def test_without_the_key_or_another_way_nothing_is_deleted(
    make: Make, fields: dict[str, object]
) -> None:
    desk = make()
    there = sent(desk)
    desk.set_rule(**fields)
    wait(desk)
    assert there.exists()


def test_it_also_holds_for_what_was_moved_before_it_was_set(make: Make) -> None:
    desk = make(keep_sent=None)
    there = sent(desk)
    assert desk.tick() is None
    wait(desk)
    desk.set_rule(keep_sent=KEEP)
    desk.tick()
    assert not there.exists()


def test_what_somebody_put_there_stays(make: Make) -> None:
    desk = make()
    there = sent(desk)
    mine = there.with_name("mine.pdf")
    mine.write_bytes(b"mine")
    os.utime(mine, (0, 0))
    wait(desk)
    assert (there.exists(), mine.read_bytes()) == (False, b"mine")


def test_what_has_changed_since_stays_for_good(make: Make) -> None:
    desk = make()
    written, replaced, touched = (sent(desk, name) for name in ("a.pdf", "b.pdf", "c.pdf"))
    with written.open("ab") as file:
        file.write(b" and a note")
    replaced.unlink()
    replaced.write_bytes(b"other")
    os.utime(touched, (1, 1))
    for _ in range(2):
        wait(desk)
    assert all(one.exists() for one in (written, replaced, touched))
    assert desk.flow.status().error is None


def test_what_somebody_moved_on_stays(make: Make) -> None:
    desk = make()
    there = sent(desk)
    archived = there.rename(desk.folder.parent / "archived.pdf")
    wait(desk)
    assert archived.exists()
    assert desk.flow.status().error is None


@with_links
def test_a_link_in_its_place_and_what_that_leads_to_stay(make: Make) -> None:
    desk = make()
    there = sent(desk)
    mine = there.rename(desk.folder.parent / "mine.pdf")
    there.symlink_to(mine)
    wait(desk)
    assert there.is_symlink()
    assert mine.exists()


@with_links
def test_nothing_is_deleted_through_a_link_on_its_way(make: Make) -> None:
    desk = make()
    there = sent(desk)
    elsewhere = there.parent.rename(desk.folder.parent / "elsewhere")
    there.parent.symlink_to(elsewhere, target_is_directory=True)
    wait(desk)
    assert (elsewhere / there.name).exists()
    assert "link" in str(desk.flow.status().error)
    there.parent.unlink()
    elsewhere.rename(there.parent)
    desk.tick(600)
    assert not there.exists()
    assert desk.flow.status().error is None


def test_a_name_that_was_there_before_the_move_is_nobody_s_to_delete(make: Make) -> None:
    desk = make()
    Path(desk.rule.move_to).mkdir()
    desk.put("a.pdf")
    mine = Path(desk.rule.move_to, "a.pdf")
    mine.hardlink_to(desk.folder / "a.pdf")
    desk.settle("a.pdf")
    desk.tick()
    desk.end()
    assert desk.present() == {"sent/a.pdf"}
    wait(desk)
    assert mine.exists()


def test_what_failed_and_what_another_rule_moved_stays(make: Make) -> None:
    desk = make()
    shared = str(desk.folder.parent / "shared")
    desk.set_rule(move_to=shared, failed_to=shared)
    there = sent(desk)
    desk.drop("b.pdf")
    desk.end(State.FAILED)
    other = FolderLedger(desk.database, "Other", desk.rule.folder)
    other.start((), desk.clock.now())
    assert other.moved.until(shared, timedelta(days=9), 9) == ()
    wait(desk)
    assert (there.exists(), Path(shared, "b.pdf").exists()) == (False, True)


def test_with_another_folder_for_sent_files_those_in_the_old_one_stay(make: Make) -> None:
    desk = make()
    there = sent(desk)
    desk.set_rule(move_to=str(desk.folder / "done"))
    wait(desk)
    assert there.exists()
    desk.set_rule(move_to=str(desk.folder / "sent"))
    desk.tick()
    assert not there.exists()


def test_a_restart_forgets_nothing(make: Make) -> None:
    desk = make()
    there = sent(desk)
    wait(desk, 45)
    desk.restart()
    assert there.exists()
    wait(desk, 46)
    assert not there.exists()


class Killed(BaseException):
    """The program ends here."""


def test_killed_in_the_middle_of_a_move_the_file_is_known_or_stays(make: Make) -> None:
    desk = make()

    class Dying(SystemFiles):
        def move(self, *given: object) -> PostSend:
            *usual, arrived = given

            def noted(path: str, identity: FileIdentity) -> None:
                assert callable(arrived)
                arrived(path, identity)
                raise Killed

            return super().move(*usual, noted)  # type: ignore[arg-type, call-arg] # as given

    desk.files = Dying()
    desk.make_flow()
    desk.drop("a.pdf")
    with pytest.raises(Killed):
        desk.end()
    desk.restart()
    assert desk.present() == {"sent/a.pdf"}
    wait(desk)
    assert desk.present() == set()


def test_nothing_is_deleted_in_a_pause_also_over_a_restart(make: Make) -> None:
    desk = make()
    there = sent(desk)
    desk.flow.pause(True, desk.clock.now())
    wait(desk)
    assert there.exists()
    desk.restart()  # it is told of the pause before the first tick
    desk.flow.pause(True, desk.clock.now())
    desk.tick(60)
    assert there.exists()
    desk.flow.pause(False, desk.clock.now())
    desk.tick()
    assert not there.exists()


def test_nothing_is_deleted_while_the_folder_is_gone(make: Make) -> None:
    desk = make()
    there = sent(desk)
    desk.flow.observe(
        FolderGone(rule="Scans", folder=desk.rule.folder, reason=text("gone")), desk.clock.now()
    )
    wait(desk)
    assert there.exists()
    desk.make_flow()
    desk.tick()
    assert not there.exists()


def test_a_rule_with_another_name_is_the_same_rule(make: Make) -> None:
    desk = make()
    there = sent(desk)
    known = KnownRules(desk.database)
    known.put_in_force((desk.rule,))
    renamed = replace(desk.rule, name="Papers")
    assert known.put_in_force((renamed,)) == {"Scans": "Papers"}
    desk.rule = renamed
    desk.restart()
    desk.tick()
    assert there.exists()
    wait(desk)
    assert not there.exists()


def test_what_cannot_be_deleted_is_told_and_spares_the_others(make: Make) -> None:
    desk = make(recursive=True)
    files = [sent(desk, f"{number}.pdf") for number in range(3)]

    class Refusing(SystemFiles):
        def delete_moved(self, path: str, identity: FileIdentity) -> PostSend:
            if path.endswith("1.pdf"):
                raise PermissionError(13, "not yours", path)
            return super().delete_moved(path, identity)

    desk.files = Refusing()
    desk.make_flow()
    wait(desk)
    assert [one.exists() for one in files] == [False, True, False]
    assert desk.flow.status().error is not None
    desk.files = SystemFiles()
    desk.make_flow()
    desk.tick()
    assert [one.exists() for one in files] == [False] * 3
    assert desk.flow.status().error is None


def test_many_are_deleted_some_at_a_time(make: Make) -> None:
    desk = make(batch=timedelta(seconds=1), zip=True)
    for number in range(250):
        desk.put(f"{number:03}.pdf", b"%d" % number)
    desk.settle()
    desk.tick(1)
    desk.end()
    there = Path(desk.rule.move_to)
    assert len(list(there.iterdir())) == 250
    counts: list[int] = []
    wait(desk)
    while (left := len(list(there.iterdir()))) and len(counts) < 9:
        counts.append(left)
        assert desk.tick() is not None
    assert counts == [150, 50]


@pytest.mark.parametrize("years", [30, -30])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_set_deletes_nothing(make: Make, years: int, *, restarted: bool) -> None:
    desk = make()
    there = sent(desk)
    wait(desk, 45)
    desk.clock.set(days=365 * years)
    if restarted:
        desk.restart()
    desk.tick()
    later = sent(desk, "b.pdf")
    wait(desk, 44)
    assert there.exists()
    desk.clock.set(days=-365 * years)  # as what sets it by the network does a little later
    desk.tick()
    assert there.exists()
    wait(desk, 1)
    assert (there.exists(), later.exists()) == (False, True)
    wait(desk, 45)
    assert not later.exists()


def test_of_a_sleep_no_more_than_a_day_is_believed(make: Make) -> None:
    desk = make(keep_sent=timedelta(days=3))
    there = sent(desk)
    for days in (0.5, 365, 0.5):
        desk.clock.sleep(days=days)
        desk.tick()
        assert there.exists()
    desk.clock.sleep(days=365)
    desk.tick()
    assert not there.exists()


@pytest.mark.parametrize(
    "damaged",
    [
        *("'damaged'", "'-5'", "'٣'", "x'ff'", "'9' || value", "value || '0'"),
        *("'99999999999 00000000'", f"'{'9' * 400}'", f"'{'9' * 5000}'"),
    ],
)
def test_what_was_counted_and_is_damaged_begins_anew(make: Make, damaged: str) -> None:
    desk = make()
    wait(desk, 30)
    there = sent(desk)
    wait(desk, 45)
    desk.restart()
    with desk.database.transaction() as connection:
        connection.execute(f"UPDATE meta SET value = {damaged} WHERE key = 'passed'")  # noqa: S608 # of a table of ours
    desk.database.close()
    desk.open()
    wait(desk, 89)
    assert there.exists()
    wait(desk, 1)
    assert not there.exists()


class Ahead(SystemClock):
    """The machine's clock, how far ahead a test has set it, and how long it lets pass."""

    def __init__(self) -> None:
        super().__init__(lambda: time.time() + self.step.total_seconds())
        self.step = self.passed = timedelta(0)

    def monotonic(self) -> float:
        return super().monotonic() + self.passed.total_seconds()

    def passing(self) -> float:
        return super().passing() + self.passed.total_seconds()


def test_the_running_program_waits_through_pause_restart_and_another_name(
    home: Home, tmp_path: Path
) -> None:
    folder, clock = tmp_path / "Scans", Ahead()
    folder.mkdir()
    with serve(security="none") as sink:
        config = account(sink.port, security="none", auth="none")
        rule = {
            **{"name": "Scans", "kind": "folder", "folder": str(folder), "settle_seconds": 0},
            **{"to": ["you@example.com"], "after": "move", "keep_sent": "90d"},
        }

        def working(running: Live, name: str) -> None:
            rules = running.program.engine.snapshot
            until(lambda: (one := rules().rules.get(name)) and one.watching, what=name)

        with live(home, config, clock=clock) as running:
            running.services.rules.save(rule, None)
            working(running, "Scans")
            (folder / "a.pdf").write_bytes(b"whole")
            until((folder / "sent" / "a.pdf").exists, what="the file to be moved")
            running.services.program.pause(None)
            until(lambda: running.program.engine.snapshot().paused)
        config = home.config.read_text("utf-8")
        clock.step = timedelta(days=91)
        with live(home, config, clock=clock) as running:
            working(running, "Scans")
            running.services.rules.save({"name": "Papers"}, "Scans")
            working(running, "Papers")
            running.program.wake()
            assert running.program.engine.snapshot().paused
            running.services.program.resume()
            until(lambda: not running.program.engine.snapshot().paused)
            assert (folder / "sent" / "a.pdf").exists()  # the clock was set: nothing else
            running.services.program.pause(None)
            until(lambda: running.program.engine.snapshot().paused)
            clock.passed = clock.step
            running.program.wake()
            assert running.program.engine.snapshot().paused
            assert (folder / "sent" / "a.pdf").exists()
            running.services.program.resume()
            until(lambda: not (folder / "sent" / "a.pdf").exists(), what="it to be deleted")
            assert running.program.engine.snapshot().rules["Papers"].error is None
        assert len(sink.arrivals) == 1


@pytest.mark.parametrize("noted", [1 << 62, 253_402_300_800_000, -(1 << 62)])
def test_a_damaged_note_of_when_it_was_moved_keeps_the_rule_at_work(make: Make, noted: int) -> None:
    desk = make()
    there = sent(desk)
    with desk.database.transaction() as connection:
        connection.execute("UPDATE moved_file SET passed = ?", (noted,))
    desk.set_rule(subject="anew")
    assert desk.tick() is not None
    wait(desk, 1)
    sent(desk, "b.pdf")
    assert len(desk.mails()) == 2
    assert there.exists()
