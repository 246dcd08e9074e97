"""The log rule from real files to a real outbox: mails, digests, restarts, a full disk."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine import ACCOUNT
from tests.support.tailing import HandClock, log_rule
from traymail.core.errors import StateError
from traymail.core.observations import Observation
from traymail.core.outbox import OutboxItem
from traymail.core.rules.log import LogRule, StartAt, Threshold
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.engine.flow import Machine
from traymail.engine.log_flow import LogFlow, LogTools
from traymail.engine.log_mail import writer_of
from traymail.engine.log_preview import preview
from traymail.engine.posting import Poster
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.positions import LogPositions
from traymail.store.spool import Spool
from traymail.watch.rereading import logs_of, reread
from traymail.watch.tails import Tails

HERE = Machine("box", "me")
NONE = timedelta(0)


class BrittlePositions(LogPositions):
    """The real ones, whose transactions can be made to fail as on a full disk."""

    full = False
    odd = False

    def transaction(self) -> AbstractContextManager[object]:
        return self._failing() if self.full or self.odd else super().transaction()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[object]:
        with super().transaction() as connection:
            yield connection
            if self.odd:
                raise ValueError("odd")
            raise StateError(text("The disk of {path} is full.", path="outbox.db"))


class Home:
    """One rule with tails, flow, database and outbox; time is moved by hand."""

    def __init__(self, folder: Path, rule: LogRule) -> None:
        self.rule = rule
        self.clock = HandClock()
        self.database = Database(folder / "outbox.db")
        self.spool = Spool(folder / "spool")
        self.outbox = Outbox(self.database, self.spool)
        self.positions = BrittlePositions(self.database)
        self.tails, self.flow = self._begin()

    def _begin(self) -> tuple[Tails, LogFlow]:
        tails = Tails(self._observe, self.positions, self.clock)
        poster = Poster(self.outbox, self.spool, self.clock, lambda _: None)
        self.tools = LogTools(self.positions, poster, tails.orders.rewind, HERE, str)
        flow = LogFlow(self.rule, ACCOUNT, self.tools)
        flow.start(self.clock.now())
        tails.orders.apply(Settings(rules=(self.rule,)))
        return tails, flow

    def _observe(self, observation: Observation) -> None:
        # As the engine does: what nobody foresaw is told of the rule, which goes on.
        with contextlib.suppress(ValueError):
            self.flow.observe(observation, self.clock.now())

    def look(self, seconds: float = 1.5) -> datetime | None:
        while self.tails.sweep() == 0.0:
            pass
        self.clock.seconds += seconds
        self.tails.sweep()
        return self.flow.tick(self.clock.now())

    def restart(self) -> None:
        self.tails.close()
        self.tails, self.flow = self._begin()

    def crash(self) -> None:
        """What a killed process leaves: nothing is told, only what is on disk remains."""
        self.flow.observe = lambda *_: None  # type: ignore[method-assign] # it is dead
        self.tails.close()
        self.tails, self.flow = self._begin()

    def change(self, rule: LogRule) -> None:
        self.rule = rule
        self.flow = LogFlow(rule, ACCOUNT, self.tools)
        self.flow.start(self.clock.now())
        self.tails.orders.apply(Settings(rules=(rule,)))

    def items(self) -> list[OutboxItem]:
        return sorted(self.outbox.find(), key=lambda item: item.id)

    def mails(self) -> list[tuple[str, str]]:
        items = self.items()
        return [(item.subject, self.outbox.mail(item.id).text) for item in items]

    def close(self) -> None:
        self.tails.close()
        self.database.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.touch()
    return path


def write(log: Path, words: str) -> None:
    with log.open("ab") as file:
        file.write(words.encode())


@contextlib.contextmanager
def home(tmp_path: Path, *paths: Path, **fields: object) -> Iterator[Home]:
    given: dict[str, Any] = {
        "match": (r"(?P<level>ERROR|FATAL)\b.*",),
        "subject": "[{host}] {rule}: {match.level} {count}/{suppressed}",
        "cooldown": NONE,
        **fields,
    }
    made = Home(tmp_path / "state", log_rule(*paths, **given))
    try:
        yield made
    finally:
        made.close()


def test_a_line_becomes_a_mail(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, body="{line}|{path}|{match.level}|{user}") as one:
        write(log, "ERROR before\n")
        one.look()
        write(log, "all well\nan ERROR 上海\nall well\n")
        one.look()
        assert one.mails() == [("[box] log: ERROR 1/0", f"an ERROR 上海|{log}|ERROR|me")]
        item = one.items()[0]
        assert (item.rule, item.when_unsure.value) == ("log", "resend")
        one.flow.finished(item, one.clock.now())
        status = one.flow.status()
        assert (status.watching, status.matched, status.suppressed, status.error) == (
            True,
            1,
            0,
            None,
        )
        assert status.last_match_at is not None


def test_start_at_the_beginning(tmp_path: Path, log: Path) -> None:
    write(log, "ERROR before\n")
    with home(tmp_path, log, start_at=StartAt.BEGINNING) as one:
        one.look()
        assert [subject for subject, _ in one.mails()] == ["[box] log: ERROR 1/0"]


def test_a_digest_after_the_cooldown_also_over_a_restart(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, cooldown=timedelta(minutes=10)) as one:
        one.look()
        write(log, "ERROR 1\n")
        one.look()
        write(log, "ERROR 2\n")
        one.look()
        write(log, "ERROR 3\n")
        due = one.look()
        assert due is not None
        assert one.flow.status().suppressed == 2
        one.restart()
        assert one.look() == due
        one.clock.seconds += 600
        one.look()
        subjects = [subject for subject, _ in one.mails()]
        assert subjects == ["[box] log: ERROR 1/0", "[box] log: ERROR 2/2 (digest: 2)"]
        body = one.mails()[1][1]
        assert body.startswith("Matches since the last mail: 2, from ")
        assert body.endswith("\n\nERROR 2\nERROR 3")


def test_what_an_earlier_version_kept_goes_on(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, cooldown=timedelta(0)) as one:
        one.look()
        write(log, "ERROR 1\n")
        one.look()
        one.tails.close()
        with one.database.transaction() as connection:
            row = connection.execute("SELECT * FROM log_file").fetchone()
            kept = json.loads(row["position"])
            for later in ("key", "marks", "line", "line_size"):
                del kept[later]
            file = f"{kept['device']}:{kept['inode']}"
            connection.execute(
                "UPDATE log_file SET file = ?, position = ?", (file, json.dumps(kept))
            )
            connection.execute("UPDATE log_rule SET globs = ?", (json.dumps([str(log)]),))
        write(log, "ERROR 2\n")
        log.rename(f"{log}.1")
        write(log, "ERROR 3\n")
        one.restart()
        one.look()
        assert [body for _, body in one.mails()] == ["ERROR 1", "ERROR 2", "ERROR 3"]


def test_what_came_before_the_threshold_is_told_with_it(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, threshold=Threshold(2, timedelta(seconds=30))) as one:
        one.look()
        write(log, "ERROR 1\n")
        one.look()
        one.clock.seconds += 60
        write(log, "ERROR 2\nERROR 3\n")
        one.look()
        (mail,) = one.mails()
        assert mail[0] == "[box] log: ERROR 3/1"
        assert mail[1] == "ERROR 1\nERROR 2\nERROR 3\n\n1 of these came earlier."


def test_groups_are_mailed_apart(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, group_by="level", cooldown=timedelta(minutes=1)) as one:
        one.look()
        write(log, "ERROR 1\nFATAL 1\nERROR 2\n")
        one.look()
        assert [subject for subject, _ in one.mails()] == [
            "[box] log: ERROR 2/0",
            "[box] log: FATAL 1/0",
        ]


def test_silence(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, silent_for=timedelta(hours=24)) as one:
        one.look()
        one.clock.seconds += 86_400
        one.look()
        one.look()
        (mail,) = one.mails()
        assert mail[0] == "[box] log: nothing has matched for 1 d"
        assert str(log) in mail[1]


def test_pause_counts_and_resume_tells(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log) as one:
        one.look()
        one.flow.pause(True, one.clock.now())
        write(log, "ERROR 1\n")
        one.look()
        one.restart()
        one.flow.pause(True, one.clock.now())
        write(log, "ERROR 2\n")
        one.look()
        assert one.mails() == []
        one.flow.pause(False, one.clock.now())
        assert [subject for subject, _ in one.mails()] == ["[box] log: ERROR 2/2 (digest: 2)"]


@pytest.mark.parametrize("how", ["rename", "copytruncate", "gz"])
@pytest.mark.parametrize("ending", ["none", "crash", "restart"])
@pytest.mark.parametrize("looked", [True, False], ids=["read in between", "read once resumed"])
def test_paused_in_the_middle_of_a_rotation(
    tmp_path: Path, log: Path, how: str, ending: str, *, looked: bool
) -> None:
    kept = Path(f"{log}.1")
    with home(tmp_path, log, body="{lines}") as one:
        one.look()
        write(log, "ERROR 1\n")
        one.look()
        write(log, "ERROR 2\n")  # not read yet
        one.flow.pause(True, one.clock.now())
        if how == "copytruncate":
            shutil.copy(log, kept)
        else:
            log.rename(kept)
        if looked:
            one.look()
        if ending != "none":
            getattr(one, ending)()
            one.flow.pause(True, one.clock.now())
        if how == "copytruncate":
            os.truncate(log, 0)
        else:
            write(kept, "ERROR late\n")
        if how == "gz":
            with kept.open("rb") as plain, gzip.open(f"{kept}.gz", "wb") as packed:
                shutil.copyfileobj(plain, packed)
            kept.unlink()
        write(log, "ERROR 3\n")
        for _ in range(10 if looked else 0):
            one.look()
        one.flow.pause(False, one.clock.now())
        for _ in range(10):
            one.look()
        (first, _), *others = one.mails()
        assert first == "[box] log: ERROR 1/0"
        lines = [line for _, body in others for line in body.splitlines() if "ERROR" in line]
        late = [] if how == "copytruncate" else ["ERROR late"]
        assert sorted(lines) == sorted(["ERROR 2", *late, "ERROR 3"])
        assert looked == (len(others) == 1 and "digest" in others[0][0])


def test_ended_while_paused_and_no_longer(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log) as one:
        one.look()
        one.flow.pause(True, one.clock.now())
        write(log, "ERROR 1\n")
        one.look()
        one.restart()
        one.look()
        assert len(one.mails()) == 1


def test_what_nobody_foresaw_loses_no_line(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, body="{lines}") as one:
        one.look()
        write(log, "ERROR 1\n")
        one.positions.odd = True
        one.look()
        write(log, "ERROR 2\n")
        one.look()
        one.positions.odd = False
        for _ in range(6):
            one.look()
        assert [body for _, body in one.mails()] == ["ERROR 1\nERROR 2"]


def test_a_rule_that_is_edited_while_the_disk_is_full_loses_nothing(
    tmp_path: Path, log: Path
) -> None:
    with home(tmp_path, log, body="{lines}") as one:
        one.look()
        for number in range(3):
            one.positions.full = True
            write(log, f"ERROR {number}\n")
            one.look()
            one.positions.full = False  # there is room for how far it was read, and for no mail
            one.change(dataclasses.replace(one.rule, max_per_hour=90 + number))
            one.look()
        for _ in range(6):
            one.look()
        assert [body for _, body in one.mails()] == ["ERROR 0\nERROR 1\nERROR 2"]


def test_a_full_disk_loses_nothing(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, body="{lines}") as one:
        one.look()
        write(log, "ERROR 1\n")
        one.positions.full = True
        one.look()
        write(log, "ERROR 2\n")
        one.look()
        error = one.flow.status().error
        assert error is not None
        assert "is full" in str(error)
        assert one.mails() == []
        one.positions.full = False
        for _ in range(6):
            one.look()
        assert [body for _, body in one.mails()] == ["ERROR 1\nERROR 2"]
        assert one.flow.status().error is None
        one.restart()
        one.look()
        assert len(one.mails()) == 1


def test_an_edited_rule_goes_on_where_it_was(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, body="{line}") as one:
        one.look()
        write(log, "ERROR 1\nWARN 1\n")
        one.look()
        one.change(log_rule(log, match=("WARN",), cooldown=NONE, body="{line}"))
        write(log, "WARN 2\n")
        one.look()
        assert [body for _, body in one.mails()] == ["ERROR 1", "WARN 2"]


def test_a_log_that_is_not_there_is_told_and_awaited(tmp_path: Path) -> None:
    log = tmp_path / "later" / "app.log"
    with home(tmp_path, log, body="{line}") as one:
        one.look()
        assert "no file" in str(one.flow.status().error)
        log.parent.mkdir()
        write(log, "ERROR 1\n")
        one.look()
        one.look()
        assert one.flow.status().error is None
        assert [body for _, body in one.mails()] == ["ERROR 1"]


def test_text_is_bounded_and_the_rest_counted(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, body="{lines}") as one:
        one.look()
        write(log, "".join(f"ERROR {number} {'x' * 1000}\n" for number in range(1000)))
        one.look()
        assert sum(len(body) for _, body in one.mails()) < 250_000 * len(one.mails())
        assert any("more, not shown" in body for _, body in one.mails()) or len(one.mails()) > 4
        assert sum(int(subject.split()[-1].split("/")[0]) for subject, _ in one.mails()) == 1000


def test_what_each_mail_would_be(log: Path) -> None:
    write(log, "ERROR 1\nx\nFATAL 2\nERROR 3")
    rule = log_rule(
        log,
        match=(r"(?P<level>ERROR|FATAL)",),
        group_by="level",
        body="{lines}",
        threshold=Threshold(2, timedelta(minutes=1)),
    )
    assert logs_of(rule) == ((str(log),), ())
    found = list(reread(rule, str(log), lambda _done: None))
    shown = preview(writer_of(rule, ACCOUNT, HERE, str), found, HandClock().now(), limit=5)
    assert (shown.rule, shown.events) == ("log", 3)
    assert [(mail.subject, mail.to, mail.body) for mail in shown.mails] == [
        ("log", ("me@example.com",), "ERROR 1\nERROR 3")
    ]
    assert [(one.what, str(one.reason)) for one in shown.left_out] == [
        ("FATAL", "1 matches do not make up the threshold of 2.")
    ]


def test_crashes_between_everything_tell_each_line_once(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, subject="{count}", body="{lines}", max_per_hour=100) as one:
        one.look()
        for number in range(20):
            write(log, f"ERROR {number}\nquiet\n")
            if number % 3:
                one.look()
            if number % 2:
                one.crash()
        one.look()
        told = [line for _, body in one.mails() for line in body.split("\n")]
        assert told == [f"ERROR {number}" for number in range(20)]


def test_long_parts_do_not_make_endless_subjects(tmp_path: Path, log: Path) -> None:
    given = {"match": ("(?P<all>ERROR.*)",), "subject": "{match.all}", "group_by": "all"}
    with home(tmp_path, log, **given, cooldown=timedelta(minutes=1)) as one:
        one.look()
        write(log, "ERROR " + "x" * 10_000 + "\n")
        one.look()
        write(log, "ERROR " + "x" * 10_000 + "\n")
        one.look()
        ((subject, body),) = one.mails()
        assert len(subject) < 600
        assert len(body) > 10_000
        assert len(one.positions.throttle("log").groups) == 1


def test_what_a_cooldown_holds_is_shown(tmp_path: Path, log: Path) -> None:
    with home(tmp_path, log, cooldown=timedelta(minutes=10)) as here:
        here.look()
        write(log, "ERROR 1\n")
        here.look()
        write(log, "ERROR 2\nERROR 3\n")
        here.look()
        told = here.flow.status()
        assert (told.matched, told.held) == (3, 2)
        assert told.quiet_until is not None
        assert told.quiet_until > here.clock.now()
        here.look(600.0)
        after = here.flow.status()
        assert after.held == 0
