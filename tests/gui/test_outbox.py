"""The outbox window, played with keys and clicks, on the real program and a real server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest
from PIL import Image

from tests.gui.conftest import MakeRoot
from tests.gui.outbox_windows import OUTBOX
from tests.support.certificates import Certificates
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.robot import KEY, coded, robot
from tests.support.running import ADDRESS, CANARY, credentials
from tests.support.sendgrid import API_KEY, sendgrid
from tests.support.sink import Sink
from tests.support.tk import until_tk
from tests.support.wait import until
from traymail.core.address import parse_address
from traymail.core.errors import SourceError, StateError
from traymail.core.events import OutboxChanged
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import SavedDraft
from traymail.core.robots import GROUP
from traymail.core.shown import PICTURE, to_html
from traymail.core.texts import text
from traymail.services.mail import MailService
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.outbox import OutboxNavigation, OutboxWindow
from traymail.ui.model.outbox_detail import MailAct
from traymail.ui.model.outbox_table import FIRST
from traymail.ui.model.prefill import Prefill
from traymail.ui.theme import Root

NO_CAP = 30.0
LARGE = 60_000_000


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the test's clock is the machine's


@dataclass
class Desk(Hands):
    """The window on the running program, and hands to work it."""

    root: Root
    live: Live
    background: Background
    window: OutboxWindow
    composed: list[Prefill] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)

    def open(self, mail_id: int | None = None) -> None:
        self.window.open(mail_id)
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: self.window.screen.state.found, "the outbox")
        self.until(lambda: self.window.focus_get() is not None, "the keyboard")

    @contextmanager
    def answering(self, title: str, words: str) -> Iterator[None]:
        """Type into a dialog of Tk and confirm it, as soon as it is there: it has the loop."""

        def answer() -> None:
            found = ("search", "--sync", "--onlyvisible", "--name", title)
            for hand in (
                (*found, "windowactivate", "--sync"),
                ("key", "ctrl+a"),
                ("type", "--delay", "4", words),
                ("key", "Return"),
            ):
                subprocess.run(["xdotool", *hand], check=True, timeout=NO_CAP)

        thread = Thread(target=answer)
        thread.start()
        yield
        thread.join()

    def act(self, act: MailAct) -> None:
        """Click the button of an act in the pane."""
        self.until(lambda: act in self.window.sheet.pane.buttons, f"the button {act}")
        self.click(self.window.sheet.pane.buttons[act])

    def post(self, subject: str, to: str = "a@x.example", **more: object) -> OutboxItem:
        return self.live.services.mail.post(a_draft(subject, to, **more), timedelta(0))

    def state(self, mail: OutboxItem) -> State:
        return self.live.services.mail.detail(mail.id).item.state

    def until_state(self, mail: OutboxItem, state: State) -> None:
        """Wait until the mail stands so, and the window tells it."""
        self.until(lambda: self.state(mail) is state, f"the mail to be {state}")
        self.until(lambda: self.told(mail) is state, f"the window to tell {state}")

    def told(self, mail: OutboxItem) -> State | None:
        found = [one.state for one in self.window.screen.state.items if one.id == mail.id]
        return found[0] if found else None

    def subjects(self) -> list[str]:
        """Return the subjects in the list, as they are drawn."""
        tree = self.window.sheet.list.table.tree
        return [str(tree.item(key, "text")).strip() for key in tree.get_children()]

    def look_at(self, mail: OutboxItem) -> None:
        """Click the row of a mail."""
        tree = self.window.sheet.list.table.tree
        self.until(lambda: tree.exists(str(mail.id)) and tree.bbox(str(mail.id)), "its row")
        x, y, _width, height = (int(side) for side in tree.bbox(str(mail.id)))
        where = (tree.winfo_rootx() + x + 60, tree.winfo_rooty() + y + height // 2)
        self.xdo("mousemove", *map(str, where), "click", "1")
        self.until(
            lambda: self.window.screen.state.mail and self.window.screen.state.looked_at == mail.id
        )

    def pause(self) -> None:
        self.live.services.program.pause(None)
        self.until(lambda: self.live.services.program.overview().paused, "the pause")


def kept(folder: Path, name: str, secret: str) -> Path:
    """A folder of credentials with the secret of one account."""
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / f"traymail.{name}").write_text(f"{secret}\n")
    return secrets


def a_draft(subject: str, to: str = "a@x.example", **more: object) -> Draft:
    sender, people = Address(ADDRESS), (parse_address(to),)
    return Draft("main", sender, people, subject=subject, text="Hello", **more)  # type: ignore[arg-type] # fields of it


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
        composed: list[Prefill] = []
        settings: list[str] = []
        doors = OutboxNavigation(composed.append, lambda: settings.append("settings"))
        window = OutboxWindow(
            root,
            program.services,
            background,
            doors,
            now,
        )
        program.services.program.listen(lambda event: bridge.post(lambda: window.on_event(event)))
        ends.extend((bridge.close, background.close))
        return Desk(root, program, background, window, composed, settings)

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def desk(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> Desk:
    more = "max_message_mb = 100"
    return make_desk(at_sink(sink, certificates.ca_file, more), tmp_path / "secrets")


def test_nothing_yet_leads_to_a_first_mail(desk: Desk) -> None:
    desk.open()
    desk.until(lambda: "Nothing here yet" in desk.words(), "the invitation")
    button = desk.button("Write a mail")
    desk.click(button)
    desk.until(lambda: desk.composed == [Prefill()], "the way to quick send")
    mail = desk.post("First")
    desk.until_state(mail, State.SENT)
    assert "Nothing here yet" not in desk.words()


def test_a_sent_mail_is_read_saved_and_sent_again(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    file = DraftFile("计划.txt", content="十一月".encode())
    mail = desk.post("会议", files=(file,))
    sink.wait_for(1)
    desk.open()
    desk.until_state(mail, State.SENT)
    desk.until(lambda: "250 2.0.0 OK: taken" in desk.words(), "the server's answer")
    desk.keys("Return")
    message = desk.window
    desk.until(
        lambda: desk.window.mails.message and desk.window.mails.message.winfo_viewable(), "the mail"
    )
    assert desk.window.mails.message is not None
    words = desk.window.mails.message.reading.text.get("1.0", "end")
    assert "Hello" in words
    assert "计划.txt  9 B" in words
    assert "Message-ID\t" + mail.message_id in words
    desk.keys("Escape")
    desk.until(lambda: not desk.window.mails.message.winfo_viewable(), "the mail to be closed")  # type: ignore[union-attr] # there is one
    assert message.winfo_viewable()
    target = tmp_path / "saved.eml"
    with desk.answering("Save the message", str(target)):
        desk.act(MailAct.SAVE)
        desk.until(lambda: "Saved as saved.eml." in desk.words(), "the word that it is saved")
    assert target.read_bytes() == sink.arrivals[0].content
    desk.act(MailAct.EDIT)
    desk.until(lambda: desk.composed, "quick send")
    asked = desk.composed[0]
    assert (asked.to, asked.subject, asked.body) == (("a@x.example",), "会议", "Hello")
    assert [Path(path).read_text("utf-8") for path in asked.files] == ["十一月"]


def test_a_failed_mail_is_edited_with_its_files_tried_again_and_dismissed(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    large = tmp_path / "large file.bin"
    large.write_bytes(bytes(range(256)) * 2000)
    sink.reply("rcpt", "550 5.1.1 Mailbox not found", times=2)
    names = ("../evil/name.txt", "large file.bin", "name.txt", "...")
    files = tuple(
        DraftFile(name, path=str(large) if "large" in name else None)
        if "large" in name
        else DraftFile(name, content=name.encode())
        for name in names
    )
    mail = desk.post("Team photo", "Old <old@example.org>", files=files)
    desk.open()
    desk.until_state(mail, State.FAILED)
    desk.until(lambda: "550 5.1.1 Mailbox not found" in desk.words(), "the server's line")
    desk.sees("Failed")
    desk.act(MailAct.EDIT)
    desk.until(lambda: desk.composed, "quick send")
    asked = desk.composed[0]
    assert asked.account == "main"
    assert asked.to == ("Old <old@example.org>",)
    contents = [Path(path).read_bytes() for path in asked.files]
    assert contents == [
        names[0].encode(),
        large.read_bytes(),
        names[2].encode(),
        names[3].encode(),
    ]
    kept = desk.live.home.path / "state" / "draft-files"
    assert [Path(path).name for path in asked.files][1:] == [names[1], names[2], "attachment"]
    for path in map(Path, asked.files):
        assert path.parent.parent == kept
        assert path.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_mode & 0o777 == 0o700
    # As pictures are, they are kept for as long as the draft.
    desk.live.services.drafts.keep(SavedDraft(files=asked.files))
    assert kept.exists()
    desk.live.services.drafts.keep(SavedDraft())
    assert not kept.exists()
    desk.act(MailAct.RETRY)
    desk.until(
        lambda: len(desk.live.services.mail.detail(mail.id).attempts) == 2, "another attempt"
    )
    desk.until_state(mail, State.FAILED)
    desk.act(MailAct.DISMISS)
    desk.until_state(mail, State.CANCELLED)
    desk.click(desk.window.sheet.list.table.tree)
    desk.look_at(mail)
    desk.keys("F5")
    desk.root.update()
    assert desk.state(mail) is State.CANCELLED
    assert sink.arrivals == []


def test_a_failed_mail_is_tried_again_by_key(desk: Desk, sink: Sink) -> None:
    sink.reply("final", "554 5.7.1 no")
    mail = desk.post("Again")
    desk.open()
    desk.until_state(mail, State.FAILED)
    desk.keys("F5")
    desk.until_state(mail, State.SENT)
    assert len(sink.arrivals) == 1


@pytest.mark.parametrize("act", [MailAct.MARK_SENT, MailAct.RESEND])
def test_a_mail_of_unknown_fate_is_settled(desk: Desk, sink: Sink, act: MailAct) -> None:
    sink.drop("answer")
    mail = desk.post("Invoice")
    desk.open()
    desk.until_state(mail, State.UNKNOWN)
    desk.until(lambda: "It may have been delivered" in desk.words(), "the card")
    buttons = desk.window.sheet.pane.buttons
    widths = [buttons[one].winfo_width() for one in (MailAct.MARK_SENT, MailAct.RESEND)]
    assert abs(widths[0] - widths[1]) <= 1  # an odd pixel goes to one of them
    desk.act(act)
    desk.until_state(mail, State.SENT)
    assert len(sink.arrivals) == (1 if act is MailAct.MARK_SENT else 2)
    twice = "It may have been sent twice." in desk.words()
    assert twice is (act is MailAct.RESEND)
    # It is the same mail, so whoever has it twice can tell.
    assert len({arrival.content for arrival in sink.arrivals}) == 1


@pytest.mark.parametrize("act", [MailAct.MARK_SENT, MailAct.RESEND])
def test_a_mail_in_parts_of_which_one_has_an_unknown_fate_is_settled(
    make_desk: Callable[..., Desk], tmp_path: Path, act: MailAct
) -> None:
    with robot() as group:
        url = f"http://127.0.0.1:{group.port}"
        desk = make_desk(
            f'version = 1\n[accounts.team]\nkind = "wecom"\napi_url = "{url}"\n',
            kept(tmp_path, "team", KEY),
        )
        files = tuple(DraftFile(f"{one}.txt", content=b"no picture " * 3) for one in "ab")
        # The words, and of each file its upload and its message; of the last, nobody knows.
        group.acts += ["go", "go", "go", "go", "close"]
        draft = Draft("team", GROUP, (GROUP,), subject="Disk", text="full", files=files)
        mail = desk.live.services.mail.post(draft, timedelta(0))
        desk.open()
        desk.until_state(mail, State.UNKNOWN)
        desk.sees("2 of 3 parts are there; of the next, nobody knows.")
        desk.sees("Part 3 of 3 went out, but the service's answer did not come back.")
        assert len(group.messages) == 2
        desk.act(act)
        desk.until_state(mail, State.SENT)
        assert "parts are there" not in desk.words()
        names = [one[0] for kind, one in group.told if kind == "file"]
        assert names == (["a.txt"] if act is MailAct.MARK_SENT else ["a.txt", "b.txt"])
        assert len(group.contents) == 1


def test_a_mail_in_parts_goes_on_where_it_stopped(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    with robot() as group:
        url = f"http://127.0.0.1:{group.port}"
        desk = make_desk(
            f'version = 1\n[accounts.team]\nkind = "wecom"\napi_url = "{url}"\n',
            kept(tmp_path, "team", KEY),
        )
        files = tuple(DraftFile(f"{one}.txt", content=b"no picture " * 3) for one in "ab")
        group.acts += ["go", "go", "go", "go", coded(40058)]
        draft = Draft("team", GROUP, (GROUP,), subject="Disk", text="full", files=files)
        mail = desk.live.services.mail.post(draft, timedelta(0))
        desk.open()
        desk.until_state(mail, State.FAILED)
        desk.sees("2 of 3 parts are there; another try sends only the rest.")
        desk.act(MailAct.RETRY)
        desk.until_state(mail, State.SENT)
        assert [one[0] for kind, one in group.told if kind == "file"] == ["a.txt", "b.txt"]
        assert len(group.contents) == 1


def test_the_number_that_sendgrid_gives_is_seen(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    with sendgrid() as service:
        desk = make_desk(
            'version = 1\n[accounts.bulk]\nkind = "sendgrid"\naddress = "me@example.com"\n'
            f'api_url = "http://127.0.0.1:{service.port}"\n',
            kept(tmp_path, "bulk", API_KEY),
        )
        people = (Address("li@example.com"),)
        draft = Draft("bulk", Address("me@example.com"), people, subject="Invoice", text="Hello")
        mail = desk.live.services.mail.post(draft, timedelta(0))
        desk.open()
        desk.until_state(mail, State.SENT)
        desk.sees("202 X-Message-Id: id-1")
        desk.keys("Return")
        message = desk.until(lambda: desk.window.mails.message, "the mail in full")
        assert message is not None
        desk.until(message.winfo_viewable, "its window")
        assert "X-Message-Id: id-1" in message.reading.text.get("1.0", "end")


def test_a_waiting_mail_is_cancelled_by_a_key(desk: Desk, sink: Sink) -> None:
    desk.pause()
    mail, other = desk.post("Wait"), desk.post("Other")
    desk.open()
    desk.until_state(mail, State.QUEUED)
    assert desk.window.screen.state.looked_at == other.id
    desk.keys("Down")
    desk.until(lambda: desk.window.screen.state.looked_at == mail.id, "the older mail")
    desk.keys("Delete")
    desk.until_state(mail, State.CANCELLED)
    desk.keys("Delete", "Up")
    desk.until(lambda: desk.window.screen.state.looked_at == other.id, "the newer mail")
    desk.until(lambda: "It is sent once you resume." in desk.words(), "why it waits")
    desk.act(MailAct.RESUME)
    desk.until_state(other, State.SENT)
    assert [desk.state(one) for one in (mail, other)] == [State.CANCELLED, State.SENT]
    assert len(sink.arrivals) == 1


def test_a_mail_that_waits_is_sent_now_and_all_are_tried_again(desk: Desk, sink: Sink) -> None:
    desk.open()
    desk.root.update()
    assert desk.window.sheet.list.retry_all.instate(["disabled"])
    sink.reply("mail", "451 4.3.0 later", times=3)
    mails = [desk.post(f"Mail {number}") for number in range(3)]
    for mail in mails:
        desk.until_state(mail, State.QUEUED)
        desk.until(lambda mail=mail: desk.live.services.mail.detail(mail.id).attempts, "an attempt")  # type: ignore[misc] # of this turn
    desk.look_at(mails[0])
    desk.until(lambda: "451 4.3.0 later" in desk.words(), "what the server said")
    desk.act(MailAct.SEND_NOW)
    desk.until_state(mails[0], State.SENT)
    desk.click(desk.window.sheet.list.retry_all)
    for mail in mails:
        desk.until_state(mail, State.SENT)
    desk.until(lambda: desk.window.sheet.list.retry_all.instate(["disabled"]), "nothing to retry")
    assert len(sink.arrivals) == 3


def test_a_refused_login_leads_to_the_settings(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    credentials(secrets, "wrong")
    sink.password = "another"
    desk = make_desk(at_sink(sink, certificates.ca_file), secrets)
    mail = desk.post("Locked")
    desk.open()
    desk.until(lambda: desk.live.services.program.overview().accounts["main"].stopped, "the stop")
    desk.until(lambda: MailAct.SETTINGS in desk.window.sheet.pane.buttons, "the way out")
    desk.sees("The login was refused")
    desk.act(MailAct.SETTINGS)
    desk.until(lambda: desk.settings, "the settings")
    sink.password = CANARY
    desk.act(MailAct.RETRY)
    desk.until_state(mail, State.SENT)


def test_search_and_filters(desk: Desk, sink: Sink) -> None:
    desk.pause()
    desk.post("Red apple", "li.na@example.com")
    desk.post("Green pear", "wang.wei@example.com")
    desk.post("Scan 7", rule="Scans")
    desk.open()
    desk.until(lambda: desk.subjects() == ["Scan 7", "Green pear", "Red apple"], "all")
    desk.type("li.na")
    desk.until(lambda: desk.subjects() == ["Red apple"], "whom it goes to")
    desk.keys("ctrl+a")
    desk.type("pear")
    desk.until(lambda: desk.subjects() == ["Green pear"], "what it is about")
    desk.type("x")
    desk.until(lambda: "No mail matches" in desk.words(), "that there is none")
    clear = desk.button("Clear filter")
    desk.click(clear)
    desk.until(lambda: len(desk.subjects()) == 3, "all again")
    assert desk.window.sheet.head.search.entry.value == ""
    desk.keys("ctrl+f")
    desk.type("apple")
    desk.until(lambda: desk.subjects() == ["Red apple"], "one")
    desk.keys("Escape")
    desk.until(lambda: len(desk.subjects()) == 3, "all once more")
    assert desk.window.winfo_viewable()
    rules = desk.window.sheet.list.rules
    rules.focus_set()
    desk.keys("Return", "Down", "Down", "Return")
    desk.until(lambda: rules.value == "hand", "the choice")
    desk.until(lambda: desk.subjects() == ["Green pear", "Red apple"], "mails by hand")
    accounts = desk.window.sheet.list.accounts
    accounts.focus_set()
    desk.keys("Return", "Down", "Down", "Return")
    desk.until(lambda: desk.window.screen.state.filter.account == "main", "the account")
    desk.live.services.program.resume()
    desk.until(lambda: len(sink.arrivals) == 3, "the mails")
    chips = desk.window.sheet.head.chips
    desk.until(lambda: "3" in str(chips.buttons["sent"].cget("text")), "the count")
    desk.click(chips.buttons["waiting"])
    desk.until(lambda: desk.subjects() == [], "none that waits")
    desk.click(chips.buttons["sent"])
    desk.until(lambda: desk.subjects() == ["Green pear", "Red apple"], "the sent ones")
    desk.keys("Escape")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")


def test_a_large_mail_shows_how_far_it_is_and_is_stopped(
    desk: Desk, sink: Sink, tmp_path: Path
) -> None:
    file = tmp_path / "film.bin"
    with file.open("wb") as target:
        target.truncate(LARGE)
    desk.open()
    mail = desk.post("Film", files=(DraftFile("film.bin", path=str(file)),))
    desk.until(lambda: desk.window.screen.state.progress.get(mail.id), "progress")
    desk.until(lambda: " of 82 MB" in desk.words(), "how far it is")
    desk.act(MailAct.STOP)
    desk.until_state(mail, State.CANCELLED)
    assert sink.arrivals == []
    assert desk.window.screen.state.progress == {}


def test_the_wait_for_the_answer_is_ended_and_the_other_mails_go_on(desk: Desk, sink: Sink) -> None:
    never = Event()
    sink.hold("final", never)
    desk.open()
    try:
        slow = desk.post("Slow")
        desk.until(lambda: "Waits for the server's answer" in desk.words(), "what it waits for")
        other = desk.post("Other")
        desk.act(MailAct.STOP)
        desk.until_state(slow, State.UNKNOWN)
        desk.until_state(other, State.SENT)
    finally:
        never.set()
    assert [one.recipients for one in sink.arrivals[:1]] == [("a@x.example",)]


def test_a_mail_that_some_have_is_tried_again_for_the_others(desk: Desk, sink: Sink) -> None:
    sink.reply("rcpt", "550 5.1.1 no such user", only="b@")
    desk.open()
    mail = desk.post("Minutes", cc=(Address("b@x.example"),))
    desk.until_state(mail, State.PARTIAL)
    desk.until(lambda: "1 of 2 have it." in desk.words(), "how many have it")
    desk.sees("b@x.example: 550 5.1.1 no such user")
    desk.act(MailAct.RETRY)
    desk.until_state(mail, State.SENT)
    assert [one.recipients for one in sink.arrivals] == [("a@x.example",), ("b@x.example",)]


def test_a_mail_that_another_process_stores_comes_in_and_nothing_jumps(desk: Desk) -> None:
    desk.pause()
    outbox = desk.live.app.outbox
    with outbox.transaction():
        for number in range(40):
            desk.live.services.mail.store(a_draft(f"Mail {number}"))
    desk.open()
    desk.until(lambda: len(desk.subjects()) == 40, "all")
    tree = desk.window.sheet.list.table.tree
    desk.keys("End", *["Down"] * 25)
    desk.until(lambda: tree.yview()[0] > 0, "the list to scroll")
    chosen, top = desk.window.screen.state.looked_at, tree.identify_row(60)
    sent = desk.live.home.run("send", "--queue", "--to", "b@x.example", "--subject", "From outside")
    assert sent.returncode == 0, sent.stderr
    desk.until(lambda: "From outside" in desk.subjects(), "the new mail")
    assert desk.subjects()[0] == "From outside"
    assert desk.window.screen.state.looked_at == chosen
    assert desk.window.sheet.list.table.selected == str(chosen)
    assert tree.identify_row(60) == top


def test_only_the_newest_are_listed_until_more_are_wanted(desk: Desk) -> None:
    desk.pause()
    outbox = desk.live.app.outbox
    with outbox.transaction():
        for number in range(FIRST + 20):
            desk.live.services.mail.store(a_draft(f"Mail {number}"))
    desk.open()
    desk.until(lambda: len(desk.subjects()) == FIRST, "the newest")
    desk.sees(f"The newest {FIRST} are shown.")
    more = desk.button("Show more")
    desk.click(more)
    desk.until(lambda: len(desk.subjects()) == FIRST + 20, "all")
    assert "Show more" not in desk.words()


def test_a_mail_that_is_asked_for_is_shown_whatever_the_filter(desk: Desk) -> None:
    desk.pause()
    first, _second = desk.post("One"), desk.post("Two")
    desk.open()
    desk.click(desk.window.sheet.head.chips.buttons["failed"])
    desk.until(lambda: desk.subjects() == [], "no failed mail")
    desk.keys("Escape")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    desk.open(first.id)
    desk.until(lambda: desk.subjects() == ["Two", "One"], "all mails")
    desk.until(lambda: desk.window.sheet.list.table.selected == str(first.id), "the mail")
    assert "One" in desk.words(desk.window.sheet.pane)


def test_a_file_that_is_gone_is_told(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(500_000))
    mail = desk.post("Large", files=(DraftFile("large.bin", path=str(file)),))
    sink.wait_for(1)
    desk.open()
    desk.until_state(mail, State.SENT)
    desk.live.app.spool.remove(desk.live.app.outbox.spooled())
    desk.act(MailAct.EDIT)
    gone = "The content of large.bin is no longer kept. Attach the file to a new mail."
    desk.until(lambda: gone in desk.words(), "what is wrong")
    assert desk.composed == []
    with pytest.raises(SourceError):
        desk.live.services.mail.save_eml(mail.id, tmp_path / "large.eml")


def test_a_mail_with_pictures_is_edited_with_them_in_its_text(desk: Desk, sink: Sink) -> None:
    sink.reply("rcpt", "550 5.1.1 Mailbox not found")
    pictures = [(f"{number}@x.example", "same.png") for number in range(2)]
    draft = Draft(
        "main",
        Address("me@example.com"),
        (Address("a@x.example"),),
        subject="Pictures",
        text="[same.png] and [same.png]",
        html=to_html(f"{PICTURE} and {PICTURE}", pictures),
        files=(
            *(DraftFile(name, content=cid.encode(), cid=cid) for cid, name in pictures),
            DraftFile("note.txt", content=b"a note"),
        ),
    )
    mail = desk.live.services.mail.post(draft, timedelta(0))
    desk.open()
    desk.until_state(mail, State.FAILED)
    desk.act(MailAct.EDIT)
    desk.until(lambda: desk.composed, "quick send")
    asked = desk.composed[0]
    assert (asked.body, asked.markdown) == (f"{PICTURE} and {PICTURE}", False)
    assert [Path(one).read_text() for one in asked.shown] == [cid for cid, _name in pictures]
    assert [Path(one).name for one in asked.files] == ["note.txt"]


@pytest.mark.parametrize("signature", ["", "Li Na"])
@pytest.mark.parametrize("option", ["--markdown", "--html"])
def test_a_mail_that_a_command_made_of_a_page_is_edited_with_its_pictures(
    make_desk: Callable[..., Desk],
    sink: Sink,
    certificates: Certificates,
    tmp_path: Path,
    option: str,
    signature: str,
) -> None:
    sink.reply("rcpt", "550 5.1.1 Mailbox not found")
    more = f'signature = "{signature}"'
    desk = make_desk(at_sink(sink, certificates.ca_file, more), tmp_path / "secrets")
    pictures = [tmp_path / name for name in ("a.png", "b.png")]
    for picture in pictures:
        Image.new("RGB", (4, 3)).save(picture)
    (note := tmp_path / "note.txt").write_text("a note")
    (page := tmp_path / "page").write_text("<p>Hi<p><img src=a.png alt=Chart> <img src=b.png>")
    files: list[str | Path] = [option, page, "--attach", note]
    text = f"Hi\n\n{PICTURE} {PICTURE}"
    if option == "--markdown":
        files = [option, "--body", "**Hi**\n\n![Chart](a.png) ![](b.png)"]
        for one in (*pictures, note):
            files += ["--attach", one]
        text = f"**Hi**\n\n{PICTURE} {PICTURE}"
    elif signature:  # of a page there is the text alone, and all of it
        text += f"\n\n-- \n{signature}"
    asked = ("send", "--queue", "--to", "a@x.example", "--subject", "Chart")
    run = desk.live.home.run(*asked, *files)
    assert run.returncode == 0, run.stderr
    desk.open()
    [mail] = desk.live.services.mail.find()
    desk.until_state(mail, State.FAILED)
    desk.act(MailAct.EDIT)
    desk.until(lambda: desk.composed, "quick send")
    new = desk.composed[0]
    assert (new.body.rstrip(), new.markdown) == (text, option == "--markdown")
    assert [Path(one).name for one in new.shown] == ["a.png", "b.png"]
    assert [Path(one).name for one in new.files] == ["note.txt"]


def test_a_place_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.pause()
    mail = desk.post("Hello")
    with pytest.raises(StateError, match="cannot be written"):
        desk.live.services.mail.save_eml(mail.id, tmp_path / "nowhere" / "hello.eml")


class Blind:
    """The program's mails, but they cannot be looked for."""

    def __init__(self, mail: MailService) -> None:
        self._mail = mail
        self.sees = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._mail, name)

    def find(self, **asked: Any) -> list[OutboxItem]:  # noqa: ANN401 # as it is asked
        if not self.sees:
            raise StateError(text("The disk cannot be read."))
        return self._mail.find(**asked)


def test_an_outbox_that_cannot_be_read_is_told_until_it_can(desk: Desk) -> None:
    desk.pause()
    desk.post("Hello")
    blind = Blind(desk.live.services.mail)
    services = replace(desk.live.services, mail=cast("MailService", blind))
    doors = OutboxNavigation(desk.composed.append, lambda: None)
    window = OutboxWindow(desk.root, services, desk.background, doors, now)
    window.open()
    desk.until(lambda: "The disk cannot be read." in desk.words(window), "what is wrong")
    blind.sees = True
    window.on_event(OutboxChanged())
    desk.until(lambda: "The disk cannot be read." not in desk.words(window), "that it is well")
    assert "Hello" in desk.words(window)
    window.destroy()


def test_out_of_sight_it_asks_nothing(desk: Desk, sink: Sink) -> None:
    desk.open()
    desk.keys("Escape")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close")
    before = desk.window.screen.state.found
    desk.post("Unseen")
    until(lambda: sink.arrivals, what="the mail")
    desk.root.update()
    assert desk.window.screen.state.found is before
    assert not desk.window.tasks.under_way("draw")


def test_subjects_have_all_the_room_there_is_when_the_window_comes(make_root: MakeRoot) -> None:
    window = OUTBOX["outbox-sending"](make_root())
    assert isinstance(window, OutboxWindow)
    tree = window.sheet.list.table.tree
    window.reveal()
    until_tk(
        window,
        lambda: tree.item("6", "text").strip() == "Meeting room screen, 23 Nov",
        what="a whole subject",
    )
