"""Both READMEs are followed line by line, as a reader would, and say the same in both languages."""

import importlib
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import trustme

from tests.support.http_service import served
from tests.support.oauth import browser, provider
from tests.support.robot import ADDRESS as ROBOT_ADDRESS
from tests.support.robot import Robot
from tests.support.sendgrid import API_KEY, Sendgrid
from tests.support.session import KeyringSession
from tests.support.sink import serve
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.accounts import KINDS
from traymail.cli.main import COMMANDS
from traymail.cli.show import STATES
from traymail.core.kinds import ALL
from traymail.core.kinds.folder import FolderKind
from traymail.core.kinds.log import LogKind
from traymail.core.outbox import State
from traymail.core.paths import PathContext
from traymail.core.reply_rules import titles
from traymail.core.settings import Settings
from traymail.core.tables import ACCOUNT, TOP
from traymail.core.validators import Form
from traymail.desktop.language import translator
from traymail.store.settings import SettingsFile

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
READMES = {"en": ENGLISH, "zh_CN": CHINESE}
LOCALES = {"en": "en_US.UTF-8", "zh_CN": "zh_CN.UTF-8"}
ADDRESS, CODE = "123456@qq.com", "abcdefghijklmnop"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
# A reader looks again until what was under way has come to its end.
LOOKS = ("traymail outbox list", "traymail status")
PROMPT = "$ "

# What the name server of the test tells: the server of the examples is the sink on this machine.
RESOLVER = """\
import socket
_ask = socket.getaddrinfo
def _getaddrinfo(host, port, *more, **named):
    if host in {ports}:
        host, port = "127.0.0.1", {ports}[host]
    return _ask(host, port, *more, **named)
socket.getaddrinfo = _getaddrinfo
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language tag and what is in it."""

    language: str
    content: str


def blocks(readme: Path) -> list[Block]:
    found = re.findall(r"^```(\S*)\n(.*?)^```$", readme.read_text("utf-8"), re.M | re.S)
    return [Block(language, content) for language, content in found]


def steps(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block, and what it prints."""
    for part in block.content.removeprefix(PROMPT).split(f"\n{PROMPT}"):
        command, _, printed = part.partition("\n")
        yield command, printed


def is_bootstrap(command: str) -> bool:
    return command.startswith("python3 bootstrap.py ")


# --- followed line by line ----------------------------------------------------------------------


@dataclass
class Reader:
    """Somebody who types what a README says into one shell, in a home of their own."""

    folder: Path
    env: dict[str, str]
    shell: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def config(self) -> Path:
        """The configuration file, in the platform's usual place."""
        return Path(self.env["HOME"], ".config", "traymail", "config.toml")

    def type(self, command: str) -> tuple[str, int]:
        """Run a command to its end; return what it printed, and its exit status."""
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        typed = (
            "key.txt"
            if "--kind" in command
            else "code.txt"
            if "account add" in command or "set-secret" in command
            else "/dev/null"
        )
        ended = "-- the command has ended:"
        last = f"status=$?; echo; echo '{ended}' $status"
        self.shell.stdin.write(f"{{ {command}\n}} <{typed}\n{last}\n".encode())
        self.shell.stdin.flush()
        printed = ""
        for line in self.shell.stdout:
            if line.startswith(ended.encode()):
                return printed.removesuffix("\n"), int(line.split()[-1])
            printed += line.decode()
        raise AssertionError(f"{command}: the shell ended; {printed}")

    def follow(self, command: str, expected: str) -> None:
        """Run a command and require what the README says that it prints."""
        told = ""

        def shown() -> bool:
            nonlocal told
            printed, status = self.type(command)
            told = f"$ {command}\nended with {status} and printed:\n{printed}"
            return status == 0 and agrees(printed, expected)

        if command.startswith(LOOKS):
            with suppress(AssertionError):
                until(shown)
                return
        elif shown():
            return
        raise AssertionError(told)

    def end(self) -> None:
        """End the shell and what it started, also where the README was left half-way."""
        with self.shell:
            os.killpg(self.shell.pid, signal.SIGTERM)
            self.shell.wait(PATIENCE_SECONDS)


def agrees(printed: str, expected: str) -> bool:
    """Tell whether a text is the one shown, but for numbers, spaces and what `...` stands for."""

    def plain(words: str) -> str:
        return re.sub(r"\s+", " ", re.sub(r"\d+", "0", words)).strip()

    pattern = r"(?:.*)".join(re.escape(plain(part)) for part in expected.split("..."))
    return re.fullmatch(pattern.replace(r"(?:.*)\ ", "(?:.*)"), plain(printed)) is not None


@contextmanager
def reader(
    keyring: KeyringSession, ports: dict[str, int], ca_file: Path, locale: str
) -> Iterator[Reader]:
    with TemporaryDirectory(prefix="tm-") as name:
        folder = Path(name)
        (folder / "home").mkdir(mode=0o700)
        desk = folder / "traymail"
        desk.mkdir()
        (desk / ".venv").symlink_to(sys.prefix)
        for file in ("report.pdf", "photo.png"):
            (desk / file).write_bytes(PICTURE)
        (desk / "code.txt").write_text("abcd efgh ijkl mnop\n")
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(RESOLVER.format(ports=ports))
        env = {
            **keyring.env,
            "HOME": str(folder / "home"),
            "LANG": locale,
            "PYTHONPATH": str(folder / "site"),
            "SSL_CERT_FILE": str(ca_file),
        }
        one = Reader(desk, env)
        try:
            yield one
        finally:
            one.end()


def certified(folder: Path, *hosts: str) -> tuple[Path, list[ssl.SSLContext]]:
    """Return the file of an authority, and with what a server proves to be each host."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file := folder / "ca.pem")
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in hosts]
    for host, context in zip(hosts, contexts, strict=True):
        authority.issue_cert(host).configure_cert(context)
    return ca_file, contexts


@pytest.mark.parametrize("language", READMES)
def test_every_command_does_what_the_readme_says(
    language: str, keyring: KeyringSession, tmp_path: Path
) -> None:
    ca_file, [context] = certified(tmp_path, "smtp.qq.com")
    with (
        serve(context, user=ADDRESS, password=CODE) as sink,
        reader(keyring, {"smtp.qq.com": sink.port}, ca_file, LOCALES[language]) as one,
    ):
        for block in blocks(READMES[language]):
            if block.language == "console":
                for command, expected in steps(block):
                    if not is_bootstrap(command):
                        one.follow(command, expected)
            elif block.language == "toml" and block.content.startswith("[[rules]]"):
                with one.config.open("a", encoding="utf-8") as file:
                    file.write("\n" + block.content)
        for message in (message_from_bytes(each.content) for each in sink.arrivals):
            sent = [part.get_payload(decode=True) for part in message.walk() if part.get_filename()]
            assert sent == [PICTURE] * len(sent)
        assert len(sink.arrivals) == 11
        assert one.config.with_name("config.toml.bak").exists() is False


@pytest.mark.parametrize("language", READMES)
@pytest.mark.parametrize(
    ("make", "host", "secret"),
    [
        (Robot, "qyapi.weixin.qq.com", ROBOT_ADDRESS),
        (Sendgrid, "api.sendgrid.com", API_KEY),
    ],
    ids=("wecom", "sendgrid"),
)
def test_accounts_of_other_kinds_send_as_the_readme_says(  # a table
    language: str,
    make: type[Robot] | type[Sendgrid],
    host: str,
    secret: str,
    keyring: KeyringSession,
    tmp_path: Path,
) -> None:
    ca_file, [context] = certified(tmp_path, host)
    kind = "wecom" if make is Robot else "sendgrid"
    [block] = [one for one in blocks(READMES[language]) if f"--kind {kind}" in one.content]
    with (
        served(make(host=host), context) as service,
        reader(keyring, {host: service.port}, ca_file, LOCALES[language]) as one,
    ):
        (one.folder / "key.txt").write_text(f"{secret}\n")
        one.type(". .venv/bin/activate")
        for command in block.content.splitlines():
            printed, status = one.type(command)
            assert status == 0, printed
        there = service.messages if isinstance(service, Robot) else service.mails
        # The test of the account sends one, too.
        assert len(there) == (2 if isinstance(service, Robot) else 1)


@pytest.mark.parametrize("language", READMES)
def test_sendgrid_by_its_mail_server_as_the_readme_says(
    language: str, keyring: KeyringSession, tmp_path: Path
) -> None:
    ca_file, [context] = certified(tmp_path, (host := "smtp.sendgrid.net"))
    words = " ".join(READMES[language].read_text("utf-8").split())
    [added] = re.findall(rf"`(traymail account add [^`]*{re.escape(host)})`", words)
    with (
        serve(context, security="starttls", user="apikey", password=API_KEY) as sink,
        reader(keyring, {host: sink.port}, ca_file, LOCALES[language]) as one,
    ):
        (one.folder / "code.txt").write_text(f"{API_KEY}\n")
        one.type(". .venv/bin/activate")
        for command in (added, "traymail send --to friend@example.com --subject Hello"):
            printed, status = one.type(command)
            assert status == 0, printed
        assert {user for user, _ in sink.logins} == {"apikey"}
        assert [(mail.user, mail.sender, mail.encrypted) for mail in sink.arrivals] == [
            ("apikey", "you@example.com", True)
        ]
        assert API_KEY not in one.config.read_text("utf-8")


@pytest.mark.parametrize("language", READMES)
def test_an_account_signs_in_and_sends_as_the_readme_says(
    language: str, keyring: KeyringSession, tmp_path: Path
) -> None:
    hosts = ("login.microsoftonline.com", "smtp-mail.outlook.com")
    ca_file, [at_service, at_mail] = certified(tmp_path, *hosts)
    [block] = [one for one in blocks(READMES[language]) if "account login" in one.content]
    with (
        provider(at_service) as service,
        serve(at_mail, security="starttls", tokens=service.tokens) as sink,
        reader(
            keyring,
            {hosts[0]: int(service.url.rpartition(":")[2]), hosts[1]: sink.port},
            ca_file,
            LOCALES[language],
        ) as one,
    ):
        service.user = "you@outlook.com"
        service.client = "11111111-2222-3333-4444-555555555555"
        service.scope = "https://outlook.office.com/SMTP.Send offline_access"
        command, _page = browser(tmp_path)
        one.type(f"export BROWSER={shlex.quote(command)}; . .venv/bin/activate")
        for typed in (
            *block.content.splitlines(),
            "traymail send --to friend@example.com --subject Hello",
        ):
            printed, status = one.type(typed)
            assert status == 0, printed
        [visit] = service.visits
        # Microsoft takes no other name of this computer.
        assert re.fullmatch(r"http://localhost:\d+", visit["redirect_uri"])
        assert service.exchanges == ["authorization_code"]
        assert [(mail.user, mail.sender) for mail in sink.arrivals] == [
            ("you@outlook.com", "you@outlook.com")
        ]


@pytest.mark.parametrize("language", READMES)
def test_a_table_of_fifty_rows_goes_as_the_readme_says(
    language: str, keyring: KeyringSession, tmp_path: Path
) -> None:
    ca_file, [context] = certified(tmp_path, "smtp.qq.com")
    commands = [
        command
        for block in blocks(READMES[language])
        if block.language == "console"
        for command, _ in steps(block)
        if "send --csv people.csv" in command
    ]
    first, second = commands
    assert ("--dry-run" in first, "--report report.csv" in second) == (True, True)
    with (
        serve(context, user=ADDRESS, password=CODE) as sink,
        reader(keyring, {"smtp.qq.com": sink.port}, ca_file, LOCALES[language]) as one,
    ):
        rows = [f"Nr. {number},to{number}@example.com,report.pdf\n" for number in range(50)]
        (one.folder / "people.csv").write_text(f"name,mail,file\n{''.join(rows)}")
        one.type(". .venv/bin/activate")
        printed, status = one.type(f"traymail account add {ADDRESS}")
        assert status == 0, printed
        printed, status = one.type(first)
        assert (status, printed.count("@example.com")) == (0, 50)
        assert sink.arrivals == []
        # "As many leave as the account's caps allow. When some have to wait, the status is 75."
        printed, status = one.type(second)
        assert (status, len(sink.arrivals)) == (75, 20), printed
        # The key of the reference that lets all of them go.
        words = one.config.read_text("utf-8").replace("[accounts.qq]\n", "[accounts.qq]\n{}", 1)
        one.config.write_text(words.format("max_per_minute = 1000\n"), "utf-8")
        printed, status = one.type("traymail outbox retry --all")
        assert status == 0, printed
        got = sorted(recipient for mail in sink.arrivals for recipient in mail.recipients)
        assert got == sorted(f"to{number}@example.com" for number in range(50))
        report = (one.folder / "report.csv").read_text("utf-8-sig").splitlines()
        assert len(report) == 51


def test_the_comparison_sees_a_difference() -> None:
    assert agrees("Mail 12 is sent:  250 OK\n", "Mail 1 is sent: 250 ...")
    assert agrees("first\nsecond\nthird", "...\nthird")
    assert not agrees("Mail 1 failed: 550", "Mail 1 is sent: 250 ...")
    assert not agrees("Mail 1 is sent", "")


# --- the configuration --------------------------------------------------------------------------

RULE_KEYS = {"name", "kind", "enabled", "account", "to", "cc", "bcc"}
ACCOUNT_TOML = '[accounts.one]\naddress = "me@desk.example"\nhost = "mail.desk.example"\n'
RULE_TOML = '[[rules]]\nname = "one"\nto = ["me@desk.example"]\n'
BEGINNINGS = {
    "top": "",
    "account": ACCOUNT_TOML,
    "rule": f'{ACCOUNT_TOML}{RULE_TOML}kind = "log"\npaths = ["/l/*.log"]\nmatch = ["x"]\n',
    "folder": f'{ACCOUNT_TOML}{RULE_TOML}kind = "folder"\nfolder = "/drop"\n',
    "log": f'{ACCOUNT_TOML}{RULE_TOML}kind = "log"\npaths = ["/l/*.log"]\nmatch = ["x"]\n',
}
"""What the five tables of keys are about, in their order; and a configuration that has it."""


def configured(folder: Path, toml: str) -> Settings:
    file = folder / "config.toml"
    file.write_text(toml, "utf-8")
    return (
        SettingsFile(file, PathContext(user_home=str(folder)), KINDS, lambda: ALL).load().settings
    )


def key_tables(readme: Path) -> list[dict[str, str]]:
    """Return the tables of the section about the configuration: keys and their defaults."""
    found: list[dict[str, str]] = [{}]
    for line in readme.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.match(r"\| -+ \| -+ \| -+ \|$", line):
            found.append({})
        elif line.startswith("| `") and len(cells) == 3:
            found[-1] |= dict.fromkeys(re.findall(r"`(\w+)`", cells[0]), cells[1])
    return [
        table for table in found if {"version", "address", "enabled", "zip", "match"} & {*table}
    ]


@pytest.mark.parametrize(("language", "word"), [("en", "Install"), ("zh_CN", "安装")])
def test_the_packages_come_first(language: str, word: str) -> None:
    """Whoever needs no checkout reads nothing of one before."""
    begin, windows, linux, *_ = re.split(r"^## ", READMES[language].read_text("utf-8"), flags=re.M)
    assert "bootstrap.py" not in begin
    for part, package in ((windows, "-setup.exe"), (linux, "_amd64.deb")):
        assert word in part.splitlines()[0]
        assert package in part.partition("bootstrap.py")[0]


@pytest.mark.parametrize("language", READMES)
def test_every_key_and_no_other_is_in_the_reference(language: str) -> None:
    def keys(form: Form[Any]) -> set[str]:
        return {*form.keys}

    expected = [
        keys(TOP) - {"accounts", "rules"},
        keys(ACCOUNT),
        RULE_KEYS,
        keys(FolderKind.form) - RULE_KEYS,
        keys(LogKind.form) - RULE_KEYS,
    ]
    assert [{*table} for table in key_tables(READMES[language])] == expected


@pytest.mark.parametrize("language", READMES)
def test_the_defaults_of_the_reference_are_true(language: str, tmp_path: Path) -> None:
    checked = 0
    for table, (about, toml) in zip(key_tables(READMES[language]), BEGINNINGS.items(), strict=True):
        for key, default in table.items():
            if (about, key) == ("rule", "kind") or not default.startswith("`"):
                continue
            without = configured(tmp_path, toml)
            given = configured(tmp_path, f"{toml}{key} = {default.strip('`')}\n")
            assert given == without, key
            checked += 1
    assert checked > 30


@pytest.mark.parametrize("language", READMES)
def test_whole_configurations_are_valid(language: str, tmp_path: Path) -> None:
    whole = [block.content for block in blocks(READMES[language]) if "version = 1" in block.content]
    assert whole
    for toml in whole:
        configured(tmp_path, toml)


@pytest.mark.parametrize("language", READMES)
def test_what_is_written_for_systemd_fits_the_unit(language: str) -> None:
    unit = (ROOT / "installer" / "linux" / "traymail.service").read_text("utf-8")
    [written] = [block.content for block in blocks(READMES[language]) if block.language == "ini"]
    section, emptied, added = written.split()
    assert section in unit.split()
    assert (emptied, added.replace("NAME", "work")) == (
        "LoadCredential=",
        next(line for line in unit.split() if line.startswith("LoadCredential=")),
    )


# --- nothing is left out, nothing leads nowhere -------------------------------------------------


def all_commands() -> Iterator[str]:
    for name, place in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        yield from [f"{name} {sub}" for sub in getattr(command, "commands", ())] or [name]


@pytest.mark.parametrize("language", READMES)
def test_every_command_is_named(language: str) -> None:
    words = READMES[language].read_text("utf-8")
    assert [name for name in all_commands() if f"`{name}`" not in words] == []


@pytest.mark.parametrize("language", READMES)
def test_the_refusals_are_those_that_are_shown(language: str) -> None:
    words = READMES[language].read_text("utf-8")
    translate = translator(language)
    shown = (
        *(titles.LOGIN_REFUSED, titles.SENDER_REFUSED, titles.TOO_OFTEN, titles.LIMIT_REACHED),
        *(titles.SPAM, titles.TOO_LARGE, titles.CERTIFICATE, titles.NO_ENCRYPTION, titles.NO_NAME),
    )
    told = [title.translated(translate) for title in shown]
    assert [title for title in told if title not in words] == []


# What surprises who does not know it, and where it is told: the words of each language.
MUST_KNOW = [
    ("may take ten minutes to answer (RFC 5321)", "最多可以过十分钟才答复（RFC 5321）"),
    ("“waits for the server's answer”", "“等待服务器答复”"),
    ("“Stop waiting”", "“停止等待”"),
    (r"`\b` and `\w` know ASCII alone", r"`\b` 和 `\w` 只认 ASCII"),
    ("Started by systemd, it logs to the journal", "由 systemd 启动时，运行日志写入系统日志"),
    ("at most 64 KiB; more rules than fit run beside it in a second home", "最大 64 KiB；放不下的"),
    ("never those that begin with `.` `#` `@` `$`", "`.` `#` `@` `$` 开头"),
]


@pytest.mark.parametrize("words", MUST_KNOW, ids=lambda words: words[0][:20])
def test_what_one_has_to_know_is_told_in_both(words: tuple[str, str]) -> None:
    for readme, told in zip(READMES.values(), words, strict=True):
        assert told in " ".join(readme.read_text("utf-8").split())


@pytest.mark.parametrize("language", READMES)
def test_the_states_are_called_as_in_lists(language: str) -> None:
    words = READMES[language].read_text("utf-8")
    rows = [f"| `{one.value}` | {STATES[one].translated(translator(language))} |" for one in State]
    assert [row for row in rows if row not in words] == []


@pytest.mark.parametrize("language", READMES)
def test_the_commands_of_bootstrap_are_there(language: str) -> None:
    written = {
        command.split()[2]
        for block in blocks(READMES[language])
        if block.language == "console"
        for command, _ in steps(block)
        if is_bootstrap(command)
    }
    usage = subprocess.run(
        [sys.executable, "bootstrap.py", "--help"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    assert written == {"demo", "test"}
    assert [name for name in written if f"python3 bootstrap.py {name} " not in usage] == []


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    words = re.sub(r"(?ms)^```.*?^```", "", document.read_text("utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", words)
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (ROOT / link).exists()] == []


def slug(heading: str) -> str:
    """Return what the page of a forge calls the place of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_within_a_document_lead_to_its_headings(document: Path) -> None:
    words = re.sub(r"(?ms)^```.*?^```", "", document.read_text("utf-8"))
    headings = {slug(one) for one in re.findall(r"(?m)^#+ (.*)$", words)}
    assert [one for one in re.findall(r"\]\(#([^)]+)\)", words) if one not in headings] == []


WAYS = [
    ("### Outlook and Microsoft 365", "### Outlook 和 Microsoft 365"),
    ("### WeCom and other robots", "### 企业微信和其他机器人"),
    ("## One mail for each row", "## 每行一封邮件"),
    ("## As sendmail", "## 当作 sendmail 使用"),
]


@pytest.mark.parametrize("headings", WAYS, ids=lambda headings: headings[0])
def test_each_way_in_and_out_has_its_section(headings: tuple[str, str]) -> None:
    for readme, heading in zip(READMES.values(), headings, strict=True):
        assert heading in readme.read_text("utf-8").splitlines()


# --- the same in both languages -----------------------------------------------------------------


def outline(readme: Path) -> list[str]:
    """Return what both languages must share: the depth of headings, commands, keys, code."""
    words = readme.read_text("utf-8")
    text = re.sub(r"^```.*?^```$", "", words, flags=re.M | re.S)
    found = [line.split()[0] for line in text.splitlines() if line.startswith("#")]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    found += [" ".join(re.findall(r"`[^`]+`|\b\d+\b", row.split("|")[1])) for row in rows]
    for block in blocks(readme):
        found.append(block.language)
        if block.language == "console":
            # What is said in quotes is said in the reader's language.
            found += [re.sub(r'"[^"]*"', '"…"', command) for command, _ in steps(block)]
        elif block.language == "toml":
            found.append(str(_without_words(tomllib.loads(block.content))))
        else:
            found.append(block.content)
    return found


def _without_words(table: object) -> object:
    if isinstance(table, dict):
        return {
            key: "…" if key in {"name", "subject"} else _without_words(value)
            for key, value in table.items()
        }
    return [_without_words(one) for one in table] if isinstance(table, list) else table


def test_both_languages_say_the_same() -> None:
    pairs = list(zip_longest(outline(ENGLISH), outline(CHINESE)))
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len(pairs) > 100
