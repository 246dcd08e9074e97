"""Every key of a folder rule, through config.toml, the running program and a real server."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, running
from tests.support.sink import Sink, serve
from tests.support.wait import until

NOISE = os.urandom(90_000)


@dataclass
class Desk:
    """A home with one folder rule."""

    home: Home
    sink: Sink
    certificates: Certificates
    folder: Path
    env: dict[str, str]

    def rule(self, keys: str = "", *, limit: str = "") -> None:
        self.home.configure(
            account(self.sink.port, ca_file=self.certificates.ca_file, more=limit)
            + f"""
[[rules]]
name = "Scans"
kind = "folder"
to = ["Boss <boss@example.com>"]
folder = {json.dumps(str(self.folder))}
settle_seconds = 0.2
{keys}
"""
        )

    def put(self, path: str, content: bytes = b"whole") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(arrival.content, _class=EmailMessage, policy=policy.default)
            for arrival in list(self.sink.arrivals)
        ]

    def subjects(self) -> list[str]:
        return sorted(str(mail["Subject"]) for mail in self.mails())

    def arrive(self, count: int) -> None:
        self.sink.wait_for(count, 20)

    def present(self) -> set[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix() for path in files}


def files(mail: EmailMessage) -> dict[str, bytes]:
    return {
        str(part.get_filename()): part.get_payload(decode=True) or b""  # type: ignore[misc] # bytes
        for part in mail.iter_attachments()
    }


@pytest.fixture
def desk(tmp_path: Path, home: Home, certificates: Certificates) -> Iterator[Desk]:
    folder = tmp_path / "Scans"
    folder.mkdir()
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as sink:
        env = credentials(tmp_path / "credentials")
        yield Desk(home, sink, certificates, folder, env)


def watching(program: Running) -> bool:
    return bool(program.status()["rules"]["Scans"]["watching"])


def left_out(program: Running) -> dict[str, str]:
    return {one["what"]: one["reason"] for one in program.status()["rules"]["Scans"]["left_out"]}


def test_which_files_and_what_the_mail_says(desk: Desk) -> None:
    desk.put("old.pdf")
    desk.rule(
        """
cc = ["cc@example.com"]
bcc = ["bcc@example.com"]
subject = "{rule}: {file.stem} {count}"
body = "{file.name}, {file.size}, {file.suffix}"
recursive = true
include = ["*.pdf", "*.jpg"]
exclude = ["draft*", "private/"]
min_bytes = 3
max_bytes = 1000
"""
    )
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("deep/扫描件.pdf", b"12345")
        for name in ("a.txt", "draft.pdf", "private/a.pdf"):
            desk.put(name)
        desk.put("small.jpg", b"1")
        desk.put("large.jpg", b"1" * 1001)
        (desk.folder / "link.pdf").symlink_to("/etc/passwd")
        desk.arrive(1)
        until(lambda: {"small.jpg", "large.jpg", "link.pdf"} <= set(left_out(program)))
    [mail] = desk.mails()
    assert mail["Subject"] == "Scans: 扫描件 1"
    assert mail["Cc"] == "cc@example.com"
    assert "Bcc" not in mail
    assert mail["X-Traymail-Rule"] == "Scans"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "扫描件.pdf, 5 B, .pdf"
    assert files(mail) == {"扫描件.pdf": b"12345"}
    assert set(desk.sink.arrivals[0].recipients) == {
        "boss@example.com",
        "cc@example.com",
        "bcc@example.com",
    }


def test_existing_files_and_files_that_came_meanwhile(desk: Desk) -> None:
    desk.put("old")
    desk.rule('existing = "send"')
    with running(desk.home, desk.env):
        desk.arrive(1)
    desk.put("new")
    with running(desk.home, desk.env):
        desk.arrive(2)
    assert desk.subjects() == ["new", "old"]


@pytest.mark.parametrize(
    ("keys", "present"),
    [
        ('after = "keep"', {"a"}),
        ('after = "move"', {"sent/a"}),
        ('after = "move"\nmove_to = "done/well"', {"done/well/a"}),
        ('after = "delete"', set()),
    ],
)
def test_after_the_mail(desk: Desk, keys: str, present: set[str]) -> None:
    desk.rule(keys)
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("a")
        desk.arrive(1)
        until(lambda: desk.present() == present)
        until(lambda: program.status()["rules"]["Scans"]["sent"] == 1)


@pytest.mark.parametrize("key", ["move_to", "failed_to"])
def test_files_are_put_away_through_no_link(desk: Desk, tmp_path: Path, key: str) -> None:
    mine = tmp_path / "autostart"
    mine.mkdir()
    desk.rule(f'after = "move"\n{key} = "there"')
    if key == "failed_to":
        desk.sink.reply("rcpt", "550 5.1.1 no such user")
    desk.folder.chmod(0o777)
    (desk.folder / "there").symlink_to(mine, target_is_directory=True)
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("a.desktop")
        until(lambda: "link" in (program.status()["rules"]["Scans"]["error"] or ""))
    assert desk.present() >= {"a.desktop"}
    assert list(mine.iterdir()) == []


def test_failed_to(desk: Desk) -> None:
    desk.rule('failed_to = "failed"\nafter = "delete"')
    desk.sink.reply("rcpt", "550 5.1.1 no such user")
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("a")
        until(lambda: desk.present() == {"failed/a"})
        assert desk.mails() == []
        # As README says: whoever looks for it finds it where it was put.
        assert desk.home.run("outbox", "retry", "1", env=desk.env).returncode == 0
        desk.arrive(1)
        until(lambda: program.status()["rules"]["Scans"]["sent"] == 1)
    assert desk.present() == {"failed/a"}


def test_again(desk: Desk) -> None:
    desk.rule('again = "never"')
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("a", b"one")
        desk.arrive(1)
        desk.put("a", b"two, longer")
        until(lambda: "a" in left_out(program))
        desk.rule('again = "changed"')
        until(lambda: left_out(program) == {})
        desk.put("a", b"three, longer still")
        desk.arrive(2)
    assert [files(mail)["a"] for mail in desk.mails()] == [b"one", b"three, longer still"]


def test_a_batch_in_a_zip(desk: Desk) -> None:
    desk.rule('batch_seconds = 1\nzip = true\nsubject = "{count}"\nbody = "{files}"')
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        desk.put("a", b"one")
        desk.put("b", b"two")
        desk.arrive(1)
    [mail] = desk.mails()
    assert mail["Subject"] == "2"
    [(name, content)] = files(mail).items()
    assert name.endswith(".zip")
    with zipfile.ZipFile(BytesIO(content)) as packed:
        assert {one: packed.read(one) for one in packed.namelist()} == {"a": b"one", "b": b"two"}


def test_files_too_large_for_the_account(desk: Desk) -> None:
    desk.rule("batch_seconds = 1", limit="max_message_mb = 0.3")
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        for name in "abc":
            desk.put(name, NOISE)
        desk.put("huge", NOISE * 4)
        desk.arrive(2)
        until(lambda: "huge" in left_out(program))
    assert {name for mail in desk.mails() for name in files(mail)} == {"a", "b", "c"}
    assert {content for mail in desk.mails() for content in files(mail).values()} == {NOISE}


def test_no_more_than_its_cap_leaves(desk: Desk) -> None:
    desk.rule("max_per_hour = 2")
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        for name in "abcd":
            desk.put(name)
        desk.arrive(2)
        until(lambda: program.status()["rules"]["Scans"]["matched"] == 4)
        until(lambda: program.status()["outbox"] | {"sending": 0} == program.status()["outbox"])
        assert program.status()["outbox"]["queued"] == 2
    assert len(desk.mails()) == 2


def test_a_dry_run(desk: Desk) -> None:
    desk.rule('include = ["*.pdf"]')
    for name in ("a.pdf", "b.pdf", "c.txt"):
        desk.put(name)
    told = json.loads(desk.home.run("rule", "test", "Scans", "--limit", "1", "--json").stdout)
    assert (told["rule"], told["events"], len(told["mails"])) == ("Scans", 2, 1)
    assert told["mails"][0]["attachments"][0]["size"] == 5
    assert [one["what"] for one in told["left_out"]] == ["c.txt"]
    one = desk.home.run("rule", "test", "Scans", "--file", desk.folder / "b.pdf", "--json")
    assert [mail["subject"] for mail in json.loads(one.stdout)["mails"]] == ["b.pdf"]
    assert desk.present() == {"a.pdf", "b.pdf", "c.txt"}


@pytest.mark.parametrize("hidden", ["false", "true"])
def test_hidden_and_unfinished_files(desk: Desk, hidden: str) -> None:
    desk.rule(f"include = ['*.pdf', '.*']\nhidden = {hidden}\nrecursive = true")
    with running(desk.home, desk.env) as program:
        until(lambda: watching(program))
        for name in (".note.pdf", "影片.mkv.xltd", ".DS_Store", ".git/a.pdf", "#recycle/a.pdf"):
            desk.put(name)
        desk.put("deep/SCAN0002.PDF")
        wanted = {"SCAN0002.PDF"} | ({".note.pdf"} if hidden == "true" else set())
        desk.arrive(len(wanted))
        assert {str(mail["Subject"]) for mail in desk.mails()} == wanted
        named = {"影片.mkv.xltd", ".DS_Store"} | ({".note.pdf"} if hidden == "false" else set())
        until(lambda: set(left_out(program)) == named, what="what is left out")
    told = json.loads(desk.home.run("rule", "test", "Scans", "--json").stdout)
    assert {one["what"] for one in told["left_out"]} == named
