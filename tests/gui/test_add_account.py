"""Adding an account with real keys and clicks: what a user meets on the way to one that works."""

import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dns.resolver import Resolver

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.nameserver import NameServer, name_server
from tests.support.session import KeyringSession
from tests.support.sink import Sink, serve
from tests.support.tk import buttons_of, go_to, press, until_tk, words_of
from traymail.core.errors import Problem
from traymail.core.provider import for_address
from traymail.core.texts import text
from traymail.services.services import Services
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.guide import GuideWindow
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage, AddSaving, ServerSearch
from traymail.ui.model.add_buttons import AddAct
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
def went_on() -> list[str]:
    return []


@pytest.fixture
def window(
    root: Root, program: Live, background: Background, went_on: list[str]
) -> AddAccountWindow:
    return adding(root, program.services, background, went_on)


def adding(
    root: Root, services: Services, background: Background, went_on: list[str]
) -> AddAccountWindow:
    """Open the window; ``went_on`` gets the accounts from which a mail is to be written."""
    window = AddAccountWindow(
        root,
        services,
        background,
        lambda asked: went_on.append(asked.account),
        lambda: False,
        GuideWindow(root, services.program, background).open,
    )
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
    until_tk(window, condition, what)


def sees(window: AddAccountWindow, told: str) -> None:
    """Wait until words are to be seen: a window that grows shows them once X has let it."""
    wait(window, lambda: told in words(window), told)


def by_hand(window: AddAccountWindow, sink: Sink, ca_file: Path) -> None:
    write(window, USER)
    window.address.unfold.invoke()
    form = window.address.form
    assert form is not None
    for name, words in (("host", sink.host), ("port", str(sink.port)), ("ca_file", str(ca_file))):
        form.fill({name: ""})
        go_to(form, name)
        write(window, words)


def test_a_wrong_code_then_the_right_one(
    window: AddAccountWindow,
    sink: Sink,
    certificates: Certificates,
    program: Live,
    went_on: list[str],
) -> None:
    by_hand(window, sink, certificates.ca_file)
    press(window, "<Return>")
    wait(window, lambda: window.screen.state.page is AddPage.CODE, "the page of the code")
    write(window, "wrong")
    press(focused(window), "<Return>")
    wait(window, lambda: _verdict(window) is Verdict.FAILED, "the end of the test")
    assert [row.mark for row in window.screen.state.trial.rows] == [  # type: ignore[union-attr] # there is one
        *[Mark.DONE] * 4,
        Mark.FAILED,
        Mark.SKIPPED,
    ]
    assert program.services.program.overview().settings.accounts == {}
    window.bar.buttons[AddAct.CODE_AGAIN].invoke()
    window.update()
    assert window.screen.state.page is AddPage.CODE
    write(window, CODE)
    press(focused(window), "<Return>")
    wait(window, lambda: window.screen.state.saving is AddSaving.DONE, "the account to be saved")
    assert _verdict(window) is Verdict.PASSED
    (mail,) = sink.wait_for(1)
    assert mail.recipients == (USER,)
    until_tk(window, lambda: "sink" in program.services.program.overview().settings.accounts)
    account = program.services.program.overview().settings.accounts["sink"]
    assert program.app.credentials.get(account).reveal() == CODE
    assert CODE not in (program.home.path / "config.toml").read_text("utf-8")
    assert window.screen.state.code.secret is None
    lead_on = window.lead_on
    assert lead_on is not None
    sees(window, "a click on this icon")
    wait(window, lambda: lead_on.switch.instate(["!disabled"]), "how the program starts")
    assert not lead_on.switch.on
    lead_on.switch.invoke()
    wait(window, program.services.program.autostart, "a start with the desktop")
    press(window, "<Return>")
    assert not window.winfo_viewable()
    assert went_on == ["sink"]


def test_the_name_that_recipients_see_is_asked_for(
    window: AddAccountWindow, sink: Sink, certificates: Certificates
) -> None:
    by_hand(window, sink, certificates.ca_file)
    window.address.name.focus_set()
    write(window, "Ming")
    press(window, "<Return>")
    wait(window, lambda: window.screen.state.page is AddPage.CODE, "the page of the code")
    account = window.screen.state.account
    assert account is not None
    assert account.address.name == "Ming"
    window.bar.buttons[AddAct.BACK].invoke()
    window.update()
    assert window.address.name.value == "Ming"


def _verdict(window: AddAccountWindow) -> Verdict | None:
    return window.screen.state.trial.verdict if window.screen.state.trial else None


def words(window: AddAccountWindow) -> str:
    window.update()
    return "\n".join(words_of(window))


def to_the_code(window: AddAccountWindow) -> None:
    press(window, "<Return>")
    wait(window, lambda: window.screen.state.page is AddPage.CODE, "the page of the code")


def to_the_end_of_the_test(window: AddAccountWindow, code: str) -> None:
    write(window, code)
    press(focused(window), "<Return>")
    wait(window, lambda: _verdict(window) not in {None, Verdict.RUNNING}, "the end of the test")


def test_a_provider_is_recognised_and_leads_to_its_code(window: AddAccountWindow) -> None:
    write(window, "123456@qq.com")
    assert words(window).count("Recognised") == 1
    for told in ("QQ Mail", "smtp.qq.com : 465  ·  SSL/TLS", "wants an authorization code"):
        sees(window, told)
    to_the_code(window)
    assert window.code is not None
    assert not window.code.entry.cget("show")  # a code is pasted, not known by heart
    write(window, "abcd efgh")
    sees(window, "8 of 16 letters")
    press(focused(window), "<Return>")
    assert window.screen.state.page is AddPage.CODE
    write(window, " ijkl mnop")
    sees(window, "16 letters, as expected.")
    window.bar.buttons[AddAct.BACK].invoke()
    wait(window, lambda: window.screen.state.page is AddPage.ADDRESS, "the first page")
    assert focused(window).value == "123456@qq.com"
    assert window.screen.state.code.secret is None


def test_a_provider_that_takes_no_password_leads_to_the_sign_in(window: AddAccountWindow) -> None:
    write(window, "me@outlook.com")
    sees(window, "OAuth2")
    press(window, "<Return>")
    wait(window, lambda: window.screen.state.page is AddPage.SIGN_IN, "the sign-in")
    assert not window.bar.buttons[AddAct.SIGN_IN].instate(["!disabled"])
    window.bar.buttons[AddAct.BACK].invoke()
    window.update()
    assert window.screen.state.page is AddPage.ADDRESS
    assert focused(window).value == "me@outlook.com"


def test_by_hand_such_a_provider_leads_there_too_and_says_that_it_takes_no_password(
    window: AddAccountWindow,
) -> None:
    write(window, "bob@outlook.com")
    window.address.unfold.invoke()
    form = window.address.form
    assert form is not None
    window.bar.buttons[AddAct.NEXT].invoke()
    wait(window, lambda: window.screen.state.page is AddPage.SIGN_IN, "the sign-in")
    window.bar.buttons[AddAct.BACK].invoke()
    form.fill({"auth": "password"})
    window.typing.server()
    window.bar.buttons[AddAct.NEXT].invoke()
    sees(window, "takes no passwords from programs, only OAuth2")
    sees(window, "Choose “by signing in (OAuth2)” as the login.")
    wait(window, lambda: window.focus_get() == form.controls["auth"].widget, "the login in sight")


def test_what_is_wrong_with_a_key_that_has_no_field_is_told(window: AddAccountWindow) -> None:
    write(window, "bob@outlook.com")
    window.address.unfold.invoke()
    unseen = Problem("undo_seconds", text("is no number"))
    window.screen.apply(model.refused, (unseen,))
    sees(window, "undo_seconds: is no number")
    window.typing.server()
    wait(window, lambda: "undo_seconds" not in words(window), "it to be gone with the change")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], NameServer]]:
    """Give the system a server of names of the test's own: it knows one domain's exchanger."""
    with ExitStack() as running:

        def serve_names(domain: str, exchanger: str) -> NameServer:
            known = {domain: [(5, exchanger)]} if exchanger else {}
            server = running.enter_context(name_server(known))

            def configure(asking: Resolver, *_where: object) -> None:
                asking.nameservers, asking.port = [server.address[0]], server.port

            system = "read_registry" if sys.platform == "win32" else "read_resolv_conf"
            monkeypatch.setattr(Resolver, system, configure)
            known_here = socket.getaddrinfo

            def look_up(host: str, *more: Any, **others: Any) -> Any:  # noqa: ANN401 # as it is there
                if host in {"127.0.0.1", "localhost"}:
                    return known_here(host, *more, **others)
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            return server

        yield serve_names


@pytest.mark.parametrize(
    ("exchanger", "name", "host", "wanted"),
    [
        (
            "mxbiz1.qq.com",
            "Tencent Exmail",
            "smtp.exmail.qq.com : 465",
            "kept at a provider for companies",
        ),
        ("aspmx.l.google.com", "Gmail", "smtp.gmail.com : 465", "app password"),
    ],
)
def test_a_domain_of_ones_own_is_recognised_by_its_exchanger(
    window: AddAccountWindow,
    names: Callable[[str, str], NameServer],
    exchanger: str,
    name: str,
    host: str,
    wanted: str,
) -> None:
    server = names("shop.example.com", exchanger)
    write(window, "li@shop.example.com")
    sees(window, host)
    assert name in words(window)
    assert "shop.example.com 15" in server.asked
    to_the_code(window)
    sees(window, wanted)
    account = window.screen.state.account
    assert account is not None
    assert (account.username, account.port) == ("li@shop.example.com", 465)


@pytest.mark.parametrize(
    ("typed", "meant", "host"),
    [("me@qq.con", "qq.com", "smtp.qq.com"), ("me@gmial.com", "gmail.com", "smtp.gmail.com")],
)
def test_a_slip_in_a_great_domain_is_asked_about(
    window: AddAccountWindow,
    names: Callable[[str, str], NameServer],
    typed: str,
    meant: str,
    host: str,
) -> None:
    domain = typed.partition("@")[2]
    names(domain, "")
    write(window, typed)
    sees(window, f"Is {meant} meant instead of {domain}?")
    wait(
        window, lambda: window.screen.state.search is ServerSearch.MISSING, "the end of the search"
    )
    sees(window, f"Is {meant} meant instead of {domain}?")
    window.address.entry.focus_set()
    entry = focused(window)
    for _ in domain:
        entry.event_generate("<Key>", keysym="BackSpace")
    write(window, meant)
    sees(window, host)
    assert "meant instead" not in words(window)


@pytest.fixture
def there() -> bool:
    """Whether the desktop has a browser."""
    return True


@pytest.fixture
def opened(there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the address that the browser of the desktop was asked for last."""
    asked = tmp_path / "asked"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{asked}"\nexit {0 if there else 3}\n')
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{opener.parent}:{os.environ['PATH']}")
    return asked


@pytest.mark.parametrize("there", [True, False])
def test_the_page_of_the_provider_is_opened(
    window: AddAccountWindow, opened: Path, there: bool
) -> None:
    write(window, "me@163.com")
    to_the_code(window)
    mailbox, about_the_code = buttons_of(window, "Open page")
    mailbox.invoke()
    wait(window, opened.exists, "the browser")
    wait(window, lambda: opened.read_text() == "https://mail.163.com/", "the mailbox")
    if not there:  # of two that are asked at once, either may be told of last
        wait(window, lambda: "No browser was found." in words(window), "a word")
    about_the_code.invoke()
    url = for_address("me@163.com").help_url  # type: ignore[union-attr] # it is in the table
    wait(window, lambda: opened.read_text() == url, "the address of the page")
    if not there:
        wait(window, lambda: window.clipboard_get() == url, "the address of the page, copied")


def test_a_domain_that_nobody_knows_is_set_by_hand(window: AddAccountWindow) -> None:
    write(window, "me@nowhere.invalid")
    wait(
        window, lambda: window.screen.state.search is ServerSearch.MISSING, "the end of the search"
    )
    sees(window, "No server is found for nowhere.invalid.")
    form = window.address.form
    assert form is not None
    go_to(form, "host")
    write(window, "mail.lab/25")
    form.fill({"port": ""})
    go_to(form, "port")
    write(window, "26")
    sees(window, "Port 26 is unusual")
    press(window, "<Return>")
    wait(window, lambda: window.screen.state.problems, "the judgement")
    assert [one.where for one in window.screen.state.problems] == ["host"]
    sees(window, "Is not the name of a server")
    assert not window.bar.buttons[AddAct.NEXT].instate(["!disabled"])


def test_a_test_that_hangs_is_stopped(window: AddAccountWindow, certificates: Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        write(window, USER)
        window.address.unfold.invoke()
        form = window.address.form
        assert form is not None
        port = str(silent.getsockname()[1])
        form.fill({"host": "127.0.0.1", "port": port, "ca_file": str(certificates.ca_file)})
        window.typing.server()
        to_the_code(window)
        write(window, CODE)
        press(focused(window), "<Return>")
        wait(window, lambda: _mark(window, "tcp") is Mark.DONE, "the connection")
        window.bar.buttons[AddAct.STOP].invoke()
        window.update()
        assert _verdict(window) is Verdict.STOPPED
        press(window, "<Escape>")
        assert not window.winfo_viewable()
        assert window.screen.state == Adding()


def test_what_was_refused_may_be_saved_all_the_same(
    window: AddAccountWindow, sink: Sink, certificates: Certificates, program: Live
) -> None:
    by_hand(window, sink, certificates.ca_file)
    to_the_code(window)
    to_the_end_of_the_test(window, "wrong")
    window.bar.buttons[AddAct.COPY_REPORT].invoke()
    report = window.clipboard_get()
    assert ("refused" in report, "wrong" in report.split()) == (True, False)
    window.bar.buttons[AddAct.SAVE].invoke()
    wait(window, lambda: not window.winfo_viewable(), "the end")
    until_tk(window, lambda: "sink" in program.services.program.overview().settings.accounts)
    account = program.services.program.overview().settings.accounts["sink"]
    assert program.app.credentials.get(account).reveal() == "wrong"


def test_a_password_store_that_is_locked_is_told_and_nothing_is_saved(
    window: AddAccountWindow,
    sink: Sink,
    certificates: Certificates,
    program: Live,
    locked_keyring_env: KeyringSession,
) -> None:
    del locked_keyring_env  # from here on it is the one that is asked
    by_hand(window, sink, certificates.ca_file)
    to_the_code(window)
    to_the_end_of_the_test(window, CODE)
    assert _verdict(window) is Verdict.PASSED
    wait(window, lambda: window.screen.state.saving is AddSaving.FAILED, "the store to refuse")
    for told in ("The account is not saved", "The keyring is locked."):
        sees(window, told)
    assert program.services.program.overview().settings.accounts == {}
    assert CODE not in words(window)
    assert window.bar.buttons[AddAct.SAVE].instate(["!disabled"])


def _mark(window: AddAccountWindow, step: str) -> Mark | None:
    trial = window.screen.state.trial
    return trial.rows[trial.steps.index(step)].mark if trial else None
