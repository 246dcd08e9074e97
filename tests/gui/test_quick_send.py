"""Quick send, played with keys and clicks on a real display, against a real server."""

from __future__ import annotations

import gc
import io
import re
import shutil
import signal
import socket
import tkinter as tk
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.gui.conftest import MakeRoot
from tests.support.certificates import Certificates
from tests.support.dragging import Drag, drag
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.robot import KEY, robot
from tests.support.running import ADDRESS, account
from tests.support.selection import clipboard
from tests.support.sendgrid import API_KEY, sendgrid
from tests.support.sink import Arrival, Sink
from tests.support.tk import every_child, hear
from tests.support.webhook import hook
from traymail.core.address import parse_address
from traymail.core.outbox import State
from traymail.core.overview import SavedDraft
from traymail.core.shown import PICTURE
from traymail.core.template import human_size
from traymail.desktop.language import translator
from traymail.store.people import People
from traymail.ui.bridge import Background, Bridge
from traymail.ui.clipboard import Clip
from traymail.ui.dialogs.quick_send import QuickSendNavigation, QuickSendWindow
from traymail.ui.model.outbox_detail import as_new
from traymail.ui.model.prefill import Prefill
from traymail.ui.model.quick_send import DraftStage
from traymail.ui.theme import Root
from traymail.ui.widgets import Button, UndoBar
from traymail.ui.window import Question, Size, Window

NO_CAP = 30.0


@dataclass
class Desk(Hands):
    """A window on the running program, and hands to work it."""

    root: Root
    live: Live
    background: Background
    make_window: Callable[[], QuickSendWindow]
    window: QuickSendWindow
    doors: list[str]

    def open(self, asked: Prefill | None = None) -> None:
        self.window.open(asked)
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: self.window.writing.loaded, "what it asks for")
        self.until(lambda: self.window.focus_get() is not None, "the keyboard")

    def another_window(self) -> QuickSendWindow:
        """Open the window of a program that has just started on the same home."""
        window = self.make_window()
        window.open()
        self.until(lambda: window.writing.loaded, "the other window")
        return window

    def people(self, *known: tuple[str, int]) -> None:
        """Have written to somebody so often."""
        people = People(self.live.app.database)
        for words, times in known:
            for _ in range(times):
                people.note([parse_address(words)], datetime(2026, 11, 23, tzinfo=UTC))

    def proposed(self) -> list[str]:
        return [one.address for one in self.window.sheet.head.to.popup.offered]

    def said(self) -> str:
        """Return what is told below the row of recipients."""
        note = self.window.sheet.head.rows["to"].note
        return str(note.label.cget("text")) if note.winfo_ismapped() else ""

    def arrival(self, sink: Sink) -> Arrival:
        self.until(lambda: sink.arrivals, "the mail")
        assert len(sink.arrivals) == 1
        return sink.arrivals[0]

    def mails(self) -> list[State]:
        return [item.state for item in reversed(self.live.services.mail.find())]


@pytest.fixture
def make_desk(make_root: MakeRoot, home: Home) -> Iterator[Callable[..., Desk]]:
    ends: list[Callable[[], object]] = []

    def make(config: str, secrets: Path | None = None) -> Desk:
        running = live(home, config, secrets)
        program = running.__enter__()
        ends.append(lambda: running.__exit__(None, None, None))
        root = make_root()
        bridge = Bridge(root)
        background = Background(bridge)
        doors: list[str] = []
        ways = QuickSendNavigation(
            lambda: doors.append("add account"),
            lambda: doors.append("settings"),
            lambda subject, _body, account: doors.append(f"table: {subject}, {account}"),
        )

        def make_window() -> QuickSendWindow:
            now = lambda: datetime.now(UTC)  # noqa: TID251, E731 - the test's clock is the machine's
            return QuickSendWindow(root, program.services, background, ways, now)

        window = make_window()
        program.services.program.listen(lambda event: bridge.post(lambda: window.on_event(event)))
        ends.extend((bridge.close, background.close))
        return Desk(root, program, background, make_window, window, doors)

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def desk(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> Desk:
    return make_desk(at_sink(sink, certificates.ca_file), tmp_path / "secrets")


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_is_written_undone_and_sent(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    picture = tmp_path / "floor plan.bin"
    picture.write_bytes(bytes(range(256)) * 5000)
    desk.open()
    desk.type("li.na@example.com,")
    desk.keys("Tab")
    desk.type("Room 3")
    desk.keys("Tab")
    desk.type("Hello Li Na")
    desk.keys("Return")
    desk.type("see the plan.")
    desk.window.writing.attach((str(picture),))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    assert desk.mails() == [State.QUEUED]
    desk.keys("Escape")
    desk.until(lambda: desk.window.sheet.body.text.cget("state") == "normal", "the text")
    assert desk.window.sheet.body.value == "Hello Li Na\nsee the plan."
    assert desk.mails() == [State.CANCELLED]
    desk.type(" Bye")
    desk.keys("ctrl+Return")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close by itself")
    desk.until(lambda: sink.arrivals, "the mail")
    assert len(sink.arrivals) == 1
    message = parsed(sink.arrivals[0].content)
    assert message["To"] == "li.na@example.com"
    assert message["Subject"] == "Room 3"
    body, attachment = message.get_body(), next(message.iter_attachments())
    assert body is not None
    assert body.get_content().splitlines() == ["Hello Li Na", "see the plan. Bye"]
    assert attachment.get_content() == picture.read_bytes()
    assert desk.live.services.drafts.load() == SavedDraft()


def test_each_of_several_gets_a_mail_of_its_own_and_undo_takes_all_back(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.txt"
    plan.write_text("plan", "utf-8")
    desk.open()
    head = desk.window.sheet.head
    desk.type("li@example.com,")
    desk.until(lambda: desk.window.screen.state.written.to, "the first recipient")
    assert not head.each.winfo_ismapped()
    desk.type("na@example.com,")
    desk.until(head.each.winfo_viewable, "the switch")
    desk.click(head.each)
    desk.until(lambda: desk.window.screen.state.each, "one mail each")
    desk.until(lambda: desk.live.services.drafts.load().each, "the draft")
    desk.click(head.subject)
    desk.type("Hi")
    desk.window.writing.attach((str(plan),))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    assert desk.mails() == [State.QUEUED, State.QUEUED]
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "the text")
    assert desk.mails() == [State.CANCELLED, State.CANCELLED]
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    desk.until(lambda: len(sink.arrivals) == 2, "both mails")
    mails = [parsed(one.content) for one in sink.arrivals]
    assert sorted(one["To"] for one in mails) == ["li@example.com", "na@example.com"]
    assert [next(one.iter_attachments()).get_content() for one in mails] == ["plan", "plan"]
    assert {one.recipients for one in sink.arrivals} == {("li@example.com",), ("na@example.com",)}


def test_a_copy_would_get_every_mail_so_it_stays_one(desk: Desk) -> None:
    desk.open(Prefill(to=("a@x.example", "b@x.example")))
    head = desk.window.sheet.head
    desk.until(head.each.winfo_viewable, "the switch")
    desk.window.open(Prefill(body="more"))
    head.unfold()
    head.cc.addresses = ("c@x.example",)
    desk.window.writing.typed()
    desk.until(lambda: not head.each.winfo_ismapped(), "no switch")


def test_large_pictures_are_made_smaller_when_that_is_wanted(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(photo, quality=95)
    desk.open(Prefill(to=("li@x.example",), subject="Photo", files=(str(photo),)))
    desk.until(lambda: desk.window.screen.state.files, "the photo")
    picker = desk.window.sheet.drawer.picker
    desk.until(picker.winfo_viewable, "the choice")
    picker.value = "1024"
    desk.window.writing.typed()
    # A mail that is sent while one is being made waits for it.
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    [file] = desk.window.screen.state.files
    assert file.small is not None
    assert 0 < file.small.size < photo.stat().st_size / 2
    desk.click(desk.button("Send now"))
    sent = next(parsed(desk.arrival(sink).content).iter_attachments())
    assert sent.get_filename() == "photo.jpg"
    content = sent.get_content()
    assert len(content) == file.small.size
    with Image.open(BytesIO(content)) as small:
        assert (small.format, small.size) == ("JPEG", (1024, 768))
    assert photo.exists()


def test_the_size_of_a_large_picture_is_shown_as_it_would_be_sent(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(photo, quality=95)
    whole = human_size(photo.stat().st_size)
    desk.open(Prefill(to=("li@x.example",), subject="Photo", files=(str(photo),)))
    drawer = desk.window.sheet.drawer
    desk.until(drawer.picker.winfo_viewable, "the choice")
    assert drawer.picker.value == "0"
    assert drawer.picker.cget("text") == "as they are"
    desk.until(lambda: whole in desk.words(drawer.strip), "its size")

    sizes = {"0": whole}

    def choose(value: str) -> None:
        """Pick a size; wait until the size of what that makes is shown."""
        drawer.picker.pick(value)
        desk.until(lambda: drawer.picker.value == value, "the choice")

        def made() -> int | None:
            [file] = desk.window.screen.state.files
            small = file.small
            return small.size if small is not None and small.most == int(value) else None

        size = desk.until(made, "the smaller one")
        assert size is not None
        sizes[value] = human_size(size)
        desk.until(lambda: sizes[value] in desk.words(drawer.strip), "its new size")
        assert whole not in desk.words(drawer.strip)

    choose("1600")
    choose("1024")
    assert len(set(sizes.values())) == 3
    drawer.picker.pick("0")
    desk.until(lambda: whole in desk.words(drawer.strip), "the size as it is")
    choose("1600")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.press("Send now")
    content = next(parsed(desk.arrival(sink).content).iter_attachments()).get_content()
    with Image.open(BytesIO(content)) as small:
        assert small.size == (1600, 1200)


def test_a_table_is_the_way_to_many_mails(desk: Desk) -> None:
    desk.open(Prefill(subject="Statement"))
    desk.until(lambda: desk.window.screen.state.written.subject, "the subject")
    desk.click(desk.window.sheet.head.table)
    desk.until(lambda: desk.doors == ["table: Statement, main"], "the window of tables")


def test_emoji_are_written_kept_and_sent(desk: Desk, sink: Sink) -> None:
    desk.open()
    desk.type("Li 😀 <li@example.com>,")
    desk.until(lambda: desk.window.screen.state.written.to, "the recipient")
    desk.keys("Tab")
    desk.type("room 👍🏽3𠮷")
    desk.keys("BackSpace", "shift+Left", "ctrl+x", "BackSpace", "ctrl+v")
    desk.keys("Tab")
    desk.type("see 😀👍 you")
    desk.until(lambda: desk.window.sheet.body.value == "see 😀👍 you", "the text")
    desk.keys("Left", "Left", "Left", "Left", "BackSpace", "Left", "Delete")
    draft = SavedDraft("main", ("Li 😀 <li@example.com>",), subject="room 👍3", body="see  you")
    desk.until(lambda: desk.live.services.drafts.load() == draft, "the draft")
    desk.type("😀")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    mail = parsed(desk.arrival(sink).content)
    assert (mail["Subject"], mail["To"]) == ("room 👍3", "Li 😀 <li@example.com>")
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "see 😀 you"


def test_what_is_typed_becomes_chips_and_names(desk: Desk, sink: Sink) -> None:
    desk.people(("Li Na <li.na@example.com>", 3), ("lily@example.com", 2), ("lisa@x.example", 1))
    desk.open()
    desk.type("li")
    desk.until(desk.proposed, "proposals")
    assert desk.proposed() == ["li.na@example.com", "lily@example.com", "lisa@x.example"]
    desk.keys("Down", "Delete")
    desk.until(lambda: len(desk.proposed()) == 2, "one less")
    desk.keys("Return")
    head = desk.window.sheet.head
    assert head.to.addresses == ("li.na@example.com",)
    desk.until(lambda: len(desk.live.services.drafts.people()) == 2, "one less in the history")
    desk.click(head.me)
    desk.until(lambda: len(head.to.addresses) == 2, "me")
    assert list(head.to.addresses) == ["li.na@example.com", ADDRESS]
    desk.click(head.copies)
    desk.type("x@x.example;")
    desk.until(lambda: head.cc.addresses == ("x@x.example",), "a copy")
    desk.click(head.subject)
    desk.type("Hi")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    message = parsed(desk.arrival(sink).content)
    assert message["To"] == f"Li Na <li.na@example.com>, {ADDRESS}"
    assert message["Cc"] == "x@x.example"
    assert not desk.window.winfo_viewable()


GROUPS = """
[groups]
Team = ["Li Na <li.na@example.com>", "wang@example.com"]
"""


def test_the_name_of_a_group_is_completed_and_its_people_get_the_mail(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    config = at_sink(sink, certificates.ca_file)
    desk = make_desk(config + GROUPS, tmp_path / "secrets")
    desk.people(("teresa@example.com", 3))
    desk.open()
    head = desk.window.sheet.head
    desk.type("te")
    desk.until(desk.proposed, "proposals")
    assert desk.proposed() == ["Team", "teresa@example.com"]
    desk.keys("Down", "Up", "Delete", "Return")
    desk.until(lambda: head.to.addresses == ("Team",), "the chip")
    assert "Team (2)" in desk.words(head.to)
    desk.until(head.each.winfo_viewable, "one mail each, as there are two")
    desk.type("teem,")
    desk.until(lambda: "Did you mean Team?" in desk.said(), "what is wrong")
    desk.keys("BackSpace", "BackSpace")
    desk.until(lambda: not desk.said(), "nothing wrong")
    desk.until(lambda: desk.live.services.drafts.load().to == ("Team",), "the draft")
    # The configuration is edited meanwhile.
    desk.live.home.config.write_text(config + GROUPS.replace("wang", "zhao"), "utf-8")
    desk.until(lambda: "zhao" in str(desk.window.screen.state.standing.groups), "the edit")
    desk.click(head.subject)
    desk.type("Hi")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    assert "2 people" in desk.words()
    desk.click(desk.button("Send now"))
    arrival = desk.arrival(sink)
    assert arrival.recipients == ("li.na@example.com", "zhao@example.com")
    assert parsed(arrival.content)["To"] == "Li Na <li.na@example.com>, zhao@example.com"


def test_the_keyboard_goes_from_the_recipients_on_to_the_subject(desk: Desk) -> None:
    desk.open()
    head, focus = desk.window.sheet.head, desk.window.focus_get

    def leads_to(key: str, field: tk.Misc) -> None:
        desk.keys(key)
        desk.until(lambda: focus() is field, f"{field} with the keyboard after {key}")

    leads_to("Tab", head.subject)
    leads_to("shift+Tab", head.to.entry)
    leads_to("Return", head.subject)
    leads_to("shift+Tab", head.to.entry)
    leads_to("shift+Tab", head.copies)
    leads_to("shift+Tab", head.me)
    leads_to("Tab", head.copies)
    leads_to("Return", head.cc.entry)
    leads_to("Return", head.bcc.entry)
    leads_to("Tab", head.subject)


def test_a_bad_address_is_a_red_chip_with_a_sentence(desk: Desk) -> None:
    desk.open()
    desk.type("li.na")
    desk.until(lambda: desk.window.screen.state.typing, "what is typed")
    assert desk.said() == ""
    desk.keys("Tab")
    desk.until(lambda: "not a complete address" in desk.said(), "the sentence")
    assert desk.window.sheet.foot.send_button.instate(["disabled"])
    desk.click(desk.window.sheet.head.to.entry)
    desk.keys("BackSpace", "BackSpace")
    desk.until(lambda: desk.said() == "", "no sentence")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.said().startswith("Who gets it?"), "what is missing")


def test_files_that_hover_light_up_the_window(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_text("x")
    desk.open()
    text = desk.window.sheet.body.text
    desk.until(lambda: desk.window.bind("<<DropEnter>>") and text.winfo_viewable(), "the window")
    desk.root.update()
    place = text.winfo_rootx() + 50, text.winfo_rooty() + 50
    with ThreadPoolExecutor(1) as hands:
        dragged = Drag([file])
        ends: tuple[Callable[[int, int], object], ...] = (dragged.leave_from, dragged.drop_at)
        for end in ends:
            hovering = hands.submit(dragged.hover_at, *place)
            desk.until(hovering.done, "the window to be entered")
            assert hovering.result()
            desk.sees("Drop to attach")
            ending = hands.submit(end, *place)
            desk.until(ending.done, "the end of it")
            desk.until(lambda: "Drop to attach" not in desk.words(), "the window as it was")
    desk.until(lambda: desk.window.screen.state.files, "the file")
    dragged.here.close()


def test_a_pasted_picture_has_a_name_in_the_language_of_the_windows(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "picture.png"
    Image.effect_noise((30, 20), 50).save(file)
    desk.root.theme.speak("zh_CN", translator("zh_CN"))
    window = desk.another_window()
    with clipboard({"image/png": file}):
        desk.until(lambda: window.focus_get() is not None, "the keyboard")
        window.pasting.picture()
        desk.until(lambda: window.screen.state.files, "the picture")
    assert re.fullmatch(r"图片-\d{8}-\d{6}\.png", window.screen.state.files[0].name)


def test_while_paused_the_count_stands_still(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("a@x.example",), subject="Later", body="Hi"))
    desk.live.services.program.pause(None)
    desk.until(lambda: desk.window.screen.state.standing.paused, "the pause")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.sees("Paused: the mail waits")
    (bar,) = [one for one in every_child(desk.window) if isinstance(one, UndoBar)]
    desk.until(lambda: bar.passed > 3, "some time")
    assert bar.left >= bar.ticks - 1
    desk.live.services.program.resume()
    desk.sees("Sending in")
    desk.live.services.program.pause(None)
    desk.sees("Paused: the mail waits")
    left = bar.left
    assert left > 0
    desk.press("Undo")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "the text")
    assert sink.arrivals == []


def test_without_a_subject_it_asks_in_the_footer(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("a@x.example",), body="Hi"))
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question")
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "no question")
    assert desk.window.focus_get() is desk.window.sheet.head.subject
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question again")
    desk.keys("Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.window.tk.call(desk.window.protocol("WM_DELETE_WINDOW"))
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    assert parsed(desk.arrival(sink).content)["Subject"] == ""


def test_an_address_without_a_dot_is_asked_about(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("wang@intranet",), subject="Hi"))
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question")
    desk.sees("“@intranet” has no dot. Send anyway?")
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "no question")
    assert desk.window.focus_get() is desk.window.sheet.head.to.entry
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question again")
    desk.keys("Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.window.tk.call(desk.window.protocol("WM_DELETE_WINDOW"))
    assert desk.arrival(sink).recipients == ("wang@intranet",)


@pytest.mark.parametrize(
    ("typed", "meant"), [("wang@qq.con", "wang@qq.com"), ("li@gmial.com", "li@gmail.com")]
)
def test_a_slip_in_a_great_domain_is_asked_about(
    desk: Desk, sink: Sink, typed: str, meant: str
) -> None:
    slip, domain = typed.partition("@")[2], meant.partition("@")[2]
    desk.open()
    desk.type(f"{typed},")
    desk.until(lambda: desk.window.screen.state.written.to == (typed,), "the recipient")
    desk.click(desk.window.sheet.head.subject)
    desk.type("Hi")
    desk.until(lambda: desk.window.screen.state.written.subject == "Hi", "the subject")
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question")
    desk.sees(f"Is @{domain} meant? Send to “@{slip}” anyway?")
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "no question")
    entry = desk.window.sheet.head.to.entry
    desk.until(lambda: desk.window.focus_get() is entry, "the keyboard at the recipient")
    desk.keys("BackSpace", "BackSpace")
    desk.until(lambda: not desk.window.screen.state.written.to, "no recipient")
    desk.type(f"{meant},")
    desk.until(lambda: desk.window.screen.state.written.to == (meant,), "the right one")
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.press("Send now")
    assert desk.arrival(sink).recipients == (meant,)


def test_a_slip_may_be_meant_so(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("wang@qq.con",), subject="Hi"))
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question")
    desk.press("Send", desk.window.sheet.foot)
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.press("Send now")
    assert desk.arrival(sink).recipients == ("wang@qq.con",)


def test_more_than_15_who_see_each_other_are_asked_about(desk: Desk, sink: Sink) -> None:
    people = tuple(f"colleague{number}@example.com" for number in range(16))
    desk.open(Prefill(people[:8], people[8:], subject="Hi"))
    desk.until(lambda: desk.window.screen.state.written.to, "the mail")
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.ASKING, "the question")
    desk.sees("All 16 recipients see each other. Send anyway?")
    assert sink.arrivals == []
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "no question")
    desk.window.writing.begin_anew(Prefill(people, subject="Hi"))
    head = desk.window.sheet.head
    desk.until(lambda: len(desk.window.screen.state.written.to) == 16, "all in one row")
    desk.press("Send")
    desk.sees("All 16 recipients see each other. Send anyway?")
    desk.keys("Escape")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "no question again")
    # One mail for each shows nobody the others.
    desk.click(head.each)
    desk.until(lambda: desk.window.screen.state.each, "one mail each")
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.press("Send now")
    desk.until(lambda: len(sink.arrivals) == 16, "all mails")
    assert sorted(one.recipients for one in sink.arrivals) == sorted((one,) for one in people)


def test_15_recipients_are_not_asked_about(desk: Desk) -> None:
    people = tuple(f"colleague{number}@example.com" for number in range(15))
    desk.open(Prefill(people, bcc=("boss@example.com",), subject="Hi"))
    desk.until(lambda: len(desk.window.screen.state.written.to) == 15, "the mail")
    desk.press("Send")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")


def test_many_recipients_leave_room_for_the_text(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    window = desk.window
    window.update()
    height, rows = window.winfo_height(), window.theme.px(60)
    files = [tmp_path / f"notes of meeting {number}.txt" for number in range(9)]
    for file in files:
        file.write_text("x")
    people = tuple(f"colleague{number}@example.com" for number in range(50))
    window.writing.begin_anew(
        Prefill(people, people, people, "subject", "text", tuple(map(str, files)))
    )
    desk.until(lambda: len(window.screen.state.files) == 9, "the files")
    desk.until(lambda: window.winfo_height() > height, "a higher window")
    text = window.sheet.body.text
    desk.until(lambda: text.winfo_height() >= rows, "room for the text")
    assert text.winfo_rooty() + text.winfo_height() < window.winfo_rooty() + window.winfo_height()
    window.writing.begin_anew(Prefill())
    desk.until(lambda: window.winfo_height() == height, "the window as it was")
    window.writing.begin_anew(
        Prefill(people, people, people, "subject", "text", tuple(map(str, files)))
    )
    desk.until(lambda: window.winfo_height() > height, "a higher window again")
    window.conceal()
    window.writing.begin_anew(Prefill())
    desk.until(lambda: window.minsize()[1] < height, "no need for it any more")
    window.reveal()
    desk.until(lambda: window.winfo_viewable() and window.winfo_height() == height, "as it was")


def test_a_link_does_not_join_a_draft(desk: Desk) -> None:
    mine = Prefill(("a@x.example",), bcc=("b@x.example",), subject="Mine", body="For you alone")
    desk.open(mine)
    desk.until(lambda: desk.window.screen.state.written.subject == "Mine", "the draft")
    other = Prefill(("evil@x.example",), bcc=("spy@x.example",), body="Look here")
    desk.window.open(other)
    desk.sees("There is a draft already")
    assert {"Mine", "This mail is not sent yet. The new mail takes its place."} <= set(
        desk.words().split("\n")
    )
    desk.press("Cancel")
    desk.until(lambda: not questions(desk), "the question to go")
    written = desk.window.screen.state.written
    assert (written.to, written.bcc, written.body) == (mine.to, mine.bcc, mine.body)
    desk.window.open(other)
    desk.press("Discard the draft")
    desk.until(lambda: desk.window.screen.state.written.to == other.to, "the other mail")
    written = desk.window.screen.state.written
    assert (written.bcc, written.subject, written.body) == (other.bcc, "", "Look here")
    assert desk.window.sheet.body.value == "Look here"


def test_a_question_keeps_the_keyboard_and_is_raised_when_asked_again(desk: Desk) -> None:
    subject = "A long subject, " * 20
    desk.open(Prefill(("a@x.example",), subject=subject, body="Mine"))
    desk.until(lambda: desk.window.screen.state.written.subject == subject, "the draft")
    desk.window.open(Prefill(subject="first"))
    desk.sees("There is a draft already")
    [question] = questions(desk)
    desk.until(lambda: on_top(desk, question), "the keyboard in the question")
    which = next(line for line in desk.words().split("\n") if line.startswith("A long subject"))
    assert which.endswith("…")
    # By hand and by the program: whoever raises the window, or a field of it, raises the question.
    desk.window.sheet.body.text.focus_force()
    desk.window.reveal()
    desk.window.open(Prefill(subject="second"))
    desk.until(lambda: on_top(desk, question), "the keyboard in the question again")
    desk.type("words")
    desk.click(desk.window.sheet.body.text)
    desk.keys("x", "BackSpace", "ctrl+Return")
    assert desk.window.screen.state.stage is DraftStage.WRITING
    written = desk.window.screen.state.written
    assert (written.subject, written.body) == (subject, "Mine")
    assert questions(desk) == [question]
    desk.press("Discard the draft")
    desk.until(
        lambda: desk.window.screen.state.written.subject == "second", "the mail asked for last"
    )


def test_another_window_can_be_used_while_a_question_is_open(desk: Desk) -> None:
    desk.open(Prefill(("a@x.example",), subject="Mine", body="Mine"))
    desk.until(lambda: desk.window.screen.state.written.subject == "Mine", "the draft")
    desk.click(desk.window.sheet.foot.discard_button)
    [question] = desk.until(lambda: questions(desk), "the question")
    desk.until(lambda: on_top(desk, question), "the keyboard in the question")
    pressed: list[str] = []
    other = Window(desk.root, "Other", Size(300, 200))
    button = Button(other, "Here", lambda: pressed.append("here"))
    button.pack()
    other.reveal()
    desk.until(other.winfo_viewable, "the other window")
    desk.click(button)
    desk.until(lambda: pressed, "a press")
    desk.window.reveal()
    desk.until(lambda: on_top(desk, question), "the keyboard in the question")
    desk.click(button)
    assert pressed == ["here"]
    desk.press("Cancel")


def on_top(desk: Desk, window: tk.Misc) -> bool:
    focus = desk.root.focus_get()
    return focus is not None and focus.winfo_toplevel() is window


def test_files_are_added_to_the_draft(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_text("more")
    desk.open(Prefill(("a@x.example",), subject="Mine"))
    desk.until(lambda: desk.window.screen.state.written.subject == "Mine", "the draft")
    desk.window.open(Prefill(files=(str(file),)))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    assert desk.window.screen.state.written.subject == "Mine"
    assert not questions(desk)


def test_a_draft_is_thrown_away_after_a_question(desk: Desk) -> None:
    desk.open(Prefill(("a@x.example",), subject="Mine", body="words"))
    desk.until(lambda: desk.window.screen.state.written.subject == "Mine", "the draft")
    desk.click(desk.window.sheet.foot.discard_button)
    desk.press("Discard the draft")
    desk.until(lambda: desk.window.screen.state.empty, "an empty window")
    assert (desk.window.sheet.body.value, desk.window.sheet.head.subject.value) == ("", "")
    assert desk.window.winfo_viewable()
    # Of nothing there is nothing to throw away.
    desk.click(desk.window.sheet.foot.discard_button)
    desk.root.update()
    assert not questions(desk)


def questions(desk: Desk) -> list[tk.Misc]:
    return [one for one in every_child(desk.root) if isinstance(one, Question)]


def test_a_double_click_on_send_can_be_undone(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("a@x.example",), subject="Twice", body="words"))
    desk.until(lambda: desk.window.screen.state.written.subject == "Twice", "the draft")
    send = desk.window.sheet.foot.send_button
    x, y = (
        send.winfo_rootx() + send.winfo_width() // 2,
        send.winfo_rooty() + send.winfo_height() // 2,
    )
    desk.xdo("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "150", "1")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.press("Undo")
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "the text")
    assert desk.window.screen.state.written.subject == "Twice"
    assert sink.arrivals == []


def test_undo_can_be_off(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    config = at_sink(sink, certificates.ca_file, "undo_seconds = 0")
    desk = make_desk(config, tmp_path / "secrets")
    desk.open(Prefill(("a@x.example",), subject="Now", body="Hi"))
    desk.keys("ctrl+Return")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    assert parsed(desk.arrival(sink).content)["Subject"] == "Now"


def test_escape_keeps_the_draft_and_a_restart_finds_it(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes")
    desk.open(Prefill(("a@x.example",), files=(str(file),)))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    desk.type("Half a")
    desk.click(desk.button("Markdown"))
    desk.keys("Escape")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    kept = SavedDraft(
        account="main",
        to=("a@x.example",),
        body="Half a",
        markdown=True,
        files=(str(file),),
    )
    desk.until(lambda: desk.live.services.drafts.load() == kept, "the draft")
    file.unlink()
    again = desk.another_window()
    desk.until(lambda: again.screen.state.written.body == "Half a", "the draft")
    assert again.sheet.body.value == "Half a"
    assert again.sheet.head.to.addresses == ("a@x.example",)
    desk.until(lambda: again.screen.state.files[0].trouble, "that the file is gone")


def test_a_window_that_is_gone_leaves_no_timer(desk: Desk) -> None:
    desk.open()
    desk.type("x")
    desk.until(lambda: desk.window.keeper.waits, "the draft to be kept soon")
    desk.window.destroy()
    assert not desk.window.keeper.waits


def test_a_draft_that_was_posted_before_a_crash_is_not_sent_twice(desk: Desk, sink: Sink) -> None:
    desk.open(Prefill(("a@x.example",), subject="Once", body="Hi"))
    desk.keys("ctrl+Return")
    desk.until(
        lambda: desk.live.services.drafts.load().posted, "the draft to know that it is posted"
    )
    again = desk.another_window()
    assert again.screen.state.empty
    desk.until(lambda: desk.live.services.drafts.load() == SavedDraft(), "no draft")
    assert parsed(desk.arrival(sink).content)["Subject"] == "Once"


def test_what_cannot_be_read_any_more_is_told_at_the_chip(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes")
    desk.open(Prefill(("a@x.example",), subject="Notes", files=(str(file), str(tmp_path))))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    # A folder is not attached, and a word says why.
    assert [one.name for one in desk.window.screen.state.files] == ["notes.txt"]
    desk.sees("zip it first")
    file.unlink()
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.trouble, "what is wrong")
    assert desk.window.screen.state.files[0].trouble is not None
    desk.sees("cannot be read")
    file.write_text("there again")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")


def test_a_mail_over_the_limit_is_not_sent(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    config = at_sink(sink, certificates.ca_file, "max_message_mb = 1")
    desk = make_desk(config, tmp_path / "secrets")
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(900_000))
    desk.open(Prefill(("a@x.example",), subject="Large", files=(str(large),)))
    desk.until(lambda: desk.window.screen.state.files, "the file")
    desk.sees("1.2 MB of 1.0 MB: 127.0.0.1 would refuse this")
    assert desk.window.sheet.foot.send_button.instate(["disabled"])
    desk.keys("ctrl+Return")
    desk.root.update()
    assert desk.mails() == []


def test_without_network_it_says_so_and_sends_later(
    make_desk: Callable[..., Desk], certificates: Certificates, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    config = account(port, ca_file=certificates.ca_file, more="undo_seconds = 0")
    desk = make_desk(config, tmp_path / "secrets")
    desk.open(Prefill(("a@x.example",), subject="One", body="Hi"))
    desk.keys("ctrl+Return")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    desk.until(lambda: desk.window.screen.state.standing.offline, "that there is no way")
    desk.open()
    desk.sees("No network.")
    assert desk.mails() == [State.QUEUED]


def test_without_an_account_it_leads_to_one(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk("version = 1\n")
    desk.open()
    assert desk.window.sheet.foot.send_button.instate(["disabled"])
    desk.sees("No account yet")
    desk.click(desk.button("Add account…"))
    desk.until(lambda: desk.doors == ["add account"], "the way to it")


def test_files_are_pasted(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "a plan 1.txt"
    file.write_text("plan")
    uris = tmp_path / "uris"
    uris.write_text(f"# a comment\r\n{file.as_uri()}\r\nhttps://example.com/\r\n")
    words = tmp_path / "words"
    words.write_text(str(file))
    desk.open(Prefill(("a@x.example",)))
    with clipboard({"text/uri-list": uris, "UTF8_STRING": words}):
        desk.keys("ctrl+v")
        desk.until(lambda: desk.window.screen.state.files, "the file")
    assert [one.name for one in desk.window.screen.state.files] == ["a plan 1.txt"]
    assert desk.window.sheet.body.value == ""


def test_words_are_pasted_where_the_keyboard_is(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("grüße 你好")
    desk.open(Prefill(("a@x.example",)))
    # A table is offered as words and as a picture of them.
    with clipboard({"UTF8_STRING": words, "image/png": words}):
        desk.keys("ctrl+v")
        desk.until(lambda: desk.window.sheet.body.value, "the words")
    assert desk.window.sheet.body.value == "grüße 你好"
    assert desk.window.screen.state.files == ()


@pytest.mark.parametrize("by", ["key", "button", "tray"])
def test_a_picture_is_pasted_and_sent(desk: Desk, sink: Sink, tmp_path: Path, by: str) -> None:
    file = tmp_path / "picture.png"
    Image.effect_noise((300, 200), 50).save(file)
    asked = Prefill(("a@x.example",), subject="Picture", body="Look")
    if by != "tray":
        desk.open(asked)
    with clipboard({"image/png": file}):
        if by == "key":
            desk.click(desk.window.sheet.head.subject)  # in the text, it would be shown there
            desk.keys("ctrl+v")
        elif by == "button":
            desk.click(desk.button("Paste picture"))
        else:
            desk.window.send_clipboard()
        desk.until(lambda: desk.window.screen.state.files, "the picture")
    assert desk.window.screen.state.files[0].name.endswith(".png")
    assert list(desk.window.files.thumbnails) == [desk.window.screen.state.files[0].path]
    if by == "tray":
        desk.open()
        desk.type("a@x.example")
        desk.window.sheet.head.subject.focus_set()
        desk.type("Picture")
        desk.until(lambda: desk.window.screen.state.written.subject == "Picture", "the subject")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Undo"))
    desk.until(lambda: desk.window.screen.state.stage is DraftStage.WRITING, "the text")
    desk.keys("ctrl+Return")
    message = parsed(desk.arrival(sink).content)
    attachment = next(message.iter_attachments())
    with Image.open(io.BytesIO(attachment.get_content())) as got, Image.open(file) as sent:
        assert got.tobytes() == sent.tobytes()
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    kept = desk.live.home.path / "state" / "pictures"
    desk.until(lambda: list(kept.glob("*")) == [], "the kept picture to go")


def noise(path: Path, size: tuple[int, int] = (300, 200)) -> Path:
    """Make a picture."""
    Image.effect_noise(size, 50).save(path)
    return path


def paste_picture(desk: Desk, file: Path) -> None:
    """Paste a picture where the keyboard is, and wait for it in the text."""
    there = len(desk.window.screen.state.written.shown)
    with clipboard({"image/png": file}):
        desk.keys("ctrl+v")
        desk.until(
            lambda: len(desk.window.screen.state.written.shown) > there, "the picture in the text"
        )


def pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.tobytes()


def test_pictures_pasted_into_the_text_are_shown_there_in_the_mail(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    one, two = noise(tmp_path / "one.png"), noise(tmp_path / "two.png", (40, 30))
    desk.open(Prefill(("a@x.example",), subject="Pictures"))
    body = desk.window.sheet.body
    desk.click(body.text)
    desk.type("Before")
    desk.keys("Return")
    paste_picture(desk, one)
    desk.type(" 😀 & <after>")
    desk.keys("ctrl+Home")
    paste_picture(desk, two)
    desk.until(lambda: body.value == f"{PICTURE}Before\n{PICTURE} 😀 & <after>", "the text")
    assert len(body.text.image_names()) == 2
    assert desk.window.screen.state.attached == ()
    assert desk.window.sheet.drawer.strip.cards == []
    names = [file.name for path in body.shown for file in desk.window.screen.state.files
             if file.path == path]  # fmt: skip
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    message = parsed(desk.arrival(sink).content)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    said = [f"[{names[0]}]Before", f"[{names[1]}] 😀 & <after>"]
    assert plain.get_content().splitlines() == said
    assert related.get_content_type() == "multipart/related"
    html, *pictures = related.iter_parts()
    assert isinstance(html, EmailMessage)
    written = html.get_content()
    cids = [str(part["Content-ID"]).strip("<>") for part in pictures]
    assert {part.get_content_type() for part in pictures} == {"image/png"}
    assert [part.get_filename() for part in pictures] == names
    shown = [f'<img src="cid:{cid}" alt="{name}"' for cid, name in zip(cids, names, strict=True)]
    first, second = (written.index(tag) for tag in shown)
    assert first < written.index("Before<br>") < second < written.index("😀 &amp; &lt;after&gt;")
    assert [pixels(part.get_content()) for part in pictures] == [
        pixels(two.read_bytes()),
        pixels(one.read_bytes()),
    ]
    kept = desk.live.home.path / "state" / "pictures"
    desk.until(lambda: list(kept.glob("*")) == [], "the kept pictures to go")


@pytest.mark.parametrize("markdown", [False, True], ids=["plain", "markdown"])
def test_a_mail_that_is_edited_again_has_its_pictures_in_the_text(
    desk: Desk, sink: Sink, tmp_path: Path, *, markdown: bool
) -> None:
    file = tmp_path / "note.txt"
    file.write_text("a note")
    sink.reply("rcpt", "550 5.1.1 no such user", times=1)
    desk.open(Prefill(("a@x.example",), subject="Pictures", files=(str(file),)))
    body = desk.window.sheet.body
    if markdown:
        desk.press("Markdown")
    desk.click(body.text)
    desk.type("Before ")
    paste_picture(desk, noise(tmp_path / "one.png"))
    desk.type(" between ")
    paste_picture(desk, noise(tmp_path / "two.png", (40, 30)))
    words = f"Before {PICTURE} between {PICTURE}"
    desk.until(lambda: body.value == words, "the text")
    desk.keys("ctrl+Return")
    mail = desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    services = desk.live.services
    failed = lambda: services.mail.detail(mail).item.state is State.FAILED  # noqa: E731 # asked again and again
    desk.until(failed, "the refusal")
    detail = services.mail.detail(mail)
    # As the button of the outbox does it.
    desk.open(as_new(detail, services.drafts.unpack(mail)))
    desk.until(lambda: body.value == words, "the text again")
    state = desk.window.screen
    desk.until(lambda: len(state.state.files) == 3, "the files")
    assert len(body.text.image_names()) == 2
    assert [one.name for one in state.state.attached] == ["note.txt"]
    assert state.state.written.markdown is markdown
    desk.keys("ctrl+Return")
    desk.until(lambda: state.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    mixed = parsed(desk.arrival(sink).content)
    alternative, note = mixed.iter_parts()
    assert note.get_filename() == "note.txt"
    assert isinstance(alternative, EmailMessage)
    plain, related = alternative.iter_parts()
    assert plain.get_content().strip() == detail.text.strip()
    html, *pictures = related.iter_parts()
    assert [one.get_filename() for one in pictures] == [one.name for one in detail.attachments[:2]]
    cids = [str(part["Content-ID"]).strip("<>") for part in pictures]
    first, second = (html.get_content().index(f'src="cid:{one}"') for one in cids)
    assert html.get_content().index("Before ") < first < html.get_content().index("between")
    assert html.get_content().index("between") < second
    assert pixels(pictures[0].get_content()) == pixels((tmp_path / "one.png").read_bytes())


def test_a_file_that_is_being_looked_at_is_kept_when_the_program_ends(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "note.txt"
    file.write_text("a note")
    desk.open(Prefill(("a@x.example",)))
    desk.until(lambda: desk.window.writing.loaded, "the draft")
    desk.window.writing.attach((str(file),))
    desk.window.keep()
    assert desk.live.services.drafts.load().files == (str(file),)
    desk.until(lambda: desk.window.screen.state.files, "the file")
    desk.window.keep()
    assert desk.live.services.drafts.load().files == (str(file),)


def test_a_picture_in_the_text_is_kept_with_the_draft(desk: Desk, tmp_path: Path) -> None:
    desk.open(Prefill(("a@x.example",)))
    desk.type("See ")
    paste_picture(desk, noise(tmp_path / "one.png"))
    desk.type(" 😀it😀")
    desk.keys("BackSpace", "Left", "Left", "BackSpace", "End")
    drafts = desk.live.services.drafts
    words = f"See {PICTURE} it"
    # On the disk before any window closes: what is killed then has it.
    desk.until(lambda: drafts.load().body == words and drafts.load().shown, "the draft")
    assert drafts.load().files == ()
    assert Path(drafts.load().shown[0]).is_file()
    again = desk.another_window()
    body = again.sheet.body
    desk.until(lambda: body.value == words, "the text")
    desk.until(lambda: again.files.thumbnails, "the picture")
    [name] = body.text.image_names()

    def height() -> int:
        return int(desk.root.tk.call("image", "height", body.text.image_cget(name, "image")))

    desk.until(lambda: height() == 200, "the picture shown")
    assert again.screen.state.attached == ()


def test_a_picture_is_removed_with_the_keyboard_and_comes_back(desk: Desk, tmp_path: Path) -> None:
    desk.open(Prefill(("a@x.example",)))
    window = desk.window
    desk.type("one")
    paste_picture(desk, noise(tmp_path / "one.png"))
    desk.type("two")
    desk.keys("Left", "Left", "Left", "BackSpace")
    desk.until(
        lambda: window.screen.state.written.body == "onetwo" and not window.screen.state.files,
        "it is gone",
    )
    assert window.screen.state.written.shown == ()
    desk.keys("ctrl+z")
    desk.until(lambda: window.screen.state.written.body == f"one{PICTURE}two", "it is back")
    desk.until(lambda: window.screen.state.files and window.screen.state.files[0].size, "its file")
    assert window.screen.state.attached == ()
    desk.keys("ctrl+z")
    desk.until(lambda: window.screen.state.written.body == "one", "before it was pasted")
    desk.type("!")
    paste_picture(desk, tmp_path / "one.png")
    desk.keys("ctrl+a", "ctrl+x")
    desk.until(
        lambda: not (window.screen.state.written.body or window.screen.state.files),
        "nothing written",
    )
    assert window.sheet.body.value == ""


def test_an_attached_picture_is_shown_in_the_text_instead(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    photo, notes = noise(tmp_path / "photo.png", (900, 600)), tmp_path / "notes.txt"
    notes.write_text("notes")
    desk.open(Prefill(("a@x.example",), subject="P", files=(str(photo), str(notes))))
    desk.until(lambda: len(desk.window.screen.state.files) == 2, "the files")
    desk.type("**Look** ")
    desk.click(desk.button("Markdown"))
    cards = desk.window.sheet.drawer.strip.cards
    cards[0].focus_set()
    desk.keys("Return")
    desk.until(lambda: desk.window.screen.state.written.shown == (str(photo),), "it in the text")
    assert [file.name for file in desk.window.screen.state.attached] == ["notes.txt"]
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window.screen.state.mail, "the undo bar")
    desk.click(desk.button("Send now"))
    message = parsed(desk.arrival(sink).content)
    assert [part.get_filename() for part in message.iter_attachments()] == ["notes.txt"]
    html = message.get_body(("html",))
    related = message.get_body(("related",))
    assert html is not None and related is not None  # noqa: PT018 - for the type check
    assert "<strong>Look</strong> <img src=" in html.get_content()
    [picture] = related.iter_attachments()
    assert picture.get_content() == photo.read_bytes()
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["**Look** [photo.png]"]


def test_what_takes_no_html_gets_a_pasted_picture_as_a_file(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = make_desk('version = 1\n[accounts.team]\nkind = "wecom"\n')
    desk.open()
    desk.click(desk.window.sheet.body.text)
    desk.type("Look")
    with clipboard({"image/png": noise(tmp_path / "one.png")}):
        desk.keys("ctrl+v")
        desk.until(lambda: desk.window.screen.state.attached, "the file")
    assert desk.window.screen.state.written.shown == ()
    assert desk.window.sheet.body.value == "Look"


def test_elsewhere_than_on_x11_a_picture_is_read_in_a_thread(desk: Desk, tmp_path: Path) -> None:
    """As on Windows and macOS, where the targets of a selection are unknown."""
    file = tmp_path / "picture.png"
    Image.effect_noise((300, 200), 50).save(file)
    desk.open()
    board = desk.window.clipboard
    board.x11 = False
    clips: list[Clip] = []
    with clipboard({"image/png": file}):
        hear(desk.root)
        assert not board.for_a_field()
        board.read(clips.append, lambda error: pytest.fail(str(error)))
        assert clips == []
        desk.until(lambda: clips, "an answer")
    # Pillow needs xclip here.
    assert bool(clips[0].png) == bool(shutil.which("xclip"))


def test_elsewhere_than_on_x11_words_go_before_pictures(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("words")
    desk.open()
    board = desk.window.clipboard
    board.x11 = False
    clips: list[Clip] = []
    with clipboard({"UTF8_STRING": words, "image/png": words}):
        hear(desk.root)
        assert board.for_a_field()
        board.read(clips.append, lambda error: pytest.fail(str(error)))
    assert clips == [Clip(words="words")]


def test_no_picture_to_paste_is_told(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("words")
    desk.open()
    with clipboard({"UTF8_STRING": words}):
        desk.click(desk.button("Paste picture"))
        desk.until(lambda: "There is no picture in the clipboard." in desk.words(), "a word")


def test_an_owner_of_the_clipboard_that_hangs_puts_nothing_into_the_text(
    desk: Desk, tmp_path: Path
) -> None:
    picture = tmp_path / "picture.png"
    Image.effect_noise((30, 20), 50).save(picture)
    desk.open()
    desk.window.sheet.body.text.focus_set()
    with clipboard({"image/png": picture}) as owner:
        owner.send_signal(signal.SIGSTOP)
        try:
            desk.keys("ctrl+v")
            words = "The program that holds the clipboard does not answer."
            desk.until(lambda: words in desk.words(), "a word")
        finally:
            owner.send_signal(signal.SIGCONT)
        desk.keys("ctrl+v")
        desk.until(lambda: desk.window.screen.state.files, "the picture")
    desk.until(lambda: desk.window.sheet.body.value == PICTURE, "it alone")
    (file,) = desk.window.screen.state.files
    assert re.fullmatch(r"picture-\d{8}-\d{6}\.png", file.name)


def test_what_says_to_be_a_picture_and_is_none_is_told(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("words")
    desk.open()
    with clipboard({"image/png": words}):
        desk.click(desk.button("Paste picture"))
        desk.until(lambda: desk.window.screen.state.trouble, "what to do")
    desk.sees("Save it as a file")  # a helper program would not help


def test_the_clipboard_is_sent_from_the_tray(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("to be sent")
    # Tk gives out its own until it has heard that another program has copied something.
    desk.root.clipboard_clear()
    desk.root.clipboard_append("copied here before")
    hear(desk.root)
    with clipboard({"UTF8_STRING": words}):
        desk.window.send_clipboard()
        desk.until(lambda: desk.window.sheet.body.value == "to be sent", "the words")
    assert desk.window.winfo_viewable()


@pytest.mark.parametrize("holds", ["UTF8_STRING", "text/uri-list"])
def test_an_owner_that_hangs_over_what_it_offers_is_told(
    desk: Desk, tmp_path: Path, holds: str
) -> None:
    with clipboard({holds: tmp_path / "never"}):
        desk.window.send_clipboard()
        words = "The program that holds the clipboard does not answer."
        desk.until(lambda: words in desk.words(), "a word")
    assert "empty" not in desk.words()


def test_nothing_holds_the_window_once_it_is_gone(desk: Desk) -> None:
    window = desk.another_window()
    gone = weakref.ref(window)
    window.destroy()
    del window
    desk.until(lambda: not desk.background.busy, "its work to end")
    gc.collect()
    assert gone() is None


def test_files_are_dropped(desk: Desk, tmp_path: Path) -> None:
    files = [tmp_path / "one file.txt", tmp_path / "zwei 图.txt"]
    for file in files:
        file.write_text(file.name)
    desk.open()
    body = desk.window.sheet.body
    desk.until(lambda: desk.window.bind("<<Drop:DND_Files>>"), "the window to take drops")
    x, y = body.winfo_rootx() + 100, body.winfo_rooty() + 100
    with drag(x, y, *files) as hand:
        desk.until(lambda: hand.poll() is not None, "the drop")
    assert hand.returncode == 0
    desk.until(lambda: len(desk.window.screen.state.files) == 2, "the files")
    assert [one.path for one in desk.window.screen.state.files] == list(map(str, files))


def test_files_are_chosen_in_the_dialog(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "chosen.txt"
    file.write_text("chosen")
    desk.open()
    typed = ("type", "--delay", "4", str(file))
    with desk.hand_in_dialog(typed, ("key", "Return")):
        desk.keys("ctrl+shift+a")
        desk.until(lambda: desk.window.screen.state.files, "the file")
    assert desk.window.screen.state.files[0].path == str(file)


def test_the_bar_below_is_walked_as_it_is_read(desk: Desk) -> None:
    desk.open()
    desk.window.update()
    foot = desk.window.sheet.foot
    buttons = [one for one in every_child(foot) if isinstance(one, Button)]
    focused: list[Button] = []
    widget: object = desk.window
    for _ in range(40):
        widget = widget.tk_focusNext()  # type: ignore[attr-defined] # a widget
        if isinstance(widget, Button) and widget in buttons:
            focused.append(widget)
    once = focused[: len(set(focused))]
    assert [one.winfo_rootx() for one in once] == sorted(one.winfo_rootx() for one in once)


def test_a_robot_has_no_address_that_is_the_users_own(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(
        'version = 1\ndefault_account = "team"\n[accounts.team]\nkind = "wecom"\n'
        '[accounts.main]\naddress = "123456@qq.com"\n'
    )
    desk.open()
    head = desk.window.sheet.head
    assert not head.me.winfo_ismapped()
    desk.window.writing.add_me()
    assert head.to.addresses == ()
    head.sender.value = "main"
    desk.window.writing.typed()
    desk.until(head.me.winfo_ismapped, "the chip")
    desk.press("Me")
    desk.until(lambda: head.to.addresses == ("123456@qq.com",), "the own address")


def kept(folder: Path, name: str, secret: str) -> Path:
    """A folder of credentials with the secret of one account."""
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / f"traymail.{name}").write_text(f"{secret}\n")
    return secrets


def test_a_webhook_is_written_to_and_what_it_cannot_do_is_greyed_and_said(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    with hook("gotify") as service:
        desk = make_desk(
            'version = 1\ndefault_account = "alerts"\n[accounts.main]\naddress = "123456@qq.com"\n'
            '[accounts.alerts]\nkind = "webhook"\npreset = "gotify"\nundo_seconds = 0\n',
            kept(tmp_path, "alerts", service.address),
        )
        desk.open()
        head, foot = desk.window.sheet.head, desk.window.sheet.foot
        desk.until(lambda: head.greyed == {"to", "cc", "bcc"}, "the rows greyed")
        assert desk.said() == "A webhook writes to its own place only."
        assert all(one.instate(["disabled"]) for one in (head.to.entry, head.copies))
        attach = next(one for one in every_child(foot) if str(one) == str(foot.attach))
        assert isinstance(attach, Button)
        assert attach.instate(["disabled"])
        # With an account of mail all of it can be used, and with the first one no more.
        head.sender.value = "main"
        desk.window.writing.typed()
        desk.until(lambda: not head.greyed and attach.instate(["!disabled"]), "all of it")
        assert desk.said() == ""
        head.to.addresses = ("a@b.cd",)
        head.sender.value = "alerts"
        desk.window.writing.typed()
        # What stands there is told, and can be taken out.
        desk.until(lambda: desk.said() == "A webhook writes to its own place only.", "why not")
        assert head.to.entry.instate(["!disabled"])
        head.to.addresses = ()
        desk.window.writing.typed()
        desk.until(lambda: "to" in head.greyed, "the row greyed again")
        desk.click(head.subject)
        desk.type("Disk")
        desk.keys("Tab")
        desk.type("full")
        desk.keys("ctrl+Return")
        desk.until(lambda: service.taken, "the message")
        assert service.taken[0].document == {"title": "Disk", "message": "full"}


def test_a_robot_mentions_people_and_takes_files_from_the_window(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("not a picture", "utf-8")
    with robot() as group:
        desk = make_desk(
            'version = 1\n[accounts.team]\nkind = "wecom"\nformat = "text"\nundo_seconds = 0\n'
            f'api_url = "http://127.0.0.1:{group.port}"\n',
            kept(tmp_path, "team", KEY),
        )
        desk.open()
        head = desk.window.sheet.head
        desk.until(lambda: head.greyed == {"cc", "bcc"}, "the copies greyed")
        assert head.copies.instate(["disabled"])
        desk.type("wangqing,")
        desk.keys("Tab")
        desk.type("Disk")
        desk.window.writing.attach((str(tmp_path / "a.txt"),))
        desk.until(lambda: desk.window.screen.state.files, "the file")
        desk.keys("ctrl+Return")
        desk.until(lambda: len(group.messages) == 2, "the text and the file")
        assert group.told[1] == ("file", ("a.txt", b"not a picture"))
        assert group.messages[0]["text"]["mentioned_list"] == ["wangqing"]


def test_sendgrid_is_written_through_with_copies_and_files(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    with sendgrid() as service:
        desk = make_desk(
            'version = 1\n[accounts.bulk]\nkind = "sendgrid"\naddress = "me@example.com"\n'
            f'undo_seconds = 0\napi_url = "http://127.0.0.1:{service.port}"\n',
            kept(tmp_path, "bulk", API_KEY),
        )
        desk.open()
        head = desk.window.sheet.head
        assert head.greyed == frozenset()
        desk.type("you@example.com,")
        head.unfold()
        head.bcc.addresses = ("hidden@example.com",)
        desk.click(head.subject)
        desk.type("Invoice")
        desk.window.writing.attach((str(tmp_path / "a.txt"),))
        desk.until(lambda: desk.window.screen.state.files, "the file")
        desk.keys("ctrl+Return")
        desk.until(lambda: service.mails, "the mail")
        [sent] = service.mails
        assert sent["subject"] == "Invoice"
        assert [one["filename"] for one in sent["attachments"]] == ["a.txt"]
        assert "hidden@example.com" in str(sent["personalizations"])
