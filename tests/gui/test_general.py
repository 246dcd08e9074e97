"""The general page by clicks and keys: each change is in force, and in the file, at once."""

from __future__ import annotations

import os
import stat
import subprocess
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.gui.office import Office
from tests.support.bus import Peer
from tests.support.certificates import Certificates
from tests.support.live import at_sink
from tests.support.running import CANARY
from tests.support.sink import Sink
from tests.support.tk import every_child
from tests.support.tray import MENU, labels, layout
from traymail.core.settings import Settings
from traymail.desktop.autostart import autostart_folder, entry_name
from traymail.disk import exclusive
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.general import GeneralView
from traymail.ui.dialogs.rules.editor import RuleEditor
from traymail.ui.form import FormView
from traymail.ui.model.rule_editor import EditorWork, told
from traymail.ui.palette import PALETTES, Palette
from traymail.ui.widgets import Entry

CAP = "rules_max_per_hour"


class Desk:
    """The settings at their general page, and what a user does there."""

    def __init__(self, here: Office) -> None:
        self.office = here
        self.until, self.keys, self.sees = here.until, here.keys, here.sees

    def open(
        self, title: str = "Settings", entry: str = "Settings…", page: str = "General"
    ) -> None:
        """Open the page by the menu and the list at the left; wait until it knows."""
        self.office.choose(entry)
        self.office.window(title)
        self.office.press(page)
        self.known()

    def known(self) -> None:
        """Wait until the page shows how things stand."""

        def answered() -> bool:
            return "config.toml" in self.office.words()

        self.until(answered, "the answer how things stand")

    @property
    def view(self) -> GeneralView:
        """The page in sight."""
        return self.until(lambda: next(self._views(), None), "the page")  # type: ignore[return-value] # it was found

    def _views(self) -> Iterator[GeneralView]:
        for one in every_child(self.office.root):
            if isinstance(one, GeneralView) and one.winfo_viewable():
                yield one

    def form(self, name: str) -> FormView:
        """Return the form that has a field."""
        return next(
            form for form in (self.view.appearance, self.view.behaviour) if name in form.values
        )

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.form(name).values[name]

    def shows(self, name: str, value: str) -> None:
        """Wait until a field shows a value."""
        self.until(lambda: self.value(name) == value, f"{value} in {name}")

    def part(self, kind: str, words: str) -> tk.Misc:
        """Return a widget of the page by its class and its words."""
        return next(
            one
            for one in every_child(self.view)
            if one.winfo_class() == kind and str(one.cget("text")).strip() == words
        )

    def pick(self, shown: str, *keys: str) -> None:
        """Open a drop-down by what it shows, and walk to another choice."""
        self.office.click(self.part("TMenubutton", shown))
        self.keys(*keys, "Return")

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self.office.live.services.program.overview().settings

    @property
    def written(self) -> str:
        """What the file says."""
        return self.office.live.home.config.read_text("utf-8")

    def says(self, line: str) -> bool:
        """Tell whether the file says so."""
        return line in self.written

    def write_by_hand(self, old: str, new: str) -> None:
        """Change the file as an editor does."""
        assert old in self.written
        self.office.live.home.config.write_text(self.written.replace(old, new), "utf-8")

    @contextmanager
    def choosing(self, title: str, path: Path) -> Iterator[None]:
        """Answer a file dialog, which is waited for: Tk comes back from it when it is closed."""
        script = (
            f'xdotool search --sync --onlyvisible --name "^{title}$" windowfocus --sync'
            ' && xdotool type --delay 8 "$0" && xdotool key Return'
        )
        with subprocess.Popen(["sh", "-c", script, str(path)], env=os.environ) as hand:
            yield
            self.until(lambda: hand.poll() is not None, "the file dialog")
        assert hand.returncode == 0


@pytest.fixture
def desk(
    open_office: Callable[[str], AbstractContextManager[Office]],
    sink: Sink,
    certificates: Certificates,
) -> Iterator[Desk]:
    with open_office('theme = "light"\n' + at_sink(sink, certificates.ca_file)) as here:
        made = Desk(here)
        made.open()
        yield made


def menu_of(peer: Peer) -> list[str]:
    words = labels(layout(peer, menu=MENU)[1])
    return [str(one) for entry in words for one in (entry if isinstance(entry, list) else [entry])]


def test_all_windows_and_the_menu_speak_the_language_at_once(desk: Desk) -> None:
    desk.office.choose("Outbox…")
    desk.office.window("Outbox")
    desk.office.choose("Settings…")
    desk.office.window("Settings")
    desk.office.click(desk.part("TRadiobutton", "简体中文"))
    desk.office.window("设置")
    desk.sees("保留已发邮件")
    desk.shows("language", "zh_CN")
    titles = {
        one.title()
        for one in every_child(desk.office.root)
        if isinstance(one, tk.Toplevel) and one.winfo_viewable()
    }
    assert titles == {"设置", "发件箱"}
    peer = desk.office.peer
    desk.until(lambda: any(one.startswith("设置") for one in menu_of(peer)), "the menu")
    assert 'language = "zh_CN"' in desk.written
    desk.office.click(desk.part("TRadiobutton", "English"))
    desk.office.window("Settings")
    desk.until(lambda: any(one.startswith("Settings") for one in menu_of(peer)), "the menu")


def test_windows_stay_where_they_are_in_another_language(desk: Desk) -> None:
    window = desk.view.winfo_toplevel()
    window.geometry("960x640+200+300")
    desk.until(lambda: window.geometry() == "960x640+200+300", "it moved")
    desk.office.click(desk.part("TRadiobutton", "简体中文"))
    other = desk.office.window("设置")
    desk.until(lambda: other.geometry() == "960x640+200+300", "the same place")


def test_what_was_typed_for_a_new_account_goes_along_into_another_language(desk: Desk) -> None:
    settings = desk.view.winfo_toplevel()
    desk.office.press("Accounts", settings)
    desk.office.press("Add account…", settings)
    adding = desk.office.window("Add account")
    desk.office.type("second@qq.com")
    desk.sees("Recognised")
    desk.office.press("Next", adding)
    desk.sees("Get the authorization code")
    desk.office.type("abcd efgh ijkl")
    desk.office.press("General", settings)
    desk.office.click(desk.part("TRadiobutton", "简体中文"))
    desk.sees("获取授权码")
    adding = next(
        one
        for one in every_child(desk.office.root)
        if isinstance(one, AddAccountWindow) and one.winfo_viewable()
    )
    fields = [one for one in every_child(adding) if isinstance(one, Entry) and one.winfo_viewable()]
    assert [one.value for one in fields] == ["abcd efgh ijkl"]
    desk.office.button("上一步", adding).invoke()
    desk.until(
        lambda: any(
            one.value == "second@qq.com" for one in every_child(adding) if isinstance(one, Entry)
        ),
        "the address",
    )


def test_a_rule_that_is_being_written_goes_along_into_another_language(desk: Desk) -> None:
    settings = desk.view.winfo_toplevel()
    desk.office.press("Rules", settings)
    desk.office.press("Watch a folder…", settings)
    editor = _editor(desk)
    desk.office.go_to(editor.sheet.form, "folder")
    desk.office.type("~/Nowhere")
    desk.until(lambda: told(editor.screen.state), "what is wrong with it")
    editor.geometry("+0+0")
    settings.geometry("+1000+0")
    desk.until(lambda: settings.winfo_rootx() >= 1000, "both side by side")
    desk.office.press("General", settings)
    desk.office.click(desk.part("TRadiobutton", "简体中文"))
    desk.until(lambda: not editor.winfo_exists(), "the old window to go")
    other = _editor(desk)
    assert other.sheet.form.values["folder"] == "~/Nowhere"
    desk.sees("没有此文件夹")
    assert other.screen.state.changed
    other.close()
    desk.office.window("不保存就关闭？")


def _editor(desk: Desk) -> RuleEditor:
    def there() -> RuleEditor | None:
        found = (one for one in every_child(desk.office.root) if isinstance(one, RuleEditor))
        return next((one for one in found if one.screen.state.work is EditorWork.NONE), None)

    desk.until(there, "the editor")
    editor = there()
    assert editor is not None
    return editor


def test_a_theme_is_worn_at_once_and_kept(desk: Desk) -> None:
    window = desk.view.winfo_toplevel()
    for theme, palette in PALETTES.items():
        desk.office.click(desk.part("TRadiobutton", theme))
        desk.until(partial(wears, window, palette), theme)
        desk.until(partial(desk.says, f'theme = "{theme}"'), "the file")
    desk.keys("Left", "Left")
    desk.shows("theme", "system")
    desk.until(lambda: desk.says('theme = "system"'), "the file")


def wears(window: tk.Misc, palette: Palette) -> bool:
    return str(window.cget("background")) == palette.bg


def test_autostart_comes_and_goes_with_its_file(desk: Desk) -> None:
    folder = autostart_folder(os.environ)

    def entries() -> list[Path]:
        return list(folder.glob("traymail*.desktop"))

    assert entries() == []
    switch = next(one for one in every_child(desk.view) if one.winfo_class() == "TCheckbutton")
    desk.office.click(switch)
    desk.until(lambda: len(entries()) == 1, "the entry")
    assert "run --login" in entries()[0].read_text().replace('"', "")
    desk.keys("space")
    desk.until(lambda: entries() == [], "no entry")
    desk.shows("autostart", "false")


def test_an_autostart_that_cannot_be_written_goes_back_and_says_why(desk: Desk) -> None:
    name = entry_name(desk.office.live.app.home)
    (autostart_folder(os.environ) / f"{name}.desktop").mkdir(parents=True)
    switch = next(one for one in every_child(desk.view) if one.winfo_class() == "TCheckbutton")
    desk.office.click(switch)
    desk.sees("cannot be used")
    desk.shows("autostart", "false")
    desk.office.click(desk.part("TRadiobutton", "dark"))
    desk.until(lambda: desk.settings.theme == "dark", "the rest of the page at work")


def test_notifications_and_retention_are_picked(desk: Desk) -> None:
    desk.pick("also when mail you wrote is sent", "Down", "Down", "Down", "Down")
    desk.until(lambda: desk.settings.notifications == "all", "the notifications")
    desk.pick("30 days", "Down", "Down", "Down")
    desk.until(lambda: desk.settings.retention.days == 90, "the retention")
    assert 'notifications = "all"' in desk.written
    assert 'retention = "90d"' in desk.written


def test_a_wrong_value_is_told_beside_its_field_and_not_written(desk: Desk) -> None:
    before = desk.written
    desk.office.write(CAP, "0")
    desk.sees("a whole number from 1 to")
    desk.until(lambda: not desk.office.shell.busy, "rest")
    assert (desk.written, desk.value(CAP)) == (before, "0")
    desk.office.write(CAP, "many")
    desk.sees("a whole number from 1 to")
    desk.office.write(CAP, "12")
    desk.until(lambda: desk.settings.rules_max_per_hour == 12, "the value")
    desk.until(lambda: "whole number" not in desk.office.words(), "no error")


def test_what_was_typed_is_saved_though_another_field_is_changed_at_once(desk: Desk) -> None:
    desk.office.write(CAP, "25")
    desk.office.click(desk.part("TRadiobutton", "dark"))
    desk.until(lambda: desk.settings.theme == "dark", "the theme")
    desk.until(lambda: desk.settings.rules_max_per_hour == 25, "what was typed")
    desk.until(lambda: "Cancel" not in desk.office.words().splitlines(), "rest")


def test_what_is_typed_while_the_first_digits_are_saved_is_not_lost(desk: Desk) -> None:
    desk.until(lambda: not desk.office.shell.busy, "rest")
    lock = desk.office.live.home.config.with_name("config.toml.lock")
    with exclusive(lock):
        desk.office.write(CAP, "2")
        desk.until(lambda: desk.office.shell.busy, "the first digit on its way")
        desk.keys("5")
        desk.shows(CAP, "25")
    desk.until(lambda: desk.settings.rules_max_per_hour == 25, "all digits")
    desk.shows(CAP, "25")


def test_a_file_that_is_held_blocks_nothing_and_waiting_for_it_can_be_cancelled(
    desk: Desk,
) -> None:
    with exclusive(desk.office.live.home.config.with_name("config.toml.lock")):
        desk.office.click(desk.part("TRadiobutton", "dark"))
        desk.office.press("Cancel")
        desk.shows("theme", "light")
        desk.until(lambda: "Cancel" not in desk.office.words(), "nothing under way")
        desk.office.press("Rules")
        desk.sees("No rules yet")
        desk.office.press("General")
    # What was under way is done once it can be, and told truly.
    desk.until(lambda: desk.settings.theme == "dark", "the file")
    desk.shows("theme", "dark")


def test_the_folders_are_opened(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fake_opener(tmp_path, monkeypatch, status=0)
    places = desk.office.live.services.program.places()
    wanted = [places["config"].parent, places["state"], places["log"].parent]
    buttons = [one for one in every_child(desk.view) if is_button(one, "Open folder")]
    assert len(buttons) == 3
    for button, folder in zip(buttons, wanted, strict=True):
        desk.office.click(button)
        desk.until(partial(holds, asked, str(folder)), str(folder))


def test_a_folder_that_nothing_opens_is_told(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_opener(tmp_path, monkeypatch, status=4)
    desk.office.click(next(one for one in every_child(desk.view) if is_button(one, "Open folder")))
    desk.sees("Nothing on this desktop opens")


def holds(file: Path, words: str) -> bool:
    return file.exists() and file.read_text() == words


def is_button(one: tk.Misc, words: str) -> bool:
    return one.winfo_class() == "TButton" and str(one.cget("text")).strip() == words


def fake_opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, status: int) -> Path:
    """Stand in for the desktop's opener; return the file that tells what it was asked for."""
    asked, opener = tmp_path / "asked", tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{asked}"\nexit {status}\n')
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{opener.parent}:{os.environ['PATH']}")
    return asked


def test_the_settings_are_exported_without_secrets_and_imported_after_a_question(
    desk: Desk, tmp_path: Path
) -> None:
    target = tmp_path / "mine.toml"
    with desk.choosing("Export the settings", target):
        desk.office.press("Export…")
    desk.sees("Written to mine.toml.")
    exported = target.read_text("utf-8")
    assert exported == desk.written
    assert CANARY not in exported
    target.write_text(exported.replace('theme = "light"', 'theme = "dark"'), "utf-8")
    before = desk.written
    with desk.choosing("Import settings", target):
        desk.office.press("Import…")
    desk.office.window("Replace all settings?")
    desk.sees("Your accounts and rules are replaced by those in mine.toml.")
    desk.office.press("Cancel")
    desk.until(lambda: desk.written == before, "nothing replaced")
    with desk.choosing("Import settings", target):
        desk.office.press("Import…")
    desk.office.window("Replace all settings?")
    desk.office.press("Import")
    desk.sees("mine.toml is now in use.")
    desk.shows("theme", "dark")
    assert desk.written == target.read_text("utf-8")
    assert desk.office.live.home.config.with_name("config.toml.bak").read_text("utf-8") == before


def test_what_an_import_would_run_is_listed_before_it_counts(desk: Desk, tmp_path: Path) -> None:
    offered = tmp_path / "offered.toml"
    command = 'password_command = ["sh", "-c", "echo code"]\nhost ='
    offered.write_text(desk.written.replace("host =", command), "utf-8")
    before = desk.written
    with desk.choosing("Import settings", offered):
        desk.office.press("Import…")
    desk.office.window("Replace all settings?")
    desk.office.press("Import")
    desk.office.window("Is this what you want?")
    desk.sees("runs sh -c 'echo code' and gives what it prints to 127.0.0.1.")
    desk.keys("Escape")
    desk.until(lambda: not desk.office.shell.busy, "rest")
    assert desk.written == before
    with desk.choosing("Import settings", offered):
        desk.office.press("Import…")
    desk.office.press("Import")
    desk.office.window("Is this what you want?")
    desk.office.press("Agree")
    desk.sees("offered.toml is now in use.")
    desk.until(lambda: next(iter(desk.settings.accounts.values())).password_command, "in force")
    assert "waits for your consent" not in desk.office.words()


def test_an_edit_by_hand_that_runs_a_command_waits_for_consent(desk: Desk) -> None:
    command = 'password_command = ["sh", "-c", "echo code"]\nhost ='
    desk.write_by_hand("host =", command)
    desk.sees("The configuration was changed by hand and waits for your consent.")
    assert not next(iter(desk.settings.accounts.values())).password_command
    desk.office.press("Review…")
    desk.office.window("Is this what you want?")
    desk.sees("runs sh -c 'echo code'")
    desk.office.press("Agree")
    desk.until(lambda: next(iter(desk.settings.accounts.values())).password_command, "in force")
    desk.until(lambda: "waits for your consent" not in desk.office.words(), "no banner")


def test_the_question_appears_over_the_window_it_is_about(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(desk.written, "utf-8")
    window = desk.view.winfo_toplevel()
    window.geometry("+690+580")
    desk.until(lambda: window.winfo_rootx() > 680 and window.winfo_rooty() > 570, "it moved")
    with desk.choosing("Import settings", file):
        desk.office.press("Import…")
    question = desk.office.window("Replace all settings?")
    left, top = question.winfo_rootx(), question.winfo_rooty()
    assert window.winfo_rootx() < left < left + question.winfo_width()
    assert left + question.winfo_width() < window.winfo_rootx() + window.winfo_width()
    assert window.winfo_rooty() < top < window.winfo_rooty() + window.winfo_height() // 2
    desk.keys("Escape")
    desk.until(lambda: not question.winfo_exists(), "no question")


def test_a_broken_file_is_told_and_nothing_is_replaced(desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "old.toml"
    broken.write_text('version = 1\ntheme = "pink"\n', "utf-8")
    before = desk.written
    with desk.choosing("Import settings", broken):
        desk.office.press("Import…")
    desk.office.window("Replace all settings?")
    desk.office.press("Import")
    desk.sees("old.toml:2: theme: must be one of")
    assert desk.written == before


def test_what_an_import_brings_takes_the_place_of_a_wrong_value(desk: Desk, tmp_path: Path) -> None:
    good = tmp_path / "good.toml"
    good.write_text(f"{CAP} = 44\n{desk.written}", "utf-8")
    desk.office.write(CAP, "0")
    desk.sees("a whole number from 1 to")
    with desk.choosing("Import settings", good):
        desk.office.press("Import…")
    desk.office.press("Import")
    desk.sees("good.toml is now in use.")
    desk.shows(CAP, "44")


def test_an_edit_by_hand_is_followed(desk: Desk) -> None:
    desk.write_by_hand(
        'theme = "light"', 'theme = "dark"\nretention = "400d"\nnotifications = "off"'
    )
    desk.shows("theme", "dark")
    desk.shows("retention", "400d")
    desk.shows("notifications", "off")
    assert desk.part("TMenubutton", "400 days").winfo_viewable()
    assert desk.part("TMenubutton", "never").winfo_viewable()
    window = desk.view.winfo_toplevel()
    desk.until(lambda: wears(window, PALETTES["dark"]), "the dark theme")


def test_a_file_broken_by_hand_keeps_what_is_in_force_and_says_why(desk: Desk) -> None:
    desk.write_by_hand('theme = "light"', 'theme = "light"\nbogus = 1')
    broken = desk.written
    desk.office.click(desk.part("TRadiobutton", "dark"))
    desk.sees("config.toml:2")
    desk.shows("theme", "light")
    assert desk.written == broken
