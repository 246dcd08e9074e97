"""The outbox is taken away while the program runs: it is told, and no mail is lost by it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.homes import Home
from tests.support.running import account, outbox, running
from tests.support.wait import PATIENCE_SECONDS, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps what is open")

HARMS: dict[str, Callable[[Path], object]] = {
    "the database": lambda state: (state / "outbox.db").unlink(),
    "the database and its log": lambda state: list(map(Path.unlink, state.glob("outbox.db*"))),
    "all of it": shutil.rmtree,
    "what is in it": lambda state: os.truncate(state / "outbox.db", 0),
    "the log": lambda state: (state / "outbox.db-wal").unlink(),
    "the index of the log": lambda state: (state / "outbox.db-shm").unlink(),
    "the folder, under another name": lambda state: state.rename(state.with_name("elsewhere")),
}
MAILS = 5


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_taken_from_a_running_program_is_told_and_goes_on(home: Home, harm: str) -> None:
    home.configure(account(1, security="none", auth="none"))
    with running(home) as program:
        for number in range(MAILS):
            sent = home.run("send", "--to", "b@c.example", "--subject", f"{number}", "--queue")
            assert sent.returncode == 0, sent.stderr
        HARMS[harm](home.path / "state")
        assert program.process.wait(PATIENCE_SECONDS) == 73
        assert "was taken away while traymail was running" in program.output
        assert "internal error" not in program.output
    assert "Traceback" not in (home.path / "log" / "traymail.log").read_text("utf-8")
    with running(home):
        until(lambda: len(outbox(home)) == MAILS, what="the mails to be there again")
        assert home.run("send", "--to", "b@c.example", "--body", "x", "--queue").returncode == 0


def test_what_is_put_in_its_place_is_used_and_the_other_kept(home: Home, tmp_path: Path) -> None:
    home.configure(account(1, security="none", auth="none"))
    assert home.run("send", "--to", "b@c.example", "--subject", "old", "--queue").returncode == 0
    database = home.path / "state" / "outbox.db"
    backup = shutil.copy(database, tmp_path / "backup")
    with running(home) as program:
        assert home.run("send", "--to", "b@c.example", "--body", "x", "--queue").returncode == 0
        for part in database.parent.glob("outbox.db-*"):
            part.unlink()
        Path(backup).replace(database)
        assert program.process.wait(PATIENCE_SECONDS) == 73
    with running(home) as program:
        assert [one["subject"] for one in outbox(home)] == ["old"]
        assert len(program.status()["warnings"]) == 1
    [kept] = database.parent.glob("outbox.db.damaged-*")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_home_whose_folder_is_a_file_by_now_ends_in_order(home: Home) -> None:
    home.configure(account(1, security="none", auth="none"))
    with running(home) as program:
        (home.path / "state").rename(home.path / "elsewhere")
        (home.path / "state").write_text("a file")
        assert program.process.wait(PATIENCE_SECONDS) in {70, 73}
        assert "internal error" not in program.output
    log = (home.path / "log" / "traymail.log").read_text("utf-8")
    assert "Traceback" not in log
    assert "cannot be kept" in log
