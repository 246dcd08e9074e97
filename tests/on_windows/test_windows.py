"""The windows by keys and clicks, from the icon in the tray to the received mail.

The program is in this process, so that a test knows where its buttons are. The tests name windows,
buttons and sentences in English; on a Chinese Windows they look for the Chinese ones.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import subprocess
import sys
import tkinter as tk
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageGrab, ImageStat

from tests.support import windows_hands
from tests.support.certificates import Certificates
from tests.support.hands import Worker
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.running import ADDRESS, CANARY, credentials
from tests.support.sink import Sink, serve
from tests.support.tk import KEPT
from tests.support.wait import until
from tests.support.windows_calls import answered
from traymail.core.errors import NotRunning
from traymail.core.message import Address, Draft
from traymail.desktop.instance import Instance
from traymail.desktop.language import translator
from traymail.ui.icons import tray_image
from traymail.ui.palette import PALETTES, Mode
from traymail.ui.shell import Shell, Speech, open_root
from traymail.ui.widgets import Button

in_one_language = pytest.mark.skipif(
    os.environ.get("TESTS_DESKTOP_LANGUAGE") != "en",
    reason="it is the same in the other, and takes long",
)
# So long a menu may take until it is there.
MENU_SECONDS = 5.0
DARK_TITLE_BAR = 20  # DWMWA_USE_IMMERSIVE_DARK_MODE
pytestmark = pytest.mark.skipif(
    not os.environ.get("TESTS_DESKTOP_LANGUAGE"), reason="there is no desktop here"
)


@dataclass
class Desk(Worker):
    """The running program, and the hands and eyes of its user."""

    root: tk.Misc
    live: Live
    shell: Shell
    language: str

    def say(self, words: str) -> str:
        """Return English words as this Windows has them; an & in them marks an access key."""
        translate = translator(self.language)
        ways = (words, *(f"{words[:at]}&{words[at:]}" for at in range(len(words))))
        return next((translate(way) for way in ways if translate(way) != way), words)

    # --- the panel ----------------------------------------------------------------------------

    def left_click(self) -> None:
        """Click the icon."""
        windows_hands.click(*icon())

    def choose(self, label: str) -> None:
        """Choose an entry of the icon's menu.

        A menu goes away again when a window that is just closing gives the keyboard to another
        one: then it is opened once more, as anybody would.
        """
        wanted, clicked = self.say(label), float("-inf")

        def found() -> tuple[int, int] | None:
            nonlocal clicked
            entries = windows_hands.menu_entries()
            if not entries and monotonic() - clicked > MENU_SECONDS:
                clicked = monotonic()
                windows_hands.click(*icon(), "3")
            return next((at for words, at in entries.items() if words == wanted), None)

        at = self.until(found, f"the entry {wanted}")
        assert at is not None
        windows_hands.click(*at)

    # --- the windows, in the language of the system -------------------------------------------

    def type(self, words: str) -> None:
        self.until(lambda: self.class_of_focus() in {"TEntry", "Text"}, "the keyboard in a field")
        super().type(words)

    def class_of_focus(self) -> str:
        """Return what kind of widget has the keyboard."""
        focus = self.root.focus_get()
        return focus.winfo_class() if focus else ""

    def window(self, title: str) -> tk.Toplevel:
        found = super().window(self.say(title))
        frame = int(found.wm_frame(), 16)
        self.until(lambda: windows_hands.foreground() == frame, "the window in front")
        return found

    def button(self, words: str, below: tk.Misc | None = None, place: int = 0) -> Button:
        return super().button(self.say(words), below, place)

    def sees(self, words: str) -> None:
        super().sees(self.say(words))


def icon() -> tuple[int, int]:
    """Return the middle of the first icon in Wine's panel, which draws it at its end."""
    return windows_hands.end_of(windows_hands.windows_of_class("Shell_TrayWnd")[0])


def icon_is_seen() -> bool:
    """Tell whether the panel has something else than its one colour there."""
    x, y = icon()
    return len(ImageGrab.grab((x - 7, y - 7, x + 7, y + 7)).getcolors() or ()) > 1


@contextmanager
def desk(home: Home, config: str, secrets: Path | None = None) -> Iterator[Desk]:
    with live(home, config, secrets) as program:
        overview = program.services.program.overview()
        speech = Speech(program.app.language, translator)
        root = open_root(overview.settings, speech)
        KEPT.append(root)
        until(lambda: not icon_is_seen(), 30, "the panel without an icon")
        shell = Shell(root, program.services, program.app.clock, speech, overview, login=False)
        made = Desk(root, program, shell, program.app.language(overview.settings.language))
        try:
            made.until(icon_is_seen, "the icon in the panel")
            yield made
            made.until(lambda: not shell.busy, "the end of what goes on in the background")
        finally:
            shell.close()


@pytest.fixture(autouse=True)
def _no_other_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is to be asked."""
    monkeypatch.delenv("LANG")


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    with serve(certificates.good.server_context(), user=ADDRESS, password=CANARY) as made:
        yield made


@pytest.fixture
def at_work(home: Home, sink: Sink, certificates: Certificates, tmp_path: Path) -> Iterator[Desk]:
    """The program with an account that works."""
    config = at_sink(sink, certificates.ca_file)
    with desk(home, config, tmp_path / "secrets") as made:
        yield made


def received(desk: Desk, sink: Sink) -> EmailMessage:
    desk.until(lambda: sink.arrivals, "the mail")
    message = message_from_bytes(sink.arrivals[0].content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_language_is_that_of_the_system(at_work: Desk) -> None:
    assert at_work.language == os.environ["TESTS_DESKTOP_LANGUAGE"]


def test_a_pasted_picture_is_mailed(at_work: Desk, sink: Sink) -> None:
    picture = Image.effect_noise((320, 200), 60).convert("RGB")
    at_work.left_click()
    at_work.window("New mail")
    windows_hands.copy_picture(picture)
    at_work.press("Me")
    at_work.press("Paste picture")
    at_work.until(lambda: " KB" in at_work.words(), "the picture")
    at_work.keys("ctrl+Return")
    at_work.sees("Send without a subject?")
    at_work.keys("Escape")
    at_work.type("屏幕截图 😀")
    at_work.press("Send")
    at_work.press("Send now")
    message = received(at_work, sink)
    assert (message["Subject"], message["To"]) == ("屏幕截图 😀", ADDRESS)
    [attachment] = message.iter_attachments()
    with Image.open(BytesIO(attachment.get_content())) as got:
        assert got.convert("RGB").tobytes() == picture.tobytes()


def test_copied_files_are_mailed(at_work: Desk, sink: Sink, tmp_path: Path) -> None:
    files = [tmp_path / "合同 contract.pdf", tmp_path / "notes.txt"]
    for file in files:
        file.write_bytes(b"the content of " + file.name.encode())
    at_work.choose("Quick send…")
    at_work.window("New mail")
    windows_hands.copy_files(*files)
    at_work.type("you@example.com,")
    at_work.sees("you@example.com")
    at_work.keys("Tab")
    at_work.type("Two files")
    at_work.keys("ctrl+v")
    at_work.until(lambda: all(file.name in at_work.words() for file in files), "the files")
    at_work.press("Send")
    at_work.press("Send now")
    message = received(at_work, sink)
    assert message["Subject"] == "Two files"
    attached = {one.get_filename(): one.get_content() for one in message.iter_attachments()}
    assert set(attached) == {file.name for file in files}


def test_an_account_is_added_with_a_wrong_and_a_right_code(
    home: Home, sink: Sink, certificates: Certificates
) -> None:
    """The code ends up in the Credential Manager."""
    with desk(home, "version = 1\n") as made:
        made.window("Welcome to traymail")
        made.keys("Escape")
        made.choose("Settings…")
        made.window("Settings")
        made.press("Add account…")
        made.window("Add account")
        made.type(ADDRESS)
        # Nobody knows its server: what is to be written by hand unfolds by itself.
        made.write("host", "127.0.0.1")
        made.write("port", str(sink.port))
        made.write("ca_file", str(certificates.ca_file))
        made.press("Next")
        made.sees("Kept in the keyring of this computer, never in a file.")
        made.type("wrong")
        made.press("Test")
        made.sees("The login was refused")
        made.press("Enter password again")
        made.type(CANARY)
        made.press("Test")
        made.sees("It works")
        assert received(made, sink)["To"] == ADDRESS
        made.press("Done")
        made.window("Settings")
        made.sees(ADDRESS)
        assert CANARY not in home.config.read_text("utf-8")
    removed = home.run("account", "remove", "example")
    assert removed.returncode == 0, removed.stderr


def test_a_folder_rule_is_made_and_a_file_mailed(at_work: Desk, sink: Sink, tmp_path: Path) -> None:
    folder = tmp_path / "扫描 Scans"
    folder.mkdir()
    at_work.choose("Settings…")
    at_work.window("Settings")
    at_work.press("Rules")
    at_work.press("Watch a folder…")
    at_work.write("folder", str(folder))
    at_work.write("to", "boss@example.com")
    at_work.press("Save and watch")
    at_work.sees("watching")
    (folder / "contract.pdf").write_bytes(b"%PDF a contract")
    message = received(at_work, sink)
    assert message["To"] == "boss@example.com"
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "contract.pdf"
    at_work.choose("Outbox…")
    at_work.window("Outbox")
    at_work.sees("contract.pdf")


def test_autostart_starts_the_program_until_it_is_off(
    home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    home.configure(at_sink(sink, certificates.ca_file))
    on = home.run("autostart", "on")
    assert on.returncode == 0, on.stderr
    [command] = run_values()
    instance = Instance(home.path / "state")

    def answers() -> bool:
        try:
            return bool(instance.ask({"command": "hello"})["ready"])
        except NotRunning:
            return False

    env = {**os.environ, **credentials(tmp_path / "credentials")}
    planted = tmp_path / "planted"  # nothing of it is imported
    planted.mkdir()
    for name in ("traymail.py", "json.py", "tomllib.py"):
        (planted / name).write_text("raise SystemExit('planted')\n", "utf-8")
    with subprocess.Popen(command, env=env, cwd=planted) as started:
        try:
            until(answers, 60, "the program that Windows would have started")
            told = home.run("quit")
            assert told.returncode == 0, told.stderr
            started.wait(300)
        finally:
            started.kill()
    assert home.run("autostart", "off").returncode == 0
    assert run_values() == []


@in_one_language
def test_icon_and_windows_follow_the_colours_of_the_system(at_work: Desk) -> None:
    """Windows has a theme for its panel and one for windows, and tells of each change."""
    assert drawn_for() == "light"
    with colours(panel="dark"):
        at_work.until(lambda: drawn_for() == "dark", "the icon for a dark panel")
        at_work.choose("Settings…")
        window = at_work.window("Settings")
        assert window.cget("background") == PALETTES["light"].bg
        with colours(panel="light", windows="dark"):
            at_work.until(lambda: window.cget("background") == PALETTES["dark"].bg, "a dark window")
            at_work.until(lambda: drawn_for() == "light", "the icon for a light panel")
    at_work.until(lambda: window.cget("background") == PALETTES["light"].bg, "a light window")


@contextmanager
def colours(panel: Mode, windows: Mode = "light") -> Iterator[None]:
    """Choose them as the settings of Windows do; light again when the block ends."""
    winreg = importlib.import_module("winreg")
    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"

    def choose(panel: Mode, windows: Mode) -> None:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, path) as key:
            for name, mode in (("SystemUsesLightTheme", panel), ("AppsUseLightTheme", windows)):
                winreg.SetValueEx(key, name, 0, winreg.REG_DWORD, int(mode == "light"))
        Thread(target=windows_hands.tell_of_setting, args=("ImmersiveColorSet",)).start()

    choose(panel, windows)
    yield
    choose("light", "light")


def drawn_for() -> Mode:
    """Tell for which panel the icon in Wine's is drawn: the letter is light on a dark one."""
    x, y = icon()
    seen = ImageGrab.grab((x - 8, y - 8, x + 8, y + 8))
    panel = Image.new("RGB", seen.size, seen.getpixel((0, 0))).convert("RGBA")

    def distance(mode: Mode) -> float:
        drawn = Image.alpha_composite(panel, tray_image("idle", mode, 16)).convert("RGB")
        return sum(ImageStat.Stat(ImageChops.difference(seen, drawn)).mean)

    return "light" if distance("light") < distance("dark") else "dark"


@in_one_language
def test_a_menu_that_is_open_stays_and_the_next_time_it_is_the_new_one(at_work: Desk) -> None:
    tray: Any = at_work.shell.tray
    windows_hands.click(*icon(), "3")
    at_work.until(lambda: "Outbox…" in windows_hands.menu_entries(), "the menu")
    at_work.live.services.program.pause(None)
    at_work.until(lambda: "Paused" in tray.icon.title, "the icon of a pause")
    at_work.until(lambda: not at_work.shell.busy, "the end of what goes on in the background")
    at_work.choose("Outbox…")
    at_work.window("Outbox")
    at_work.choose("Resume")
    at_work.until(lambda: "Paused" not in tray.icon.title, "the icon without a pause")


@in_one_language
def test_a_click_on_a_notification_opens_what_it_tells_of(at_work: Desk, sink: Sink) -> None:
    sink.reply("final", "554 5.7.1 not this one")
    to = (Address("you@example.com"),)
    draft = Draft("main", Address(ADDRESS), to, subject="The refused one", text="x")
    at_work.live.services.mail.post(draft, timedelta(0))
    at_work.until(windows_hands.bubbles, "the notification")
    # Wine shows it, but tells nobody of clicks on it: so this is what Windows tells.
    icon: Any = at_work.shell.tray
    windows_hands.tell_of_click_on_bubble(icon.icon._hwnd)
    at_work.window("Outbox")
    at_work.sees("The refused one")


@in_one_language
def test_every_title_bar_is_dark_with_the_dark_theme(
    home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    """Wine draws none of it: what Windows is asked for counts."""
    asked: dict[int, tuple[int, int]] = {}

    def note(window: int, attribute: int, value: int, size: int) -> int:
        asked[window] = attribute, int.from_bytes(ctypes.string_at(value, size), sys.byteorder)
        return 0

    types = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
    config = 'theme = "dark"\n' + at_sink(sink, certificates.ca_file)
    with (
        answered("dwmapi", "DwmSetWindowAttribute", ctypes.c_long, types, note),
        desk(home, config, tmp_path / "secrets") as made,
    ):
        made.left_click()
        quick: Any = made.window("New mail")
        made.type("words that are there")
        made.click(quick.sheet.foot.discard_button)
        question = made.window("Discard the draft?")
        assert asked[frame(question)] == (DARK_TITLE_BAR, 1)
        made.keys("Escape")
        made.until(lambda: not question.winfo_exists(), "the question to go")
        made.choose("Settings…")
        settings = made.window("Settings")
        made.press("Add account…")
        frames = [frame(quick), frame(settings), frame(made.window("Add account"))]
        for entry, title in (("Outbox…", "Outbox"), ("Help and diagnosis…", "Help and diagnosis")):
            made.choose(entry)
            frames.append(frame(made.window(title)))
        assert [asked[one] for one in frames] == [(DARK_TITLE_BAR, 1)] * len(frames)
        # Also of one that is only a button of the panel.
        settings.iconify()
        made.until(lambda: settings.state() == "iconic", "the settings as a button")
        made.shell.root.theme.use("light")
        made.until(lambda: asked[frames[-1]] == (DARK_TITLE_BAR, 0), "a light title bar")
        assert [asked[one] for one in frames] == [(DARK_TITLE_BAR, 0)] * len(frames)


@in_one_language
def test_what_is_half_written_is_there_after_a_logoff(
    home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    config = at_sink(sink, certificates.ca_file)
    secrets, later = tmp_path / "secrets", Home(tmp_path / "later")
    answers: list[bool] = []

    def log_off() -> None:
        """End the session; what is on the disk then is all that is left."""
        answers.extend(windows_hands.end_session(os.getpid()))
        # Locked by the program that runs, and anew by the next.
        of_this_run = shutil.ignore_patterns("*.lock", "ipc.json", "log")
        shutil.copytree(home.path, later.path, ignore=of_this_run)

    with desk(home, config, secrets) as made:
        made.left_click()
        window: Any = made.window("New mail")
        made.type("you@example.com,")
        made.sees("you@example.com")
        made.keys("Tab")
        made.type("Half a mail")
        made.until(lambda: not window.keeper.waits and not made.shell.busy, "a kept draft")
        made.type("!")
        with ThreadPoolExecutor(1) as system:
            ending = system.submit(log_off)
            made.until(ending.done, "the end of the session")
            ending.result()
    assert len(answers) > 1
    assert all(answers), "somebody wants Windows to wait"
    with desk(later, config, secrets) as made:
        made.left_click()
        window = made.window("New mail")
        made.until(lambda: window.sheet.head.subject.get() == "Half a mail!", "the draft")
        made.sees("you@example.com")


def _title_in_front() -> str:
    return windows_hands.title_of(windows_hands.foreground())


@in_one_language
def test_a_second_start_raises_the_first(
    home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    home.configure(at_sink(sink, certificates.ca_file))
    env = credentials(tmp_path / "secrets")
    say = translator(os.environ["TESTS_DESKTOP_LANGUAGE"])
    with subprocess.Popen(home.command("run"), env={**os.environ, **env}) as first:
        try:
            until(icon_is_seen, what="the icon in the panel")
            refused = home.run("run", env=env)
            assert refused.returncode == 75, refused.stderr
            assert str(first.pid) in refused.stderr
            with subprocess.Popen("notepad") as other:
                try:
                    until(lambda: windows_hands.process_of_foreground() == other.pid, what="it")
                    raised = home.run(env=env)
                    assert raised.returncode == 0, raised.stderr
                    until(lambda: windows_hands.process_of_foreground() == first.pid, what="ours")
                    # A window of Tk comes up before it has its title.
                    until(lambda: _title_in_front() == say("New mail"), what="the new mail")
                finally:
                    other.kill()
            assert first.poll() is None
            Instance(home.path / "state").ask({"command": "quit"})
            first.wait(300)
        finally:
            first.kill()


def test_files_are_chosen_in_the_dialog_of_windows(at_work: Desk, tmp_path: Path) -> None:
    file = tmp_path / "合同 contract.txt"
    file.write_text("a contract")
    at_work.left_click()
    at_work.window("New mail")
    with hand_in_dialog(at_work.say("Attach files"), ["key", "Escape"]):
        at_work.press("Attach")
    at_work.window("New mail")
    assert file.name not in at_work.words()
    with hand_in_dialog(at_work.say("Attach files"), ["type", str(file)], ["key", "Return"]):
        at_work.press("Attach")
    at_work.until(lambda: file.name in at_work.words(), "the file")


@contextmanager
def hand_in_dialog(title: str, *keys: list[str]) -> Iterator[None]:
    """Press keys in the dialog that the block opens: Windows has the loop until it ends."""

    def work() -> None:
        dialogs = windows_hands.windows_of_class
        until(lambda: windows_hands.foreground() in dialogs("#32770"), what="a dialog")
        assert windows_hands.title_of(windows_hands.foreground()) == title
        for kind, words in keys:
            for _ in windows_hands.do(kind, "--delay", "0", words):
                pass

    with ThreadPoolExecutor(1) as hands:
        hand = hands.submit(work)
        yield
        hand.result()


def frame(window: tk.Toplevel) -> int:
    """Return the number of what Windows draws around a window of Tk."""
    return int(window.wm_frame(), 16)


def run_values() -> list[str]:
    """Return the commands that Windows starts with the session."""
    winreg = importlib.import_module("winreg")
    path = r"Software\Microsoft\Windows\CurrentVersion\Run"
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, path) as key:
        count = winreg.QueryInfoKey(key)[1]
        return [str(winreg.EnumValue(key, number)[1]) for number in range(count)]
