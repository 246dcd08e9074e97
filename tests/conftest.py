"""What every test starts from: a clean environment, no thread left behind, real things to meet."""

from __future__ import annotations

import gc
import os
import threading
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.certificates import Certificates, make_certificates
from tests.support.homes import Home
from tests.support.wait import until
from traymail.store.database import Database

if TYPE_CHECKING:
    from tests.support.session import KeyringSession

# No test judges by the clock.
settings.register_profile("traymail", deadline=None)
settings.load_profile("traymail")

_NEEDS_MARKS = {"desktop", "postfix", "packages"}
_KEYRING_FIXTURES = {"keyring", "keyring_env", "locked_keyring", "locked_keyring_env"}
_OF_THE_USER = ("TRAYMAIL_", "XDG_", "LC_", "DBUS_", "GNOME_", "PYTHON_KEYRING")
_OF_THE_USER_BY_NAME = {
    *("CREDENTIALS_DIRECTORY", "DISPLAY", "WAYLAND_DISPLAY", "LANGUAGE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-desktop",
        action="store_true",
        help="fail a test that misses a piece of the desktop or a Postfix, instead of skipping it",
    )
    parser.addoption(
        "--packages",
        action="store_true",
        help="also install, use and remove the packages, as root: in bare Debians and under Wine",
    )
    parser.addoption(
        "--windows",
        action="store_true",
        help="also run tests/windows/: under Wine, with Python for Windows, both kept in .wine/",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Those of packages and of Windows take long: they are run when they are asked for."""
    apart = {Path(__file__).parent / name: f"--{name}" for name in ("packages", "windows")}
    option = apart.get(collection_path)
    return True if option and not config.getoption(option) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _KEYRING_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("desktop")


def pytest_collection_finish() -> None:
    """Look no more for garbage among thousands of tests and modules: all of them stay."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    needs = _NEEDS_MARKS & {mark.name for mark in item.iter_markers()}
    required = needs and item.get_closest_marker("some_pythons") is None
    if report.skipped and required and item.config.getoption("--require-desktop"):
        report.outcome = "failed"
        report.longrepr = f"--require-desktop allows no skip: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing of the user who runs the tests gets in, nothing of the tests gets to the user."""
    for name in list(os.environ):
        if name.startswith(_OF_THE_USER) or name.upper() in _OF_THE_USER_BY_NAME:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    nobody = str(tmp_path_factory.getbasetemp() / "nobody")
    monkeypatch.setenv("HOME", nobody)
    monkeypatch.setenv("XDG_RUNTIME_DIR", nobody)  # else the user's own bus is found


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    until(
        lambda: not set(threading.enumerate()) - before,
        what=f"the end of the threads {set(threading.enumerate()) - before}",
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that is not there yet."""
    return Home(tmp_path / "traymail home")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return a new one, where its folder is to be made, too."""
    database = Database(tmp_path / "state" / "outbox.db")
    yield database
    database.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A throw-away authority and what it issued."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def keyring() -> Iterator[KeyringSession]:
    """A session with an unlocked keyring; entries stay until the end of the tests."""
    yield from _session()


@pytest.fixture(scope="session")
def locked_keyring() -> Iterator[KeyringSession]:
    """A session whose keyring is locked and that has no display to ask on."""
    for session in _session():
        session.lock()
        yield session


def _session() -> Iterator[KeyringSession]:
    # The bus that it speaks to is Linux's, as are the modules for it.
    from tests.support.session import keyring_session, missing_programs

    missing = missing_programs()
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    # A short path: the name of a socket may have about a hundred characters.
    with TemporaryDirectory(prefix="tm-") as folder, keyring_session(Path(folder)) as session:
        yield session


@pytest.fixture
def keyring_env(keyring: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> KeyringSession:
    """The session `keyring`, entered by this process."""
    return _enter(keyring, monkeypatch)


@pytest.fixture
def locked_keyring_env(
    locked_keyring: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KeyringSession]:
    """The session `locked_keyring`, entered by this process."""
    yield _enter(locked_keyring, monkeypatch)
    with warnings.catch_warnings():
        # keyring leaves its connection to the bus open when it finds the keyring locked.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _enter(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> KeyringSession:
    for name, value in session.env.items():
        monkeypatch.setenv(name, value)
    return session
