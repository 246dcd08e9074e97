"""The tray and the windows together, in a real panel, with a real keyring and a real server."""

from __future__ import annotations

import socket
import threading
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from tests.gui.office import Office
from tests.support.certificates import Certificates
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.live import at_sink
from tests.support.running import ADDRESS
from tests.support.sink import Sink
from tests.support.trayed import trayed
from traymail.core.errors import StateError
from traymail.core.message import Address, Draft
from traymail.core.outbox import State
from traymail.services.program import ProgramService
from traymail.ui.dialogs.guide import GuideWindow
from traymail.ui.dialogs.table_mails import TableMailsWindow

NOW = timedelta(0)
Open = Callable[[str], AbstractContextManager[Office]]


@pytest.fixture
def desk(open_office: Open, sink: Sink, certificates: Certificates) -> Iterator[Office]:
    """The program with an account that works."""
    with open_office(at_sink(sink, certificates.ca_file)) as made:
        yield made


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ("Quick send…", "New mail"),
        ("Outbox…", "Outbox"),
        ("Settings…", "Settings"),
        ("Help and diagnosis…", "Help and diagnosis"),
    ],
)
def test_entries_of_the_menu_open_their_windows(desk: Office, entry: str, title: str) -> None:
    desk.choose(entry)
    window = desk.window(title)
    desk.keys("Escape")
    desk.until(lambda: not window.winfo_viewable(), "the window to close")
    desk.choose(entry)
    assert desk.window(title) is window


def test_after_a_change_how_everything_stands_is_asked_once(desk: Office) -> None:
    """For the icon and all windows that are open, together."""
    for entry in ("Quick send…", "Outbox…", "Settings…", "Help and diagnosis…"):
        desk.choose(entry)
        desk.until(lambda: not desk.shell.busy, "all answers")
    asked: list[str] = []

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is ProgramService.overview.__code__:
            asked.append(threading.current_thread().name)

    threading.setprofile(profile)
    try:
        desk.live.services.program.set_general("theme", "dark")
        desk.until(lambda: desk.shell.root.theme.palette.mode == "dark", "the change")
        desk.until(lambda: not desk.shell.busy, "all answers")
    finally:
        threading.setprofile(None)
    assert asked == ["background"]


def test_undo_is_offered_by_a_notification_when_the_window_is_closed(
    desk: Office, sink: Sink
) -> None:
    desk.left_click()
    window = desk.window("New mail")
    desk.type(f"{ADDRESS},")
    desk.keys("Tab")
    desk.type("Not yet")
    desk.keys("ctrl+Return")
    desk.button("Undo")
    window.event_generate("<<nothing>>")
    window.tk.call(window.protocol("WM_DELETE_WINDOW"))
    desk.until(lambda: not window.winfo_viewable(), "the window to close")
    [item] = desk.live.services.mail.find()
    desk.until(lambda: f"mail:{item.id}" in desk.shell.notifier.shown, "the notification")
    desk.shell.notifier.pressed(f"mail:{item.id}", "undo")
    assert desk.window("New mail") is window
    desk.until(
        lambda: desk.live.services.mail.detail(item.id).item.state is State.CANCELLED, "undo"
    )
    desk.sees(ADDRESS)
    assert sink.arrivals == []


def test_a_mail_that_waits_for_the_network_is_told_of_and_when_it_went(
    desk: Office, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_asked: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    there = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    mail = desk.live.services.mail
    posted = mail.post(Draft("main", Address(ADDRESS), (Address(ADDRESS),), text="x"), NOW).id
    told = desk.shell.notifier.shown
    desk.until(lambda: f"mail:{posted}" in told, "the notification")
    kept = told[f"mail:{posted}"]
    assert str(kept.title).startswith("Kept: ")
    assert str(kept.body) == "It goes out when there is a network."
    mail.retry([posted])
    desk.until(lambda: mail.detail(posted).item.attempts >= 2, "another try")
    assert told[f"mail:{posted}"] is kept, "it is told once"
    monkeypatch.setattr(socket, "getaddrinfo", there)
    mail.retry([posted])
    desk.until(lambda: told[f"mail:{posted}"] is not kept, "what became of it")
    assert str(told[f"mail:{posted}"].title).startswith("Sent: ")
    assert len(sink.arrivals) == 1


def test_another_language_is_spoken_at_once(desk: Office) -> None:
    desk.choose("Outbox…")
    desk.window("Outbox")
    desk.live.services.program.set_general("language", "zh_CN")
    desk.window("发件箱")
    desk.choose("设置…")
    desk.window("设置")
    assert desk.tool_tip() == "traymail：空闲"
    desk.live.services.program.set_general("language", "auto")
    desk.window("Settings")


def test_the_guide_to_a_client_id_is_there_in_another_language(desk: Office) -> None:
    desk.shell.windows.guide("smtp.gmail.com")
    desk.window("Guide to a client id")
    desk.live.services.program.set_general("language", "zh_CN")
    guide = desk.window("获取客户端 ID 的说明")
    assert isinstance(guide, GuideWindow)
    text = guide.reading.text
    desk.until(lambda: text.get("@0,0 linestart", "end").startswith("Google：Gmail"), "its part")
    desk.live.services.program.set_general("language", "auto")
    desk.window("Guide to a client id")


def test_what_is_written_goes_along_into_another_language_also_with_a_full_disk(
    desk: Office,
) -> None:
    desk.left_click()
    old = desk.window("New mail")
    desk.type("you@b.example,")
    desk.keys("Tab")
    desk.type("Half a mail")
    # What stands in the way of the draft is what a full disk is, too.
    draft = desk.live.app.home.state / "draft.json"
    draft.unlink(missing_ok=True)
    draft.mkdir()
    desk.live.services.program.set_general("language", "zh_CN")
    desk.window("写邮件")
    desk.until(lambda: not old.winfo_exists(), "the end of the old window")
    desk.sees("you@b.example")
    desk.choose("设置…")
    desk.window("设置")
    draft.rmdir()
    desk.left_click()
    desk.window("写邮件")
    desk.type("!")
    desk.until(lambda: desk.live.services.drafts.load().subject == "Half a mail", "the draft")


def test_a_table_goes_along_into_another_language_and_waits_for_what_is_being_stored(
    desk: Office, tmp_path: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_text("name,mail\nLi,li@x.example\nNa,na@x.example\n", "utf-8")
    desk.live.services.program.pause(None)
    desk.left_click()
    desk.window("New mail")
    desk.press("From a table…")
    old = desk.window("One mail for each row")
    assert isinstance(old, TableMailsWindow)
    old.take(table)
    desk.until(lambda: old.screen.state.looked and not old.screen.state.looking, "the look")
    desk.write("subject", "Hello {csv.name}")
    desk.until(lambda: old.screen.state.may_send, "the mails")
    desk.live.services.program.set_general("language", "zh_CN")
    new = desk.window("按表格逐行发信")
    assert isinstance(new, TableMailsWindow)
    desk.until(lambda: not old.winfo_exists(), "the end of the old window")
    desk.sees("Hello Li")
    desk.press("全部发送")
    desk.until(lambda: new.done, "the mails to be stored")
    desk.live.services.program.set_general("language", "auto")
    newest = desk.window("One mail for each row")
    desk.sees("0 of 2 sent")
    desk.press("Stop the rest")
    assert isinstance(newest, TableMailsWindow)
    desk.until(lambda: newest.over, "the mails to be taken back")
    counts = desk.live.app.outbox.counts_of_batch(1)
    assert counts[State.CANCELLED] == 2


def test_a_mail_that_can_be_undone_can_be_undone_in_another_language(desk: Office) -> None:
    desk.live.services.program.pause(None)
    desk.left_click()
    desk.window("New mail")
    desk.type(f"{ADDRESS},")
    desk.keys("Tab")
    desk.type("Not yet")
    desk.keys("ctrl+Return")
    desk.button("Undo")
    desk.live.services.program.set_general("language", "zh_CN")
    desk.window("写邮件")
    desk.press("取消发送")
    [item] = desk.live.services.mail.find()
    desk.until(
        lambda: desk.live.services.mail.detail(item.id).item.state is State.CANCELLED, "undo"
    )
    desk.sees(ADDRESS)


def test_a_change_that_is_not_saved_outlives_another_language(desk: Office) -> None:
    desk.choose("Settings…")
    desk.window("Settings")
    desk.write("display_name", "Ann")
    desk.live.services.program.set_general("language", "zh_CN")
    desk.window("设置")
    desk.sees("有未保存的更改")
    assert desk.live.services.program.overview().settings.accounts["main"].address.name == ""


def test_the_end_is_the_end_also_when_the_draft_cannot_be_kept(
    open_office: Open, sink: Sink, certificates: Certificates
) -> None:
    def write_and_end() -> None:
        with open_office(at_sink(sink, certificates.ca_file)) as desk:
            roots.append(desk.root)
            desk.left_click()
            desk.window("New mail")
            (desk.live.app.home.state / "draft.json").mkdir()
            desk.type("you@b.example,")

    roots: list[tk.Misc] = []
    with pytest.raises(StateError):
        write_and_end()
    with pytest.raises(tk.TclError):
        roots[0].winfo_exists()


def test_nothing_waits_for_its_time_after_the_end(
    open_office: Open, sink: Sink, certificates: Certificates
) -> None:
    with open_office(at_sink(sink, certificates.ca_file)) as desk:
        tcl = desk.root.tk
    assert not tcl.splitlist(tcl.call("after", "info"))


def test_another_theme_is_worn_at_once(desk: Office) -> None:
    desk.choose("Outbox…")
    window = desk.window("Outbox")
    light = window.cget("background")
    desk.live.services.program.set_general("theme", "dark")
    desk.until(lambda: window.cget("background") != light, "the dark theme")
    desk.live.services.program.set_general("theme", "light")
    desk.until(lambda: window.cget("background") == light, "the light theme")


def test_a_mended_configuration_is_no_trouble_any_more(desk: Office) -> None:
    file = desk.live.app.home.config_file
    good = file.read_text("utf-8")
    file.write_text(good + "\nnonsense = 1\n", "utf-8")
    desk.until(lambda: "settings" in desk.shell.notifier.shown, "the notification")
    desk.until(lambda: "configuration has errors" in desk.tool_tip(), "the trouble")
    # As it was: there is nothing to put in force.
    file.write_text(good, "utf-8")
    desk.until(lambda: "settings" not in desk.shell.notifier.shown, "its end")
    desk.until(lambda: "configuration" not in desk.tool_tip(), "an icon without trouble")


def test_without_a_chinese_font_the_windows_speak_english_and_say_why(
    desktop: Display, home: Home, tmp_path: Path
) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(
        "<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir>"
        f"<cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    home.configure('version = 1\nlanguage = "zh_CN"\n')
    with trayed(home, desktop, {"FONTCONFIG_FILE": str(fonts)}) as program:
        program.window("Welcome to traymail")
        log = (home.path / "log" / "traymail.log").read_text("utf-8")
        assert "no font here has Chinese characters" in log
    with trayed(home, desktop) as program:
        program.window("欢迎使用 traymail")


def test_the_general_page_names_the_font(desk: Office) -> None:
    desk.shell.root.theme.lacks_font = True
    desk.choose("Settings…")
    window = desk.window("Settings")
    desk.press("General", window)
    desk.sees("fonts-noto-cjk")


def test_the_menu_switches_rules(
    open_office: Open, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    (tmp_path / "drop").mkdir()
    rule = f"""
[[rules]]
name = "Scans"
kind = "folder"
to = ["{ADDRESS}"]
folder = '{tmp_path / "drop"}'
"""
    with open_office(at_sink(sink, certificates.ca_file, rule)) as desk:
        desk.choose("Scans")
        services = desk.live.services
        desk.until(
            lambda: not services.program.overview().settings.rules[0].enabled, "the rule to be off"
        )
        # A check mark asks for the opposite of what it shows.
        desk.until(lambda: not desk.is_checked("Scans"), "the check mark to go")
        desk.choose("Scans")
        desk.until(
            lambda: services.program.overview().settings.rules[0].enabled, "the rule to be on"
        )


def test_what_cannot_be_done_is_told_and_nothing_breaks(desk: Office) -> None:
    desk.live.home.config.write_text("version = 1\nbogus = 2\n")
    desk.until(lambda: "settings" in desk.shell.notifier.shown, "the notification")
    desk.until(lambda: "errors" in desk.tool_tip(), "the tool tip")
    desk.shell.notifier.pressed("settings", "settings")
    desk.window("Help and diagnosis")
