"""The running program as people and other processes meet it: `traymail run --headless`."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.engine import StoppedClock
from tests.support.homes import Home
from tests.support.live import live
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, outbox, running
from tests.support.session import KeyringSession
from tests.support.sink import Arrival, Sink, Stage, serve
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.desktop import paths

MAIL = ("--to", "you@example.com", "--subject", "hello", "--body", "a line")
# By itself an account does not give up before a test does.
PATIENT = "timeout_seconds = 3600"


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
    """A home with an account at the sink."""
    home.configure(account(sink.port, ca_file=certificates.ca_file, more=PATIENT))
    return home


def configure(home: Home, sink: Sink, certificates: Certificates, rules: str) -> None:
    home.configure(account(sink.port, ca_file=certificates.ca_file) + rules)


def read(arrival: Arrival) -> EmailMessage:
    return message_from_bytes(arrival.content, _class=EmailMessage, policy=policy.default)


def subjects(sink: Sink) -> list[str]:
    return [str(read(arrival)["Subject"]) for arrival in list(sink.arrivals)]


def state_of(home: Home, mail_id: int = 1) -> str:
    return next(str(item["state"]) for item in outbox(home) if item["id"] == mail_id)


# --- one per home, its end ------------------------------------------------------------------------


def test_a_second_program_in_a_home_names_the_first(ready: Home) -> None:
    with running(ready) as program:
        second = ready.run("run", "--headless")
        assert second.returncode == 75
        assert f"traymail already runs (pid {program.process.pid})" in second.stderr
        assert program.status()["pid"] == program.process.pid


def test_two_homes_run_side_by_side(ready: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "another home")
    other.configure("version = 1\n")
    with running(ready), running(other) as program:
        assert program.status()["home"] == str(other.path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(number: int, ready: Home) -> None:
    with running(ready) as program:
        assert program.end(number) == 0
        assert program.output == ""
    asked = ready.run("status", "--json")
    assert (asked.returncode, json.loads(asked.stdout)) == (69, {"running": False})


def test_status_tells_what_programs_rely_on(ready: Home) -> None:
    with running(ready) as program:
        asked = ready.run("status", "--json")
        assert asked.returncode == 0
        told = json.loads(asked.stdout)
        assert (told["pid"], told["home"]) == (program.process.pid, str(ready.path))
        assert (told["paused"], told["config_error"], told["rules"]) == (False, None, {})
        assert told["accounts"] == {
            "main": {"state": "ready", "queued": 0, "failed": 0, "breaker": "closed"}
        }
        assert set(told["outbox"].values()) == {0}
        states = ["queued", "sending", "sent", "partial", "failed", "unknown"]
        assert list(told["outbox"]) == states
        assert told["version"] in ready.run("--version").stdout
        assert f"pid {program.process.pid}" in ready.run("status").stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("stage", "left"), [("mail", "queued"), ("answer", "unknown")])
def test_it_ends_while_the_server_hangs(
    stage: Stage, left: str, number: int, ready: Home, sink: Sink, env: dict[str, str]
) -> None:
    never = Event()
    sink.hold(stage, never)
    with running(ready, env) as program:
        assert ready.run("send", "--queue", *MAIL).returncode == 0
        until(lambda: sink.arrivals if stage == "answer" else sink.logins, what="a mail under way")
        assert program.end(number) == 0
    never.set()
    assert state_of(ready) == left


def test_it_ends_while_a_server_says_nothing(home: Home, env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_SECONDS)
        home.configure(account(silent.getsockname()[1], more=PATIENT))
        with running(home, env) as program:
            assert home.run("send", "--queue", *MAIL).returncode == 0
            peer, _ = silent.accept()
            with peer:
                assert program.end() == 0
    assert state_of(home) == "queued"


def test_it_ends_while_a_send_of_before_is_not_through(
    ready: Home, sink: Sink, env: dict[str, str]
) -> None:
    go_on = Event()
    sink.hold("mail", go_on)
    command = ready.command("send", *MAIL)
    with subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as send:
        try:
            until(lambda: sink.logins, what="a mail under way")
            with running(ready, env, ready=False) as program:
                until(lambda: _catches(program.process.pid, signal.SIGTERM), what="one that waits")
                assert (program.end(), program.output) == (0, "")
        finally:
            go_on.set()
        assert send.wait() == 0


def _catches(pid: int, number: int) -> bool:
    told = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in told.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) & 1 << number - 1)


def test_quit_ends_it(ready: Home) -> None:
    with running(ready) as program:
        assert ready.run("quit").returncode == 0
        assert program.process.wait(PATIENCE_SECONDS) == 0
    for command in ("quit", "pause", "resume", "status"):
        refused = ready.run(command)
        assert refused.returncode == 69
        assert refused.stderr.startswith("traymail is not running.")


def test_without_a_valid_configuration_it_does_not_start(home: Home) -> None:
    home.configure("version = 1\nlangauge = 3\n")
    refused = home.run("run", "--headless")
    assert refused.returncode == 78
    assert "config.toml:2: langauge: unknown key" in refused.stderr


# --- mail of other processes ----------------------------------------------------------------------


def test_it_delivers_what_others_store(ready: Home, sink: Sink, env: dict[str, str]) -> None:
    with running(ready, env) as program:
        stored = ready.run("send", "--queue", "--json", *MAIL)
        assert json.loads(stored.stdout)["state"] == "queued"
        [arrival] = sink.wait_for(1)
        assert read(arrival)["Message-ID"] == json.loads(stored.stdout)["message_id"]
        until(lambda: program.status()["outbox"]["sent"] == 1, what="one mail sent")


def test_a_send_beside_it_ends_with_the_outcome(
    ready: Home, sink: Sink, env: dict[str, str]
) -> None:
    with running(ready, env):

        def send() -> tuple[int, str]:
            sent = ready.run("send", "--json", *MAIL)  # has no secret itself
            return sent.returncode, json.loads(sent.stdout)["state"] + " " + sent.stderr[:12]

        assert send() == (0, "sent ")
        sink.reply("rcpt", "550 5.1.1 no such user")
        assert send() == (69, "failed Mail 2 faile")
        sink.reply("final", "451 4.3.0 later")
        assert send() == (75, "queued Mail 3 stays")
    assert [item["state"] for item in outbox(ready)] == ["sent", "failed", "queued"]


def test_while_paused_nothing_leaves(ready: Home, sink: Sink, env: dict[str, str]) -> None:
    with running(ready, env) as program:
        assert ready.run("pause").returncode == 0
        until(lambda: program.status()["paused"], what="the pause")
        assert ready.run("send", "--queue", *MAIL).returncode == 0
        waits = ready.run("send", *MAIL)
        assert waits.returncode == 75
        assert "traymail resume" in waits.stderr
    # A pause outlives the program, and holds for a send without one.
    assert ready.run("send", *MAIL, env=env).returncode == 75
    with running(ready, env) as program:
        assert program.status()["outbox"]["queued"] == 3
        assert sink.connections == 0
        assert ready.run("resume").returncode == 0
        sink.wait_for(3)
        until(lambda: program.status()["outbox"]["sent"] == 3, what="all sent")
        assert not program.status()["paused"]


def test_a_pause_ends_by_itself(ready: Home, sink: Sink, env: dict[str, str]) -> None:
    with running(ready, env):
        assert ready.run("pause", "3s").returncode == 0
        assert ready.run("send", "--queue", *MAIL).returncode == 0
        sink.wait_for(1)


def test_a_pause_that_cannot_be_written_down_holds_all_the_same(
    ready: Home, sink: Sink, env: dict[str, str]
) -> None:
    home = paths.home(str(ready.path), {})
    with running(ready, env) as program:
        with closing(sqlite3.connect(home.database, isolation_level=None)) as database:
            database.execute(
                "CREATE TRIGGER full BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
            assert ready.run("pause").returncode == 0
            until(lambda: program.status()["paused"], what="the pause")
            assert ready.run("send", "--queue", *MAIL).returncode == 0
            assert ready.run("resume").returncode == 0
        sink.wait_for(1)
    told = home.log_file.read_text()
    assert told.count("is not kept for the next start") == 2
    assert "Traceback" not in told


# --- the configuration under way ------------------------------------------------------------------

LOG_RULE = """
[[rules]]
name = "errors"
kind = "log"
to = ["ops@example.com"]
subject = "{{match.level}}"
body = "{{lines}}"
paths = ["{path}"]
match = ['(?P<level>ERROR|FATAL)']
cooldown = "0s"
"""

FOLDER_RULE = """
[[rules]]
name = "scans"
kind = "folder"
to = ["boss@example.com"]
subject = "scan {{file.name}}"
body = "{{file.size}}"
folder = "{path}"
settle_seconds = 0
"""


def test_an_edit_is_picked_up_and_a_bad_one_is_not(
    ready: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    good = ready.config.read_text()
    with running(ready, env) as program:
        ready.configure(good.replace("[accounts.main]", '[accounts.main]\ndisplay_name = "小明"'))

        def sender() -> str:
            assert ready.run("send", *MAIL).returncode == 0
            return str(read(sink.arrivals[-1])["From"])

        assert "小明" in sender()
        edited = ready.config.read_text()
        rule = LOG_RULE.format(path=tmp_path / "app.log")
        ready.configure(edited + rule)
        until(lambda: "errors" in program.status()["rules"], what="the new rule")

        broken = rule.replace("[accounts", "").replace("cooldown", "cooldwon")
        ready.configure((edited + broken).replace('security = "tls"', 'security = "tsl"'))
        told = until(lambda: program.status()["config_error"], what="the refusal of the edit")
        assert len(told.splitlines()) == 2, told
        assert "security" in told
        assert "rules[0].cooldwon: unknown key" in told
        assert all(line.startswith("config.toml:") for line in told.splitlines())
        assert "errors" in program.status()["rules"]
        (tmp_path / "app.log").touch()
        until(lambda: program.status()["rules"]["errors"]["watching"], what="the log followed")
        with (tmp_path / "app.log").open("a") as log:
            log.write("FATAL still watched\n")
        until(lambda: "FATAL" in subjects(sink), what="a mail by the last good configuration")

        ready.configure(edited)
        until(lambda: program.status()["config_error"] is None, what="the mended file")
        assert program.status()["rules"] == {}
    assert certificates.ca_file.exists()


def test_a_file_that_is_being_written_is_left_alone(home: Home) -> None:
    """Editors empty the file before they write it, and an empty one is valid."""
    good, clock = account(1), StoppedClock()
    with live(home, good, clock=clock) as running:
        program = running.program

        def accounts() -> list[str]:
            return list(program.status(str)["accounts"])

        with clock.standing():  # the moment that an editor takes
            home.config.write_text("")
            for _ in range(3):
                program.configuration.look()  # as other edits hurry it
                assert accounts() == ["main"]
            home.config.write_text(good)
        home.config.unlink()
        told = until(lambda: program.status(str)["config_error"], what="the file missed")
        assert told.startswith("config.toml: is not there")
        assert accounts() == ["main"]
        home.config.write_text("# nothing else\n")  # as a full disk leaves it
        until(
            lambda: program.status(str)["config_error"].startswith("config.toml: is empty"),
            what="the file found empty",
        )
        assert accounts() == ["main"]
        home.configure("version = 1\n")
        until(lambda: not accounts(), what="an edit without an account")
        until(lambda: program.configuration.error is None, what="no error any more")


def test_an_edit_while_it_starts_counts(
    ready: Home, sink: Sink, env: dict[str, str], tmp_path: Path
) -> None:
    go_on = Event()
    sink.hold("mail", go_on)
    command = ready.command("send", *MAIL)
    with subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as send:
        try:
            until(lambda: sink.logins, what="a mail under way")
            with running(ready, env, ready=False) as program:
                until(lambda: _catches(program.process.pid, signal.SIGTERM), what="one that waits")
                rule = LOG_RULE.format(path=tmp_path / "app.log")
                ready.configure(ready.config.read_text() + rule)
                go_on.set()
                program.ready()
                until(lambda: "errors" in program.status()["rules"], what="the new rule")
        finally:
            go_on.set()
        assert send.wait() == 0


# --- secrets --------------------------------------------------------------------------------------


def test_a_wrong_code_stops_the_account_until_a_test_passes(
    ready: Home, sink: Sink, tmp_path: Path
) -> None:
    env = credentials(tmp_path / "credentials", "wrong")
    with running(ready, env) as program:
        assert ready.run("send", *MAIL).returncode == 77
        told = program.status()["accounts"]["main"]
        assert (told["state"], told["breaker"], told["queued"]) == ("attention", "open", 1)
        assert ready.run("send", "--queue", *MAIL).returncode == 0
        assert [item["next_attempt_at"] for item in outbox(ready)] == [None, None]
        assert len(sink.logins) == 1
        assert ready.run("account", "test", "main", env=env).returncode == 77
        assert program.status()["accounts"]["main"]["state"] == "attention"

        right = credentials(tmp_path / "credentials")
        tested = ready.run("account", "test", "main", env=right)
        assert tested.returncode == 0, tested.stderr
        sink.wait_for(2)
        until(lambda: program.status()["outbox"]["sent"] == 2, what="both sent")
        told = program.status()["accounts"]["main"]
        assert (told["state"], told["breaker"]) == ("ready", "closed")


def test_a_new_code_in_the_keyring_lets_the_account_go_on(
    ready: Home, sink: Sink, keyring_env: KeyringSession
) -> None:
    del keyring_env
    assert ready.run("account", "set-secret", "main", given="wrong\n").returncode == 0
    with running(ready) as program:
        assert ready.run("send", *MAIL).returncode == 77
        kept = ready.run("account", "set-secret", "main", given=CANARY + "\n")
        assert kept.returncode == 0, kept.stderr
        sink.wait_for(1)
        until(lambda: program.status()["outbox"]["sent"] == 1, what="the mail sent")
    assert ready.run("account", "remove", "main").returncode == 0


def test_a_secret_that_comes_later_is_found_at_the_next_start(
    ready: Home, sink: Sink, tmp_path: Path
) -> None:
    with running(ready, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) as program:
        assert ready.run("send", *MAIL).returncode == 77
        assert program.status()["accounts"]["main"]["state"] == "attention"
    with running(ready, credentials(tmp_path / "credentials")) as program:
        sink.wait_for(1)
        until(lambda: program.status()["outbox"]["sent"] == 1, what="the mail sent")
        assert program.status()["accounts"]["main"]["state"] == "ready"


def test_the_secret_stands_nowhere(ready: Home, sink: Sink, env: dict[str, str]) -> None:
    told: list[str] = []
    for line in (f"550 5.1.1 {CANARY} is not known", f"451 4.7.1 {CANARY} later"):
        sink.reply("rcpt", line)
    with running(ready, env) as program:
        for arguments in (
            *(("send", *MAIL), ("send", *MAIL), ("status", "--json"), ("outbox", "list", "--json")),
            *(("outbox", "show", "1"), ("outbox", "show", "2"), ("account", "test", "main")),
            *(("account", "list", "--json"), ("-v", "send", *MAIL), ("doctor", "--json")),
        ):
            ran = ready.run(*arguments, env=env)
            told += [ran.stdout, ran.stderr]
        told.append(Path(f"/proc/{program.process.pid}/cmdline").read_text())
        kept = {path: path.read_bytes() for path in _files(ready.path)}
    assert sink.arrivals  # on a busy machine, the second is tried again meanwhile
    assert "is not known" in "".join(told)
    assert CANARY not in "".join(told)
    kept |= {path: path.read_bytes() for path in _files(ready.path)}
    assert {"outbox.db", "traymail.log", "config.toml"} <= {path.name for path in kept}
    assert [path for path, content in kept.items() if CANARY.encode() in content] == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- rules ----------------------------------------------------------------------------------------


def test_a_dropped_file_arrives_whole(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    configure(home, sink, certificates, FOLDER_RULE.format(path=folder))
    content = os.urandom(400_000)
    with running(home, env) as program:
        until(lambda: _rule(program, "scans")["watching"], what="the folder watched")
        (folder / "合同.pdf").write_bytes(content)
        [arrival] = sink.wait_for(1)
        until(lambda: _rule(program, "scans")["sent"] == 1, what="the rule's count")
    assert arrival.recipients == ("boss@example.com",)
    mail = read(arrival)
    assert mail["Subject"] == "scan 合同.pdf"
    assert mail["X-Traymail-Rule"] == "scans"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert _attached(mail) == {"合同.pdf": sha256(content).hexdigest()}

    (folder / "came meanwhile.pdf").write_bytes(b"meanwhile")
    with running(home, env):
        until(lambda: len(sink.arrivals) >= 2, what="the file that came meanwhile")
        (folder / "last.pdf").write_bytes(b"last")
        until(lambda: "scan last.pdf" in subjects(sink), what="the last file")
    assert subjects(sink)[1:] == ["scan came meanwhile.pdf", "scan last.pdf"]


def test_one_odd_file_stops_nothing(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    configure(home, sink, certificates, FOLDER_RULE.format(path=folder))

    def arrived() -> set[str]:
        return {name for arrival in list(sink.arrivals) for name in _attached(read(arrival))}

    with running(home, env) as program:
        until(lambda: _rule(program, "scans")["watching"], what="the folder watched")
        for name, seconds in (("good.pdf", 0), ("far.pdf", 13_569_465_600), ("old.pdf", -(10**9))):
            file = tmp_path / name
            file.write_bytes(name.encode())
            os.utime(file, (seconds, seconds))
            file.rename(folder / name)
        until(lambda: arrived() == {"good.pdf", "far.pdf", "old.pdf"}, what="all three")
        until(lambda: _rule(program, "scans")["sent"] == 3, what="the rule's count")
        assert _rule(program, "scans")["error"] is None
        assert "Traceback" not in (home.path / "log" / "traymail.log").read_text()


def test_an_appended_line_arrives(
    home: Home, sink: Sink, certificates: Certificates, env: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_text("ERROR old\n")
    configure(home, sink, certificates, LOG_RULE.format(path=log))

    def append(words: str) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(words + "\n")

    with running(home, env) as program:
        until(lambda: _rule(program, "errors")["watching"], what="the log followed")
        append("INFO nothing")
        append("FATAL 磁盘已满")
        [arrival] = sink.wait_for(1)
    mail = read(arrival)
    assert mail["Subject"] == "FATAL"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "FATAL 磁盘已满"

    append("ERROR meanwhile")
    with running(home, env):
        until(lambda: len(sink.arrivals) >= 2, what="the line that came meanwhile")
        append("FATAL last")
        until(lambda: len(sink.arrivals) >= 3, what="the last line")
    assert subjects(sink) == ["FATAL", "ERROR", "FATAL"]


@pytest.mark.parametrize("how", ["gone", "emptied"])
def test_lines_that_cannot_be_found_again_are_a_warning(
    home: Home,
    sink: Sink,
    certificates: Certificates,
    env: dict[str, str],
    tmp_path: Path,
    how: str,
) -> None:
    log = tmp_path / "app.log"
    log.write_text("INFO old\n" * 20)
    configure(home, sink, certificates, LOG_RULE.format(path=log))
    with running(home, env) as program:
        until(lambda: _rule(program, "errors")["watching"], what="the log followed")
        with log.open("a") as file:
            file.write("ERROR 1\n")
        sink.wait_for(1)
    log.unlink() if how == "gone" else os.truncate(log, 0)
    with running(home, env) as program:
        if how == "gone":
            until(lambda: "no file" in (_rule(program, "errors")["error"] or ""), what="its lack")
        log.write_text("ERROR 2\n")
        sink.wait_for(2)
        until(lambda: _rule(program, "errors")["left_out"], what="the warning")
        (left,) = _rule(program, "errors")["left_out"]
        assert left["what"] == str(log)
        assert "cannot be found" in left["reason"]
        assert f"rule errors leaves out {log}: " in home.run("status").stdout
        assert "原来的内容已找不到" in home.run("--lang", "zh_CN", "status").stdout
    told = (home.path / "log" / "traymail.log").read_text("utf-8").splitlines()
    assert [line for line in told if "WARNING" in line and f"{log} cannot be found again" in line]


def _rule(program: Running, name: str) -> dict[str, Any]:
    told: dict[str, Any] = program.status()["rules"][name]
    return told


def _attached(mail: EmailMessage) -> dict[str, str]:
    found = {}
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_filename())] = sha256(content).hexdigest()
    return found


def test_it_imports_no_toolkit(ready: Home) -> None:
    """A server has none of them."""
    with running(ready) as program:
        maps = Path(f"/proc/{program.process.pid}/maps").read_text()
    assert "_tkinter" not in maps
    assert "PIL" not in maps
    told = subprocess.run(
        [sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


_IMPORTS = """
import sys, traymail.program, traymail.senders.smtp
print([name for name in ("tkinter", "pystray", "PIL", "ttkbootstrap") if name in sys.modules])
"""


def test_what_libraries_tell_programmers_reaches_no_user(home: Home) -> None:
    home.configure("version = 1\n")
    code = (
        "import atexit, sys, warnings; from traymail.cli.main import main; "
        "atexit.register(warnings.warn, 'for programmers', RuntimeWarning); sys.exit(main())"
    )
    python, _, _, *arguments = home.command("run", "--headless")
    with subprocess.Popen([python, "-c", code, *arguments], stderr=subprocess.PIPE) as process:
        until(lambda: home.run("status").returncode == 0, what="the program")
        assert home.run("quit").returncode == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
