"""The program's own log: private, bounded by rotation, quiet where it cannot be written."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from traymail.desktop import logfile
from traymail.desktop.logfile import FILES, log_to


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    logger = logging.getLogger("traymail")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()


def test_it_is_rotated_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "BYTES", 1000)
    log_to(tmp_path / "log" / "traymail.log", verbose=False)
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
