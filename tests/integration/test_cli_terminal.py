"""What a file, a server, a log, the configuration or Ctrl+C leave on a terminal: nothing odd."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import Desk
from tests.support.wait import until
from tests.support.wire import Peer, scripted
from traymail.desktop.logfile import log_to

# A title, a colour, the same in one character, text turned around; what a terminal must not get.
EVIL = "\x1b]0;owned\x07\x1b[31m\u009b31m\u202e\u2066"
TOML = json.dumps(EVIL)  # the escapes of JSON are TOML's


def readable(words: str) -> bool:
    return all(line.isprintable() for line in words.split("\n"))


def checked(done: CompletedProcess[str]) -> str:
    told = done.stdout + done.stderr
    assert readable(told), ascii(told)
    return told


def _rules(office: Desk) -> None:
    box = office.folder / f"box{EVIL}"
    box.mkdir()
    (box / f"a{EVIL}.txt").write_text("content")
    (box / f"link{EVIL}").symlink_to("/etc/passwd")
    log = office.folder / f"app{EVIL}.log"
    log.write_text(f"ERROR {EVIL} here\n")
    office.configure(
        f"""
        [[rules]]
        name = "Scans"
        kind = "folder"
        to = ["you@example.com"]
        folder = {json.dumps(str(box))}
        subject = "{{file.name}}"
        body = "{{files}} {{file.folder}}"

        [[rules]]
        name = "Log"
        kind = "log"
        to = ["you@example.com"]
        paths = [{json.dumps(str(log))}]
        match = ["ERROR"]
        subject = "{{line}}"
        body = "{{lines}} {{path}}"
        """
    )


def test_rules_and_what_they_would_mail(office: Desk) -> None:
    _rules(office)
    for arguments in (
        *(("rule", "list"), ("rule", "check"), ("rule", "test", "Scans"), ("rule", "test", "Log")),
        *(("config", "check"), ("config", "export", "-")),
    ):
        done = office.quick(*arguments)
        assert (done.returncode, checked(done) != "") == (0, True), done.stderr
    for arguments in (("rule", "list"), ("rule", "test", "Scans"), ("rule", "test", "Log")):
        document = office.quick(*arguments, "--json").stdout
        assert readable(document)
        assert "\\u202e" in repr(json.loads(document))  # a program gets it as it is


@pytest.mark.parametrize(
    "config",
    [
        f"version = 1\n[accounts.{TOML}]\naddress = 'me@example.com'\n",
        f"version = 1\n[accounts.a]\naddress = {TOML}\n",
        f"version = 1\n[accounts.a]\naddress = 'me@example.com'\nhost = {TOML}\n",
        f"version = 1\n{TOML} = 1\n",
        f"version = 1\n[accounts.a]\naddress = 'me@example.com'\n{TOML} = 2\n",
        f"version = 1\ndefault_account = {TOML}\n[accounts.a]\naddress = 'me@qq.com'\n",
        f"version = 1\n[accounts.a]\naddress = 'me@qq.com'\n[[rules]]\nname = {TOML}\n"
        f"kind = {TOML}\nto = [{TOML}]\nfolder = {TOML}\n",
        f"version = 1\nlanguage = {TOML}\n",
        f"version = 1\n# {EVIL}\n",
    ],
)
def test_a_configuration_with_escapes(office: Desk, config: str) -> None:
    office.home.configure(config)
    for arguments in (("config", "check"), ("account", "list"), ("rule", "list")):
        checked(office.quick(*arguments))
    checked(office.quick("account", "test", EVIL))
    checked(office.quick("send", "--to", "a@b.example", "--account", EVIL))


def test_the_outbox(office: Desk) -> None:
    file = office.folder / f"file{EVIL}.txt"
    file.write_text("content")
    office.sink.reply("final", "554 5.7.1 no \x1b[31m here")
    name = EVIL.replace(";", "")
    message = ("--to", f"{name} <you@example.com>", "--subject", f"s{EVIL}", "--body", EVIL)
    sent = office.quick("send", *message, "--attach", file)
    assert sent.returncode == 69
    checked(sent)
    for arguments in (("list",), ("list", "--json"), ("show", "1")):
        assert "554" in checked(office.quick("outbox", *arguments)) or arguments == ("list",)


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is POSIX's")
def test_a_message_shown_on_a_terminal(office: Desk) -> None:
    office.quick("send", "--to", "you@example.com", "--subject", "s", "--body", EVIL, "--queue")
    screen, terminal = os.openpty()
    command = office.home.command("outbox", "show", "1", "--eml")
    pid = os.posix_spawn(
        sys.executable,
        command,
        {**os.environ, **office.env},
        file_actions=[(os.POSIX_SPAWN_DUP2, terminal, 1)],
    )
    os.close(terminal)
    seen = b""
    try:
        while block := os.read(screen, 4096):
            seen += block
    except OSError:  # the end of the other side
        pass
    os.close(screen)
    os.waitpid(pid, 0)
    assert b"Subject: s" in seen
    assert readable(seen.decode().replace("\r\n", "\n"))


def test_a_server_seen_by_the_doctor(office: Desk, certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.say(f"220 scripted {EVIL}")
        peer.hello("AUTH PLAIN", f"X{EVIL} {EVIL}")
        peer.until_closed()

    with scripted(script, script, implicit_tls=certificates.good.server_context()) as server:
        office.configure(port=server.port)
        told = checked(office.quick("doctor"))
        document = office.quick("doctor", "--json").stdout
    assert "AUTH PLAIN" in told
    assert readable(document)


def test_the_status_of_a_program(office: Desk) -> None:
    _rules(office)
    with office.running():
        checked(office.quick("status"))
        checked(office.quick("status", "--json"))
        office.configure(f"{TOML} = 1\n")
        until(lambda: office.json("status")["config_error"], what="the edit to be refused")
        assert "config.toml" in checked(office.quick("status"))
    log = (office.home.path / "log" / "traymail.log").read_text("utf-8")
    assert readable(log), ascii(log)


def test_the_log(tmp_path: Path) -> None:
    level = logging.getLogger("traymail").level
    handler = log_to(tmp_path / "traymail.log", verbose=True)
    assert handler is not None
    logging.getLogger("traymail.test").error("%s\nis odd", EVIL, exc_info=OSError(EVIL))
    logging.getLogger("traymail").removeHandler(handler)
    logging.getLogger("traymail").setLevel(level)
    handler.close()
    lines = (tmp_path / "traymail.log").read_text("utf-8").splitlines()
    assert "is odd" in lines[0]
    assert lines[1].startswith("OSError")
    assert all(line.isprintable() for line in lines)


# Presses Ctrl+C when Python looks for the module of this name, or takes itself down.
_CTRL_C = """
import atexit, os, signal, sys
moment = os.environ["CTRL_C_AT"]
def press(event, args):
    if event == "import" and args[0] == moment:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(press)
if moment == "the end":
    atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""
_MOMENTS = ("traymail.cli", "click", "traymail.core.errors", "traymail.desktop.paths", "the end")


@pytest.mark.parametrize("moment", _MOMENTS)
@pytest.mark.parametrize("started", ["python -m traymail", "traymail", "traymail-sendmail"])
def test_ctrl_c_shows_no_traceback_at_any_moment(started: str, moment: str, tmp_path: Path) -> None:
    name, *more = started.split()
    (tmp_path / "sitecustomize.py").write_text(_CTRL_C)
    environ = {"PYTHONPATH": str(tmp_path), "CTRL_C_AT": moment, "TRAYMAIL_HOME": str(tmp_path)}
    command = [str(Path(sys.executable).with_name(name)), *more, "--help"]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")
    assert (done.stdout == b"") is (moment != "the end")
