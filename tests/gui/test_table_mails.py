"""Mails from a table, played with keys and clicks, on the real program and real servers."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.gui.conftest import MakeRoot
from tests.support.certificates import Certificates
from tests.support.hands import Hands
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.robot import KEY, robot
from tests.support.running import ADDRESS, CANARY
from tests.support.sink import Sink, serve
from tests.support.webhook import hook
from traymail.core.outbox import State
from traymail.core.sight import Sight
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.table_mails import TableMailsWindow
from traymail.ui.model.rule_preview import Instead
from traymail.ui.model.table_mails import sight, turned, written
from traymail.ui.theme import Root

SLOW = """\
address = "me@slow.example"
host = "127.0.0.1"
port = 9
security = "none"
auth = "none"
max_per_hour = 1
undo_seconds = 60
"""
ROWS = "姓名,邮箱,file\n王芳,fang@x.example,\n李娜,na@x.example,\n张伟,wei@x.example,\n"


@dataclass
class Desk(Hands):
    """The window on the running program, and hands to work it."""

    root: Root
    live: Live
    window: TableMailsWindow

    def take(self, table: Path) -> None:
        """Have the window take a table, and wait until it has been looked at."""
        self.window.take(table)
        self.until(lambda: not self.window.screen.state.looking, "the look")

    def field(self, name: str, words: str) -> None:
        """Type into a field of the form, and wait until that was looked at."""
        assert self.window.sheet.form is not None
        self.go_to(self.window.sheet.form, name)
        self.type(words)
        self.until(lambda: self.window.screen.state.values.get(name) == words, f"the field {name}")
        self.until(lambda: not self.window.screen.state.looking, "the look")

    def shown(self) -> Sight:
        found = sight(self.window.screen.state)
        assert isinstance(found, Sight), found
        return found


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, user=ADDRESS, password=CANARY) as running:
        yield running


@pytest.fixture
def make_desk(
    make_root: MakeRoot, home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> Iterator[Callable[[str], Desk]]:
    ends: list[Callable[[], object]] = []

    def make(more: str = "undo_seconds = 0") -> Desk:
        running = live(home, at_sink(sink, certificates.ca_file, more), tmp_path / "secrets")
        program = running.__enter__()
        ends.append(lambda: running.__exit__(None, None, None))
        root = make_root()
        bridge = Bridge(root)
        background = Background(bridge)
        window = TableMailsWindow(
            root,
            program.services,
            background,
            lambda: datetime.now(UTC),  # noqa: TID251 - the test's clock is the machine's
        )
        program.services.program.listen(lambda event: bridge.post(lambda: window.on_event(event)))
        ends.extend((bridge.close, background.close))
        window.open("您好 {csv.姓名}")
        desk = Desk(root, program, window)
        desk.until(window.winfo_viewable, "the window")
        desk.until(lambda: window.screen.state.accounts, "the accounts")
        return desk

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(ROWS, "utf-8-sig")
    return file


def test_each_row_becomes_a_mail_and_the_log_tells_what_became_of_it(
    make_desk: Callable[[], Desk], table: Path, sink: Sink, tmp_path: Path
) -> None:
    desk = make_desk()
    desk.sees("A mail for each row of a table")
    desk.take(table)
    assert desk.window.screen.state.values["to"] == "{csv.邮箱}"  # by the name of its column
    desk.field("body", "Hello")
    shown = desk.shown()
    assert shown.mail is not None
    assert (shown.mail.subject, shown.mail.to) == ("您好 王芳", ("fang@x.example",))
    desk.sees("3 mails would be sent, one for each row.")
    desk.sees("Mail 1 of 3")
    desk.window.screen.set_state(turned(desk.window.screen.state, 1))
    desk.sees("Mail 2 of 3")
    desk.sees("您好 李娜")
    sink.reply("rcpt", "550 5.1.1 no such user", only="na@x.example")
    desk.press("Send all")
    desk.until(lambda: desk.window.done, "the mails to be stored")
    desk.until(lambda: desk.window.screen.state.left == 0, "all mails to come to an end")
    assert {one.recipients for one in sink.wait_for(2)} == {
        ("fang@x.example",),
        ("wei@x.example",),
    }
    desk.sees("2 of 3 sent, 1 went wrong")
    desk.sees("All done")
    assert desk.window.log is not None
    tree = desk.window.log.table.tree
    cells = [[str(one) for one in tree.item(row, "values")] for row in tree.get_children()]
    [[_to, state, code, reply]] = [one for one in cells if one[0] == "na@x.example"]
    assert (state, code) == ("Failed", "550")
    assert "no such user" in reply
    report = tmp_path / "report.csv"
    with desk.hand_in_dialog(
        ("key", "ctrl+a"), ("type", "--delay", "8", str(report)), ("key", "Return")
    ):
        desk.press("Save the report…")
    desk.sees("Saved as report.csv.")
    told = list(csv.DictReader(report.read_text("utf-8").splitlines()))
    assert [(one["line"], one["state"]) for one in told] == [
        ("2", "sent"),
        ("3", "failed"),
        ("4", "sent"),
    ]


def test_a_row_that_cannot_be_sent_is_named_and_nothing_leaves(
    make_desk: Callable[[], Desk], table: Path
) -> None:
    table.write_text(ROWS + "赵六,,\n钱七,nobody,\n", "utf-8")
    desk = make_desk()
    desk.take(table)
    desk.sees("2 rows cannot be sent. Correct the table, and choose it again.")
    desk.sees("Line 5:")
    desk.sees("Line 6:")
    assert not desk.window.screen.state.may_send
    assert desk.window.go.instate(["disabled"])


def test_what_the_mail_itself_lacks_is_no_fault_of_a_row(
    make_desk: Callable[[], Desk], table: Path
) -> None:
    desk = make_desk()
    nothing = {**desk.window.screen.state.values, "subject": "", "body": ""}
    desk.window.screen.apply(written, nothing)
    desk.take(table)
    desk.sees("There is nothing to send: no subject, no body, no file. Write a subject or a text.")
    assert isinstance(sight(desk.window.screen.state), Instead)
    desk.field("subject", "Hello")
    desk.sees("3 mails would be sent, one for each row.")
    table.write_text("name\nLi\nWang\n", "utf-8")
    desk.window.screen.apply(written, {**desk.window.screen.state.values, "to": ""})
    desk.take(table)
    desk.sees("The mail has no recipient. Write at least one address.")
    assert isinstance(sight(desk.window.screen.state), Instead)


def test_what_is_no_table_and_no_column_is_told(
    make_desk: Callable[[], Desk], table: Path, tmp_path: Path
) -> None:
    desk = make_desk()
    odd = tmp_path / "odd.csv"
    odd.write_bytes(b"a,b\n\x00\x01\n")
    desk.take(odd)
    desk.sees("of the table is not text")
    desk.take(table)
    desk.field("body", "{csv.nobody}")
    found = sight(desk.window.screen.state)
    assert isinstance(found, Instead)
    desk.sees("csv.nobody")
    assert not desk.window.screen.state.may_send


def test_the_rest_can_be_stopped_while_it_waits(
    make_desk: Callable[[str], Desk], table: Path, sink: Sink
) -> None:
    desk = make_desk("undo_seconds = 60")
    desk.take(table)
    desk.press("Send all")
    desk.until(lambda: desk.window.screen.state.standing, "the log")
    assert desk.window.screen.state.left == 3
    desk.press("Stop the rest")
    desk.until(lambda: desk.window.screen.state.left == 0, "the mails to be taken back")
    batch = desk.window.screen.state.posted
    assert batch is not None
    counts = desk.live.services.batches.standing(batch.number).counts
    assert counts[State.CANCELLED] == 3
    assert sink.arrivals == []


def test_how_long_the_rest_takes_is_told_while_it_is_sent(
    make_desk: Callable[[], Desk], table: Path, sink: Sink
) -> None:
    people = (f"{number},to{number}@x.example,\n" for number in range(8))
    table.write_text("姓名,邮箱,file\n" + "".join(people), "utf-8")
    desk = make_desk()
    desk.take(table)
    released = Event()
    sink.hold("rcpt", released, only="to4@x.example")
    desk.press("Send all")
    try:
        desk.sees("4 of 8 sent")
        desk.until(lambda: re.search(r"^\d+ (s|min) left$", desk.words(), re.M), "the rest's time")
    finally:
        released.set()
    desk.sees("8 of 8 sent")
    desk.sees("All done")
    assert " left" not in desk.words()


def test_the_rest_takes_as_long_as_the_caps_say(
    make_desk: Callable[[str], Desk], table: Path
) -> None:
    desk = make_desk("undo_seconds = 0\n[accounts.slow]\n" + SLOW)
    desk.take(table)
    picker: Any = desk.window.sheet.form and desk.window.sheet.form.controls["account"]
    picker.widget.pick("slow")
    desk.until(lambda: desk.window.screen.state.may_send, "the look")
    desk.press("Send all")
    # Nothing has left yet, and no two of them leave in the same hour.
    desk.sees("2 h left")
    desk.press("Stop the rest")
    desk.sees("All done")


@dataclass
class TeamDesk(Desk):
    """One with an account "team" besides, whose mails have readers of their own."""

    came: Callable[[], list[str]]

    def send_from(self, account: str) -> None:
        """Choose the account that sends, and wait until that was looked at."""
        assert self.window.sheet.form is not None
        picker: Any = self.window.sheet.form.controls["account"]
        picker.widget.pick(account)
        self.until(lambda: not self.window.screen.state.looking, "the look")


@contextmanager
def at_service(kind: str) -> Iterator[tuple[str, str, Callable[[], list[str]]]]:
    """Serve a robot or a webhook: what is written of it, its secret, and what came."""
    if kind == "wecom":
        with robot() as group:
            keys = f'api_url = "http://127.0.0.1:{group.port}"\nformat = "text"'
            yield keys, KEY, lambda: group.contents
        return
    with hook("gotify") as one:

        def came() -> list[str]:
            told = (posted.document for posted in one.taken)
            return [f"{each['title']}\n\n{each['message']}" for each in told]

        yield 'preset = "gotify"', one.address, came


@pytest.fixture
def team_desk(
    make_desk: Callable[[str], Desk], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[TeamDesk]:
    with at_service(request.param) as (keys, secret, came):
        (tmp_path / "secrets").mkdir(mode=0o700)
        (tmp_path / "secrets/traymail.team").write_text(f"{secret}\n")
        team = f'[accounts.team]\nkind = "{request.param}"\n{keys}\nundo_seconds = 0'
        desk = make_desk(f"undo_seconds = 0\n\n{team}")
        yield TeamDesk(desk.root, desk.live, desk.window, came)


@pytest.mark.parametrize("team_desk", ["wecom", "webhook"], indirect=True)
def test_what_has_readers_of_its_own_gets_a_message_of_each_row(
    team_desk: TeamDesk, table: Path
) -> None:
    desk = team_desk
    desk.take(table)
    assert desk.window.screen.state.values["to"] == "{csv.邮箱}"
    desk.send_from("team")
    # The addresses of the table are nothing to it; whoever goes back has them again.
    assert desk.window.screen.state.values["to"] == ""
    desk.send_from("main")
    assert desk.window.screen.state.values["to"] == "{csv.邮箱}"
    desk.send_from("team")
    desk.field("body", "Hello")
    desk.sees("3 mails would be sent, one for each row.")
    desk.press("Send all")
    desk.until(lambda: desk.window.over, "all messages to come to an end")
    desk.sees("3 of 3 sent")
    assert desk.came() == [f"您好 {name}\n\nHello" for name in ("王芳", "李娜", "张伟")]


@pytest.mark.parametrize(
    ("team_desk", "told"),
    [
        ("wecom", "A WeCom robot writes to its group only"),
        ("webhook", "A webhook writes to its own place only."),
    ],
    indirect=["team_desk"],
)
def test_recipients_that_were_written_are_refused_where_they_mean_nothing(
    team_desk: TeamDesk, table: Path, told: str
) -> None:
    desk = team_desk
    desk.take(table)
    form = desk.window.sheet.form
    assert form is not None
    desk.go_to(form, "to")
    desk.keys("End")
    desk.type(", boss@x.example")
    desk.until(lambda: desk.window.screen.state.values["to"].endswith(", boss@x.example"))
    desk.send_from("team")
    desk.sees(told)
    assert not desk.window.screen.state.may_send
    # They can be taken out again.
    desk.go_to(form, "to")
    desk.keys("ctrl+a", "BackSpace")
    desk.sees("3 mails would be sent, one for each row.")
    assert desk.window.screen.state.may_send


@pytest.mark.parametrize("team_desk", ["wecom"], indirect=True)
def test_a_column_mentions_people_and_another_table_brings_its_own_columns(
    team_desk: TeamDesk, table: Path, tmp_path: Path
) -> None:
    desk = team_desk
    desk.take(table)
    desk.send_from("team")
    watch = tmp_path / "watch.csv"
    watch.write_text("host,who\nweb,wangqing\nmail,\n", "utf-8")
    desk.take(watch)
    form = desk.window.sheet.form
    assert form is not None
    desk.sees("Empty: to the whole group.")
    desk.go_to(form, "subject")
    desk.keys("ctrl+a", "BackSpace")
    desk.field("subject", "{csv.host}")
    desk.field("to", "{csv.who}")
    desk.sees("2 mails would be sent, one for each row.")
    desk.press("Send all")
    desk.until(lambda: desk.window.over, "all messages to come to an end")
    assert desk.came() == ["web", "mail"]
