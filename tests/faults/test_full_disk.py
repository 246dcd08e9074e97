"""A disk that really is full: cause and way out are told, nothing is lost, no account is blamed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.namespaces import can_unshare
from tests.support.running import ADDRESS, CANARY, account, credentials, running
from tests.support.sink import Sink, serve
from tests.support.wait import until

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not can_unshare("--mount"),
    reason="nothing can be mounted here",
)
MAIL = ("--to", "b@c.example", "--subject")


@dataclass(frozen=True)
class SmallHome(Home):
    """A home on a disk of a few megabytes, which only its commands see."""

    namespace: int = 0
    plain: bool = False

    def command(self, *arguments: str | Path) -> list[str]:
        return [*self._enter(), *super().command(*arguments)]

    def shell(self, script: str, *arguments: str | Path) -> str:
        command = [*self._enter(), "sh", "-c", script, "sh", *map(str, arguments)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout

    def fill(self) -> None:
        """Leave no room, not for a byte."""
        self.shell('cat /dev/zero > "$1/filler"; cat /dev/zero > "$1/filler2"', self.path)

    def make_room(self) -> None:
        self.shell('rm "$1"/filler*', self.path)

    def log(self) -> str:
        return self.shell('cat "$1"/log/traymail.log*', self.path)

    def status(self) -> dict[str, Any]:
        ended = self.run("status", "--json")
        return dict(json.loads(ended.stdout)) if ended.returncode == 0 else {}

    def _enter(self) -> list[str]:
        # Permissions count for root, too.
        rights = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        inside = f"--mount=/proc/{self.namespace}/ns/mnt"
        return ["nsenter", inside, f"--wd={Path.cwd()}", *(rights if self.plain else ())]


@dataclass
class Office:
    home: SmallHome
    sink: Sink
    env: dict[str, str]


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Office]:
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    mount = 'mount -t tmpfs -o size=4m,mode=700 tmpfs "$1" && echo made && cat'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", str(path)]
    context = certificates.good.server_context()
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder,
        serve(context, security="tls", user=ADDRESS, password=CANARY) as sink,
    ):
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"made\n"
        home = SmallHome(path, namespace=holder.pid)
        home.shell(
            'umask 077; printf %s "$2" > "$1/config.toml"',
            path,
            account(sink.port, ca_file=certificates.ca_file),
        )
        yield Office(home, sink, credentials(tmp_path / "credentials"))
        holder.stdin.close()


def test_a_program_on_a_full_disk_blames_no_account_and_goes_on(office: Office) -> None:
    home, sink = office.home, office.sink
    with running(home, office.env, ready=False):
        until(home.status, what="the running program")
        assert home.run("pause").returncode == 0
        assert home.run("send", *MAIL, "kept", "--queue").returncode == 0
        home.fill()
        assert home.run("resume").returncode in {0, 73}
        home.run("outbox", "retry", "--all")

        def main_account() -> str:
            told = home.status()
            return "" if not told or told["paused"] else str(told["accounts"]["main"]["state"])

        assert until(main_account, what="the account") in {"waiting", "ready"}
        assert not sink.arrivals
        home.make_room()
        home.run("resume")
        home.run("outbox", "retry", "--all")
        sink.wait_for(1, 70)
        until(lambda: home.status()["outbox"]["sent"] == 1, what="the mail sent")
        assert home.status()["accounts"]["main"]["state"] == "ready"
    assert "Traceback" not in home.log()
    assert "needs you" not in home.log()
    assert len(sink.arrivals) == 1


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_commands_on_a_full_disk_tell_cause_and_way_out(
    office: Office, tmp_path: Path, *, stopped: bool
) -> None:
    home = office.home
    (tmp_path / "attached").write_bytes(b"x" * 300_000)
    (tmp_path / "new.toml").write_text(home.shell('cat "$1/config.toml"', home.path))
    assert home.run("send", *MAIL, "kept", "--queue", env=office.env).returncode == 0
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("send", *MAIL, "more", "--queue"),
        ("send", *MAIL, "more", "--queue", "--attach", tmp_path / "attached"),
        ("outbox", "list"),
        ("outbox", "show", "1"),
        ("outbox", "purge"),
        ("rule", "list"),
        ("status",),
        ("pause",),
        ("resume",),
        ("account", "list"),
        ("account", "add", "other@c.example", "--host", "127.0.0.1", "--port", "9"),
        ("config", "import", tmp_path / "new.toml"),
        ("config", "check"),
        ("doctor",),
    )

    def all_told() -> None:
        for command in commands:
            ended = home.run(*command, env=office.env, given="")
            told = ended.stderr.splitlines()
            assert ended.returncode != 70, (command, told)
            assert "Traceback" not in ended.stderr, (command, told)
            if ended.returncode == 73:
                assert len(told) == 2, (command, told)

    with running(home, office.env, ready=False) as program:
        until(home.status, what="the running program")
        if stopped:
            assert program.end() == 0
        home.fill()
        before = home.shell('cat "$1/config.toml"', home.path)
        all_told()
        assert home.shell('cat "$1/config.toml"', home.path).startswith("version = 1")
        assert before.startswith("version = 1")
        home.make_room()
    assert "Traceback" not in home.log()
    assert "kept" in home.run("outbox", "list").stdout


def test_what_is_said_to_be_stored_is_stored_however_little_room_there_is(
    office: Office, tmp_path: Path
) -> None:
    home = office.home
    attached = tmp_path / "attached"
    attached.write_bytes(os.urandom(200_000))
    stored: set[str] = set()
    for room in (0, 8, 300, 1000, 1060, 1200, 1260, 1400):
        home.fill()
        # Blocks of 1 KiB are given back at the end of what fills the disk.
        home.shell('truncate -s -"$2"K "$1/filler"', home.path, str(room))
        for arguments in ((), ("--attach", attached)):
            subject = f"with {room} {len(arguments)}"
            ended = home.run("send", *MAIL, subject, "--queue", *arguments, env=office.env)
            assert ended.returncode in {0, 73}, (subject, ended.stderr)
            if ended.returncode == 0:
                stored.add(subject)
            else:
                assert len(ended.stderr.splitlines()) == 2, (subject, ended.stderr)
        home.make_room()
        listed = json.loads(home.run("outbox", "list", "--json").stdout)
        assert {str(one["subject"]) for one in listed} == stored
        for one in listed:
            assert home.run("outbox", "show", str(one["id"]), "--eml").returncode == 0
    assert 2 < len(stored) < 20
    assert "Traceback" not in home.log()


def test_a_disk_that_is_full_now_and_then_loses_no_mail_and_sends_none_twice(
    office: Office,
) -> None:
    home, sink, count = office.home, office.sink, 15
    with running(home, office.env, ready=False):
        until(home.status, what="the running program")
        assert home.run("pause").returncode == 0
        for number in range(count):
            ended = home.run("send", *MAIL, f"mail {number}", "--queue", env=office.env)
            assert ended.returncode == 0, ended.stderr
        home.fill()
        home.run("resume")
        for _ in range(8):
            home.run("outbox", "retry", "--all")
            home.make_room()
            home.fill()
        home.make_room()

        def all_sent() -> bool:
            home.run("outbox", "retry", "--all")
            return bool(home.status()["outbox"]["sent"] == count)

        until(all_sent, what="all mails sent")
        assert {one["state"] for one in home.status()["accounts"].values()} == {"ready"}
    subjects = [
        str(message_from_bytes(one.content, policy=default)["Subject"]) for one in sink.arrivals
    ]
    assert sorted(subjects) == sorted(f"mail {number}" for number in range(count))
    assert "Traceback" not in home.log()


RULE = """
[[rules]]
name = "Scans"
kind = "folder"
to = ["b@c.example"]
folder = {folder}
settle_seconds = 0.2
[[rules]]
name = "Log"
kind = "log"
to = ["b@c.example"]
paths = [{log}]
match = ["ERROR"]
"""


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        # A whole disk with files that are open becomes so by an error of the disk alone.
        ('mount --bind -o ro "$1/state" "$1/state"', 'umount "$1/state"'),
        ('chmod 0500 "$1/state"', 'chmod 0700 "$1/state"'),
        (
            'mkdir -p -m 0500 "$1/state/spool"; chmod 0500 "$1/state/spool"',
            'chmod 0700 "$1/state/spool"',
        ),
        ('chmod 0400 "$1/state/outbox.db"', 'chmod 0600 "$1/state/outbox.db"'),
    ],
    ids=["disk", "state", "spool", "database"],
)
def test_a_state_that_can_only_be_read_is_told_at_once(
    office: Office, tmp_path: Path, harm: str, mend: str
) -> None:
    """Before any file comes: nobody looks after one that was mailed for years."""
    home, sink = replace(office.home, plain=True), office.sink
    (box := tmp_path / "in").mkdir()
    log = tmp_path / "app.log"
    log.write_text("")
    rules = RULE.format(folder=json.dumps(str(box)), log=json.dumps(str(log)))
    home.shell('printf %s "$2" >> "$1/config.toml"', home.path, rules)

    def told() -> dict[str, str | None]:
        return {name: one["error"] for name, one in home.status()["rules"].items()}

    def watching() -> bool:
        rules = home.status().get("rules", {"": {"watching": False}})
        return all(one["watching"] for one in rules.values())

    with running(home, office.env, ready=False):
        until(watching, what="the rules to watch")
        office.home.shell(harm, home.path)
        until(lambda: all(told().values()), 10, what="the trouble of both rules")
        assert all("cannot be written" in str(words) for words in told().values())
        assert any("cannot be written" in one for one in home.status()["warnings"])
        assert "cannot be written" in home.run("status").stdout
        (box / "dropped").write_text("x" * 400_000)
        office.home.shell(mend, home.path)
        until(lambda: not any(told().values()), 20, what="the end of the trouble")
        assert home.status()["warnings"] == []
        sink.wait_for(1, 60)
        until(watching, what="the rules to watch again")
    assert "Traceback" not in home.log()
