"""Adding an account with real keys and clicks: a wrong code, then the right one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.settings_windows import ADDING
from tests.support.certificates import Certificates
from tests.support.clip import clipped
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.session import KeyringSession
from tests.support.sink import Sink, serve
from tests.support.tk import press, until_tk
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.model.add_account import Page, Saving
from traymail.ui.model.add_buttons import Act
from traymail.ui.model.trial import Mark, Verdict
from traymail.ui.theme import Root
from traymail.ui.widgets import Entry

USER, CODE = "ming@sink.example", "right-Code-7"


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    with serve(certificates.good.server_context(), user=USER, password=CODE) as sink:
        yield sink


@pytest.fixture
def program(root: Root, keyring_env: KeyringSession, home: Home) -> Iterator[Live]:
    del root, keyring_env  # the display first, then the bus of the keyring
    with live(home, "version = 1\n") as here:
        yield here


@pytest.fixture
def background(root: Root) -> Iterator[Background]:
    bridge = Bridge(root)
    background = Background(bridge)
    yield background
    background.close()
    bridge.close()


@pytest.fixture
def window(root: Root, program: Live, background: Background) -> AddAccountWindow:
    window = AddAccountWindow(root, program.backend, background)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    return window


def focused(window: AddAccountWindow) -> Entry:
    until_tk(window, lambda: isinstance(window.focus_get(), Entry), what="the keyboard in a field")
    entry = window.focus_get()
    assert isinstance(entry, Entry)
    return entry


def write(window: AddAccountWindow, words: str) -> None:
    """Type into the field that has the keyboard."""
    entry = focused(window)
    for letter in words:
        entry.event_generate("<Key>", keysym=_KEYS.get(letter, letter))
    window.update()


_KEYS = {
    "@": "at",
    ".": "period",
    "-": "minus",
    "/": "slash",
    "_": "underscore",
    " ": "space",
}


def wait(window: AddAccountWindow, condition: Callable[[], object], what: str) -> None:
    until_tk(window, condition, what, timeout=20)


def by_hand(window: AddAccountWindow, sink: Sink, ca_file: Path) -> None:
    write(window, USER)
    window.address.unfold.invoke()
    form = window.address.form
    assert form is not None
    for name, words in (("host", sink.host), ("port", str(sink.port)), ("ca_file", str(ca_file))):
        form.fill({name: ""})
        form.jump(name)
        write(window, words)


def test_a_wrong_code_then_the_right_one(
    window: AddAccountWindow, sink: Sink, certificates: Certificates, program: Live
) -> None:
    by_hand(window, sink, certificates.ca_file)
    press(window, "<Return>")
    wait(window, lambda: window.held.page is Page.CODE, "the page of the code")
    write(window, "wrong")
    press(focused(window), "<Return>")
    wait(window, lambda: _verdict(window) is Verdict.FAILED, "the end of the test")
    assert [row.mark for row in window.held.trial.rows] == [  # type: ignore[union-attr] # there is one
        *[Mark.DONE] * 4,
        Mark.FAILED,
        Mark.SKIPPED,
    ]
    assert program.backend.overview().settings.accounts == {}
    window.bar.buttons[Act.CODE_AGAIN].invoke()
    window.update()
    assert window.held.page is Page.CODE
    write(window, CODE)
    press(focused(window), "<Return>")
    wait(window, lambda: window.held.saving is Saving.DONE, "the account to be saved")
    assert _verdict(window) is Verdict.PASSED
    (mail,) = sink.wait_for(1)
    assert mail.recipients == (USER,)
    until_tk(window, lambda: "sink" in program.backend.overview().settings.accounts)
    account = program.backend.overview().settings.accounts["sink"]
    assert program.app.credentials.get(account).reveal() == CODE
    assert CODE not in (program.home.path / "config.toml").read_text("utf-8")
    assert window.held.code.secret is None
    press(window, "<Return>")
    assert not window.winfo_viewable()


def _verdict(window: AddAccountWindow) -> Verdict | None:
    return window.held.trial.verdict if window.held.trial else None


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nothing_is_clipped(make_root: MakeRoot, language: str, percent: int) -> None:
    root = make_root("light", language, percent)
    found = {}
    for name, make in ADDING.items():
        shown = make(root)
        shown.reveal()
        until_tk(root, shown.winfo_viewable, what=name)
        shown.update()
        found[name] = clipped(shown)
        shown.destroy()
    assert found == {name: [] for name in ADDING}
