"""The set-up program for Windows, run under Wine: installed, used, updated and removed."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import bootstrap
import traymail
from installer import wheel
from installer.windows import launchers
from tests.packages.first_mail import CHINESE, SIZE, Eyes, windows_in_sight
from tests.support import sink
from tests.support.certificates import Certificates
from tests.support.display import display
from tests.support.installed import (
    NEXT_VERSION,
    PATIENCE_SECONDS,
    RUN_KEY,
    UNINSTALL_KEY,
    Installation,
    make_next_setup,
)
from tests.support.namespaces import can_unshare
from tests.support.running import ADDRESS, CANARY, account
from tests.support.wait import until
from tests.support.wine import Wine, boot, make_locale

PICTURES = bootstrap.ROOT / "docs" / "pictures" / "windows" / "first-mail"
LARGEST_MB = 25
PNG = b"\x89PNG\r\n\x1a\n"
LINK_KEY = r"HKCU\Software\Classes\traymail.mailto"
CAPABILITIES = r"HKCU\Software\traymail\Capabilities"


@pytest.fixture(scope="module")
def setups(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The set-up programs of this version, as it is built, and of the next."""
    next_one = make_next_setup(wheel.wheel_in(built), tmp_path_factory.mktemp("setups"))
    return built / f"traymail-{traymail.__version__}-setup.exe", next_one


@pytest.fixture(scope="module")
def eyes(setups: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyes]:
    """What is on the screen of a new computer with Windows and its desktop, with nothing else."""
    python = setups[1].parent / "program" / "runtime" / "python.exe"
    with TemporaryDirectory(prefix="tm-") as folder:
        new = Wine(Path(folder, "prefix"))
        boot(new)
        make_locale()
        screen = Path(folder, "screen")
        screen.mkdir()
        with display(screen, SIZE) as on, new.desktop(on.variables, SIZE) as it:
            yield Eyes(it, on, python, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def computer(eyes: Eyes) -> Wine:
    """That computer."""
    return eyes.computer


@pytest.fixture
def installed(computer: Wine, setups: tuple[Path, Path]) -> Iterator[Installation]:
    """It, installed silently; removed with all that it keeps after the test."""
    here = Installation(computer)
    assert here.set_up(setups[0]) == 0
    yield here
    if here.folder.exists():
        here.remove("/PURGE")


def test_the_set_up_program_is_small(setups: tuple[Path, Path]) -> None:
    assert setups[0].stat().st_size <= LARGEST_MB * 10**6


def test_it_is_installed_for_the_user_alone(installed: Installation) -> None:
    tray = installed.computer.path(installed.folder / "traymail-tray.exe")
    entry = installed.values(UNINSTALL_KEY)
    assert entry["DisplayVersion"] == traymail.__version__
    assert entry["InstallLocation"] == installed.computer.path(installed.folder)
    assert installed.values(LINK_KEY + r"\shell\open\command") == {
        "(Default)": f'"{tray}" compose -- "%1"'
    }
    assert installed.values(CAPABILITIES + r"\URLAssociations") == {"mailto": "traymail.mailto"}
    assert installed.values(r"HKCU\Software\RegisteredApplications") == {
        "traymail": r"Software\traymail\Capabilities"
    }
    assert "run --login" in installed.values(RUN_KEY)["traymail"]
    for shortcut in (installed.menu_entry, installed.send_to):
        assert tray.encode("utf-16-le") in shortcut.read_bytes()
    assert "compose --".encode("utf-16-le") in installed.send_to.read_bytes()
    assert installed.traymail("--version").stdout == f"traymail {traymail.__version__}\n"
    assert "traymail" not in installed.registry("HKLM").lower()


def test_what_is_not_ticked_on_the_english_pages_is_not_there(
    eyes: Eyes, setups: tuple[Path, Path]
) -> None:
    here = Installation(eyes.computer)

    def choose_the_others() -> None:
        """Go through the pages; tick what is not ticked, and the other way round."""
        with eyes.computer.start(setups[0]) as pages:
            try:
                sees(eyes, "Welcome to traymail", "for you alone; no administrator", "Next >")
                eyes.press("traymail", "Next >")
                sees(eyes, "Tick what you want:", "You can change them later", "Install")
                for _ in CHOICES:
                    eyes.key("Down", "space")
                eyes.press("traymail", "Install")
                sees(eyes, "traymail is installed", "Windows hides new icons", "Finish")
                shown = eyes.rest()
                eyes.press("traymail", "Start traymail now")
                eyes.rest(shown)
                eyes.press("traymail", "Finish")
                assert pages.wait(PATIENCE_SECONDS) == 0
            finally:
                pages.kill()

    try:
        choose_the_others()
        assert here.traymail("status").returncode == 69  # it was not to be started
        assert chosen(here) == set()
        assert here.menu_entry.exists()
        assert here.set_up(setups[0]) == 0
        assert chosen(here) == set()
        choose_the_others()
        assert chosen(here) == CHOICES
    finally:
        if here.folder.exists():
            here.remove("/PURGE")
    nothing_is_left(here)


CHOICES = {"start with Windows", "Send to", "mail links"}


def chosen(installed: Installation) -> set[str]:
    """Return what of the choices is there."""
    there = {
        "start with Windows": "traymail" in installed.values(RUN_KEY),
        "Send to": installed.send_to.exists(),
        "mail links": bool(installed.values(LINK_KEY) or installed.values(CAPABILITIES)),
    }
    return {name for name, is_there in there.items() if is_there}


def sees(eyes: Eyes, *words: str) -> None:
    """Wait for a page that says all of it, and that is drawn."""
    eyes.window("traymail", words[-1])
    eyes.rest()
    _, inside = eyes.window("traymail", words[-1])
    shown = "\n".join(inside).replace("&", "")
    assert [one for one in words if one not in shown] == [], shown


def test_a_mail_link_opens_a_new_mail_that_is_filled_in(installed: Installation) -> None:
    computer = installed.computer
    python = installed.folder / "runtime" / "python.exe"
    installed.data.mkdir()
    (installed.data / "config.toml").write_text(account(9, security="none", auth="none"), "utf-8")
    # What Windows runs for those who have chosen traymail in its settings, of which Wine has none.
    [command] = installed.values(LINK_KEY + r"\shell\open\command").values()
    words = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command)]
    link = (
        "mailto:you@example.com?cc=boss@example.com&subject=Hello%20there&body=%E4%BD%A0%E5%A5%BD"
    )
    opened = computer.run(*(word.replace("%1", link) for word in words))
    assert (opened.returncode, opened.stderr) == (0, "")
    until(lambda: "New mail" in windows_in_sight(computer, python), PATIENCE_SECONDS, "the window")
    assert installed.traymail("quit").returncode == 0
    [draft] = installed.data.rglob("draft.json")
    kept = json.loads(draft.read_text("utf-8"))
    assert (kept["to"], kept["cc"]) == (["you@example.com"], ["boss@example.com"])
    assert (kept["subject"], kept["body"]) == ("Hello there", "你好")


def test_what_send_to_hands_over_is_attached_or_refused_in_a_box(installed: Installation) -> None:
    computer = installed.computer
    python = installed.folder / "runtime" / "python.exe"
    file = computer.drive / "附件 one.txt"
    file.write_text("text")
    installed.data.mkdir()
    (installed.data / "config.toml").write_text(account(9, security="none", auth="none"), "utf-8")

    computer.run("start", installed.send_to, file)
    until(lambda: "New mail" in windows_in_sight(computer, python), PATIENCE_SECONDS, "the window")
    with computer.start(
        installed.folder / "traymail-tray.exe", "compose", "--", r"C:\windows"
    ) as it:

        def told() -> bool:
            box = windows_in_sight(computer, python).get("traymail")
            return box is not None and any("is a folder" in words for words in box.inside)

        until(told, PATIENCE_SECONDS, "a box that tells why not")
        subprocess.run(["xdotool", "key", "Return"], env=computer.environment(), check=True)
        assert it.wait(PATIENCE_SECONDS) == 66


def test_the_rehearsal_plays_there(installed: Installation) -> None:
    played = installed.traymail("demo", "--tour")
    assert (played.returncode, played.stderr) == (0, "")
    assert "4 of 4 mails arrived" in played.stdout


def test_from_the_start_menu_to_the_rehearsal_and_back_to_an_account(
    installed: Installation, eyes: Eyes
) -> None:
    """By keys, as somebody does who has no account yet; nothing of the rehearsal is left."""

    def in_sight() -> set[str]:
        return set(filter(None, eyes.windows()))

    def press_with_alt(letter: str) -> None:
        # Where Alt is let go at once, Wine's window goes into the mode of its menu, and waits.
        shown = eyes.rest()
        eyes.xdo("keydown", "alt", "key", letter)
        eyes.rest(shown)
        eyes.xdo("keyup", "alt")

    temporary = installed.user / "Temp"
    eyes.computer.run("start", installed.menu_entry)
    eyes.window("Welcome to traymail")
    press_with_alt("r")  # Start the rehearsal
    eyes.window("Demo inbox")
    until(lambda: in_sight() == {"Demo inbox"}, PATIENCE_SECONDS, "the rehearsal alone")
    assert installed.traymail("status").returncode == 69  # it has the place of the program
    assert list(temporary.glob("traymail-demo-*"))
    press_with_alt("r")  # Add a real account
    eyes.window("Add account")
    installed.wait_until_it_runs()
    until(lambda: in_sight() == {"Add account"}, PATIENCE_SECONDS, "the end of the rehearsal")
    until(lambda: not list(temporary.glob("traymail-demo-*")), PATIENCE_SECONDS, "its folder to go")
    assert installed.asked("account", "list") == installed.asked("outbox", "list") == []
    assert installed.traymail("quit").returncode == 0


def test_it_mails_and_an_update_of_the_running_program_keeps_everything(
    installed: Installation, setups: tuple[Path, Path], certificates: Certificates
) -> None:
    computer, drive = installed.computer, installed.computer.drive
    scans, log = drive / "scans", drive / "app.log"
    scans.mkdir(exist_ok=True)
    log.write_text("begin\n")
    with sink.serve(certificates.good.server_context(), user=ADDRESS, password=CANARY) as server:
        installed.data.mkdir()
        config = installed.data / "config.toml"
        config.write_text(
            account(server.port, ca_file=computer.path(certificates.ca_file), more=RULES), "utf-8"
        )
        assert installed.traymail("account", "set-secret", "main", given=CANARY).returncode == 0

        computer.run("start", installed.menu_entry)
        installed.wait_until_it_runs()
        words = ("--to", "you@example.com", "--subject", "by hand", "--body", "text")
        sent = installed.traymail("send", *words)
        assert sent.returncode == 0, sent.stderr
        server.wait_for(1)
        (scans / "scan.pdf").write_bytes(b"a page")
        server.wait_for(2, 60)
        with log.open("a") as file:
            file.write("ERROR in the engine\n")
        server.wait_for(3, 60)
        subjects = ["by hand", "scan scan.pdf", "alert ERROR in the engine"]
        assert [subject(mail) for mail in server.arrivals] == subjects

        assert installed.traymail("pause").returncode == 0
        assert installed.traymail("send", "--queue", *words).returncode == 0
        pid = installed.asked("status")["pid"]
        # What the user had not ticked, or has switched off since, an update does not bring back.
        assert installed.traymail("autostart", "off").returncode == 0
        installed.send_to.unlink()

        assert installed.set_up(setups[1]) == 0
        installed.wait_until_it_runs()
        status = installed.asked("status")
        assert (status["version"], status["pid"] == pid) == (NEXT_VERSION, False)
        assert set(status["rules"]) == {"Scans", "Errors"}
        states = [mail["state"] for mail in installed.asked("outbox", "list")]
        assert sorted(states) == ["queued", "sent", "sent", "sent"]
        assert installed.values(UNINSTALL_KEY)["DisplayVersion"] == NEXT_VERSION
        assert "traymail" not in installed.values(RUN_KEY)
        assert (installed.menu_entry.exists(), installed.send_to.exists()) == (True, False)
        assert {one.name for one in installed.folder.iterdir()} == {
            *("runtime", "traymail.exe", "traymail-tray.exe", "LICENSE.txt", "uninstall.exe")
        }

        assert installed.traymail("resume").returncode == 0
        server.wait_for(4, 60)
        (scans / "next.pdf").write_bytes(b"another page")
        assert subject(server.wait_for(5, 60)[-1]) == "scan next.pdf"

    installed.remove()
    assert config.exists()
    assert (installed.data / "state" / "outbox.db").exists()
    assert "traymail:127.0.0.1" in installed.registry("HKCU")
    assert installed.set_up(setups[0]) == 0
    assert len(installed.asked("outbox", "list")) == 5
    installed.remove("/PURGE")
    nothing_is_left(installed)


RULES = r"""
[[rules]]
name = "Scans"
kind = "folder"
to = ["boss@example.com"]
subject = "scan {file.name}"
folder = 'C:\scans'
settle_seconds = 1

[[rules]]
name = "Errors"
kind = "log"
to = ["boss@example.com"]
subject = "alert {line}"
paths = ['C:\app.log']
match = ['ERROR']
"""


def subject(mail: sink.Arrival) -> str:
    return str(message_from_bytes(mail.content, policy=default)["subject"])


def nothing_is_left(installed: Installation) -> None:
    """Neither files nor entries of the registry tell that it was here."""
    left = [path for path in installed.user.rglob("*") if "traymail" in path.name.lower()]
    assert left == []
    told = installed.registry("HKCU").splitlines()
    assert [line for line in told if "traymail" in line.lower()] == []


@pytest.mark.parametrize(
    ("language", "buttons"),
    [
        ({}, ("Keep them", "Remove them", "Uninstall", "Close")),
        (CHINESE, ("保留", "一并删除", "卸载(", "关闭(")),
    ],
    ids=["English", "Chinese"],
)
def test_the_uninstaller_asks_and_keeps_mails_and_settings_unless_told(
    installed: Installation,
    eyes: Eyes,
    setups: tuple[Path, Path],
    language: dict[str, str],
    buttons: tuple[str, str, str, str],
) -> None:
    keeps, purges, removes, closes = buttons

    def remove(*presses: str) -> None:
        with eyes.computer.start(installed.folder / "uninstall.exe", env=language):
            eyes.window("traymail", keeps)
            for words in (*presses, removes):
                eyes.press("traymail", words)
            until(lambda: not installed.folder.exists(), PATIENCE_SECONDS, "the removal")
            eyes.press("traymail", closes)
            until(lambda: not told(), PATIENCE_SECONDS, "the closed window")

    def told() -> list[str]:
        return [title for title in eyes.windows() if "traymail" in title]

    installed.data.mkdir()
    config = installed.data / "config.toml"
    config.write_text(account(9, security="none", auth="none"), "utf-8")
    words = ("--to", "you@example.com", "--subject", "waits", "--body", "text", "--queue")
    assert installed.traymail("send", *words).returncode == 0

    remove()
    assert config.exists()
    assert installed.set_up(setups[0]) == 0
    assert [mail["subject"] for mail in installed.asked("outbox", "list")] == ["waits"]
    remove(purges)
    nothing_is_left(installed)


def test_files_in_use_stop_an_update_and_the_old_program_goes_on(
    installed: Installation, setups: tuple[Path, Path]
) -> None:
    installed.computer.run("start", installed.menu_entry)
    installed.wait_until_it_runs()
    python = installed.folder / "runtime" / "python.exe"
    with installed.computer.start(python, "-c", "print('here', flush=True); input()") as busy:
        try:
            assert busy.stdout is not None
            assert busy.stdout.readline().strip() == b"here"
            assert installed.set_up(setups[1]) == 2
            installed.wait_until_it_runs()
            assert installed.asked("status")["version"] == traymail.__version__
        finally:
            busy.kill()
    assert not (installed.folder / "new").exists()


def test_the_launchers_have_the_icon_of_the_program(tmp_path: Path) -> None:
    icon = bootstrap.ROOT / "icons" / "drawn" / "traymail.ico"
    launchers.write(tmp_path, icon)
    images = icon.read_bytes().split(PNG)[1:]
    for name in ("traymail.exe", "traymail-tray.exe"):
        program = (tmp_path / name).read_bytes()
        assert len(images) == 7
        assert all(PNG + image in program for image in images)


def test_an_icon_without_room_is_refused() -> None:
    launcher = resources.files("distlib").joinpath("t64.exe").read_bytes()
    with pytest.raises(ValueError, match="does not fit"):
        launchers.with_icon(launcher, struct.pack("<HHH", 0, 1, 0))


def test_a_chinese_user_comes_from_the_file_to_the_first_mail(
    setups: tuple[Path, Path], tmp_path: Path
) -> None:
    """It plays where this computer is smtp.qq.com, and nobody else notices."""
    if not (can_unshare("--mount") and can_unshare("--net")):
        pytest.skip("no network and mounts of one's own here")
    python = setups[1].parent / "program" / "runtime" / "python.exe"
    module = [sys.executable, "-m", "tests.packages.first_mail"]
    command = ["unshare", "--mount", "--net", *module, str(setups[0]), str(python), str(tmp_path)]
    played = subprocess.run(
        command, cwd=bootstrap.ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stderr
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        path.name for path in sorted(PICTURES.iterdir())
    ]
