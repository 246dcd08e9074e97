"""The inbox of the demo on its own server: mails arrive, are looked at, saved, shown as sent."""

from __future__ import annotations

import io
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from tkinter import filedialog

import pytest
from PIL import Image

from tests.gui.inbox_windows import KINDS
from tests.support.hands import Hands
from tests.support.tk import every_child, press, until_tk
from traymail.core.errors import DesktopError
from traymail.core.texts import text
from traymail.demo.rehearsal import Mailbag
from traymail.demo.sink import HOST, Sink, SinkLogin, running
from traymail.desktop.clock import SystemClock
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.inbox import InboxNavigation, InboxWindow
from traymail.ui.theme import Root
from traymail.ui.widgets import ReadingText

LOGIN = SinkLogin("me@demo.example", "a secret of the moment")


@dataclass
class Desk(Hands):
    """The window, its server, and hands to work both."""

    root: Root
    window: InboxWindow
    sink: Sink
    ca_file: Path
    background: Background
    done: list[str] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        """Send a mail as any mail program would, and wait until it is in the list."""
        before = len(self.window.screen.state.entries)
        sending = Thread(target=self.hand_in, args=(message,))
        sending.start()
        self.until(lambda: len(self.window.screen.state.entries) > before, "the mail")
        sending.join()

    def hand_in(self, message: EmailMessage) -> None:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with smtplib.SMTP_SSL(HOST, self.sink.port, context=context) as smtp:
            smtp.login(LOGIN.username, LOGIN.password)
            smtp.send_message(message)


def a_message(subject: str, body: str = "Hello.\n", rule: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "me@demo.example", "you@demo.example"
    message["Subject"] = subject
    if rule:
        message["X-Traymail-Rule"] = rule
    message.set_content(body)
    return message


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "#2b62c4").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def desk(root: Root, tmp_path: Path) -> Iterator[Desk]:
    bridge = Bridge(root)
    background = Background(bridge)
    mailbag = Mailbag()
    done: list[str] = []

    def refuse() -> None:
        raise DesktopError(text("Nothing on this desktop opens {path}.", path="/drop"))

    def drop() -> object:
        done.append("drop")
        return text("{name} lies in the folder; it is mailed in a moment.", name="picture 1.png")

    doors = InboxNavigation(
        write=lambda: done.append("write"),
        drop=drop,
        folder=refuse,
        error=lambda: done.append("error"),
        real=lambda: done.append("real"),
        end=lambda: done.append("end"),
    )
    ca_file = tmp_path / "ca.pem"
    with running(LOGIN, ca_file, mailbag.put) as sink:
        server = f"{HOST}:{sink.port}"
        window = InboxWindow(root, background, doors, server, SystemClock().now)
        window.know(KINDS)
        mailbag.give(bridge.post, window)
        window.reveal()
        until_tk(root, window.winfo_viewable, what="the window")
        yield Desk(root, window, sink, ca_file, background, done)
    background.close()
    bridge.close()


def test_it_begins_empty(desk: Desk) -> None:
    words = desk.words()
    assert "This is a rehearsal: everything stays on this computer." in words
    assert "Send something: it arrives here." in words
    assert f"127.0.0.1:{desk.sink.port} takes mail" in words


def test_mails_are_listed_and_looked_at(desk: Desk) -> None:
    desk.send(a_message("By hand 一"))
    desk.until(lambda: "By hand 一" in desk.words(), "the first, shown by itself")
    desk.sees("Quick send")
    desk.send(a_message("Of a folder", "The body of the second.\n", "Scans"))
    desk.send(a_message("Of a log", "third\n", "App errors"))
    assert desk.window.title() == "Demo inbox (2)"
    assert desk.window.screen.state.entries[0].mail.subject == "Of a log"
    desk.click(desk.window.list.rows[2])
    desk.until(lambda: "The body of the second." in desk.words(), "the second")
    desk.sees("Rule “Scans”")
    desk.sees("me@demo.example")
    row = desk.window.list.rows[2]
    desk.until(lambda: desk.window.focus_get() is row, "the keyboard in the list")
    press(row, "<Up>")
    desk.until(lambda: "third" in desk.words(), "the third")
    assert desk.window.title() == "Demo inbox"
    press(desk.window.list.rows[3], "<Down>")
    desk.until(lambda: "The body of the second." in desk.words(), "the second again")


def test_html_is_shown_as_text(desk: Desk) -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message["From"], message["To"] = "me@demo.example", "you@demo.example"
    message.set_content("<p>One &amp; two</p><script>no()</script>", subtype="html")
    desk.send(message)
    desk.until(lambda: "One & two" in desk.words(), "the words")
    assert "no()" not in desk.words()


def test_pictures_are_drawn_and_files_are_saved(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_message("files")
    message.add_attachment(a_picture(), maintype="image", subtype="png", filename="图.png")
    message.add_attachment(b"no picture", maintype="image", subtype="png", filename="bad.png")
    message.add_attachment(
        b"%PDF" * 400, maintype="application", subtype="pdf", filename="../../plan.pdf"
    )
    desk.send(message)
    desk.until(lambda: "图.png" in desk.words(), "the files")
    assert len(desk.window.pane.pictures) == 1
    assert desk.window.pane.pictures[0].width() == desk.root.theme.px(270)
    desk.sees("1.6 KB")
    asked: list[str] = []

    def choose(**options: object) -> str:
        asked.append(str(options["initialfile"]))
        return str(tmp_path / "saved.pdf")

    monkeypatch.setattr(filedialog, "asksaveasfilename", choose)
    desk.button("Save…", place=2).invoke()
    desk.until(lambda: "Saved as saved.pdf." in desk.words(), "a word")
    assert asked == ["plan.pdf"]
    assert (tmp_path / "saved.pdf").read_bytes() == b"%PDF" * 400


@pytest.mark.parametrize("chosen", ["", "/nowhere/at all/x"])
def test_what_cannot_be_saved_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    message = a_message("files")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="plan.pdf")
    desk.send(message)
    monkeypatch.setattr(filedialog, "asksaveasfilename", lambda **_options: chosen)
    desk.button("Save…").invoke()
    if chosen:
        desk.until(lambda: f"{chosen} cannot be written" in desk.words(), "a word")
    else:
        desk.root.update()
        assert not desk.background.busy


def test_the_source_is_shown(desk: Desk) -> None:
    desk.send(a_message("As it travelled", rule="Scans"))
    desk.until(lambda: "Show headers and source" in desk.words(), "the mail")
    desk.click(desk.button("Show headers and source"))
    desk.until(lambda: "Back to the mail" in desk.words(), "the source")
    (reading,) = (one for one in every_child(desk.window) if isinstance(one, ReadingText))
    assert "X-Traymail-Rule: Scans\n" in reading.text.get("1.0", "end")
    desk.button("Back to the mail").invoke()
    desk.until(lambda: "Show headers and source" in desk.words(), "the mail again")


def test_mails_that_come_at_once_keep_their_order(desk: Desk) -> None:
    for number in range(8):
        desk.hand_in(a_message(str(number)))
    desk.until(lambda: len(desk.window.screen.state.entries) == 8, "all of them")
    assert [one.mail.subject for one in desk.window.screen.state.entries] == list("76543210")


def test_a_wrong_login_brings_nothing(desk: Desk) -> None:
    context = ssl.create_default_context(cafile=str(desk.ca_file))
    with smtplib.SMTP_SSL(HOST, desk.sink.port, context=context) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login(LOGIN.username, "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused):
            smtp.send_message(a_message("x"))
    assert desk.window.screen.state.entries == ()


def test_the_row_of_things_to_try(desk: Desk) -> None:
    for words in ("Write a mail…", "Write an error into the log", "Add a real account…"):
        desk.click(desk.button(words))
    desk.until(lambda: set(desk.done) == {"write", "error", "real"}, "what they do")
    desk.click(desk.button("Drop a picture"))
    desk.until(lambda: "picture 1.png lies in the folder" in desk.words(), "a word")
    desk.click(desk.button("Open the folder"))
    desk.until(lambda: "Nothing on this desktop opens /drop." in desk.words(), "a word")


def test_only_the_close_button_ends_the_rehearsal(desk: Desk) -> None:
    press(desk.window, "<Escape>")
    assert desk.window.winfo_viewable()
    assert desk.done == []
    desk.window.tk.call(desk.window.protocol("WM_DELETE_WINDOW"))
    assert desk.done == ["end"]
