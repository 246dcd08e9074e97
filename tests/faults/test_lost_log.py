"""The database's log is damaged after a crash: what SQLite forgets without a word is told."""

from __future__ import annotations

import os
import random
import shutil
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.test_store_kill import killed_after
from tests.support.homes import Home
from tests.support.mails import NOON
from tests.support.running import account, running
from traymail.core.errors import StateError
from traymail.store import window_places
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.spool import Spool
from traymail.store.write_ahead import is_doubtful, logs_set_aside, set_log_aside, warnings

FRAME = 24 + 4096
AT_FIRST = 32


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a killed program leaves: a log with mails that the database has not."""
    folder = tmp_path_factory.mktemp("crashed")
    killed_after(folder, "add", "a", 25)
    assert (folder / "outbox.db-wal").stat().st_size > 20 * FRAME
    return folder


@pytest.fixture
def state(crashed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(crashed, tmp_path / "state")


def mails_in(state: Path) -> int:
    with closing(Database(state / "outbox.db")) as database:
        return len(Outbox(database, Spool(state / "spool")).find())


def damage(state: Path, begin: int, end: int | None) -> None:
    log = state / "outbox.db-wal"
    content = bytearray(log.read_bytes())
    held = content[begin:end]
    content[begin:end] = bytes(len(held))
    log.write_bytes(content)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0, None),
        (0, 32),
        (0, 4096),
        (AT_FIRST, AT_FIRST + FRAME),
        (AT_FIRST + 10 * FRAME, AT_FIRST + 11 * FRAME),
        (AT_FIRST + 10 * FRAME + 24, AT_FIRST + 11 * FRAME),
        (AT_FIRST + 10 * FRAME, None),
        (8192, 12288),
    ],
)
def test_zeros_in_the_log_lose_no_mail_without_a_word(
    state: Path, crashed: Path, tmp_path: Path, begin: int, end: int | None
) -> None:
    whole = mails_in(shutil.copytree(crashed, tmp_path / "whole"))
    damage(state, begin, end)
    left = (state / "outbox.db-wal").read_bytes()
    copy = set_log_aside(state / "outbox.db")
    assert copy is not None
    assert copy.read_bytes() == left
    if os.name == "posix":  # Windows has no modes
        assert copy.stat().st_mode & 0o777 == 0o600
    # Once is enough.
    assert set_log_aside(state / "outbox.db") is None
    assert mails_in(state) < whole
    [told] = warnings(state / "outbox.db")
    assert str(copy) in str(told)
    copy.unlink()
    assert warnings(state / "outbox.db") == []


def test_what_a_kill_leaves_is_no_damage(crashed: Path) -> None:
    content = (crashed / "outbox.db-wal").read_bytes()
    assert not is_doubtful(content)
    chance = random.Random(1)  # noqa: S311 # the same each time
    for _ in range(60):
        assert not is_doubtful(content[: chance.randrange(len(content))])
    # The last frame was only begun over that of an earlier round.
    last = AT_FIRST + (len(content) - AT_FIRST) // FRAME * FRAME - FRAME
    assert not is_doubtful(content[: last + 24] + os.urandom(4096))


@pytest.mark.skipif(sys.platform != "linux", reason="nobody knows when the system began")
@pytest.mark.parametrize("left", [None, 0, 20, AT_FIRST, AT_FIRST + 10 * FRAME, -1])
def test_a_log_that_was_cut_loses_no_mail_without_a_word(state: Path, left: int | None) -> None:
    database = state / "outbox.db"
    assert set_log_aside(database) is None
    log = database.with_name("outbox.db-wal")
    if left is None:
        log.unlink()
    else:
        os.truncate(log, left if left >= 0 else _frames_told(state) * FRAME + AT_FIRST - 1)
    copy = set_log_aside(database)
    assert copy is not None
    assert set_log_aside(database) is None
    [told] = warnings(database)
    assert str(copy) in str(told)
    mails_in(state)
    copy.unlink()
    assert set_log_aside(database) is None


def _frames_told(state: Path) -> int:
    index = (state / "outbox.db-shm").read_bytes()
    return int.from_bytes(index[16:20], sys.byteorder)


@pytest.mark.skipif(sys.platform != "linux", reason="nobody knows when the system began")
def test_after_a_power_cut_the_index_of_the_log_proves_nothing(state: Path) -> None:
    os.truncate(state / "outbox.db-wal", AT_FIRST + 10 * FRAME)
    os.utime(state / "outbox.db-shm", (1, 1))
    assert set_log_aside(state / "outbox.db") is None


@pytest.mark.skipif(os.name != "posix", reason="Windows has no named pipes among its files")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "outbox.db-wal")
    with pytest.raises(StateError, match="cannot be read"):
        set_log_aside(tmp_path / "outbox.db")
    os.mkfifo(tmp_path / window_places.FILE)
    assert window_places.load(tmp_path) == {}


def test_a_log_in_use_is_no_damage(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "outbox.db")) as database:
        for number in range(3000):
            with database.transaction(durable=False) as connection:
                connection.execute("INSERT INTO meta VALUES (?, 'x')", (f"{number}",))
            if number % 97 == 0:
                assert set_log_aside(tmp_path / "outbox.db") is None


def test_files_of_mails_that_may_be_missing_are_kept(state: Path) -> None:
    damage(state, 0, None)
    spooled = {file.name: file.read_bytes() for file in (state / "spool").iterdir()}
    assert len(spooled) == 3
    set_log_aside(state / "outbox.db")
    for round_ in range(2):
        with closing(Database(state / "outbox.db")) as database:
            outbox = Outbox(database, Spool(state / "spool"))
            outbox.recover(NOON + timedelta(days=36_500 + round_))
    kept = {file.name: file.read_bytes() for file in (state / "lost+found").iterdir()}
    assert kept == spooled
    assert list((state / "spool").iterdir()) == []


@pytest.mark.parametrize("first", ["run", "send"])
def test_status_tells_until_the_remains_are_removed(home: Home, crashed: Path, first: str) -> None:
    home.configure(account(1))
    shutil.copytree(crashed, home.path / "state")
    damage(home.path / "state", AT_FIRST + 5 * FRAME, None)
    if first == "send":
        sent = home.run("send", "--to", "b@c.example", "--subject", "x", "--queue")
        assert sent.returncode == 0, sent.stderr
    with running(home) as program:
        [told] = program.status()["warnings"]
        [copy] = logs_set_aside(home.path / "state" / "outbox.db")
        assert str(copy) in told
        assert told in home.run("status").stdout
        copy.unlink()
        assert program.status()["warnings"] == []
