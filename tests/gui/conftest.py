"""Real Tk on a display of its own; every test here is marked `desktop`."""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest

from tests.gui.office import Office, enter, office
from tests.support.bus import address_below, session_bus
from tests.support.certificates import Certificates
from tests.support.display import Display, display, missing_programs, panel
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY
from tests.support.session import missing_programs as missing_for_keyring
from tests.support.session import unlocked_keyring
from tests.support.sink import Sink, serve
from traymail.desktop.language import translator
from traymail.desktop.screens import Rectangle
from traymail.ui.palette import Mode
from traymail.ui.theme import Root


class MakeRoot(Protocol):
    def __call__(
        self,
        mode: Mode = "light",
        language: str = "en",
        percent: int = 100,
        monitor: Rectangle | None = None,
    ) -> Root: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("desktop")


@pytest.fixture(autouse=True)
def _tk_collects_its_own() -> Iterator[None]:
    """Let no other thread collect what is Tk's while its loop does not run, as between the waits.

    `pytest_runtest_logfinish` collects it.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def display_session() -> Iterator[Display]:
    """A display with a window manager, for all tests."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    # A short path: the name of a socket may have about a hundred characters.
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder), "2600x2000") as here:
        yield here


@pytest.fixture(scope="session")
def desktop() -> Iterator[Display]:
    """A display with a panel and a keyring, for all tests.

    It lives until the end: Tk keeps its connections, and ends the process when one breaks.
    """
    missing = [*missing_programs(panel=True), *missing_for_keyring()]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    with (
        TemporaryDirectory(prefix="tm-") as folder,
        display(Path(folder)) as here,
        unlocked_keyring(here.env),
        panel(here),
    ):
        yield here


@pytest.fixture
def screen(display_session: Display, monkeypatch: pytest.MonkeyPatch) -> Display:
    """The display, entered by this process."""
    for name, value in display_session.variables.items():
        monkeypatch.setenv(name, value)
    return display_session


@pytest.fixture
def bus_address() -> Iterator[str]:
    """Where a session bus of one's own can be."""
    with TemporaryDirectory(prefix="tm-") as folder:
        yield address_below(Path(folder))


@pytest.fixture
def bus(bus_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus of one's own, which this process is on."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus_address)
    with session_bus(bus_address):
        yield bus_address


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    """A server for the account of tests."""
    with serve(certificates.good.server_context(), user=ADDRESS, password=CANARY) as made:
        yield made


@pytest.fixture
def open_office(
    desktop: Display, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], AbstractContextManager[Office]]:
    """Run the program with this configuration and its windows, in this process."""
    enter(desktop, monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return lambda config: office(home, config, tmp_path / "secrets")


@pytest.fixture
def make_root(screen: Display) -> Iterator[MakeRoot]:
    """Make the root of the windows; it ends with the test."""
    del screen
    made: list[Root] = []

    def make(
        mode: Mode = "light",
        language: str = "en",
        percent: int = 100,
        monitor: Rectangle | None = None,
    ) -> Root:
        scaling = 4 / 3 * percent / 100
        screen = None if monitor is None else lambda: (monitor,)
        made.append(Root(mode, language, translator(language), scaling=scaling, screen=screen))
        return made[-1]

    yield make
    for root in made:
        root.update()
        root.destroy()


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Collect the roots of the test that has ended, on the thread that made them.

    Tk ends the process when another thread happens to collect them.
    """
    if "tests/gui/" in nodeid:
        gc.collect()


@pytest.fixture
def root(make_root: MakeRoot) -> Root:
    """A root in English, light, at 100 %."""
    return make_root()
