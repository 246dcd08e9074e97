"""Where secrets are looked up, in which order, and what happens when they cannot be had."""

import os
import re
import subprocess
import sys
import threading
import traceback
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from tests.support.homes import Home
from tests.support.mails import an_account
from tests.support.running import ADDRESS, running
from tests.support.running import CANARY as CODE
from tests.support.running import account as account_at
from tests.support.session import (
    KeyringSession,
    empty_session,
    missing_programs,
    unlocked_keyring,
    with_keyring_of_its_own,
)
from tests.support.sink import serve
from tests.support.wait import goes_on, until
from traymail.core.account import Account
from traymail.core.errors import CredentialError, KeyringError
from traymail.core.secret import Secret
from traymail.disk import session_bus
from traymail.store.credentials import MOST_ASKERS, Keyrings

CANARY = "canary-4711"
ROOT = Path(__file__).parents[2]


def printing(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.fixture
def account() -> Account:
    return an_account(username=f"{uuid4()}@mail.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    return folder


# As people write a code into a file, with the programs they have.
DOORS = [
    (b"abcd efgh ijkl mnop\n", "abcdefghijklmnop"),
    (b"\xef\xbb\xbfabcd efgh ijkl mnop\r\n", "abcdefghijklmnop"),
    (b"\xef\xbb\xbfsecret\n", "secret"),
    ("\ufeffabcd efgh ijkl mnop\r\n".encode("utf-16-le"), "abcdefghijklmnop"),
    ("\ufeffsecret\r\nmore".encode("utf-16-be"), "secret"),
    ("abcd\u00a0efgh\u3000ijkl mnop \n".encode(), "abcdefghijklmnop"),
    (b" abcdefghijklmnop\n", "abcdefghijklmnop"),
]


@pytest.mark.parametrize(("content", "secret"), DOORS)
def test_a_command_may_print_a_code_in_groups(tmp_path: Path, content: bytes, secret: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    found = Keyrings({}).get(an_account(password_command=("cat", str(file))))
    assert (found.reveal(), found.place) == (secret, "command")


def told(error: CredentialError) -> str:
    return f"{error} {error!r} {error.title} {error.advice} {error.args}"


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"code\n", "code"),
        (b"code", "code"),
        (b"code\r\nsecond line\n", "code"),
        ("密码 with blanks \n".encode(), "密码 with blanks "),
        *DOORS,
    ],
)
def test_systemd_s_credential_is_its_first_line(folder: Path, content: bytes, secret: str) -> None:
    (folder / "traymail.qq").write_bytes(content)
    credentials = Keyrings({"CREDENTIALS_DIRECTORY": str(folder)})
    assert credentials.get(an_account()).reveal() == secret


@pytest.mark.parametrize("content", [b"", b"\nsecond", b"\xff\xfe\n"])
def test_a_credential_file_without_a_secret_is_told(folder: Path, content: bytes) -> None:
    (folder / "traymail.qq").write_bytes(content)
    with pytest.raises(CredentialError, match="has no secret"):
        Keyrings({"CREDENTIALS_DIRECTORY": str(folder)}).get(an_account())


def test_a_credential_file_that_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "traymail.qq").mkdir()
    with pytest.raises(CredentialError, match="cannot be read"):
        Keyrings({"CREDENTIALS_DIRECTORY": str(folder)}).get(an_account())


def test_systemd_comes_before_the_command_and_the_command_before_the_keyring(
    keyring_env: KeyringSession, folder: Path, account: Account
) -> None:
    environ = {**keyring_env.env, "CREDENTIALS_DIRECTORY": str(folder)}
    credentials = Keyrings(environ)
    credentials.remember(account, Secret("memory"))
    assert credentials.get(account) == Secret("memory")
    credentials.set(account, Secret("keyring"))
    credentials.remember(account, Secret("memory"))
    assert credentials.get(account) == Secret("keyring")
    command = printing("print('command\\nmore')")
    with_command = an_account(username=account.username, password_command=command)
    assert credentials.get(with_command) == Secret("command")
    (folder / "traymail.qq").write_text("systemd\n")
    assert credentials.get(with_command) == Secret("systemd")


def test_a_command_that_is_not_there_is_named_with_what_is_kept_of_the_mail() -> None:
    with pytest.raises(CredentialError) as caught:
        Keyrings({}).get(an_account(password_command=("no-such-program", CANARY)))
    assert caught.value.detail == "no-such-program: No such file or directory"


@pytest.mark.skipif(sys.platform == "win32", reason="programs have endings there")
def test_a_command_is_not_looked_for_where_one_happens_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    for folder in folders:
        folder.mkdir()
        (folder / "code").write_text(f"#!/bin/sh\necho {folder.name}\n")
        (folder / "code").chmod(0o700)
    monkeypatch.chdir(theirs)
    monkeypatch.setenv("HOME", str(mine))
    assert Keyrings({}).get(an_account(password_command=("./code",))) == Secret("mine")
    mine.rename(tmp_path / "away")
    with pytest.raises(CredentialError, match="cannot be started"):
        Keyrings({}).get(an_account(password_command=("./code",)))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/no/such/program", CANARY), "cannot be started"),
        (("", CANARY), "cannot be started"),
        (printing(f"print('{CANARY}'); raise SystemExit(3)"), "failed with status 3"),
        (printing(f"import sys; print('{CANARY}'); sys.exit('{CANARY}')"), "failed with status 1"),
        (printing(f"import sys; sys.stderr.write('{CANARY}')"), "printed nothing"),
        (printing(f"print('\\n{CANARY}')"), "printed nothing"),
    ],
)
def test_a_command_without_a_secret_is_told_and_not_quoted(
    command: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CredentialError, match=words) as caught:
        Keyrings({}).get(an_account(password_command=command))
    assert CANARY not in told(caught.value)


def test_a_command_tells_what_it_complains_of_last(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    command = ("cat", str(missing))
    with pytest.raises(CredentialError, match=r"cat failed with status 1: cat: .*missing: ") as one:
        Keyrings({}).get(an_account(password_command=command))
    assert one.value.detail.startswith("exit status 1: cat: ")
    assert "traymail account test qq" in str(one.value.advice)
    code = f"""import sys
print("{CANARY}")
sys.stderr.write("first\\n\\x1b[31mgpg: no key for {CANARY}, nor {CANARY.upper()}\\n\\n")
sys.exit(2)"""
    script = tmp_path / "script.py"
    script.write_text(code)
    command = (sys.executable, str(script))
    with pytest.raises(CredentialError, match="failed with status 2: ") as two:
        Keyrings({}).get(an_account(password_command=command))
    assert two.value.detail == "exit status 2: [31mgpg: no key for ***, nor ***"
    # A secret among the arguments is not repeated either, where the program complains of it.
    code = f"raise SystemExit('no such thing: {CANARY}')"
    with pytest.raises(CredentialError, match="failed with status 1: ") as three:
        Keyrings({}).get(an_account(password_command=printing(code)))
    assert CANARY not in told(three.value)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_of_what_a_command_prints_little_is_kept(stream: str) -> None:
    much = f"for _ in range(300): sys.{stream}.write('x\\n' * 50_000)"
    script = f"import sys; print('{CANARY}')\n{much}"
    tracemalloc.start()
    try:
        secret = Keyrings({}).get(an_account(password_command=printing(script)))
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert secret == Secret(CANARY)


def test_a_command_that_never_ends_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, signal, sys\n"
        "child = os.fork()\n"
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "signal.pause()\n"
    )
    with pytest.raises(CredentialError, match="does not answer") as raised:
        Keyrings({}, deadline_seconds=1.0).get(an_account(password_command=printing(code)))
    assert raised.value.detail == "timed out"  # what the outbox tells of it
    both = [int(pid) for pid in pids.read_text().split()]
    assert len(both) == 2
    until(lambda: not any(map(goes_on, both)), what="the end of the command")


def test_a_command_that_does_not_answer_is_not_quoted_in_a_traceback() -> None:
    code = f"import signal; '{CANARY}'; signal.pause()"
    with pytest.raises(CredentialError, match="does not answer") as caught:
        Keyrings({}, deadline_seconds=0.5).get(an_account(password_command=printing(code)))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("outranked", ["file", "command"])
def test_a_keyring_that_would_not_count_is_not_written_to(
    keyring_env: KeyringSession, folder: Path, account: Account, outranked: str
) -> None:
    environ = {**keyring_env.env, "CREDENTIALS_DIRECTORY": str(folder)}
    credentials = Keyrings(environ)
    if outranked == "file":
        (folder / "traymail.qq").write_text("systemd\n")
    else:
        account = an_account(username=account.username, password_command=("cat", "/path"))
    with pytest.raises(CredentialError, match="counts before the keyring") as caught:
        credentials.set(account, Secret(CANARY))
    assert "traymail account test qq" in str(caught.value.advice)
    (folder / "traymail.qq").unlink(missing_ok=True)
    with pytest.raises(CredentialError, match="no secret for account"):
        credentials.get(an_account(username=account.username))


def test_a_credential_file_is_for_one_host(folder: Path) -> None:
    (folder / "traymail.qq").write_text("systemd\n")
    credentials = Keyrings({"CREDENTIALS_DIRECTORY": str(folder)})
    assert credentials.get(an_account()).place == "file"
    without = Keyrings({}, hosts={"qq": "smtp.mail.example"})
    with pytest.raises(CredentialError, match="given to its service only"):
        without.get(an_account())
    assert without.standing(an_account()) == "ready"
    with pytest.raises(CredentialError, match=r"is for smtp\.mail\.example, not for elsewhere"):
        credentials.get(an_account(host="elsewhere"))


def test_without_a_session_bus_there_is_a_way_out(account: Account) -> None:
    credentials = Keyrings({})
    with pytest.raises(CredentialError, match="no keyring on this system") as caught:
        credentials.get(account)
    assert "password_command" in str(caught.value.advice)
    with pytest.raises(CredentialError):
        credentials.set(account, Secret(CANARY))
    # For this run, it can be remembered.
    credentials.remember(account, Secret("memory"))
    assert credentials.get(account) == Secret("memory")


def test_a_locked_keyring_without_a_display_is_told_at_once(
    locked_keyring_env: KeyringSession, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    credentials = Keyrings(locked_keyring_env.env)
    assert credentials.standing(account) == "locked"
    for question in (
        lambda: credentials.get(account),
        lambda: credentials.set(account, Secret(CANARY)),
        lambda: credentials.delete(account),
    ):
        with pytest.raises(CredentialError, match="locked") as caught:
            question()
        assert CANARY not in told(caught.value)
    assert "the keyring failed: The keyring is locked" in caplog.text
    assert CANARY not in caplog.text


def test_a_prompt_that_was_cancelled_leaves_the_keyring_locked(
    locked_keyring_env: KeyringSession,
    account: Account,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def cancelled(collection: object) -> bool:
        asked.append(collection)
        return True  # what the Secret Service answers then

    # (Not at the head of the file: other systems have none.)
    service = pytest.importorskip("secretstorage")
    monkeypatch.setattr(service.Collection, "unlock", cancelled)
    caplog.set_level("INFO")
    credentials = Keyrings({**locked_keyring_env.env, "DISPLAY": ":0"})
    with pytest.raises(KeyringError, match="locked") as caught:
        credentials.get(account)
    assert "type the password of the keyring" in str(caught.value.advice)
    assert len(asked) == 1
    assert "the keyring failed: The keyring is locked." in caplog.text
    # Who only looks asks nobody.
    assert credentials.standing(account) == "locked"
    assert len(asked) == 1
    assert "no display" not in caplog.text, "there is one"


def test_a_job_of_cron_finds_the_keyring_of_its_user(
    keyring_env: KeyringSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    """Its environment does not name the session bus, which is where systemd has it."""
    Keyrings(keyring_env.env).set(account, Secret(CANARY))
    address = keyring_env.address.removeprefix("unix:path=").partition(",")[0]
    (tmp_path / "bus").symlink_to(address)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    credentials = Keyrings({})
    assert credentials.get(account) == Secret(CANARY)
    credentials.delete(account)


def test_where_the_session_bus_is(keyring_env: KeyringSession, tmp_path: Path) -> None:
    own = tmp_path / str(os.geteuid())
    assert session_bus({}, str(tmp_path)) is None, "nobody is logged in"
    own.mkdir()
    assert session_bus({}, str(tmp_path)) is None
    (own / "bus").symlink_to(keyring_env.address.removeprefix("unix:path=").partition(",")[0])
    assert session_bus({}, str(tmp_path)) == f"unix:path={own}/bus"
    assert session_bus({"XDG_RUNTIME_DIR": str(tmp_path)}, str(tmp_path)) is None
    assert session_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:x"}, str(tmp_path)) == "unix:x"
    if os.geteuid() == 0:
        os.chown(own, 65534, 65534)
        assert session_bus({}, str(tmp_path)) is None, "another user's, as it is after su"


def test_a_keyring_that_is_gone_is_asked_again(
    keyring_env: KeyringSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    account: Account,
    caplog: pytest.LogCaptureFixture,
) -> None:
    credentials = Keyrings(keyring_env.env)
    credentials.set(account, Secret(CANARY))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'gone'}")
    for _ in range(2):
        with pytest.raises(KeyringError, match="does not work just now") as caught:
            credentials.get(account)
        assert "Error" not in str(caught.value)  # no name of Python's
        assert "the keyring failed: builtins.FileNotFoundError" in caplog.text
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", keyring_env.address)
    assert credentials.get(account) == Secret(CANARY)
    credentials.delete(account)


def test_a_secret_that_several_forget_at_once_is_gone_without_an_error(account: Account) -> None:
    """What one of them found, another one takes away before it is read, or removed."""

    def work() -> None:
        for _ in range(20):
            assert _forgotten_at_once(Keyrings(os.environ), account) == []

    with_keyring_of_its_own(work)


def _forgotten_at_once(credentials: Keyrings, account: Account) -> list[str]:
    """Keep a long secret and have several forget it at once; return what went wrong."""
    wrong: list[str] = []

    def work(step: Callable[[], object]) -> None:
        try:
            step()
        except CredentialError as error:
            wrong.append(str(error))

    work(lambda: credentials.keep_long(account, CANARY * 200))
    threads = [
        threading.Thread(target=work, args=(partial(step, account),))
        for step in (credentials.delete, credentials.delete, credentials.is_in_keyring)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left: list[bool] = []
    work(lambda: left.append(credentials.is_in_keyring(account)))
    return [*wrong, *("it is still there" for there in left if there)]


@pytest.mark.timeout(30)
def test_a_command_is_ended_where_there_is_no_room_for_threads() -> None:
    account = an_account(password_command=printing("import time; time.sleep(600)"))
    size = threading.stack_size(1 << 46)  # so large that no thread can be had
    try:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            Keyrings({}).get(account)
    finally:
        threading.stack_size(size)


def test_a_keyring_is_asked_again_once_there_is_room_for_threads(account: Account) -> None:
    credentials = Keyrings({}, deadline_seconds=5)
    size = threading.stack_size(1 << 46)  # so large that no thread can be had
    try:
        for _ in range(MOST_ASKERS + 1):
            with pytest.raises(RuntimeError, match="can't start new thread"):
                credentials.delete(account)
    finally:
        threading.stack_size(size)
    with pytest.raises(CredentialError) as caught:
        Keyrings({}).delete(account)
    told = str(caught.value)
    with pytest.raises(CredentialError, match=re.escape(told)):
        credentials.delete(account)


def test_a_keyring_that_prompts_for_ever_has_a_deadline(locked_keyring: KeyringSession) -> None:
    """With a display the prompt blocks, so it is asked in a process of its own, which then ends."""
    code = (
        "import os\n"
        "from tests.support.mails import an_account\n"
        "from traymail.core.errors import CredentialError\n"
        "from traymail.store.credentials import MOST_ASKERS, Keyrings\n"
        "try:\n"
        "    Keyrings(os.environ, deadline_seconds=0.5).get(an_account())\n"
        "except CredentialError as error:\n"
        "    print(error)\n"
    )
    env = {**locked_keyring.env, "WAYLAND_DISPLAY": "none-here"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "keyring" in done.stdout
    assert done.stderr == ""


def test_an_untrusted_backend_is_never_used(
    monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    """keyring's own choice here would be the null backend, which keeps nothing and says so not."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(CredentialError, match="no keyring"):
        Keyrings(os.environ).set(account, Secret(CANARY))


def test_no_secret_is_shown_by_those_who_hold_one(account: Account) -> None:
    credentials = Keyrings({})
    credentials.remember(account, Secret(CANARY))
    assert CANARY not in f"{credentials!r} {vars(credentials)} {credentials.get(account)!r}"


@pytest.mark.skipif(sys.platform != "linux", reason="the daemon of Linux' keyring")
def test_a_keyring_that_goes_while_the_program_runs(home: Home) -> None:
    """Its account waits, which is told, and goes on by itself when the keyring is back."""
    if missing := missing_programs():
        pytest.skip(f"not here: {', '.join(missing)}")
    with ExitStack() as ending:
        folder = Path(ending.enter_context(TemporaryDirectory(prefix="tm-")))
        env = ending.enter_context(empty_session(folder))
        sink = ending.enter_context(serve(security="none", user=ADDRESS, password=CODE))
        home.configure(account_at(sink.port, security="none"))
        with unlocked_keyring(env):
            given = home.run("account", "set-secret", "main", given=f"{CODE}\n", env=env)
            assert given.returncode == 0, given.stderr
            program = ending.enter_context(running(home, env))

        def state() -> str:
            return str(program.status()["accounts"]["main"]["state"])

        mail = ("--to", "a@b.example", "--subject", "s", "--body", "b")
        assert home.run("send", *mail, "--queue", env=env).returncode == 0
        until(lambda: state() == "attention", what="that its account waits")
        assert "keyring" in home.run("outbox", "show", "1", env=env).stdout
        ending.enter_context(unlocked_keyring(env))
        sink.wait_for(1, 90)
        until(lambda: state() == "ready", what="the account at work")
        assert program.end() == 0
        log = (home.path / "log" / "traymail.log").read_text("utf-8")
        assert "needs you: " in log
        assert not {"Traceback", "None"} & set(log.replace(":", " ").split())
        assert log.count("\n") < 40, "it does not spin"
