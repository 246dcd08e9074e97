"""kill -9 of whole processes: all mail arrives, and what may be there twice is marked."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from threading import Event

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, outbox, running
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.app import App
from traymail.core.message import Address, Draft
from traymail.desktop import paths

MAILS = 200


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as server:
        yield server


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return credentials(tmp_path / "credentials")


def configure(home: Home, sink: Sink, certificates: Certificates, more: str = "") -> None:
    home.configure(account(sink.port, ca_file=certificates.ca_file, more=more))


def stock(home: Home, count: int, when_unsure: str) -> set[str]:
    """Store mails as `send --queue` does, without starting Python for each; their Message-IDs."""
    with closing(App(paths.home(str(home.path), {}), {})) as app:
        drafts = [
            Draft(
                account="main",
                sender=Address(ADDRESS),
                to=(Address("you@example.com"),),
                subject=f"mail {number}",
                text="x" * 2000,
                when_unsure=when_unsure,
            )
            for number in range(count)
        ]
        return {app.new_poster().store(draft).message_id for draft in drafts}


def arrived(sink: Sink) -> Counter[str]:
    """How often each mail has come."""
    return Counter(
        str(message_from_bytes(arrival.content)["Message-ID"]) for arrival in list(sink.arrivals)
    )


def killed_at(home: Home, env: dict[str, str], sink: Sink, count: int) -> None:
    """Run the program and kill it as soon as so many mails have come."""
    program = Running(home, env)
    try:
        until(lambda: len(sink.arrivals) >= count, what=f"{count} mails at the sink")
    finally:
        program.kill()


def killed_in_doubt(home: Home, env: dict[str, str], sink: Sink) -> None:
    """Run the program and kill it while the server has a mail and has not said so."""
    never = Event()
    seen = len(sink.arrivals)
    sink.hold("answer", never)
    program = Running(home, env)
    try:
        until(lambda: len(sink.arrivals) > seen, what="a mail without its answer")
    finally:
        program.kill()
        never.set()


@pytest.mark.parametrize("when_unsure", ["ask", "resend"])
def test_200_queued_mails_survive_kills(
    when_unsure: str, home: Home, sink: Sink, certificates: Certificates, env: dict[str, str]
) -> None:
    configure(home, sink, certificates, f'when_unsure = "{when_unsure}"')
    stored = stock(home, MAILS, when_unsure)
    seed = time.time_ns()
    moments = sorted(random.Random(seed).sample(range(1, MAILS - 30), 4))  # noqa: S311 # no secret
    for moment in moments:
        killed_at(home, env, sink, moment)
    killed_in_doubt(home, env, sink)
    doubted = len(sink.arrivals)
    told = f"seed {seed}, killed at {moments}, then at {doubted}"
    assert doubted < MAILS, told

    with running(home, env) as program:
        until(lambda: not program.status()["outbox"]["queued"], what=f"an empty queue; {told}")
        listed = outbox(home)
        unknown = {item["message_id"] for item in listed if item["state"] == "unknown"}
        came = arrived(sink)
        assert {item["message_id"] for item in listed} == stored
        assert {item["state"] for item in listed} <= {"sent", "unknown"}
        if when_unsure == "ask":
            # At most one a kill; none of them was sent again by itself.
            assert 1 <= len(unknown) <= len(moments) + 1, told
            assert max(came.values()) == 1, told
            for item in listed:
                if item["state"] == "unknown":
                    home.run("outbox", "resolve", str(item["id"]), "resend", env=env)
            sink.wait_for(len(came) + len(unknown))
            came = arrived(sink)
            listed = outbox(home)
        else:
            assert not unknown, told
    assert set(came) == stored, told
    marked = {item["message_id"] for item in listed if item["possible_duplicate"]}
    assert {message_id for message_id, times in came.items() if times > 1} <= marked, told
    assert 1 <= len(marked) <= len(moments) + 1, told


def send(home: Home, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = home.command("send", "--to", "you@example.com", "--subject", "one", "--body", "x")
    return subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_a_send_killed_before_the_server_had_its_mail(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str]
) -> None:
    configure(home, sink, certificates)
    never = Event()
    sink.hold("mail", never)
    process = send(home, env)
    until(lambda: sink.connections and sink.logins, what="a login")
    process.kill()
    process.wait()
    never.set()
    [item] = outbox(home)
    assert item["state"] in {"queued", "sending"}
    with running(home, env):
        sink.wait_for(1)
        until(lambda: outbox(home)[0]["state"] == "sent", what="the mail sent")
    assert arrived(sink) == {item["message_id"]: 1}
    assert not outbox(home)[0]["possible_duplicate"]


def test_a_send_killed_while_the_server_has_not_answered(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str]
) -> None:
    configure(home, sink, certificates)
    never = Event()
    sink.hold("answer", never)
    process = send(home, env)
    sink.wait_for(1)
    process.kill()
    process.wait()
    never.set()
    with running(home, env) as program:
        assert program.status()["outbox"] == {
            **{"queued": 0, "sending": 0, "sent": 0, "partial": 0, "failed": 0},
            "unknown": 1,
        }
        resolved = home.run("outbox", "resolve", "1", "sent")
        assert resolved.returncode == 0, resolved.stderr
    assert [(item["state"], item["possible_duplicate"]) for item in outbox(home)] == [
        ("sent", False)
    ]
    assert len(sink.arrivals) == 1
