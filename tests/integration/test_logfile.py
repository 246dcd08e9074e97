"""The program's own log: private, bounded by rotation, quiet where it cannot be written."""

import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import pytest

from tests.support.homes import Home
from tests.support.wait import until
from traymail.core.errors import NotRunning
from traymail.desktop.instance import Instance
from traymail.desktop.logfile import FILES, log_to, log_to_journal


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    logger = logging.getLogger("traymail")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()


def test_it_is_rotated_and_private(tmp_path: Path) -> None:
    log_to(tmp_path / "log" / "traymail.log", verbose=False, most_bytes=1000)
    for number in range(100):
        logging.getLogger("traymail.test").info("line %d of many words, 上海", number)
    kept = {file.name: file for file in (tmp_path / "log").iterdir()}
    assert set(kept) == {"traymail.log", *(f"traymail.log.{n + 1}" for n in range(FILES))}
    assert all(file.stat().st_size <= 1000 for file in kept.values())
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept.values()} == {0o600}
    assert (
        kept["traymail.log"]
        .read_text("utf-8")
        .splitlines()[-1]
        .endswith("line 99 of many words, 上海")
    )


def test_details_are_for_verbose(tmp_path: Path) -> None:
    log_to(tmp_path / "quiet.log", verbose=False)
    logging.getLogger("traymail.test").debug("a detail")
    assert (tmp_path / "quiet.log").read_text("utf-8") == ""
    log_to(tmp_path / "verbose.log", verbose=True)
    logging.getLogger("traymail.test").debug("a detail")
    assert "a detail" in (tmp_path / "verbose.log").read_text("utf-8")


def test_where_no_log_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    assert log_to(tmp_path / "log" / "traymail.log", verbose=True) is None


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "traymail.log")
    assert log_to(tmp_path / "traymail.log", verbose=False) is None


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps what is open")
@pytest.mark.parametrize("taken", ["the file", "the folder", "renamed", "a folder in its place"])
def test_a_log_that_is_taken_away_is_begun_anew(tmp_path: Path, taken: str) -> None:
    path = tmp_path / "log" / "traymail.log"
    log_to(path, verbose=False)
    log = logging.getLogger("traymail.test")
    log.info("before")
    match taken:
        case "the folder":
            shutil.rmtree(path.parent)
        case "renamed":
            path.rename(path.with_name("rotated"))
        case _:
            path.unlink()
    if taken == "a folder in its place":
        path.mkdir()
        log.info("lost")
        path.rmdir()
    log.info("after")
    log.info("and after that")
    assert [line[-5:] for line in path.read_text("utf-8").splitlines()] == ["after", " that"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_writes_into_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "traymail.log").symlink_to(tmp_path / "mine")
    assert log_to(tmp_path / "traymail.log", verbose=False) is None
    assert (tmp_path / "mine").read_text() == "mine"


def _answers(instance: Instance) -> bool:
    try:
        return bool(instance.ask({"command": "hello"}))
    except NotRunning:
        return False


@pytest.mark.parametrize("journal", [True, False])
def test_a_service_of_systemd_logs_to_its_journal(tmp_path: Path, *, journal: bool) -> None:
    home = Home(tmp_path / "home")
    home.configure("version = 1\n")
    log = home.path / "log" / "traymail.log"
    reader, writer = os.pipe()
    there = os.fstat(writer)
    # Inherited from a service that started this one, it would name another stream.
    inode = there.st_ino if journal else there.st_ino + 1
    environ = {**os.environ, "JOURNAL_STREAM": f"{there.st_dev}:{inode}"}
    instance = Instance(home.path / "state")
    with (
        os.fdopen(reader, encoding="utf-8") as told,
        Popen(home.command("-v", "run", "--headless"), env=environ, stderr=writer) as running,
        ExitStack() as ending,
    ):
        ending.callback(running.terminate)  # whatever fails
        os.close(writer)
        # It answers once it has read its configuration.
        until(lambda: _answers(instance), what="the running program")
        home.config.write_text("bogus = 1\n")
        if not journal:
            until(lambda: log.exists() and "not used" in log.read_text(), what="a line in the file")
            running.terminate()
            assert told.read() == ""
            return
        lines: list[str] = []
        while not lines or "not used" not in lines[-1]:
            lines.append(told.readline())
            assert lines[-1], lines
        running.terminate()
        lines += told.readlines()
    assert all(re.match(r"<[3-7]>traymail\.[\w.]+: ", line) for line in lines), lines
    assert any(line.startswith("<4>") for line in lines)
    assert not log.exists() or "not used" not in log.read_text()


def test_an_event_in_the_journal_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    log_to_journal(verbose=True)
    log = logging.getLogger("traymail.test")
    try:
        int("two\nlines \x1b[31m")
    except ValueError:
        log.exception("it broke")
    log.warning("a\nb")
    log.debug("small")
    lines = capfd.readouterr().err.splitlines()
    assert [line[:3] for line in lines] == ["<3>", "<4>", "<7>"]
    assert "Traceback" in lines[0]
    assert "ValueError: invalid literal" in lines[0]
    assert "\x1b" not in lines[0]
