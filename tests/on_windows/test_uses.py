"""What differs on Windows, with the real thing: processes, open files, keyring, registry."""

from __future__ import annotations

import importlib
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Event

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import CODE, desk
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, outbox, running
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.app import App
from traymail.core.message import Address, Draft
from traymail.desktop import paths

MAILS = 50


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as server:
        yield server


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return credentials(tmp_path / "credentials")


@pytest.fixture
def ready(home: Home, sink: Sink, certificates: Certificates) -> Home:
    home.configure(account(sink.port, ca_file=certificates.ca_file))
    return home


def with_rule(home: Home, sink: Sink, certificates: Certificates, rule: str) -> Home:
    home.configure(account(sink.port, ca_file=certificates.ca_file) + rule)
    return home


def bodies(sink: Sink) -> list[str]:
    """Return the words of each mail that has come."""
    read = (message_from_bytes(one.content, policy=policy.default) for one in list(sink.arrivals))
    return [mail.get_body().get_content() for mail in read]  # type: ignore[union-attr] # each has a body


def test_a_kill_in_the_middle_of_50_mails(ready: Home, sink: Sink, env: dict[str, str]) -> None:
    """TerminateProcess gives no time; none is lost, none is sent twice by itself."""
    with closing(App(paths.home(str(ready.path), {}), {})) as app:
        draft = Draft(
            account="main",
            sender=Address(ADDRESS),
            to=(Address("you@example.com"),),
            subject="one of many",
            text="x" * 2000,
            when_unsure="ask",
        )
        stored = {app.new_poster().store(draft).message_id for _ in range(MAILS)}
    never = Event()
    first = Running(ready, env)
    sink.wait_for(MAILS // 2, 60)
    sink.hold("answer", never)
    seen = len(sink.arrivals)
    until(lambda: len(sink.arrivals) > seen, 40, "a mail without its answer")
    first.kill()
    never.set()
    with running(ready, env) as second:
        until(lambda: not second.status()["outbox"]["queued"], 60, "an empty queue")
        listed = outbox(ready)
    came = Counter(
        str(message_from_bytes(arrival.content)["Message-ID"]) for arrival in list(sink.arrivals)
    )
    assert set(came) == stored == {item["message_id"] for item in listed}
    assert set(came.values()) == {1}
    assert Counter(item["state"] for item in listed) == {"sent": MAILS - 1, "unknown": 1}


class Rotating(RotatingFileHandler):
    """Notes what it could not write or rename, instead of telling it on standard error."""

    failed = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 # logging's
        self.failed += 1


def test_pythons_handlers_rotate_a_log_that_is_followed(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    """Windows refuses to rename a file that others hold open: a follower must not."""
    log = tmp_path / "app.log"
    log.touch()
    with_rule(
        *(home, sink, certificates),
        '\n[[rules]]\nname = "errors"\nkind = "log"\nto = ["ops@example.com"]\n'
        f'subject = "alert"\nbody = "{{lines}}"\npaths = [\'{log}\']\n'
        "match = ['ERROR']\ncooldown = \"0s\"\n",
    )
    logger = logging.getLogger("an app with a log of its own")
    logger.propagate = False
    handler = Rotating(log, maxBytes=400, backupCount=30, encoding="utf-8")
    logger.addHandler(handler)
    with running(home, env) as program:
        # What stands in a log before the program follows it, is not told.
        until(lambda: program.status()["rules"]["errors"]["watching"], what="the log followed")
        wanted = []
        for number in range(12):
            line = f"ERROR number {number:03} of the log {'.' * 40}"
            wanted.append(line)
            logger.error(line)
            until(lambda line=line: line in "".join(bodies(sink)), 60, f"an alert of {line}")  # type: ignore[misc] # a default that mypy cannot follow
        handler.close()
    assert not handler.failed
    assert len(list(tmp_path.glob("app.log.*"))) >= 2
    told = "".join(bodies(sink))
    assert [told.count(line) for line in wanted] == [1] * len(wanted)


def test_a_file_is_mailed_once_its_writer_has_closed_it(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    drop = tmp_path / "扫描 drop"
    drop.mkdir()
    with_rule(
        *(home, sink, certificates),
        '\n[[rules]]\nname = "scans"\nkind = "folder"\nto = ["boss@example.com"]\n'
        f"folder = '{drop}'\nsettle_seconds = 0.3\n"
        'after = "move"\n',
    )
    with running(home, env) as program:
        # What is there before is left alone.
        until(lambda: program.status()["rules"]["scans"]["watching"], 60, "the folder watched")
        with (drop / "big.bin").open("wb") as writer:
            writer.write(b"first half, ")
            writer.flush()
            # A file dropped later, and whole, comes first.
            (drop / "whole.txt").write_text("whole")
            sink.wait_for(1, 60)
            writer.write(b"second half")
        arrivals = sink.wait_for(2, 60)
        until(lambda: not (drop / "big.bin").exists(), 60, "the file put away")
    mails = [message_from_bytes(one.content, policy=policy.default) for one in arrivals]
    attached = [next(mail.iter_attachments()) for mail in mails]
    assert [one.get_filename() for one in attached] == ["whole.txt", "big.bin"]
    assert attached[1].get_content() == b"first half, second half"


def test_the_credential_manager_keeps_the_code(tmp_path: Path, certificates: Certificates) -> None:
    win32cred = importlib.import_module("win32ctypes.pywin32.win32cred")
    trouble = importlib.import_module("win32ctypes.pywin32.pywintypes").error
    with desk(tmp_path, certificates) as one:
        one.home.configure("version = 1\n")
        one.env.clear()
        added = one.run(
            *("account", "add", "me@desk.example", "--name", "desk"),
            *("--host", one.sink.host, "--port", str(one.sink.port), "--security", "tls"),
            *("--ca-file", str(one.ca_file)),
            given=f"{CODE}\n",
        )
        assert added.returncode == 0, added.stderr
        assert one.sink.logins == [("me@desk.example", True)]
        kept = [
            entry["TargetName"]
            for entry in win32cred.CredEnumerate(None, 0)
            if "traymail" in entry["TargetName"]
        ]
        assert len(kept) == 1
        assert CODE not in one.home.config.read_text("utf-8")
        assert one.run("account", "test", "desk").returncode == 0
        assert one.run("account", "remove", "desk").returncode == 0
        with pytest.raises(trouble):
            win32cred.CredRead(kept[0], win32cred.CRED_TYPE_GENERIC)
