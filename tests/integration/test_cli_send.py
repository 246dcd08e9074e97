"""`traymail send`: what arrives, what is printed, how each failure ends; nothing is lost."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import USER, Desk, desk, watched
from tests.support.homes import Home
from tests.support.mails import an_account
from tests.support.sink import Arrival, Sink
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.accounts import KINDS
from traymail.cli.wanted import body_of
from traymail.core.errors import SourceError, TraymailError
from traymail.core.kinds import ALL
from traymail.core.message import DraftFile
from traymail.core.paths import PathContext
from traymail.disk import true_place
from traymail.services.batches import LARGEST_TABLE, Mails
from traymail.services.pictures import Pictures
from traymail.services.wanted import WantedMail
from traymail.store.settings import SettingsFile
from traymail.store.spool import Spool
from traymail.ui.attaching import look_at
from traymail.watch.rereading import last_of

STRANGER = 65534
KEYS = {"id", "message_id", "state", "code", "reply", "duration_ms", "account", "recipients"}
ENTRY_KEYS = {
    *("id", "message_id", "state", "account", "rule", "to", "subject", "size", "created_at"),
    *("updated_at", "attempts", "next_attempt_at", "code", "reply", "advice", "duration_ms"),
    *("possible_duplicate", "accepted", "refused"),
}


def _parsed(arrival: Arrival) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(arrival.content)


def test_a_message_with_everything_arrives(office: Desk, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    scan = tmp_path / "扫描 件.bin"
    scan.write_bytes(content)
    done = office.run(
        *("send", "--to", "老板 <boss@c.example>, second@c.example", "--to", "third@c.example"),
        *("--cc", "copy@c.example", "--bcc", "hidden@c.example"),
        *("--subject", "你好 📎", "--body", "第一行\n.\nlast", "--attach", scan),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Mail 1 is sent: 250 2.0.0 OK: taken (")
    [arrival] = office.sink.arrivals
    assert arrival.user == USER
    assert arrival.encrypted
    people = ("boss", "second", "third", "copy", "hidden")
    assert arrival.recipients == tuple(f"{one}@c.example" for one in people)
    mail = _parsed(arrival)
    assert mail["To"] == "老板 <boss@c.example>, second@c.example, third@c.example"
    assert (mail["Cc"], mail["Bcc"]) == ("copy@c.example", None)
    assert mail["Subject"] == "你好 📎"
    assert mail["X-Mailer"].startswith("traymail/")
    text, attached = mail.iter_parts()
    assert text.get_content().split() == ["第一行", ".", "last"]
    assert attached.get_filename() == "扫描 件.bin"
    received = attached.get_payload(decode=True)
    assert isinstance(received, bytes)
    assert hashlib.sha256(received).digest() == hashlib.sha256(content).digest()


def test_a_standard_input_that_is_closed_is_no_text(office: Desk) -> None:
    words = ["send", "--to", "a@b.example", "--subject", "x", "--body", "-", "--queue"]
    command = office.home.command(*words)
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command],
        env=office.env or None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (closed.returncode, closed.stderr.splitlines()[0]) == (
        66,
        "There is no standard input to read the text from.",
    )
    assert office.states() == {}


def test_the_result_for_programs(office: Desk) -> None:
    sent = office.json("send", "--to", "b@c.example", "--subject", "x")
    assert set(sent) == KEYS
    assert (sent["id"], sent["state"], sent["code"], sent["account"]) == (1, "sent", 250, "desk")
    [entry] = office.json("outbox", "list")
    assert set(entry) == ENTRY_KEYS
    assert entry["rule"] is None
    assert entry["next_attempt_at"] is None
    assert entry["created_at"].endswith("Z")
    assert entry["message_id"] == sent["message_id"]


def test_each_of_several_at_once_in_a_new_home_prints_its_result(office: Desk) -> None:
    environ = {**os.environ, **office.env}
    sends = ("send", "--to", "b@c.example", "--subject", "x", "--json")
    for _ in range(4):
        with ExitStack() as ending:
            started = [
                ending.enter_context(
                    Popen(office.home.command(*sends), env=environ, stdout=PIPE, stderr=PIPE)
                )
                for _ in range(3)
            ]
            told = [one.communicate(timeout=PATIENCE_SECONDS) for one in started]
        assert [one.returncode for one in started] == [0, 0, 0], told
        documents = [json.loads(out) for out, _ in told]
        assert sorted(one["id"] for one in documents) == [1, 2, 3]
        assert {one["state"] for one in documents} == {"sent"}
        for made in ("state", "log"):
            shutil.rmtree(office.home.path / made)


def test_queue_stores_and_retry_sends(office: Desk) -> None:
    done = office.run("send", "--to", "b@c.example", "--subject", "x", "--queue")
    assert (done.returncode, done.stdout) == (0, "Mail 1 is stored in the outbox.\n")
    assert done.stderr.startswith("Nothing delivers it: start traymail, or run: traymail outbox")
    assert office.sink.connections == 0
    assert office.states() == {1: "queued"}
    assert office.run("outbox", "retry", "1").returncode == 0
    assert len(office.sink.arrivals) == 1


def test_text_comes_from_standard_input(office: Desk) -> None:
    done = office.run("send", "--to", "b@c.example", "--body", "-", given="管道 text\n")
    assert done.returncode == 0
    assert _parsed(office.sink.arrivals[0]).get_content() == "管道 text\r\n"


def test_an_empty_standard_input_alone_makes_no_mail(office: Desk) -> None:
    done = office.run("send", "--to", "b@c.example", "--body", "-", given="")
    assert (done.returncode, done.stderr.splitlines()[1:]) == (
        65,
        ["Standard input is empty: look at the program that writes to it."],
    )
    assert (
        office.run(
            "send", "--to", "b@c.example", "--subject", "x", "--body", "-", given=""
        ).returncode
        == 0
    )
    assert office.states() == {1: "sent"}


def test_what_a_program_prints_is_taken_whatever_it_is(office: Desk) -> None:
    done = subprocess.run(
        office.home.command("send", "--to", "b@c.example", "--body", "-"),
        env={**os.environ, **office.env},
        input="\x1b[31m磁盘已满\x1b[0m\0\n".encode("gb18030") + b"\xff ok\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert _parsed(office.sink.arrivals[0]).get_content() == "磁盘已满\r\n\ufffd ok\r\n"


def test_a_link_that_is_named_by_hand_leads_to_its_file(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "latest.txt").symlink_to(tmp_path / "report-7.txt")
    (tmp_path / "report-7.txt").write_text("seven")
    done = office.run("send", "--to", "b@c.example", "--attach", tmp_path / "latest.txt")
    assert (done.returncode, done.stderr) == (0, "")
    _text, attached = _parsed(office.sink.arrivals[0]).iter_parts()
    assert (attached.get_filename(), attached.get_content()) == ("latest.txt", "seven")
    (tmp_path / "report-7.txt").unlink()
    gone = office.run("send", "--to", "b@c.example", "--attach", tmp_path / "latest.txt")
    assert gone.returncode == 66
    assert "report-7.txt cannot be read: No such file" in gone.stderr


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return a folder where a stranger has put links, beside private files."""
    private, shared = tmp_path / "private", tmp_path / "shared"
    (private / "sub").mkdir(parents=True)
    shared.mkdir()
    shared.chmod(0o777)
    for file in (private / "key", private / "sub" / "key", shared / "theirs"):
        file.write_text("-----BEGIN")
    os.chown(shared / "theirs", STRANGER, STRANGER)
    for name, target in (
        ("file", private / "key"),
        ("folder", private),
        ("sub", private / "sub"),
        ("round", Path("again")),
        ("again", Path("folder")),
        ("good", Path("theirs")),
    ):
        (shared / name).symlink_to(target)
        os.chown(shared / name, STRANGER, STRANGER, follow_symlinks=False)
    return shared


ASTRAY = ("file", "folder/key", "sub/key", "sub/../key", "sub/../sub/key", "round/key")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
@pytest.mark.parametrize("way", ["--attach", "--html", "--csv", "table", "picture"])
def test_a_strangers_link_leads_to_no_file_of_the_users(
    office: Desk, shared: Path, tmp_path: Path, way: str
) -> None:
    send = ("send", "--to", "b@c.example", "--subject", "s")
    for name in ASTRAY:
        path = os.path.join(shared, name)  # noqa: PTH118 # pathlib keeps it, and nothing tidies it
        if way == "--csv":
            (tmp_path / "t.csv").write_text(f"file\n{path}\n")
            done = office.quick(*send, "--csv", tmp_path / "t.csv", "--attach", "{csv.file}")
        elif way == "table":
            done = office.quick(*send, "--csv", path, "--body", "x", "--dry-run")
        elif way == "picture":
            done = office.quick(*send, "--markdown", "--body", f"![]({path})", "--attach", path)
        else:
            done = office.quick(*send, way, path)
        assert done.returncode == (65 if way == "--csv" else 66), (name, done.stdout, done.stderr)
        assert "BEGIN" not in done.stdout + done.stderr
        assert "link of another user's" in done.stderr or way == "picture"
    if way == "--attach":
        assert office.quick(*send, "--attach", shared / "good").returncode == 0
    else:
        assert office.json("outbox", "list") == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
def test_a_folder_that_becomes_a_strangers_link_gives_nothing_away(
    shared: Path, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "state" / "spool")
    spool.require_room()
    for name in ASTRAY[1:]:
        with pytest.raises(SourceError):
            spool.take(DraftFile("key", path=os.path.join(shared, name)))  # noqa: PTH118 # as above
    assert spool.take(DraftFile("theirs", path=str(shared / "theirs"))).content == b"-----BEGIN"


@contextmanager
def _exchanged(own: Path, link: Path) -> Iterator[None]:
    """Let a stranger exchange what is theirs for a link of theirs, as fast as can be."""
    away, stopping = own.with_name("away"), threading.Event()

    def exchange() -> None:
        while not stopping.is_set():
            for one, other in ((own, link), (link, own)):
                one.rename(away)
                other.rename(one)
                away.rename(other)

    stranger = threading.Thread(target=exchange)
    stranger.start()
    try:
        yield
    finally:
        stopping.set()
        stranger.join()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
def test_a_page_that_is_exchanged_for_a_link_meanwhile_is_not_read(shared: Path) -> None:
    """What was looked at is what is read: no instant between two calls is long enough."""
    page, account, read = shared / "theirs", an_account(), set[str | None]()
    page.write_text("theirs")
    wanted = WantedMail(
        (), (), (), "", None, page, markdown=False, attach=(), account="", any_domain=False
    )
    with _exchanged(page, shared / "file"):
        for _ in range(2000):
            with suppress(OSError, TraymailError):
                read.add(body_of(wanted, account)[2])
    assert read == {"theirs"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
@pytest.mark.parametrize("way", ["table", "window", "log", "configuration"])
def test_a_file_that_is_exchanged_for_a_pipe_meanwhile_is_not_waited_for(
    shared: Path, tmp_path: Path, way: str
) -> None:
    """A stranger may hold up whoever opens what was looked at before."""
    file, pipe, kept = shared / "theirs", shared / "pipe", shared / "kept"
    os.link(file, kept)
    os.mkfifo(pipe)
    mails = Mails(_with_file(file), "x", None, an_account())
    settings = SettingsFile(
        tmp_path / "config.toml", PathContext(user_home=str(shared)), KINDS, lambda: ALL
    )
    look_once: dict[str, Callable[[], object]] = {
        "table": mails.checked,
        "window": lambda: look_at([str(file)]),
        "log": lambda: last_of(str(file), "auto", 9),
        "configuration": lambda: settings.import_from(file),
    }

    def look() -> None:
        for _ in range(3000):
            with suppress(OSError, TraymailError):
                look_once[way]()

    looker = threading.Thread(target=look, daemon=True)
    exchange = "import os\nwhile True:\n" + "".join(
        f"    os.link({os.fspath(one)!r}, 'next'); os.rename('next', {os.fspath(file)!r})\n"
        for one in (pipe, kept)
    )
    # A process of its own: threads take turns, and seldom between two calls.
    with Popen([sys.executable, "-c", exchange], cwd=shared) as stranger:
        looker.start()
        looker.join(PATIENCE_SECONDS)
        ended = not looker.is_alive()
        stranger.kill()
    with suppress(OSError):  # whoever waits there goes on
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    looker.join()
    assert ended


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
def test_a_strangers_link_does_not_tell_how_large_a_file_is(
    office: Desk, shared: Path, tmp_path: Path
) -> None:
    os.truncate(tmp_path / "private" / "key", LARGEST_TABLE + 1)
    done = office.quick("send", "--csv", shared / "file", "--to", "{csv.a}", "--body", "x")
    assert done.returncode == 66
    assert "link of another user's" in done.stderr
    table = tmp_path / "t.csv"
    table.touch()
    os.truncate(table, LARGEST_TABLE + 1)
    done = office.quick("send", "--csv", table, "--to", "{csv.a}", "--body", "x")
    assert (done.returncode, done.stderr.count("is larger than 64 MB")) == (65, 1)


def _with_file(path: Path) -> WantedMail:
    return WantedMail(
        ("b@c.example",), (), (), "s", "x", None, markdown=False, attach=(path,), account="",
        any_domain=False,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
@pytest.mark.parametrize("way", ["attached", "shown", "beside the page"])
def test_a_picture_that_is_exchanged_for_a_link_meanwhile_is_not_taken(
    shared: Path, tmp_path: Path, way: str
) -> None:
    private, theirs, sender = tmp_path / "private", shared / "site", an_account().address
    (private / "key.png").write_bytes(b"-----BEGIN")
    theirs.mkdir()
    (theirs / "key.png").write_bytes(b"theirs")
    for one in (theirs, theirs / "key.png"):
        os.chown(one, STRANGER, STRANGER)
    spool, taken = Spool(tmp_path / "state" / "spool"), set[bytes | None]()
    spool.require_room()
    picture = theirs / "key.png"

    def take() -> bytes | None:
        if way == "attached":
            return spool.take(DraftFile("key.png", true_place(picture))).content
        if way == "shown":
            found = Pictures(sender, [picture])
            found.cid_of(str(picture), 1)
        else:
            found = Pictures(sender, [], theirs / "page.html")
            found.cid_of("key.png", 1)
        return spool.take(found.files[0]).content

    with _exchanged(theirs, shared / "folder"):
        for _ in range(1500):
            with suppress(OSError, TraymailError):
                taken.add(take())
    assert taken == {b"theirs"}


@pytest.mark.skipif(os.name != "posix", reason="a shell's pipes")
@pytest.mark.parametrize("way", ["named", "inherited", "input", "nameless"])
def test_a_page_comes_from_what_a_shell_gives(office: Desk, tmp_path: Path, way: str) -> None:
    """A pipe with or without a name, standard input, and what holds a long text of the script."""
    send, words = ("send", "--to", "b@c.example", "--html"), "<p>piped</p>"
    file = tmp_path / "file"
    if way == "input":
        done = office.run(*send, "/dev/stdin", given=words)
    elif way == "named":
        os.mkfifo(file)
        writer = threading.Thread(target=file.write_text, args=(words,))
        writer.start()
        done = office.quick(*send, file)
        writer.join()
    elif way == "nameless":
        file.write_text(words)
        with file.open() as opened:
            file.unlink()
            done = office.quick(*send, f"/dev/fd/{opened.fileno()}")
    else:
        reading, writing = os.pipe()
        os.write(writing, words.encode())
        os.close(writing)
        done = office.quick(*send, f"/dev/fd/{reading}")
        os.close(reading)
    assert (done.returncode, done.stderr) == (0, "")
    _text, html = _parsed(office.sink.arrivals[0]).iter_parts()
    assert ">piped</" in html.get_content()


GROUPS = """[groups]
Team = ["Li <li@c.example>", "wang@c.example"]
"the boss" = ["boss@c.example"]
"""


@pytest.mark.parametrize(
    ("to", "recipients"),
    [
        (["team"], ["li@c.example", "wang@c.example"]),
        (["The Boss; team"], ["boss@c.example", "li@c.example", "wang@c.example"]),
        (["wang@c.example", "Team"], ["wang@c.example", "li@c.example"]),
        (["a@c.example", "the boss"], ["a@c.example", "boss@c.example"]),
    ],
)
def test_a_group_stands_for_its_people(office: Desk, to: list[str], recipients: list[str]) -> None:
    office.configure(GROUPS)
    given = [word for one in to for word in ("--to", one)]
    assert office.run("send", *given, "--subject", "s").returncode == 0
    assert list(office.sink.arrivals[0].recipients) == recipients
    each = office.run("send", *given, "--each", "--subject", "s")
    assert each.returncode == 0, each.stderr
    assert [one.recipients for one in office.sink.arrivals[1:]] == [(one,) for one in recipients]


def test_a_name_of_no_group_is_no_address(office: Desk) -> None:
    office.configure(GROUPS)
    done = office.quick("send", "--to", "teem", "--subject", "s")
    assert (done.returncode, office.states()) == (65, {})
    assert "teem" in done.stderr


@pytest.mark.parametrize("kind", ["html", "markdown"])
def test_html_has_its_text(office: Desk, tmp_path: Path, kind: str) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Hello <b>you</b></p>", "utf-8")
    given = ["--html", page] if kind == "html" else ["--markdown", "--body", "Hello **you**"]
    assert office.run("send", "--to", "b@c.example", *given).returncode == 0
    text, html = _parsed(office.sink.arrivals[0]).iter_parts()
    expected = "Hello you" if kind == "html" else "Hello **you**"
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", expected)
    assert html.get_content_type() == "text/html"
    assert ">you</" in html.get_content()


def _rcpt(sink: Sink) -> None:
    sink.reply("rcpt", "550 5.1.1 no such user")


def _limit(sink: Sink) -> None:
    sink.reply("rcpt", "550 Ip frequency limited")


def _final(sink: Sink) -> None:
    sink.reply("final", "451 4.3.0 try later")


def _lost(sink: Sink) -> None:
    sink.drop("answer")


def _sender(sink: Sink) -> None:
    sink.reply("mail", "553 5.7.1 not your address")


def _content(sink: Sink) -> None:
    sink.reply("final", "554 5.7.1 looks like spam")


def _nonsense(sink: Sink) -> None:
    sink.reply("mail", "hello there")


@pytest.mark.parametrize(
    ("prepare", "status", "state", "waits", "told"),
    [
        (_rcpt, 69, "failed", False, "550 5.1.1 no such user"),
        (_content, 69, "failed", False, "554 5.7.1 looks like spam"),
        (_limit, 75, "queued", True, "550 Ip frequency limited"),
        (_final, 75, "queued", True, "451 4.3.0 try later"),
        (_nonsense, 75, "queued", True, "Mail 1 stays in the outbox"),
        (_lost, 75, "unknown", False, "Mail 1 may have arrived"),
        (_sender, 69, "queued", False, "553 5.7.1 not your address"),
    ],
)
def test_what_a_server_says_ends_as_it_should(
    office: Desk,
    prepare: Callable[[Sink], None],
    status: int,
    state: str,
    waits: bool,
    told: str,
) -> None:
    prepare(office.sink)
    done = office.run("send", "--to", "b@c.example", "--subject", "kept")
    cause, way_out = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (status, "")
    assert told in cause
    assert way_out
    nobody = "Nothing delivers it: start traymail, or run: traymail outbox retry 1"
    assert (nobody in way_out) is waits, "no program runs that would try it again"
    assert ("tried again at" in cause) is False
    [entry] = office.json("outbox", "list")
    assert entry["state"] == state
    assert (entry["next_attempt_at"] is not None) is waits
    assert entry["subject"] == "kept"


def test_refused_recipients_are_named_and_only_they_are_tried_again(office: Desk) -> None:
    office.sink.reply("rcpt", "550 5.1.1 no such user", times=2, only="b@")
    office.sink.reply("rcpt", "550 Mailbox not found", times=2, only="c@")
    to = ("--to", "a@x.example, b@x.example", "--bcc", "c@x.example", "--subject", "x")
    sent = office.json("send", *to, status=69)
    assert (sent["state"], sent["code"]) == ("partial", 550)
    assert [tuple(one.values()) for one in sent["recipients"]] == [
        ("a@x.example", "accepted", 250, "2.0.0 OK: taken"),
        ("b@x.example", "refused", 550, "5.1.1 no such user"),
        ("c@x.example", "refused", 550, "Mailbox not found"),
    ]
    [entry] = office.json("outbox", "list", "--state", "partial")
    assert (entry["accepted"], entry["refused"]) == (1, 2)
    done = office.run("send", *to)
    assert (done.returncode, done.stdout) == (69, "")
    first, *refused, way_out = done.stderr.splitlines()
    assert first.startswith("Mail 2 is partly sent: 1 of 3 have it (")
    assert refused == ["b@x.example: 550 5.1.1 no such user", "c@x.example: 550 Mailbox not found"]
    assert way_out.endswith("traymail outbox retry 2")
    assert office.run("outbox", "retry", "2").returncode == 0
    assert [one.recipients for one in office.sink.arrivals] == [
        ("a@x.example",),
        ("a@x.example",),
        ("b@x.example", "c@x.example"),
    ]
    shown = office.json("outbox", "show", "2")
    assert {one["state"] for one in shown["recipients"]} == {"accepted"}
    assert [one["outcome"] for one in shown["tries"]] == ["sent", "sent"]
    assert set(shown) == ENTRY_KEYS | {"recipients", "tries"}
    assert "c@x.example  refused  550 Mailbox not found" in office.run("outbox", "show", "1").stdout


@pytest.mark.parametrize("option", ["--to", "--cc", "--bcc"])
def test_an_address_without_a_dot_has_to_be_meant(office: Desk, option: str) -> None:
    words = ("send", "--to", "a@x.example", option, "Wang <wang@qq>", "--subject", "x", "--queue")
    done = office.quick(*words)
    cause, way_out = done.stderr.splitlines()
    assert (done.returncode, cause) == (65, "The address “wang@qq” has no dot after the @")
    assert "--any-domain" in way_out
    assert office.states() == {}
    assert office.quick(*words, "--any-domain").returncode == 0
    local = ("me@localhost", "me@[127.0.0.1]")
    for address in local:
        sent = office.quick("send", "--to", address, "--subject", "x", "--queue")
        assert sent.returncode == 0


def test_a_recipient_who_is_put_off_is_told_with_the_words_about_them(office: Desk) -> None:
    office.sink.reply("rcpt", "451 4.2.1 slow down", only="b@")
    done = office.run("send", "--to", "a@x.example, b@x.example", "--subject", "x")
    first, have, deferred = done.stderr.splitlines()[:3]
    assert done.returncode == 75
    assert "451 4.2.1 slow down" in first
    assert (have, deferred) == ("1 of 2 have it.", "b@x.example: 451 4.2.1 slow down")
    stands = office.json("outbox", "show", "1")["recipients"]
    assert [one["state"] for one in stands] == ["accepted", "deferred"]


def test_a_wrong_code_stops_the_account_until_it_is_mended(office: Desk) -> None:
    office.give_secret("wrongwrongwrong1")
    done = office.run("send", "--to", "b@c.example", "--subject", "first")
    assert done.returncode == 77
    assert "535" in done.stderr
    assert "wrongwrongwrong1" not in done.stderr + done.stdout
    assert len(done.stderr.splitlines()) == 2
    [entry] = office.json("outbox", "list")
    assert (entry["state"], entry["next_attempt_at"]) == ("queued", None)
    assert office.json("account", "list")[0]["state"] == "attention"
    # Not tried again: a refused login repeated is how accounts get locked.
    logins = len(office.sink.logins)
    assert office.run("send", "--to", "b@c.example", "--subject", "second").returncode == 77
    assert len(office.sink.logins) == logins
    office.give_secret()
    assert office.run("account", "test", "desk").returncode == 0
    assert office.run("outbox", "retry", "--all").returncode == 0
    assert office.states() == {1: "sent", 2: "sent"}


@pytest.mark.parametrize("asking", [("account", "test", "desk"), ("doctor", "desk")])
def test_the_last_verdict_on_a_login_counts_whoever_asked(
    office: Desk, asking: tuple[str, ...]
) -> None:
    office.give_secret("wrongwrongwrong1")
    assert office.quick(*asking).returncode == 77
    # No mail was there yet.
    assert office.json("account", "list")[0]["state"] == "attention"
    logins = len(office.sink.logins)
    assert office.quick("send", "--to", "b@c.example", "--subject", "x").returncode == 77
    assert len(office.sink.logins) == logins
    office.give_secret()
    assert office.quick(*asking).returncode == 0
    assert office.json("account", "list")[0]["state"] == "ready"
    [entry] = office.json("outbox", "list")
    assert entry["next_attempt_at"] is not None
    assert office.quick("outbox", "retry", "1").returncode == 0
    # A server that cannot be reached says nothing about the login.
    office.configure(port=1)
    assert office.quick(*asking).returncode == 75
    assert office.json("account", "list")[0]["state"] == "ready"


def test_a_certificate_that_the_doctor_refuses_stops_the_account(
    tmp_path: Path, certificates: Certificates
) -> None:
    with desk(tmp_path, certificates, shown=certificates.wrong_host) as office:
        assert office.quick("doctor", "desk").returncode == 69
        assert office.json("account", "list")[0]["state"] == "attention"
        visited = ("--host", office.sink.host, "--port", str(office.sink.port))
        assert office.quick("doctor", *visited).returncode == 69
        [listed] = office.json("account", "list")
        assert (listed["name"], listed["state"]) == ("desk", "attention")


def test_no_secret(office: Desk) -> None:
    office.env.clear()
    done = office.run("send", "--to", "b@c.example", "--subject", "x")
    assert done.returncode == 77
    assert len(done.stderr.splitlines()) == 2
    assert office.states() == {1: "queued"}


def test_a_certificate_of_another_host(tmp_path: Path, certificates: Certificates) -> None:
    with desk(tmp_path, certificates, shown=certificates.wrong_host) as office:
        done = office.run("send", "--to", "b@c.example", "--subject", "x")
        assert done.returncode == 69
        assert len(done.stderr.splitlines()) == 2
        assert office.sink.logins == []
        [entry] = office.json("outbox", "list")
        assert (entry["state"], entry["next_attempt_at"]) == ("queued", None)
        assert office.json("account", "list")[0]["state"] == "attention"


def test_a_server_without_starttls(tmp_path: Path, certificates: Certificates) -> None:
    with desk(tmp_path, certificates, security="none") as office:
        office.configure(security="starttls")
        done = office.run("send", "--to", "b@c.example", "--subject", "x")
        assert done.returncode == 69
        assert office.sink.logins == []
        assert office.states() == {1: "queued"}


def test_no_server(office: Desk) -> None:
    office.configure(port=9)
    done = office.run("send", "--to", "b@c.example", "--subject", "x")
    assert done.returncode == 75
    assert office.states() == {1: "queued"}


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--subject", "x"], 64, "--to"),
        (["--to", "b@c.example"], 64, "There is nothing to send"),
        (["--to", "b@c.example", "--bogus"], 64, "--bogus"),
        (["--to", "b@c.example", "--html", "a", "--markdown"], 64, "--markdown"),
        (["--to", "b@c.example\nBcc: all@c.example", "--subject", "x"], 65, "b@c.example Bcc"),
        (["--to", "nobody", "--subject", "x"], 65, "nobody"),
        (["--to", "", "--subject", "x"], 65, "no recipient"),
        (["--to", " , ;", "--subject", "x", "--queue"], 65, "no recipient"),
        (["--to", "b@c.example", "--to", "", "--subject", "x"], 65, "recipients is empty"),
        (["--to", "b@c.example", "--cc", ",", "--subject", "x"], 65, "recipients is empty"),
        (["--to", ",", "--bcc", "b@c.example", "--subject", "x"], 65, "recipients is empty"),
        (["--to", "b@c.example", "--body", "\x1b[0m"], 65, "signs that cannot be shown"),
        (["--to", "b@c.example", "--html", os.devnull], 65, f"{os.devnull} is empty"),
        (["--to", "b@c.example", "--subject", "x", "--account", "no"], 65, "account no"),
        (["--to", "b@c.example", "--subject", "x", "--account", "a\nb\x1b[31m"], 65, "a b [31m"),
        (["--to", "b@c.example", "--attach", "/not/there.pdf"], 66, "/not/there.pdf"),
        (["--to", "b@c.example", "--attach", "/not/there\x1b[31m\n"], 66, "/not/there [31m"),
        (["--to", "b@c.example", "--html", "/dev/zero"], 65, "too large"),
        (["--to", "b@c.example", "--attach", "/dev/null"], 66, "/dev/null"),
        (["--to", "b@c.example", "--html", "/not/there.html"], 66, "/not/there.html"),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)
def test_bad_input_stores_nothing(
    office: Desk, arguments: list[str], status: int, told: str
) -> None:
    done = office.quick("send", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert not (office.home.path / "state" / "outbox.db").exists() or office.states() == {}


def test_text_without_an_end(office: Desk) -> None:
    office.configure(max_message_mb=1)
    done = office.run("send", "--to", "b@c.example", "--body", "-", given="x" * 1_000_001)
    assert (done.returncode, "too large" in done.stderr, office.states()) == (65, True, {})


def test_text_that_is_no_text(office: Desk, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"<p>\xff\xfe\x00")
    done = office.run("send", "--to", "b@c.example", "--html", page)
    assert done.returncode == 65
    assert "UTF-8" in done.stderr


def test_without_an_account(home: Home) -> None:
    done = home.run("send", "--to", "b@c.example", "--subject", "x")
    assert done.returncode == 65
    assert done.stderr.splitlines() == [
        "There is no account yet.",
        "Add one with: traymail account add ADDRESS",
    ]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    home = Home(tmp_path / "file" / "home")
    done = home.run("outbox", "list")
    assert done.returncode == 73
    assert len(done.stderr.splitlines()) == 2


def test_a_header_cannot_be_added(office: Desk) -> None:
    done = office.run("send", "--to", "b@c.example", "--subject", "a\r\nBcc: all@c.example")
    assert done.returncode == 0
    mail = _parsed(office.sink.arrivals[0])
    assert (mail["Bcc"], mail["Subject"]) == (None, "a  Bcc: all@c.example")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_a_large_mail_shows_its_progress(office: Desk, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(4_000_000))
    command = office.home.command("send", "--to", "b@c.example", "--attach", large)
    told, shown = watched(command, office.env)
    assert told.startswith(b"Mail 1 is sent")
    assert b"Sending" in shown
    assert b"100%" in shown


@pytest.mark.skipif(os.name != "posix", reason="an interrupt from a keyboard is POSIX's")
def test_an_interrupt_keeps_the_mail(office: Desk, request: pytest.FixtureRequest) -> None:
    # A shell has its background jobs ignore it, and whoever they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    go_on = Event()
    office.sink.hold("rcpt", go_on)
    command = office.home.command("send", "--to", "b@c.example", "--subject", "x")
    with Popen(command, env={**os.environ, **office.env}, stdout=PIPE, stderr=PIPE) as sending:
        until(lambda: office.sink.logins, what="the login")
        sending.send_signal(signal.SIGINT)
        told = sending.communicate(timeout=PATIENCE_SECONDS)[1]
    go_on.set()
    assert sending.returncode == 130
    assert told == b"Interrupted: what is not sent yet stays in the outbox.\n"
    assert office.run("outbox", "retry", "--all").returncode == 0
    assert office.states() == {1: "sent"}


@pytest.mark.skipif(os.name != "posix", reason="an interrupt from a keyboard is POSIX's")
def test_an_interrupt_while_the_answer_is_waited_for_leaves_the_mail_unknown(
    office: Desk, request: pytest.FixtureRequest
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    never = Event()
    request.addfinalizer(never.set)
    office.sink.hold("final", never)
    command = office.home.command("send", "--to", "b@c.example", "--subject", "x")
    with Popen(command, env={**os.environ, **office.env}, stdout=PIPE, stderr=PIPE) as sending:
        waits = "waits for the server's answer"
        until(lambda: waits in office.quick("outbox", "list").stdout, what="all of it to be out")
        # Who sends it there can end it, no other command.
        ended = office.quick("outbox", "cancel", "1")
        assert (ended.returncode, office.states()) == (65, {1: "sending"})
        assert "Ctrl+C" in ended.stderr.splitlines()[-1]
        assert "按 Ctrl+C 结束" in office.quick("--lang", "zh_CN", "outbox", "cancel", "1").stderr
        sending.send_signal(signal.SIGINT)
        told = sending.communicate(timeout=PATIENCE_SECONDS)[1].decode()
    assert sending.returncode == 130
    assert told.splitlines()[1:] == [
        "Mail 1 may have arrived: It is not known whether the server took the mail",
        "Check whether it arrived, then: traymail outbox resolve 1 sent|resend",
    ]
    [entry] = office.json("outbox", "list")
    assert (entry["state"], entry["code"], entry["reply"]) == ("unknown", None, None)
    assert "traymail outbox resolve" in entry["advice"]
    shown = office.quick("--lang", "zh_CN", "outbox", "show", "1").stdout
    assert "不确定服务器是否已收下邮件" in shown


def test_a_mail_that_waits_for_some_tells_their_reply(office: Desk) -> None:
    office.sink.reply("rcpt", "451 4.7.1 greylisted", only="c@")
    done = office.quick("send", "--to", "b@c.example", "--to", "c@c.example", "--subject", "s")
    assert done.returncode == 75
    assert "451 4.7.1 greylisted" in done.stderr
    assert "250" not in done.stderr


def test_a_broken_connection_is_no_wish_of_the_server(office: Desk) -> None:
    office.configure(port=1)
    assert office.quick("send", "--to", "b@c.example", "--subject", "s").returncode == 75
    shown = office.quick("outbox", "show", "1").stdout
    assert "The server cannot be used just now; the next try is at" in shown
    assert "asked for a pause" not in shown


def test_a_refused_login_names_the_account_and_the_place_in_its_way_out(office: Desk) -> None:
    office.give_secret("wrong")
    done = office.quick("send", "--to", "b@c.example", "--subject", "s")
    way = done.stderr.splitlines()[-1]
    assert "the credential file traymail.desk" in way
    assert "traymail account test desk" in way
    assert office.json("outbox", "list")[0]["advice"] == way
    again = office.quick("send", "--to", "b@c.example", "--subject", "s")
    assert again.stderr.splitlines()[-1] == way


def answered(office: Desk, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run a command on a terminal and answer its question; return status and what it told."""
    keyboard, terminal = os.openpty()
    command = office.home.command(*arguments)
    with subprocess.Popen(
        command,
        env={**os.environ, **office.env},
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        os.close(terminal)
        os.write(keyboard, answer)
        _, told = running.communicate()
    os.close(keyboard)
    return running.returncode, told.decode()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"n\n", 65), (b"\n", 65), (b"y\n", 0), ("ｙ\n".encode(), 0), ("是\n".encode(), 0)],
)
def test_a_slip_in_a_domain_is_asked_about(office: Desk, answer: bytes, status: int) -> None:
    done, told = answered(office, answer, "send", "--to", "li@gmial.com", "--subject", "s")
    assert done == status
    assert "Is @gmail.com meant?" in told
    assert ("Write it with @gmail.com" in told) == (status == 65)
    assert len(office.states()) == (status == 0)


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_a_slip_in_the_address_of_an_account_is_asked_about(office: Desk) -> None:
    before = office.home.config.read_text("utf-8")
    done, told = answered(office, b"n\n", "account", "add", "me@gmial.com")
    assert done == 65
    assert "Is @gmail.com meant? Use “me@gmial.com” anyway?" in told
    assert office.home.config.read_text("utf-8") == before


def test_where_nobody_can_be_asked_a_slip_is_told(office: Desk, tmp_path: Path) -> None:
    mail = ("send", "--to", "li@gmial.com", "--subject", "s")
    done = office.quick(*mail)
    assert done.returncode == 0
    assert "Is @gmail.com meant?" in done.stderr
    assert "gmail" not in office.quick(*mail, "--any-domain").stderr
    table = tmp_path / "people.csv"
    table.write_text("mail\na@qq.con\nb@qq.con\nc@x.example\n")
    done = office.quick("send", "--csv", str(table), "--to", "{csv.mail}", "--subject", "s")
    assert done.returncode == 0
    assert done.stderr.count("Is @qq.com meant?") == 1
