"""Help and diagnosis on the running program: real servers, right and wrong, and what is advised."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.certificates import Certificates, Pair
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.running import ADDRESS, CANARY, account, credentials
from tests.support.sink import Sink, serve
from tests.support.tk import press
from traymail.accounts.smtp import SmtpKind
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.help import HelpNavigation, HelpWindow
from traymail.ui.model.help import HelpAct, HelpPage
from traymail.ui.model.trial import Mark, Trial, Verdict
from traymail.ui.theme import Root

RULE = """
[[rules]]
name = "Scans"
kind = "folder"
folder = '{folder}'
to = ["you@mail.example"]
max_bytes = 3
existing = "send"
settle_seconds = 0.1
"""


@dataclass
class Desk(Hands):
    """A window on the running program, and hands to work it."""

    root: Root
    live: Live
    window: HelpWindow
    gone_to: list[str]
    background: Background

    def open(self, page: HelpPage = HelpPage.DIAGNOSIS) -> None:
        self.window.open(page)
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: self.window.screen.state.overview is not None, "how everything stands")

    def diagnose(self) -> Trial:
        self.open()
        self.click(self.window.bar.buttons[HelpAct.START])
        self.until(lambda: self.window.screen.state.trial is not None, "the first step")
        self.until(lambda: not self.window.screen.state.running, "the last step")
        return self.trial

    @property
    def trial(self) -> Trial:
        trial = self.window.screen.state.trial
        assert trial is not None
        return trial

    def marks(self) -> dict[str, Mark]:
        return dict(zip(SmtpKind.diagnosis, (row.mark for row in self.trial.rows), strict=True))


class MakeDesk:
    """Starts a program with a configuration, and its window."""

    def __init__(self, root: Root, home: Home, secrets: Path, ending: ExitStack) -> None:
        self._root, self._home, self._secrets, self._ending = root, home, secrets, ending

    def __call__(self, config: str, secret: str = CANARY) -> Desk:
        program = self._ending.enter_context(live(self._home, config, self._secrets))
        credentials(self._secrets, secret)
        bridge = Bridge(self._root)
        self._ending.callback(bridge.close)
        background = Background(bridge)
        self._ending.callback(background.close)
        gone_to: list[str] = []
        doors = HelpNavigation(
            lambda: gone_to.append("quick send"),
            gone_to.append,
            lambda: gone_to.append("add account"),
        )
        window = HelpWindow(self._root, program.services, background, doors)
        program.services.program.listen(lambda event: bridge.post(lambda: window.on_event(event)))
        return Desk(self._root, program, window, gone_to, background)


@pytest.fixture
def make_desk(root: Root, home: Home, tmp_path: Path) -> Iterator[MakeDesk]:
    with ExitStack() as ending:
        yield MakeDesk(root, home, tmp_path / "secrets", ending)


def serve_with(pair: Pair) -> Iterator[Sink]:
    with serve(pair.server_context(), user=ADDRESS, password=CANARY) as sink:
        yield sink


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    yield from serve_with(certificates.good)


def test_a_good_account_passes_and_no_mail_is_sent(
    make_desk: MakeDesk, sink: Sink, certificates: Certificates
) -> None:
    desk = make_desk(account(sink.port, ca_file=certificates.ca_file))
    trial = desk.diagnose()
    assert trial.verdict is Verdict.PASSED
    assert set(desk.marks().values()) == {Mark.DONE}
    assert sink.logins == [(ADDRESS, True)]
    assert sink.arrivals == []
    desk.sees("sink.localhost")
    desk.sees("within the certificate's dates")


def test_a_wrong_code_is_told_with_the_way_out(
    make_desk: MakeDesk, sink: Sink, certificates: Certificates
) -> None:
    desk = make_desk(account(sink.port, ca_file=certificates.ca_file), secret="wrong-code-7")
    trial = desk.diagnose()
    assert trial.failed_at == "auth"
    assert desk.marks() == {
        **dict.fromkeys(SmtpKind.diagnosis, Mark.DONE),
        "auth": Mark.FAILED,
    }
    assert trial.advice is not None
    assert trial.advice.way_out is not None
    desk.sees(str(trial.advice.way_out)[:20])
    desk.sees("The login was refused")
    desk.click(desk.button("Copy report"))
    desk.until(lambda: "wrong-code-7" not in desk.root.clipboard_get(), "the report")
    assert "auth   failed" in desk.root.clipboard_get()


def test_a_secret_that_is_missing_is_told_at_its_place(
    make_desk: MakeDesk, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    config = account(
        sink.port, ca_file=certificates.ca_file, more='password_command = ["/bin/false"]'
    )
    desk = make_desk(config)
    (tmp_path / "secrets" / "traymail.main").unlink()
    desk.diagnose()
    assert desk.marks()["auth"] is Mark.FAILED
    desk.sees("There is no code to log in with")
    desk.sees("/bin/false")


@pytest.mark.parametrize("kind", ["wrong_host", "expired", "self_signed"])
def test_a_wrong_certificate_stops_before_the_login(
    make_desk: MakeDesk, certificates: Certificates, kind: str
) -> None:
    with ExitStack() as ending:
        pair: Pair = getattr(certificates, kind)
        context = pair.server_context()
        sink = ending.enter_context(serve(context, user=ADDRESS, password=CANARY))
        desk = make_desk(account(sink.port, ca_file=certificates.ca_file))
        trial = desk.diagnose()
        assert trial.failed_at == "tls"
        assert desk.marks()["tcp"] is Mark.DONE
        assert desk.marks()["auth"] is Mark.SKIPPED
        desk.sees("The connection is not safe")
        assert sink.logins == []


def test_a_stopped_server_is_told_and_tried_again(
    make_desk: MakeDesk, certificates: Certificates
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    desk = make_desk(account(port, ca_file=certificates.ca_file))
    trial = desk.diagnose()
    assert trial.failed_at == "tcp"
    assert trial.advice is not None
    assert trial.advice.way_out is not None
    desk.sees("The server is not reached")
    assert str(desk.window.bar.buttons[HelpAct.START].cget("text")).strip() == "Test again"
    press(desk.window.bar.buttons[HelpAct.START], "<Return>")
    desk.until(lambda: desk.window.screen.state.trial is not trial, "another try")
    desk.until(lambda: not desk.window.screen.state.running, "its end")


def test_a_server_that_says_nothing_can_be_left(make_desk: MakeDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        desk = make_desk(account(port, more="timeout_seconds = 2"))
        desk.open()
        desk.click(desk.window.bar.buttons[HelpAct.START])
        desk.until(lambda: desk.marks()["tcp"] is Mark.DONE, "the connection")
        desk.until(lambda: HelpAct.STOP in desk.window.bar.buttons, "Cancel")
        assert not desk.window.bar.buttons[HelpAct.START].instate(["!disabled"])
        desk.click(desk.window.bar.buttons[HelpAct.STOP])
        desk.until(lambda: not desk.window.screen.state.running, "the end")
        assert desk.trial.verdict is Verdict.STOPPED
        desk.sees("The test was stopped")
        assert desk.window.bar.buttons[HelpAct.START].instate(["!disabled"])
        desk.until(lambda: not desk.background.busy, "the work behind it")
        assert desk.trial.verdict is Verdict.STOPPED


def test_escape_ends_what_is_tried(make_desk: MakeDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk = make_desk(account(silent.getsockname()[1], more="timeout_seconds = 2"))
        desk.open()
        desk.click(desk.window.bar.buttons[HelpAct.START])
        desk.until(lambda: desk.marks()["tcp"] is Mark.DONE, "the connection")
        press(desk.window.bar.buttons[HelpAct.STOP], "<Escape>")
        assert not desk.window.winfo_viewable()
        assert desk.trial.verdict is Verdict.STOPPED
        desk.until(lambda: not desk.background.busy, "the work behind it")


def test_problems_and_what_is_left_out_are_told_as_they_come(
    make_desk: MakeDesk, home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    config = account(2525, security="none", auth="none", more=RULE.format(folder=folder))
    desk = make_desk(config)
    desk.open(HelpPage.STATE)
    (folder / "too large.pdf").write_bytes(b"much too large")
    desk.until(lambda: "too large.pdf" in desk.words(), "what is left out")
    home.config.write_text(config.replace('kind = "folder"', 'kind = "fodler"'), "utf-8")
    desk.until(lambda: "1 problem" in desk.words(), "the problem")
    line = config[: config.index("kind =")].count("\n") + 1
    desk.sees(f"line {line}: rules[0].kind")
    assert "(1)" in str(desk.window.nav.rows[HelpPage.STATE].cget("text"))
    home.config.write_text(config, "utf-8")
    desk.until(lambda: "in order" in desk.words(), "the end of the problem")
    desk.until(lambda: "Scans" in desk.words(), "the rule")


def test_the_report_holds_no_secret(
    make_desk: MakeDesk, sink: Sink, certificates: Certificates, home: Home
) -> None:
    config = account(sink.port, ca_file=certificates.ca_file)
    desk = make_desk(config)
    desk.diagnose()
    # People do write secrets where they do not belong.
    wrong = config.replace("auth =", f'password = "{CANARY}"\nauth =')
    home.config.write_text(wrong, "utf-8")
    overview = desk.live.services.program.overview
    desk.until(lambda: overview().config_error, "the problem")
    desk.until(lambda: desk.window.screen.state.overview == overview(), "the window to know")
    desk.click(desk.button("Copy report"))
    desk.until(lambda: "The report is in the clipboard" in desk.words(), "a word")
    told = desk.root.clipboard_get()
    assert CANARY not in told
    assert str(Path.home()) not in told
    for words in ("traymail ", "config.toml", "password", f"127.0.0.1:{sink.port}", "auth   done"):
        assert words in told


@pytest.mark.parametrize("status", [0, 4])
def test_folders_are_opened(
    make_desk: MakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked = tmp_path / "asked"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{asked}"\nexit {status}\n')
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{opener.parent}:{os.environ['PATH']}")
    desk = make_desk(account(2525, security="none", auth="none"))
    desk.open(HelpPage.FILES)
    places = desk.live.services.program.places()
    desk.until(lambda: str(places["config"]) in desk.words(), "the places")
    desk.click(desk.button("Open folder"))
    desk.until(lambda: asked.exists() and asked.read_text() == str(places["config"].parent))
    if status:
        desk.until(lambda: "Nothing on this desktop opens" in desk.words(), "a word")


def test_the_first_steps_lead_to_the_other_windows(make_desk: MakeDesk) -> None:
    desk = make_desk("version = 1\n")
    desk.window.open()
    desk.until(lambda: desk.window.screen.state.page is HelpPage.FIRST_STEPS, "the first steps")
    for words in ("Quick send…", "Accounts…", "Rules…"):
        desk.click(desk.button(words))
    desk.until(lambda: desk.gone_to == ["quick send", "accounts", "rules"], "the doors")
    desk.open(HelpPage.DIAGNOSIS)
    desk.click(desk.button("Add account…"))
    desk.until(lambda: desk.gone_to[3:] == ["add account"], "the door")


def test_the_pages_are_turned_by_keys(make_desk: MakeDesk) -> None:
    desk = make_desk(account(2525, security="none", auth="none"))
    desk.open()
    row = desk.window.nav.rows[HelpPage.DIAGNOSIS]
    pages = []
    for _ in range(4):
        press(row, "<Down>")
        pages.append(desk.window.screen.state.page)
        row = desk.window.nav.rows[pages[-1]]
    press(row, "<Up>")
    assert [*pages, desk.window.screen.state.page] == [
        *(HelpPage.STATE, HelpPage.KEYS, HelpPage.FILES, HelpPage.FILES),
        HelpPage.KEYS,
    ]
