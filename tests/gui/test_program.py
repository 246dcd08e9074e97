"""The tray program as a process on a desktop with a panel: started, found again, ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import notifyd
from tests.support.certificates import Certificates
from tests.support.display import Display, display, panel
from tests.support.homes import Home
from tests.support.live import at_sink
from tests.support.running import CANARY, account, credentials
from tests.support.sink import Sink, serve
from tests.support.trayed import Trayed, trayed
from tests.support.wait import until

PASSWORD_OF_NOBODY = account(1)


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    with serve(certificates.good.server_context(), user="me@example.com", password=CANARY) as made:
        yield made


@pytest.fixture
def program(desktop: Display, home: Home) -> Iterator[Trayed]:
    home.configure(PASSWORD_OF_NOBODY)
    with trayed(home, desktop) as made:
        yield made


def test_a_click_opens_quick_send_and_a_mail_is_sent(
    desktop: Display, home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    home.configure(at_sink(sink, certificates.ca_file, "undo_seconds = 1"))
    with trayed(home, desktop, credentials(tmp_path / "secrets")) as program:
        program.wait_for_icon()
        assert program.windows("New mail") == []
        program.left_click()
        program.window("New mail")
        program.type("you@example.com,")
        program.keys("Tab")
        program.type("From the tray")
        program.keys("ctrl+Return")
        [mail] = sink.wait_for(1)
        assert mail.recipients == ("you@example.com",)
        assert b"Subject: From the tray\r\n" in mail.content
        program.no_window("New mail")


def test_a_second_start_shows_the_window_of_the_first(program: Trayed) -> None:
    pid = program.ready()
    again = program.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    program.window("New mail")
    assert program.pid == pid
    program.keys("Escape")
    program.no_window("New mail")
    refused = program.run("run")
    assert refused.returncode == 75
    assert refused.stderr.splitlines()[0] == f"traymail already runs (pid {pid})"


def test_what_is_composed_is_in_the_window_and_survives_the_end(
    program: Trayed, tmp_path: Path
) -> None:
    file = tmp_path / "note.txt"
    file.write_text("a note")
    link = "mailto:a@b.example?subject=Hello%20there&body=Words&attach=/etc/passwd"
    spaced = tmp_path / "a file: 文件.txt"  # as a file manager names it
    spaced.write_text("another")
    plain = tmp_path / "plain.txt"
    plain.write_text("a third")
    for more in (
        ("--to", "You <c@d.example>", "--attach", str(file), link),
        (spaced.as_uri(), str(plain)),
    ):
        done = program.run("compose", *more)
        assert (done.returncode, done.stderr) == (0, "")
    program.window("New mail")
    assert program.run("quit").returncode == 0
    program.gone()
    draft = (program.home.path / "state" / "draft.json").read_text("utf-8")
    for words in ("a@b.example", "You <c@d.example>", "Hello there", "Words"):
        assert words in draft
    assert json.loads(draft)["files"] == [str(file), str(spaced), str(plain)]
    assert "passwd" not in draft


def test_a_group_is_composed_to_by_its_name(
    desktop: Display, home: Home, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    groups = '[groups]\nTeam = ["li@x.example", "Wang <wang@x.example>"]'
    home.configure(at_sink(sink, certificates.ca_file, f"undo_seconds = 0\n\n{groups}"))
    with trayed(home, desktop, credentials(tmp_path / "secrets")) as program:
        program.ready()
        nobody = program.run("compose", "--to", "crew")
        assert (nobody.returncode, "“crew” is neither" in nobody.stderr) == (65, True)
        done = program.run("compose", "--to", "team", "--subject", "Lunch")
        assert (done.returncode, done.stderr) == (0, "")
        program.window("New mail")
        program.keys("ctrl+Return")
        [mail] = sink.wait_for(1)
        assert mail.recipients == ("li@x.example", "wang@x.example")
        assert b"Subject: Lunch\r\n" in mail.content


def test_what_is_too_long_for_a_link_is_told(program: Trayed) -> None:
    program.ready()
    people = ",".join(f"person-{number}@example.com" for number in range(4000))
    for more in (f"mailto:{people}", f"mailto:a@b.example?body={'长' * 30_000}"):
        done = program.run("compose", more)
        assert (done.returncode, done.stderr.splitlines()[0]) == (
            65,
            "The text is too long for a link.",
        )
    # Three bytes a letter, and no more.
    assert program.run("compose", "mailto:a@b.example?body=" + "长" * 20_000).returncode == 0


def test_compose_starts_the_program(desktop: Display, home: Home) -> None:
    home.configure(PASSWORD_OF_NOBODY)
    with trayed(home, desktop, start=False) as program:
        done = program.run("compose", "--subject", "Hello")
        assert (done.returncode, done.stderr) == (0, "")
        program.window("New mail")
        # Where file dialogs begin.
        assert Path(f"/proc/{program.pid}/cwd").readlink() == Path(program.env["HOME"])


def test_at_login_no_window_opens(desktop: Display, home: Home) -> None:
    with trayed(home, desktop, start=False) as program:
        pid = os.posix_spawn(
            (command := home.command("run", "--login"))[0], command, {**program.env}
        )
        try:
            program.wait_for_icon()
            assert program.pid == pid
            assert program.windows() == []
        finally:
            os.kill(pid, signal.SIGTERM)
            assert os.waitpid(pid, 0)[1] == 0


def test_without_an_account_the_first_start_leads_to_one(desktop: Display, home: Home) -> None:
    with trayed(home, desktop) as program:
        program.window("Welcome to traymail")
        program.keys("Return")
        program.window("Add account")
        program.no_window("Welcome to traymail")


def test_the_icon_comes_back_with_its_panel(home: Home) -> None:
    home.configure(PASSWORD_OF_NOBODY)
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as on:
        with panel(on), trayed(home, on) as program:
            program.wait_for_icon()
            pid = program.ready()
            with program.peer() as peer:
                owner = peer.owns
                until(lambda: owner(f"org.kde.StatusNotifierItem-{pid}-1"), what="the item")
            os.kill(pid, signal.SIGTERM)
            program.gone()
        with trayed(home, on) as program:
            # No panel: a window with the menu, within 5 s.
            program.window("traymail")
            with panel(on):
                program.wait_for_icon()
                program.no_window("traymail")
            # The panel is gone: the window is back, and goes when the panel comes again.
            program.window("traymail")
            with panel(on):
                program.wait_for_icon()
                program.no_window("traymail")


def test_the_menu_pauses_resumes_and_quits(program: Trayed) -> None:
    program.choose("Until I resume")
    until(lambda: '"paused": true' in program.run("status", "--json").stdout, what="the pause")
    program.choose("Resume")
    until(lambda: '"paused": false' in program.run("status", "--json").stdout, what="its end")
    program.choose("Quit")
    program.gone()
    log = (program.home.path / "log" / "traymail.log").read_text("utf-8")
    assert "Traceback" not in log
    assert "error" not in log.lower()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(program: Trayed, number: int) -> None:
    os.kill(program.ready(), number)
    program.gone()


def test_a_broken_configuration_is_told_on_the_desktop(home: Home, tmp_path: Path) -> None:
    home.configure("version = 1\nbogus = 2\n")
    told = tmp_path / "told"
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as on:
        with told.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, str(Path(notifyd.__file__)), "body"],
                env=on.env,
                stdin=subprocess.PIPE,
                stdout=output,
            )
        with server, trayed(home, on, start=False) as program:
            until(told.read_text, what="the server of notifications")
            for number, command in enumerate(((), ("run",), ("run", "--login"), ("compose",)), 1):
                done = program.run(*command)
                assert done.returncode == 78
                assert done.stderr.startswith("config.toml:2: bogus: ")
                shown = json.loads(told.read_text().splitlines()[number])
                assert shown["title"] == "traymail cannot start"
                assert shown["body"].startswith("config.toml:2: bogus: ")
                assert program.windows() == []
            assert server.stdin is not None
            server.stdin.close()
