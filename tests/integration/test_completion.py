"""Completion, in the shells themselves: what is proposed, and what the command is then given."""

import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import sys
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.wait import until
from traymail.cli.main import COMMANDS
from traymail.core.message import Address
from traymail.store.database import Database
from traymail.store.people import People

CONFIG = """\
version = 1
default_account = "home"

[accounts.work]
address = "me@qq.com"

[accounts.home]
address = "me@163.com"

[groups]
Team = ["li@x.example", "wang@x.example"]
"Test people" = ["li@x.example"]
"客户" = ["zhao@x.example"]

[[rules]]
name = "App errors"
kind = "log"
to = ["me@qq.com"]
paths = ["/var/log/app.log"]
match = ["ERROR"]

[[rules]]
name = "扫描件 (新)"
kind = "folder"
to = ["me@qq.com"]
folder = "~/Scans"

[[rules]]
name = "it's: $HOME"
kind = "folder"
to = ["me@qq.com"]
folder = "~/More"
"""

SHIM = """\
#!/bin/sh
if [ -n "$_TRAYMAIL_COMPLETE" ]; then
    exec "{python}" -m traymail "$@"
fi
printf '%s\\0' "$@" > "{given}.part"
mv "{given}.part" "{given}"
"""

BASH = """\
PS1='READY> '
. ~/.local/share/bash-completion/completions/traymail
"""
ZSH = """\
PROMPT='READY> '
fpath+=~/.zfunc
autoload -Uz compinit && compinit -u -D
"""
FISH = """\
function fish_prompt; echo -n 'READY> '; end
function fish_greeting; end
"""


@dataclass(frozen=True)
class Kind:
    """A shell: how it is started, the file it reads first, and where its completions are."""

    command: tuple[str, ...]
    start: str
    words: str
    completions: str


KINDS = {
    "bash": Kind(
        ("bash", "--noprofile", "--rcfile", ".bashrc", "-i"),
        ".bashrc",
        BASH,
        ".local/share/bash-completion/completions/traymail",
    ),
    "zsh": Kind(("zsh", "-d", "-i"), ".zshrc", ZSH, ".zfunc/_traymail"),
    "fish": Kind(
        ("fish", "-i"),
        ".config/fish/config.fish",
        FISH,
        ".config/fish/completions/traymail.fish",
    ),
}


class Terminal:
    """A shell at a terminal of its own, in a home of its own."""

    def __init__(self, kind: Kind, folder: Path, home: Home) -> None:
        self.given = folder / "given"
        self.screen = b""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            environ = {
                "HOME": str(folder),
                "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
                "TERM": "xterm",
                "LC_ALL": "C.UTF-8",
                "TRAYMAIL_HOME": str(home.path),
                "PYTHONPATH": os.pathsep.join(sys.path),
            }
            os.execvpe(kind.command[0], kind.command, environ)  # noqa: S606 # it is the shell
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                self.screen += os.read(self._terminal, 4096)
            except OSError:  # the shell has ended
                return

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def complete(self, line: str) -> list[str]:
        """Type a line, Tab and Enter; return what the command was given."""
        prompts = self.screen.count(b"READY> ")
        self.given.unlink(missing_ok=True)
        self.type(f"traymail {line}\t\n")
        until(self.given.exists, what=f"traymail {line}")
        until(lambda: self.screen.count(b"READY> ") > prompts, what="the next prompt")
        return self.given.read_text("utf-8").split("\0")[:-1]

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reader.join()
        os.close(self._terminal)


@pytest.fixture
def stocked(home: Home) -> Home:
    """Make a home with accounts, rules, a mail that waits and one that is cancelled."""
    home.configure(CONFIG)
    for subject in ("one", "two: a\ttab"):
        given = ("send", "--queue", "--to", "boss@c.example", "--subject", subject)
        assert in_process(home, *given).returncode == 0
    assert in_process(home, "outbox", "cancel", "1").returncode == 0
    database = Database(home.path / "state" / "outbox.db")
    People(database).note([Address("boss@c.example", "Boss")], datetime(2026, 1, 1, tzinfo=UTC))
    database.close()
    return home


@pytest.fixture(params=KINDS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path, stocked: Home) -> Iterator[Terminal]:
    kind = KINDS[request.param]
    folder = tmp_path / "user"
    for file in (kind.start, kind.completions, "bin/traymail", "some folder/REPORT (two).txt"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / kind.start).write_text(kind.words)
    (folder / "REPORT (two).txt").write_text("two")
    done = in_process(stocked, "completion", request.param)
    (folder / kind.completions).write_text(done.stdout)
    shim = folder / "bin" / "traymail"
    shim.write_text(SHIM.format(python=sys.executable, given=folder / "given"))
    shim.chmod(0o755)
    one = Terminal(kind, folder, stocked)
    try:
        until(lambda: b"READY> " in one.screen, what="the prompt")
        yield one
    finally:
        one.close()


@pytest.mark.desktop
@pytest.mark.skipif(not all(map(shutil.which, KINDS)), reason="bash, zsh and fish are needed")
@pytest.mark.timeout(300)
def test_what_a_shell_completes(terminal: Terminal) -> None:
    complete = terminal.complete
    assert complete("outb") == ["outbox"]
    assert complete("outbox li") == ["outbox", "list"]
    assert complete("send --mark") == ["send", "--markdown"]
    assert complete("rule test Ap") == ["rule", "test", "App errors"]
    assert complete("rule test 扫") == ["rule", "test", "扫描件 (新)"]
    assert complete("rule test it") == ["rule", "test", "it's: $HOME"]
    assert complete("rule test 'Ap") == ["rule", "test", "App errors"]
    assert complete("account test wo") == ["account", "test", "work"]
    assert complete("doctor ho") == ["doctor", "home"]
    assert complete("send --account wo") == ["send", "--account", "work"]
    assert complete("send --account=wo") == ["send", "--account=work"]
    assert complete("send --to bo") == ["send", "--to", "boss@c.example"]
    assert complete("send --to Tea") == ["send", "--to", "Team"]
    assert complete("compose --to Tes") == ["compose", "--to", "Test people"]
    assert complete("outbox retry ") == ["outbox", "retry", "2"]
    assert complete("send --attach REP") == ["send", "--attach", "REPORT (two).txt"]
    assert complete("config export some") in (
        ["config", "export", "some folder"],
        ["config", "export", "some folder/"],
    )
    assert complete("--home so") in (["--home", "some folder"], ["--home", "some folder/"])
    assert complete("send --subject x") == ["send", "--subject", "x"]
    assert b"Traceback" not in terminal.screen


# Each would make a file, were it run; and a shell reads each in its own way.
HOSTILE = (
    "aa$(touch pwned)",
    "bb`touch pwned`",
    "cc'; touch pwned; '",
    "dd' ; touch pwned ; #",
    'ee"; touch pwned; "',
    'ff" ; touch pwned ; #',
    "gg${x:=$(touch pwned)}",
    "hh\\'; touch pwned; #",
    'ii\\"; touch pwned; #',
    "jj\\$(touch pwned)\\\\x",
)


@pytest.mark.desktop
@pytest.mark.skipif(not all(map(shutil.which, KINDS)), reason="bash, zsh and fish are needed")
@pytest.mark.timeout(300)
def test_no_name_is_run(terminal: Terminal, stocked: Home, tmp_path: Path) -> None:
    rules = "".join(
        f"[[rules]]\nname = {json.dumps(name)}\nkind = 'folder'\nto = ['me@qq.com']\n"
        f"folder = '~/{number}'\n"
        for number, name in enumerate(HOSTILE)
    )
    stocked.configure(f"version = 1\n[accounts.work]\naddress = 'me@qq.com'\n{rules}")
    for name in HOSTILE:
        for begun in (name[:2], f"'{name[:2]}", f'"{name[:2]}', f"'{name[:1]}'{name[1:2]}"):
            assert terminal.complete(f"rule test {begun}") == ["rule", "test", name]
    assert not list(tmp_path.rglob("pwned"))


def _ask(home: Home, line: str, shell: str = "bash") -> str:
    """Return what a shell is told, about a line up to the cursor."""
    environ = {
        "_TRAYMAIL_COMPLETE": f"{shell}_complete",
        "COMP_LINE": f"traymail {line}",
        "TRAYMAIL_HOME": str(home.path),
    }
    done = in_process(home, env=environ)
    assert done.stderr == ""
    return done.stdout


def _words(told: str) -> list[str]:
    return [line.partition(",")[2] for line in told.splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("out", ["outbox"]),
        ("outbox re", ["retry", "resolve"]),
        ("outbox show ", ["2", "1"]),
        ("outbox cancel ", ["2"]),
        ("outbox retry 2 ", []),
        ("outbox resolve ", []),
        ("outbox list --state un", ["unknown"]),
        ("rule test ", ["App errors", "扫描件 (新)", "it's: $HOME"]),
        ('rule test "App e', ["App errors"]),
        (r"rule test App\ ", ["App errors"]),
        ("rule test App", ["App errors"]),
        ("account remove ", ["work", "home"]),
        ("account set-secret w", ["work"]),
        ("send --bcc bo", ["boss@c.example"]),
        ("send --body ", []),
        *((f"{one} Te", ["Team", "Test people"]) for one in ("send --to", "compose --to")),
        *((f"{one} 客", ["客户"]) for one in ("send --cc", "send --bcc")),
        # A word without a domain is the account's own address there.
        ("sendmail Te", []),
        ("sendmail bo", ["boss@c.example"]),
        ("sendmail -f ", ["me@qq.com", "me@163.com"]),
        ("-v --version dem", ["demo"]),
        ("--home /nowhere account test ", []),
        ("completion z", ["zsh"]),
    ],
)
def test_what_is_proposed(stocked: Home, line: str, words: list[str]) -> None:
    assert _words(_ask(stocked, line)) == words


@pytest.mark.parametrize(
    "line", ["send --attach x", "send --html ", "config import ", "rule test --file "]
)
def test_files_are_left_to_the_shell(stocked: Home, line: str) -> None:
    assert _ask(stocked, line).startswith("file,")
    assert _ask(stocked, "--home x") == "dir,x\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_what_is_told_of_it_steers_no_terminal(home: Home, shell: str) -> None:
    home.configure(
        'version = 1\n[accounts.a]\naddress = "me@qq.com"\n[[rules]]\nname = "L"\nkind = "log"\n'
        'to = ["a@b.cd"]\nmatch = ["x"]\npaths = ["/tmp/\\u001b[31m\\u009b\\u202e\\u2028x"]\n'
    )
    subject = "red\x1b[31m\x9b31m\u202e\u2028blue"
    queued = in_process(
        home, "send", "--queue", "--to", "b@c.de", "--subject", subject, "--body", "x"
    )
    assert queued.returncode == 0, queued.stderr
    for line, words in (("outbox show ", "red [31m 31m blue"), ("rule test ", "/tmp/ [31m x")):
        told = _ask(home, line, shell)
        assert words in told
        assert all(sign.isprintable() or sign in "\n\t" for sign in told)


def test_what_is_proposed_is_explained(stocked: Home) -> None:
    assert _ask(stocked, "--lang zh_CN outbox show ", "zsh") == (
        "plain\n2\n等待中: two: a tab\nplain\n1\n已取消: one\n"
    )
    assert _ask(stocked, "--lang zh_CN send --subj", "fish") == "plain,--subject\t主题。\n"
    assert _ask(stocked, "account test ", "fish").splitlines() == [
        "plain,work\tme@qq.com",
        "plain,home\tme@163.com",
    ]


def _everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(file): (file.lstat().st_size, file.lstat().st_mtime_ns)
        for file in (folder, *folder.rglob("*"))
    }


def test_it_only_reads(stocked: Home, tmp_path: Path) -> None:
    asked = ("outbox show ", "-v account test ", "--version -v rule test ", "send --to ")
    before = _everything(tmp_path)
    assert all(_ask(stocked, line) for line in asked)
    assert _everything(tmp_path) == before
    assert _ask(Home(tmp_path / "none"), "outbox show ") == ""
    assert _everything(tmp_path) == before
    database = Database(stocked.path / "state" / "outbox.db")
    try:  # while the program runs
        with database.transaction() as connection:
            connection.execute("UPDATE mail SET subject = 'new' WHERE id = 1")
        assert _words(_ask(stocked, "outbox show ")) == ["2", "1"]
    finally:
        database.close()
    assert [file.name for file in (stocked.path / "state").glob("outbox.db*")] == ["outbox.db"]


BROKEN_CONFIGURATIONS = [
    "accounts = 3",
    "accounts.a = 3\nrules = 7",
    "[[rules",
    "\x00",
    "rules = [3]",
]


@pytest.mark.parametrize("toml", BROKEN_CONFIGURATIONS)
def test_a_wrong_configuration_is_no_matter_for_a_shell(home: Home, toml: str) -> None:
    home.configure(toml)
    for line in ("account test ", "rule test ", "send --account "):
        assert _ask(home, line) == ""
    assert _words(_ask(home, "accou")) == ["account"]


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_nothing_is_waited_for(home: Home) -> None:
    home.path.mkdir(mode=0o700)
    (home.path / "state").mkdir(mode=0o700)
    os.mkfifo(home.config)
    os.mkfifo(home.path / "state" / "outbox.db")
    for line in ("account test ", "outbox show ", "send --to "):
        assert _ask(home, line) == ""


def test_what_is_no_outbox(stocked: Home) -> None:
    database = stocked.path / "state" / "outbox.db"
    for content in (b"", b"no database" * 1000, database.read_bytes()[:8192]):
        database.write_bytes(content)
        assert _ask(stocked, "outbox show ") == ""
    database.unlink()
    database.mkdir()
    assert _ask(stocked, "outbox show ") == ""


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_home_that_others_may_write_is_not_believed(stocked: Home) -> None:
    stocked.path.chmod(0o777)
    for line in ("account test ", "outbox show ", "rule test "):
        assert _ask(stocked, line) == ""


def test_an_unknown_shell_is_told_nothing(home: Home) -> None:
    assert _ask(home, "out", "tcsh") == ""
    assert _ask(home, "", "bash").count("plain,") == len(COMMANDS)
    done = in_process(home, env={"_TRAYMAIL_COMPLETE": "bash_complete"})
    assert (done.stdout, done.stderr) == ("", "")
