"""Mary, who uses traymail in a Debian of its own: she sends a mail, and her rules send two."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.packages.chroot import Chroot
from tests.support.sink import Sink
from tests.support.wait import until

NEXT_VERSION = "99.0"
"""That of the packages that she updates to."""

HOME = "/home/mary/.config/traymail"
CONFIG = """\
version = 1
language = "en"

[accounts.local]
address = "mary@desk.example"
host = "127.0.0.1"
port = {port}
security = "none"
auth = "none"

[[rules]]
name = "Scans"
kind = "folder"
folder = "~/Scans"
to = ["boss@example.com"]
subject = "Scan: {{file.name}}"
settle_seconds = 0.2
after = "move"

[[rules]]
name = "Errors"
kind = "log"
paths = ["~/logs/*.log"]
match = ["ERROR"]
to = ["boss@example.com"]
subject = "Alert"
cooldown = "0s"
start_at = "beginning"
"""
BODY = "Words of mary."
KEPT = ("outbox list", "rule list", "config check", "account list")
"""Commands whose answers an update does not change."""


def as_mary(chroot: Chroot, *words: str, status: int = 0) -> str:
    return chroot.run(*words, user="mary", status=status)


def configure(chroot: Chroot, port: int) -> None:
    """Write mary's configuration, of which she is the owner; her folders are empty."""
    as_mary(chroot, "rm", "-rf", "Scans", "logs")
    as_mary(chroot, "mkdir", "-p", "Scans", "logs", HOME)
    script = 'umask 077; printf %s "$1" > "$2"'
    as_mary(chroot, "sh", "-c", script, "sh", CONFIG.format(port=port), f"{HOME}/config.toml")


def subjects(sink: Sink) -> list[str]:
    found = [re.search(rb"^Subject: (.*?)\r?$", each.content, re.M) for each in sink.arrivals]
    return [each[1].decode() for each in found if each]


@contextmanager
def running(chroot: Chroot) -> Iterator[None]:
    """Run the rules and the outbox of mary until the block ends."""
    command = chroot.command("traymail", "run", "--headless", user="mary")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            until(
                lambda: (
                    "watching" in chroot.run("sh", "-c", "traymail status || true", user="mary")
                ),
                timeout=60,
                what="the rules",
            )
            yield
            as_mary(chroot, "traymail", "quit")
            assert process.wait(30) == 0
        finally:
            process.kill()


def send_by_hand(chroot: Chroot, sink: Sink) -> None:
    """Send a mail; it has arrived when this returns."""
    before = len(sink.arrivals)
    sent = as_mary(
        *(chroot, "traymail", "send", "--to", "you@example.com", "--subject", "By hand"),
        *("--body", BODY),
    )
    assert "is sent: 250" in sent
    assert subjects(sink)[before:] == ["By hand"]
    assert BODY.encode() in sink.arrivals[-1].content


def let_the_rules_mail(chroot: Chroot, sink: Sink, page: str = "page.pdf") -> None:
    """Put a file into the folder and a line into the log; each is mailed once."""
    before = len(sink.arrivals)
    with running(chroot):
        as_mary(chroot, "sh", "-c", f"echo content > ~/Scans/{page}")
        until(lambda: f"Scan: {page}" in subjects(sink)[before:], timeout=60)
        as_mary(chroot, "sh", "-c", "echo 12:00 ERROR disk is full >> ~/logs/app.log")
        until(lambda: "Alert" in subjects(sink)[before:], timeout=60)
        moved = chroot.path(f"/home/mary/Scans/sent/{page}")
        until(moved.is_file, timeout=30, what="the file put away")
    assert len(sink.arrivals) == before + 2


def leave_a_mail_waiting(chroot: Chroot) -> dict[str, str]:
    """Queue a mail; return what is kept."""
    as_mary(chroot, "traymail", "send", "--queue", "--to", "a@b.example", "--subject", "Waits")
    kept = what_is_kept(chroot)
    assert "Waits" in kept["outbox list"]
    assert "Scans" in kept["rule list"]
    return kept


def what_is_kept(chroot: Chroot) -> dict[str, str]:
    """Return what each command of KEPT tells."""
    return {command: as_mary(chroot, "traymail", *command.split()) for command in KEPT}


def let_the_waiting_mail_go(chroot: Chroot, sink: Sink) -> None:
    """Send what was queued."""
    before = len(sink.arrivals)
    with running(chroot):
        until(lambda: "Waits" in subjects(sink)[before:], timeout=60)
