"""A thousand small mails: stored, then delivered, against a script that uses smtplib plainly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import IO

from tests.bench import Row
from tests.support.certificates import Certificates, make_certificates
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, account, credentials
from traymail.app import App
from traymail.core.message import Address, Draft
from traymail.desktop import paths

MAILS = 1000
BODY = "twenty characters..\n" * 100
ROUNDS = 3

# What people write who have no such program: a connection for each mail, nothing kept.
SCRIPT = """
import smtplib, ssl, sys
from email.message import EmailMessage
port, ca_file, user, password, count, body = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file)
for number in range(int(count)):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = user, "you@example.com", f"mail {number}"
    mail.set_content(body)
    with smtplib.SMTP_SSL("127.0.0.1", int(port), context=context) as server:
        server.login(user, password)
        server.send_message(mail)
"""


def rows() -> Iterator[Row]:
    """Measure in turns; both times begin with the start of a process."""
    with TemporaryDirectory(prefix="tm-bench-") as name:
        folder = Path(name)
        certificates = make_certificates(folder)
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.bench.quick_sink"),
                *(str(certificates.good.chain), str(certificates.good.key), str(MAILS)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        ) as sink:
            assert sink.stdout is not None
            try:
                port = int(sink.stdout.readline())
                taken = [
                    (
                        *_ours(folder / str(number), port, certificates, sink.stdout),
                        _script(port, certificates, sink.stdout),
                    )
                    for number in range(ROUNDS)
                ]
            finally:
                sink.kill()
    stored, delivered, script = (median(column) for column in zip(*taken, strict=True))
    yield Row("deliver 1000 queued mails / smtplib", delivered, 1.0, "s", script)
    both = stored + delivered
    yield Row("store and deliver 1000 mails / smtplib", both, 1.0, "s", script)


def _ours(folder: Path, port: int, certificates: Certificates, said: IO[str]) -> tuple[float, ...]:
    folder.mkdir()
    home = Home(folder / "home")
    home.configure(account(port, ca_file=certificates.ca_file))
    env = {**os.environ, **credentials(folder / "credentials")}
    began = perf_counter()
    with closing(App(paths.home(str(home.path), {}), {})) as app:
        for number in range(MAILS):
            app.new_poster().store(_draft(number))
    stored = perf_counter()
    program = subprocess.Popen(home.command("run", "--headless"), env=env)
    try:
        assert said.readline() == "taken\n"
        return stored - began, perf_counter() - stored
    finally:
        program.terminate()
        program.wait()


def _draft(number: int) -> Draft:
    return Draft(
        account="main",
        sender=Address(ADDRESS),
        to=(Address("you@example.com"),),
        subject=f"mail {number}",
        text=BODY,
    )


def _script(port: int, certificates: Certificates, said: IO[str]) -> float:
    arguments = (str(port), str(certificates.ca_file), ADDRESS, CANARY, str(MAILS), BODY)
    began = perf_counter()
    subprocess.run([sys.executable, "-c", SCRIPT, *arguments], check=True)
    assert said.readline() == "taken\n"
    return perf_counter() - began
