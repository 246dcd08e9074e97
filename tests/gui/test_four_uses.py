"""The four uses, each played with real clicks and keys from the tray to a received mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.gui.office import Office, enter, office
from tests.support.certificates import Certificates
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.live import at_sink
from tests.support.running import ADDRESS, CANARY
from tests.support.selection import clipboard
from tests.support.sink import Sink


@pytest.fixture
def desk(
    open_office: Callable[[str], AbstractContextManager[Office]],
    sink: Sink,
    certificates: Certificates,
) -> Iterator[Office]:
    """The program with an account that works."""
    with open_office(at_sink(sink, certificates.ca_file)) as made:
        yield made


def received(desk: Office, sink: Sink) -> EmailMessage:
    desk.until(lambda: sink.arrivals, "the mail")
    message = message_from_bytes(sink.arrivals[0].content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_quick_send_from_the_tray(desk: Office, sink: Sink, tmp_path: Path) -> None:
    """The picture in the clipboard is mailed to oneself with a few clicks."""
    picture = tmp_path / "screenshot.png"
    Image.effect_noise((320, 200), 60).save(picture)
    desk.left_click()
    desk.window("New mail")
    with clipboard({"image/png": picture}):
        desk.press("Me")
        desk.press("Paste picture")
        desk.until(lambda: " KB" in desk.words(), "the picture")
    desk.keys("ctrl+Return")
    desk.sees("Send without a subject?")
    desk.keys("Escape")
    desk.type("A screenshot")
    desk.press("Send")
    desk.press("Send now")
    message = received(desk, sink)
    assert (message["Subject"], message["To"]) == ("A screenshot", ADDRESS)
    [attachment] = message.iter_attachments()
    with Image.open(BytesIO(attachment.get_content())) as got, Image.open(picture) as sent:
        assert got.tobytes() == sent.tobytes()


def test_settings_from_the_tray(
    desktop: Display,
    home: Home,
    sink: Sink,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An account is added, with a wrong code first; its test mails to oneself."""
    enter(desktop, monkeypatch)
    with office(home, "version = 1\n") as desk:
        desk.window("Welcome to traymail")
        desk.keys("Escape")
        desk.choose("Settings…")
        desk.window("Settings")
        desk.press("Add account…")
        desk.window("Add account")
        desk.type(ADDRESS)
        # Nobody knows its server: what is to be written by hand unfolds by itself.
        desk.write("host", "127.0.0.1")
        desk.write("port", str(sink.port))
        desk.write("ca_file", str(certificates.ca_file))
        desk.press("Next")
        desk.sees("Kept in the keyring")
        desk.type("wrong")
        desk.press("Test")
        desk.sees("The login was refused")
        desk.press("Enter password again")
        desk.type(CANARY)
        desk.press("Test")
        desk.sees("It works")
        message = received(desk, sink)
        assert sink.arrivals[0].recipients == (ADDRESS,)
        assert message["To"] == ADDRESS
        desk.press("Done")
        desk.window("Settings")
        desk.sees(ADDRESS)
        assert CANARY not in home.config.read_text("utf-8")
        # The account is there for the other uses at once, with the code from the keyring.
        desk.left_click()
        desk.window("New mail")
        desk.type("you@example.com,")
        desk.keys("Tab")
        desk.type("With the new account")
        desk.press("Send")
        desk.press("Send now")
        desk.until(lambda: len(sink.arrivals) == 2, "the second mail")


def test_drop_folder_mailing(desk: Office, sink: Sink, tmp_path: Path) -> None:
    folder = tmp_path / "Scans"
    folder.mkdir()
    desk.choose("Settings…")
    desk.window("Settings")
    desk.press("Rules")
    desk.press("Watch a folder…")
    desk.write("folder", str(folder))
    desk.write("to", "boss@example.com")
    desk.write("settle_seconds", "0")
    desk.press("Save and watch")
    desk.sees("watching")
    (folder / "contract.pdf").write_bytes(b"%PDF a contract")
    message = received(desk, sink)
    assert message["To"] == "boss@example.com"
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "contract.pdf"
    assert attachment.get_content() == b"%PDF a contract"
    desk.choose("Outbox…")
    desk.sees("contract.pdf")


def test_alert_on_a_log_pattern(desk: Office, sink: Sink, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("09:41 ERROR old\n")
    desk.choose("Settings…")
    desk.window("Settings")
    desk.press("Rules")
    desk.press("Watch a log…")
    desk.write("paths", str(log))
    desk.write("match", "(?P<level>ERROR)")
    desk.write("to", "me@example.com")
    desk.sees("1 of the last 1 lines matches")
    desk.press("Save and watch")
    desk.sees("watching")
    with log.open("a") as file:
        file.write("09:42 INFO fine\n09:43 ERROR disk full\n")
    message = received(desk, sink)
    assert message["To"] == "me@example.com"
    assert "09:43 ERROR disk full" in message.get_content()
    assert "old" not in message.get_content()
