"""Languages, streams, the end of commands, and what a start costs."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from traymail.cli import endings
from traymail.cli.main import COMMANDS, traymail
from traymail.cli.session import Session
from traymail.core import errors
from traymail.core.errors import Problem, Reply, SettingsError, Stage
from traymail.core.texts import text

CONFIG = 'version = 1\n[accounts.qq]\naddress = "123456@qq.com"\n'


@pytest.mark.parametrize(
    ("given", "config", "environ", "chinese"),
    [
        ([], "", "C.UTF-8", False),
        ([], "", "zh_CN.UTF-8", True),
        ([], 'language = "zh_CN"\n', "en_US.UTF-8", True),
        ([], 'language = "en"\n', "zh_CN.UTF-8", False),
        (["--lang", "en"], 'language = "zh_CN"\n', "zh_CN.UTF-8", False),
        (["--lang", "zh_CN"], 'language = "en"\n', "C", True),
        (["--lang", "auto"], 'language = "zh_CN"\n', "C.UTF-8", False),
        ([], 'language = "zh_CN"\nthis is no TOML\n', "C.UTF-8", True),
    ],
)
def test_whose_language(
    home: Home, given: list[str], config: str, environ: str, chinese: bool
) -> None:
    home.configure(config)
    done = in_process(home, *given, "send", "--help", env={"LANG": environ})
    assert done.returncode == 0
    assert ("用法" in done.stdout, "Usage:" in done.stdout) == (chinese, not chinese)
    assert ("主题。" in done.stdout) is chinese
    refused = in_process(home, *given, "send", env={"LANG": environ})
    assert (refused.returncode, "缺少选项" in refused.stderr) == (64, chinese)


@pytest.mark.parametrize(
    ("environ", "chinese"),
    [
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, True),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en_GB:en"}, False),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, False),
        ({"LC_ALL": "zh_CN", "LANG": "en_US", "LANGUAGE": ""}, True),
    ],
)
def test_language_goes_before_the_locale(
    home: Home, environ: dict[str, str], chinese: bool
) -> None:
    done = in_process(home, "send", "--help", env=environ)
    assert ("用法" in done.stdout) is chinese


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_a_pipe_in_place_of_the_configuration(home: Home) -> None:
    home.path.mkdir()
    os.mkfifo(home.config)
    done = home.run("config", "check")
    assert done.returncode == 78
    assert done.stderr.startswith("config.toml: is a pipe")


def test_errors_in_chinese(home: Home) -> None:
    home.configure(CONFIG)
    done = in_process(home, "--lang", "zh_CN", "send", "--to", "没有", "--subject", "x")
    assert done.returncode == 65
    assert "没有" in done.stderr
    assert not any("a" <= sign <= "z" for sign in done.stderr.splitlines()[0])
    home.configure("version = 1\nbogus = 1\n")
    done = in_process(home, "--lang", "zh_CN", "config", "check")
    assert done.returncode == 78
    assert done.stderr.startswith("config.toml:2: bogus: ")
    assert done.stderr.splitlines()[-1].startswith("请修改")


@pytest.mark.parametrize(
    "wrong",
    [
        "a",
        "a = ",
        "= 1",
        "a = 1 b = 2",
        'a = "b',
        'a = "\\q"',
        'a = "\\uZZZZ"',
        "a = [1, ",
        "a = {b = 1, b = 2}",
        "[a",
        "[[a]",
        "[a]\n[a]",
        "a = 1\na = 2",
        "a = 1\n[a.b]",
        "a = {}\na.b = 1",
        "a = 2026-02-31",
        "a = 1\x00",
    ],
)
def test_what_is_no_toml_is_told_in_chinese(home: Home, wrong: str) -> None:
    home.configure(wrong)
    done = in_process(home, "--lang", "zh_CN", "config", "check")
    assert done.returncode == 78
    told = done.stderr.splitlines()[0].removeprefix("config.toml:").replace("TOML", "")
    assert not re.search(r"[A-Za-z]{2,}", told), told


@pytest.mark.parametrize("command", ["send", "account", "doctor", "rule", "outbox", "config"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_help(home: Home, command: str, language: str) -> None:
    done = in_process(home, "--lang", language, command, "-h")
    assert done.returncode == 0
    assert ("  " in done.stdout, done.stderr) == (True, "")


def _every_command() -> list[tuple[str, ...]]:
    context = click.Context(traymail, obj=Session({"LANG": "C"}))
    found: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = traymail.get_command(context, name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, one) for one in command.list_commands(context)]
    return found


@pytest.mark.parametrize("command", _every_command(), ids=" ".join)
def test_no_sentence_of_the_chinese_help_is_english(home: Home, command: tuple[str, ...]) -> None:
    shown = in_process(home, "--lang", "zh_CN", *command, "--help", env={"LANG": "C.UTF-8"}).stdout
    english = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")
    typed = "traymail completion "
    assert [
        line
        for line in shown.splitlines()
        if english.search(line) and not re.search(r"[\u4e00-\u9fff]", line) and typed not in line
    ] == []
    # No sign of another width beside them either, as in "选项:" and "用法： traymail".
    assert re.findall(r"[\u4e00-\u9fff]:(?=\s)|[，。；：？（）] (?=\S)", shown) == []


def test_no_option_judges_whether_a_file_can_be_read() -> None:
    """That is status 66 or 73, told by whoever opens it; click would call it a wrong usage."""
    context = click.Context(traymail, obj=Session({"LANG": "C"}))
    commands: list[click.Command] = [traymail]
    files = 0
    for command in commands:
        if isinstance(command, click.Group):
            found = (command.get_command(context, name) for name in command.list_commands(context))
            commands += filter(None, found)
        for parameter in command.params:
            if isinstance(parameter.type, click.Path):
                files += 1
                assert not parameter.type.readable, command.name
    assert files > 3


def test_a_usage_error_names_its_command(home: Home) -> None:
    for arguments in (["send", "--body"], ["send", "--bogus"], ["outbox", "show"]):
        done = in_process(home, *arguments)
        assert done.returncode == 64
        name = "outbox show" if arguments[0] == "outbox" else "send"
        assert done.stderr.splitlines()[1] == f"Look it up with: traymail {name} --help"


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["send"], "Missing option '--to'.", "缺少选项 '--to'。"),
        (["outbox", "show"], "Missing argument 'ID'.", "缺少参数 'ID'。"),
        (
            ["outbox", "show", "x"],
            "Invalid value for 'ID': 'x' is not a valid number.",
            "'ID' 的值无效：'x' 不是有效的数字。",
        ),
    ],
)
def test_a_usage_error_is_a_sentence_of_the_language(
    home: Home, arguments: list[str], english: str, chinese: str
) -> None:
    for language, said in (("en", english), ("zh_CN", chinese)):
        done = in_process(home, "--lang", language, *arguments)
        assert done.stderr.splitlines()[0] == said


def test_a_name_with_a_line_break_makes_no_line_of_a_usage_error(home: Home) -> None:
    """Files of others come to a command by a pattern of the shell."""
    for command in (("send", "--to", "a@b.example"), ("rule", "check"), ("config", "path")):
        done = in_process(home, *command, "x\nMail 1 is sent: 250 ok")
        assert done.returncode == 64
        assert "Mail 1 is sent" in done.stderr.splitlines()[0]
        assert len(done.stderr.splitlines()) == 2


def test_help_lists_every_command(home: Home) -> None:
    done = in_process(home, "-h")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


GROUPS = {
    "en": ["Options", "Send", "Rules", "Outbox", "Program", "Set-up"],
    "zh_CN": ["选项", "发送", "自动规则", "发件箱", "程序", "设置"],
}
OF_GROUP = [
    ["send", "compose", "sendmail"],
    ["rule"],
    ["outbox"],
    ["run", "status", "pause", "resume", "quit", "demo"],
    [
        *("account", "detect", "doctor", "config", "autostart", "desktop", "completion"),
        "purge",
    ],
]


@pytest.mark.parametrize("language", GROUPS)
def test_every_command_stands_in_one_group_of_the_help(home: Home, language: str) -> None:
    shown = in_process(home, "--lang", language, "--help").stdout
    titles = re.findall(r"^(\S+)[:：]$", shown, re.M)
    assert titles == GROUPS[language]
    sections = re.split(r"^\S+[:：]$", shown, flags=re.M)[2:]
    told = [re.findall(r"^  (\S+) ", section, re.M) for section in sections]
    assert told == OF_GROUP
    assert sorted(name for names in told for name in names) == sorted(COMMANDS)
    # What a command does is told, and in the language.
    for line in re.findall(r"^  [a-z]+ +(.+)$", "".join(sections), re.M):
        assert bool(re.search(r"[\u4e00-\u9fff]", line)) == (language == "zh_CN"), line


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_a_terminal_without_chinese(home: Home, environ: dict[str, str]) -> None:
    home.configure(CONFIG)
    done = home.run("send", "--to", "b@c.example", "--subject", "你好", "--queue", env=environ)
    assert done.returncode == 0, done.stderr
    listed = home.run("outbox", "list", env=environ)
    assert (listed.returncode, "b@c.example" in listed.stdout) == (0, True)
    told = home.run("outbox", "list", "--json", env=environ)
    assert json.loads(told.stdout)[0]["subject"] == "你好"


def test_bytes_that_are_no_text(home: Home) -> None:
    home.configure(CONFIG)
    subject = os.fsdecode(b"a\xffb")
    done = home.run("send", "--to", "b@c.example", "--queue", "--subject", subject)
    assert done.returncode == 0, done.stderr
    [entry] = json.loads(in_process(home, "outbox", "list", "--json").stdout)
    assert entry["subject"] == "a\ufffdb"


def test_readers_that_leave(home: Home) -> None:
    home.configure(CONFIG)
    for _ in range(2):
        in_process(home, "send", "--to", "b@c.example", "--subject", "x", "--queue")
    read, write = os.pipe()
    os.close(read)
    command = home.command("outbox", "list")
    for words in (["outbox", "list"], ["--help"], ["send", "--help"], ["rule", "--help"]):
        asked = home.command(*words)
        done = subprocess.run(asked, stdout=write, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    os.close(write)
    closed = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
    assert subprocess.run(closed, check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written(home: Home) -> None:
    command = home.command("config", "path")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 73
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_log_that_cannot_be_written(home: Home) -> None:
    home.configure(CONFIG)
    log = home.path / "log" / "traymail.log"
    log.parent.mkdir()
    log.symlink_to("/dev/full")
    done = home.run("--verbose", "send", "--to", "nobody", "--subject", "x")
    assert (done.returncode, len(done.stderr.splitlines())) == (65, 2), done.stderr
    stored = home.run("-v", "send", "--queue", "--to", "b@c.example", "--subject", "x")
    assert (stored.returncode, stored.stderr[:20]) == (0, "Nothing delivers it:")


def _fail(error: BaseException) -> None:
    raise error


_REPLY = Reply(550, "no", Stage.RCPT)


def _delivery(kind: type[errors.DeliveryError]) -> errors.DeliveryError:
    return kind(_REPLY, "x-rcpt", text("It is refused."))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InputError(text("Bad.")), 65),
        (errors.SourceError("/x", text("Bad.")), 66),
        (errors.NotRunning(text("Bad.")), 69),
        (_delivery(errors.PermanentFailure), 69),
        (_delivery(errors.AccountFailure), 69),
        (ValueError("secret words"), 70),
        (errors.StateError(text("Bad.")), 73),
        (OSError(errno.ENOSPC, "No space left on device"), 73),
        (OSError(errno.EBADF, "secret words"), 70),
        (OSError(errno.EMFILE, "Too many open files", "/x"), 73),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 73),
        (OSError(errno.EFBIG, "File too large"), 73),
        (OSError(errno.EIO, "Input/output error"), 73),
        (MemoryError("secret words"), 73),
        (RuntimeError("can't start new thread"), 73),
        (RuntimeError("secret words"), 70),
        (errors.AlreadyRunning(7), 75),
        (_delivery(errors.TransientFailure), 75),
        (_delivery(errors.UnknownOutcome), 75),
        (errors.CredentialError(text("Bad.")), 77),
        (_delivery(errors.AuthFailure), 77),
        (SettingsError((Problem("a.b", text("is missing"), 3),)), 78),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_error_has_its_end(
    error: BaseException, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session({"LANG": "C"})
    session.begin(str(tmp_path), None, verbose=False)
    with endings.told_to(session) as ending:
        _fail(error)
    assert ending.status == status
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "secret words" not in told


@pytest.mark.parametrize("verbose", [False, True])
def test_a_traceback_goes_into_the_log_only(
    verbose: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session({"LANG": "C"})
    session.begin(str(tmp_path / "home"), None, verbose=verbose)
    with endings.told_to(session):
        _fail(ValueError("how it came"))
    cause, way_out = capsys.readouterr().err.splitlines()
    assert cause == "traymail met an internal error: ValueError"
    log = tmp_path / "home" / "log" / "traymail.log"
    assert str(log) in way_out
    assert log.exists() is verbose
    if verbose:
        assert "ValueError: how it came" in log.read_text("utf-8")


def _imported(*arguments: str) -> set[str]:
    code = (
        "import sys; from traymail.cli.main import main; main(sys.argv[1:]);"
        " sys.stderr.write(' '.join(sys.modules))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_version_imports_next_to_nothing() -> None:
    ours = {name for name in _imported("--version") if name.startswith("traymail")}
    assert "traymail.app" not in ours
    assert len(ours) < 15
    assert "traymail.core.message" not in ours
    others = {"difflib", "logging", "tomllib", "sqlite3", "ssl", "email", "keyring", "platformdirs"}
    assert not others & _imported("--version")


def test_queueing_imports_no_sender(home: Home) -> None:
    home.configure(CONFIG)
    given = ("--home", str(home.path), "send", "--to", "b@c.example", "--subject", "x", "--queue")
    imported = _imported(*given)
    others = {"ssl", "smtplib", "keyring", "platformdirs", "tomlkit", "re2", "attr", "attrs"}
    assert not (others | {"difflib", "hashlib", "hmac", "secrets"}) & imported
    later = {"traymail.core.events", "traymail.core.ports", "traymail.core.replies"}
    later |= {"traymail.core.reply_rules", "traymail.core.renames", "traymail.cli.outcome"}
    assert not later & imported
    assert "traymail.senders.smtp" not in imported


def test_whose_home(home: Home, tmp_path: Path) -> None:
    done = home.run("config", "path", env={"TRAYMAIL_HOME": str(tmp_path / "other")})
    assert done.stdout == f"{home.config}\n"
    alone = [sys.executable, "-m", "traymail", "config", "path"]
    environ = {**os.environ, "TRAYMAIL_HOME": str(tmp_path / "other")}
    found = subprocess.run(alone, env=environ, capture_output=True, text=True, check=True).stdout
    assert found == f"{tmp_path / 'other' / 'config.toml'}\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("statsu", "traymail status"),
        ("outbux", "traymail outbox"),
        ("outbox lst", "traymail outbox list"),
        ("account tets", "traymail account test"),
        ("config exprot", "traymail config export"),
        ("retry", "traymail outbox retry"),
        ("set-secret", "traymail account set-secret"),
        ("test", "traymail rule test, traymail account test"),
    ],
)
def test_a_mistyped_command_is_answered_with_what_is_meant(
    home: Home, typed: str, meant: str
) -> None:
    done = in_process(home, *typed.split())
    assert done.returncode == 64
    assert done.stderr.splitlines()[0].endswith(f". Did you mean: {meant}")
    done = in_process(home, "--lang", "zh_CN", *typed.split())
    assert done.stderr.splitlines()[0].endswith(f"。您是否要输入：{meant}")


@pytest.mark.parametrize("typed", ["xyzzyq", "outbox xyzzyq", "没有"])
def test_a_command_like_no_other(home: Home, typed: str) -> None:
    done = in_process(home, *typed.split())
    assert (done.returncode, "Did you mean" in done.stderr) == (64, False)
    assert typed.split()[-1] in done.stderr


def test_help_tells_formats_and_places(home: Home) -> None:
    for language in ("en", "zh_CN"):
        assert "30m" in in_process(home, "--lang", language, "pause", "--help").stdout
        told = in_process(home, "--lang", language, "completion", "--help").stdout
        for place in (
            "bash > ~/.local/share/bash-completion/completions/traymail",
            "zsh > ~/.zfunc/_traymail",
            "fish > ~/.config/fish/completions/traymail.fish",
        ):
            assert f"\n  traymail completion {place}\n" in told


@pytest.mark.parametrize("group", ["account", "outbox", "rule", "config"])
def test_a_group_alone_shows_its_help(home: Home, group: str) -> None:
    done = in_process(home, group)
    shown = in_process(home, group, "--help").stdout
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.split() == shown.split()
    assert len(done.stderr.splitlines()) == len(shown.splitlines())
