"""Adding an account that signs in by OAuth2, and signing in from the settings: keys and clicks."""

import socket
import tkinter as tk
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.gui.test_add_account import (
    adding,
    background,
    opened,
    sees,
    there,
    wait,
    went_on,
    window,
    words,
    write,
)
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.oauth import CLIENT, SCOPE, USER, Provider, browser, hurried, provider
from tests.support.session import KeyringSession
from tests.support.sink import Sink, serve
from tests.support.tk import buttons_of, every_child, press, until_tk
from traymail.ui.bridge import Background
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.add_account.sign_in import SignInPage
from traymail.ui.dialogs.guide import GuideWindow
from traymail.ui.model.add_account import AddPage, AddSaving
from traymail.ui.model.add_buttons import AddAct
from traymail.ui.model.sign_in import SignInStage
from traymail.ui.theme import Root
from traymail.ui.widgets import Button

__all__ = ["background", "opened", "there", "went_on", "window"]  # fixtures


@dataclass
class Place:
    """A service of sign-in, a mail server that takes its tokens, and the browser's last page."""

    service: Provider
    sink: Sink
    page: Path

    @property
    def client(self) -> dict[str, str]:
        urls = {
            f"oauth.{name}_url": f"{self.service.url}/{name}"
            for name in ("authorize", "token", "device")
        }
        return {"oauth.client_id": CLIENT, "oauth.scope": SCOPE, **urls}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with provider() as service, serve(security="none", tokens=service.tokens) as sink:
        command, page = browser(tmp_path)
        monkeypatch.setenv("BROWSER", command)
        yield Place(service, sink, page)


@pytest.fixture
def program(root: Root, keyring_env: KeyringSession, home: Home, place: Place) -> Iterator[Live]:
    del root, keyring_env, place  # the display, the bus of the keyring, the browser first
    with live(home, "version = 1\n") as here:
        yield here


def to_the_sign_in(window: AddAccountWindow, place: Place, port: int = 0) -> None:
    write(window, USER)
    window.address.unfold.invoke()
    form = window.address.form
    assert form is not None
    server = {"host": "127.0.0.1", "port": str(port or place.sink.port), "security": "none"}
    form.fill({**server, "auth": "oauth2"})
    window.typing.server()
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: window.screen.state.page is AddPage.SIGN_IN, "the page of the sign-in")
    page = window.pages.sign_in
    assert page is not None
    assert not window.bar.buttons[AddAct.SIGN_IN].instate(["!disabled"])
    page.form.fill(place.client)
    page.changed("")


def stage(window: AddAccountWindow) -> SignInStage | None:
    return None if window.screen.state.sign_in is None else window.screen.state.sign_in.stage


def is_saved(window: AddAccountWindow, program: Live) -> None:
    wait(window, lambda: window.screen.state.saving is AddSaving.DONE, "the account to be saved")
    name = window.screen.state.name
    until_tk(window, lambda: name in program.services.program.overview().settings.accounts)
    account = program.services.program.overview().settings.accounts[name]
    assert account.signs_in
    login = program.app.access_tokens.login(account)
    assert login is not None
    assert login.state.value == "ok"
    assert "canary" not in (program.home.path / "config.toml").read_text("utf-8")


def test_from_the_browser_to_an_account_that_works(
    window: AddAccountWindow, program: Live, place: Place
) -> None:
    to_the_sign_in(window, place)
    window.bar.buttons[AddAct.SIGN_IN].invoke()
    is_saved(window, program)
    assert [one.user for one in place.sink.arrivals] == [USER]
    assert place.service.exchanges == ["authorization_code"]
    assert window.pages.sign_in is None


def test_the_code_for_another_device_is_large_and_copied(
    window: AddAccountWindow, program: Live, place: Place
) -> None:
    to_the_sign_in(window, place)
    window.bar.buttons[AddAct.DEVICE].invoke()
    wait(window, lambda: stage(window) is SignInStage.DEVICE, "the code")
    page = window.pages.sign_in
    assert page is not None
    code = list(place.service.devices.values())[-1].code
    sees(window, code)
    sees(window, f"{place.service.url}/activate")
    assert page.view.copy is not None
    page.view.copy.invoke()
    assert window.clipboard_get() == code
    place.service.approve()
    is_saved(window, program)


@pytest.mark.parametrize("device", [False, True])
def test_what_is_denied_is_told_and_can_be_tried_again(
    window: AddAccountWindow, program: Live, place: Place, device: bool
) -> None:
    to_the_sign_in(window, place)
    place.service.deny = True
    act = AddAct.DEVICE if device else AddAct.SIGN_IN
    window.bar.buttons[act].invoke()
    if device:
        wait(window, lambda: stage(window) is SignInStage.DEVICE, "the code")
        place.service.approve(agreed=False)
    wait(window, lambda: stage(window) is SignInStage.FAILED, "the refusal")
    sees(window, "The sign-in did not work")
    state = window.screen.state.sign_in
    assert state is not None
    assert state.advice is not None
    sees(window, str(state.advice.title))
    assert program.services.program.overview().settings.accounts == {}
    place.service.deny = False
    window.bar.buttons[act].invoke()
    if device:
        wait(window, lambda: stage(window) is SignInStage.DEVICE, "another code")
        place.service.approve()
    is_saved(window, program)


@pytest.mark.parametrize("device", [False, True])
def test_a_sign_in_that_nobody_ends_in_time_is_told_and_can_be_tried_again(  # fixtures
    root: Root,
    program: Live,
    background: Background,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    device: bool,
) -> None:
    browser = program.app.environ["BROWSER"]
    monkeypatch.setitem(program.app.environ, "BROWSER", "true")  # its window is closed at once
    window = adding(root, hurried(program.services, 2), background, [])
    to_the_sign_in(window, place)
    act = AddAct.DEVICE if device else AddAct.SIGN_IN
    window.bar.buttons[act].invoke()
    if not device:
        sees(window, "If you closed it, open the page again.")
    wait(window, lambda: stage(window) is SignInStage.FAILED, "the end of the patience")
    sees(window, "The sign-in did not work")
    code, page = "The code was not typed in time.", "The browser did not come back in time"
    sees(window, code if device else page)
    sees(window, "Try again.")
    assert program.services.program.overview().settings.accounts == {}
    assert str(window.bar.buttons[act].cget("text")).strip() == "Try again"

    def ended() -> bool:
        """On a busy machine this takes its time, too: then once more, as people would."""
        if stage(window) is SignInStage.FAILED:
            window.bar.buttons[act].invoke()
        if device and stage(window) is SignInStage.DEVICE:
            place.service.approve()
        return window.screen.state.saving is AddSaving.DONE

    monkeypatch.setitem(program.app.environ, "BROWSER", browser)
    wait(window, ended, "the account to be saved")
    is_saved(window, program)


def test_it_is_stopped_and_the_details_are_still_there(
    window: AddAccountWindow, place: Place
) -> None:
    to_the_sign_in(window, place)
    window.bar.buttons[AddAct.DEVICE].invoke()
    wait(window, lambda: stage(window) is SignInStage.DEVICE, "the code")
    window.bar.buttons[AddAct.STOP].invoke()
    sees(window, "The sign-in was stopped")
    window.bar.buttons[AddAct.BACK].invoke()
    window.update()
    page = window.pages.sign_in
    assert page is not None
    assert page.form.values["oauth.client_id"] == CLIENT
    assert window.bar.buttons[AddAct.SIGN_IN].instate(["!disabled"])


def test_a_service_that_does_not_know_the_client_is_told(
    window: AddAccountWindow, place: Place
) -> None:
    to_the_sign_in(window, place)
    page = window.pages.sign_in
    assert page is not None
    page.form.fill({"oauth.token_url": "nonsense"})
    page.changed("")
    window.bar.buttons[AddAct.SIGN_IN].invoke()
    wait(window, lambda: window.screen.state.problems, "what is wrong")
    assert [one.where for one in window.screen.state.problems] == ["oauth.token_url"]
    assert window.screen.state.page is AddPage.SIGN_IN
    sees(window, "Is not an address")


def test_what_is_not_saved_leaves_no_token(
    window: AddAccountWindow, program: Live, place: Place
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone_by_then:
        port = gone_by_then.getsockname()[1]
    to_the_sign_in(window, place, port)
    window.bar.buttons[AddAct.SIGN_IN].invoke()
    wait(
        window,
        lambda: AddAct.CODE_AGAIN in window.bar.buttons or AddAct.SERVER in window.bar.buttons,
        "the end",
    )
    account = window.screen.state.account
    assert account is not None
    found = program.app.access_tokens.login(account)
    assert found is not None
    assert found.state.value == "ok"
    window.close()

    def gone() -> bool:
        login = program.app.access_tokens.login(account)
        return login is not None and login.state.value == "never"

    until_tk(window, gone, "no token")


@pytest.mark.parametrize("address", ["me@gmail.com", "me@fastmail.com", "me@yahoo.com"])
def test_where_an_app_password_does_the_same_that_is_asked_for_first(
    window: AddAccountWindow, address: str
) -> None:
    write(window, address)
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: window.screen.state.page is AddPage.CODE, "the page of the code")
    assert window.code is not None
    if address == "me@yahoo.com":  # takes no new programs
        assert window.code.instead is None
        return
    assert isinstance(window.code.instead, Button)
    window.code.instead.invoke()
    wait(window, lambda: window.screen.state.page is AddPage.SIGN_IN, "the page of the sign-in")
    assert "An app password of" in words(window)
    sees(window, "does the same")


def test_a_secret_of_the_client_is_typed_and_kept(
    window: AddAccountWindow, program: Live, place: Place
) -> None:
    place.service.client_secret = "GOCSPX-canary"
    to_the_sign_in(window, place)
    window.bar.buttons[AddAct.SIGN_IN].invoke()
    wait(window, lambda: stage(window) is SignInStage.FAILED, "the refusal without it")
    window.bar.buttons[AddAct.BACK].invoke()
    page = window.pages.sign_in
    assert page is not None
    wait(window, page.entry.winfo_viewable, "the details again")
    assert page.entry.cget("show")
    page.entry.focus_force()
    wait(window, lambda: window.focus_get() is page.entry, "the keyboard in the field")
    write(window, place.service.client_secret)
    assert page.entry.value == place.service.client_secret
    window.bar.buttons[AddAct.SIGN_IN].invoke()
    is_saved(window, program)
    # It is needed for each token to come, and kept beside them.
    [account] = program.services.program.overview().settings.accounts.values()
    kept = program.app.access_tokens.client_secret(account)
    assert kept is not None
    assert kept.reveal() == place.service.client_secret
    assert place.service.client_secret not in words(window)


def _names(file: Path, page: str) -> bool:
    return file.read_text().startswith(page)


def to_a_client_id(window: AddAccountWindow, address: str) -> SignInPage:
    """Go on to where a client id is asked for, also where an app password is proposed first."""
    write(window, address)
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: window.screen.state.page is not AddPage.ADDRESS, "the next page")
    if window.screen.state.page is AddPage.CODE:
        assert window.code is not None
        assert isinstance(window.code.instead, Button)
        window.code.instead.invoke()
    wait(window, lambda: window.screen.state.page is AddPage.SIGN_IN, "the page of the sign-in")
    assert window.pages.sign_in is not None
    return window.pages.sign_in


def guide_beside(window: tk.Misc) -> GuideWindow:
    """Wait for the guide, written and in sight."""
    [guide] = [one for one in every_child(window.nametowidget(".")) if isinstance(one, GuideWindow)]
    until_tk(window, lambda: guide.winfo_viewable() and words_in(guide), what="the guide")
    return guide


def words_in(guide: GuideWindow) -> str:
    """Return what is to be read from the top of the window on."""
    return guide.reading.text.get("@0,0 linestart", "end-1c")


@pytest.mark.parametrize(
    ("address", "head", "page"),
    [
        ("me@outlook.com", "Microsoft: Outlook.com", "https://entra.microsoft.com"),
        ("me@gmail.com", "Google: Gmail", "https://console.cloud.google.com"),
    ],
)
def test_the_guide_is_opened_where_it_is_about_the_provider(
    window: AddAccountWindow, opened: Path, address: str, head: str, page: str
) -> None:
    to_a_client_id(window, address).guide.invoke()
    guide = guide_beside(window)
    text = guide.reading.text
    wait(window, lambda: words_in(guide).startswith(head), head)
    place = text.bbox(text.tk.call(text, "tag", "nextrange", "link", "@0,0")[0])
    assert place is not None
    left, top, _, high = place
    for event in ("<Motion>", "<Button-1>"):
        text.event_generate(event, x=left + 4, y=top + high // 2)
    wait(window, opened.exists, "the browser")
    wait(window, partial(_names, opened, page), "its page")
    press(text, "<Escape>")
    wait(window, lambda: not guide.winfo_viewable(), "the end of the guide")


@pytest.mark.parametrize(
    ("address", "told", "pages"),
    [
        ("me@outlook.com", ["Microsoft Entra", "SMTP.Send"], ["https://entra.microsoft.com/"]),
        (
            "me@gmail.com",
            ["OAuth client ID", "client secret"],
            ["https://console.cloud.google.com/apis/credentials"],
        ),
    ],
)
def test_the_steps_to_a_client_id_are_told_and_their_pages_opened(
    window: AddAccountWindow,
    opened: Path,
    address: str,
    told: list[str],
    pages: list[str],
) -> None:
    to_a_client_id(window, address)
    for one in told:
        sees(window, one)
    buttons = buttons_of(window, "Open page")
    assert len(buttons) == len(pages)
    for button, page in zip(buttons, pages, strict=True):
        button.invoke()
        wait(window, opened.exists, "the browser")
        wait(window, partial(_names, opened, page), "its page")
