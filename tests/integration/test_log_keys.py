"""Every key of a log rule, through config.toml, the running program and a real server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.homes import Home
from tests.support.running import ADDRESS, CANARY, Running, account, credentials, outbox, running
from tests.support.sink import Sink, serve
from tests.support.wait import until


@dataclass
class Desk:
    """A home whose rules follow logs in one folder, each its own: ``NAME.log``."""

    home: Home
    sink: Sink
    certificates: Certificates
    folder: Path
    env: dict[str, str]

    def rules(self, rules: dict[str, str], *, first: bytes = b"ERROR old\n") -> None:
        """Configure rules by their name, each with a log that holds `first` already."""
        tables = [account(self.sink.port, ca_file=self.certificates.ca_file)]
        for name, keys in rules.items():
            (self.folder / f"{name}.log").write_bytes(first)
            tables.append(_table(name, keys, self.folder))
        self.home.configure("".join(tables))

    def append(self, name: str, content: str | bytes) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            log.write(content.encode() if isinstance(content, str) else content)

    def mails(self, name: str) -> list[tuple[str, str]]:
        """Return subject and text of each mail of a rule so far."""
        found = []
        for arrival in list(self.sink.arrivals):
            mail = message_from_bytes(arrival.content, _class=EmailMessage, policy=policy.default)
            if mail["X-Traymail-Rule"] == name:
                body = mail.get_body()
                assert body is not None
                words = body.get_content().replace("\r\n", "\n").strip()
                found.append((str(mail["Subject"]), words))
        return found

    def arrive(self, name: str, count: int = 1) -> list[tuple[str, str]]:
        """Wait for mails of a rule, and return them."""
        until(lambda: len(self.mails(name)) >= count, what=f"{count} mails of {name}")
        return self.mails(name)


def _table(name: str, keys: str, folder: Path) -> str:
    defaults = {
        "to": '["ops@example.com"]',
        "paths": json.dumps([str(folder / f"{name}.log")]),
        "match": r"['(?P<level>ERROR|FATAL)\b']",
    }
    given = {line.partition("=")[0].strip() for line in keys.splitlines()}
    lines = [f"{key} = {value}" for key, value in defaults.items() if key not in given]
    return "\n".join([f'\n[[rules]]\nname = "{name}"\nkind = "log"', *lines, keys, ""])


@pytest.fixture
def desk(tmp_path: Path, home: Home, certificates: Certificates) -> Iterator[Desk]:
    folder = tmp_path / "logs"
    folder.mkdir()
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as sink:
        env = credentials(tmp_path / "credentials")
        yield Desk(home, sink, certificates, folder, env)


def _all_watch(program: Running, besides: str = "") -> bool:
    told = program.status()["rules"]
    return all(rule["watching"] for name, rule in told.items() if name != besides)


def _match(program: Running, name: str, count: int) -> None:
    until(lambda: program.status()["rules"][name]["matched"] == count, what=f"{count} matches")


# Keys of a rule, what is appended to a log that holds "ERROR old" already, and what is mailed.
KEYS: dict[str, tuple[str, str, list[str]]] = {
    "end": ("", "all well\nERROR new\n", ["ERROR new"]),
    "beginning": ('start_at = "beginning"', "", ["ERROR old"]),
    "match": ("match = ['one', '^two']", "one\nnot two\ntwo\n", ["one\ntwo"]),
    "ignore": ("ignore = ['health']", "ERROR a healthcheck\nERROR b\n", ["ERROR b"]),
    "record_start": (
        r"record_start = '^\d'",
        "1 ok\n2 ERROR x\n  at y\n3 ok\n",
        ["2 ERROR x\n  at y"],
    ),
    "before": ("before = 2", "a\nb\nc\nERROR x\nd\n", ["b\nc\nERROR x"]),
    "after_lines": ("after_lines = 1", "a\nERROR x\nb\nc\n", ["ERROR x\nb"]),
    "threshold": (
        'threshold = { count = 2, within = "1h" }',
        "ERROR 1\nERROR 2\n",
        ["ERROR 1\nERROR 2"],
    ),
    "below": ('threshold = { count = 3, within = "1h" }', "ERROR 1\nERROR 2\n", []),
    "group_by": (
        'group_by = "level"',
        "ERROR 1\nFATAL 2\nERROR 3\n",
        ["ERROR 1\nERROR 3", "FATAL 2"],
    ),
    "disabled": ("enabled = false", "ERROR 1\n", []),
}


def test_what_a_rule_tells_of(desk: Desk) -> None:
    desk.rules({name: keys for name, (keys, _, _) in KEYS.items()})
    with running(desk.home, desk.env) as program:
        until(lambda: _all_watch(program, "disabled"), what="every log followed")
        for name, (_, appended, _) in KEYS.items():
            desk.append(name, appended)
        for name, (_, _, mailed) in KEYS.items():
            desk.arrive(name, len(mailed))
        told = program.status()["rules"]
    for name, (_, _, mailed) in KEYS.items():
        assert sorted(body for _, body in desk.mails(name)) == mailed, name
    assert (told["below"]["matched"], told["below"]["sent"]) == (2, 0)
    assert (told["disabled"]["enabled"], told["disabled"]["matched"]) == (False, 0)


@pytest.mark.parametrize("encoding", ["auto", "utf-8", "gb18030", "utf-16"])
def test_encodings(desk: Desk, encoding: str) -> None:
    written = "gb18030" if encoding == "auto" else encoding
    desk.rules({"rule": f'encoding = "{encoding}"'}, first="开始\n".encode(written))
    with running(desk.home, desk.env) as program:
        until(lambda: _all_watch(program), what="the log followed")
        words = "ERROR 磁盘已满\n"
        desk.append("rule", words.encode("utf-16-le" if encoding == "utf-16" else written))
        [(_, body)] = desk.arrive("rule")
    assert body == "ERROR 磁盘已满"


def test_who_gets_it_and_what_it_says(desk: Desk) -> None:
    """Also: a log of the glob that appears later is read from its first line."""
    glob = json.dumps([str(desk.folder / "*.txt")])
    desk.rules(
        {
            "rule": f"""\
paths = {glob}
account = "main"
cc = ["cc@example.com"]
bcc = ["bcc@example.com"]
subject = "{{rule}} {{match.level}} {{count}} {{suppressed}}"
body = "{{line}}|{{path}}|{{{{}}}}"
"""
        }
    )
    with running(desk.home, desk.env) as program:
        until(lambda: "no file" in str(program.status()["rules"]["rule"]["error"]))
        (desk.folder / "later.txt").write_text("FATAL first\n")
        [(subject, body)] = desk.arrive("rule")
    assert (subject, body) == (
        "rule FATAL 1 0",
        f"FATAL first|{desk.folder / 'later.txt'}|{{}}",
    )
    people = ("ops@example.com", "cc@example.com", "bcc@example.com")
    assert desk.sink.arrivals[0].recipients == people


def test_a_cooldown_a_cap_and_silence(desk: Desk) -> None:
    desk.rules(
        {
            "cooldown": 'cooldown = "8s"',
            "all": 'cooldown = "0s"',
            "cap": 'cooldown = "0s"\nmax_per_hour = 1',
            "silent": 'silent_for = "1s"',
        }
    )
    with running(desk.home, desk.env) as program:
        until(lambda: _all_watch(program), what="every log followed")
        for name in ("cooldown", "all", "cap"):
            desk.append(name, "ERROR 1\n")
            desk.arrive(name)
            desk.append(name, "ERROR 2\n")
            _match(program, name, 2)
        [_, (subject, body)] = desk.arrive("cooldown", 2)
        assert subject.endswith("(digest: 1)")
        assert body.endswith("ERROR 2")
        assert [body for _, body in desk.arrive("all", 2)] == ["ERROR 1", "ERROR 2"]
        until(lambda: program.status()["rules"]["cap"]["suppressed"] == 1)
        assert len(desk.mails("cap")) == 1
        [(subject, _)] = desk.arrive("silent")
        assert subject.endswith("silent: nothing has matched for 1 s")


@pytest.mark.parametrize("wish", ["resend", "ask"])
def test_when_unsure(desk: Desk, wish: str) -> None:
    desk.rules({"rule": 'when_unsure = "ask"' if wish == "ask" else ""})
    desk.sink.drop("answer")
    with running(desk.home, desk.env) as program:
        until(lambda: _all_watch(program), what="the log followed")
        desk.append("rule", "ERROR 1\n")
        desk.arrive("rule")
        until(lambda: not program.status()["outbox"]["sending"], what="the end of the attempt")
        [item] = outbox(desk.home)
        told = (item["state"], item["next_attempt_at"] is None)
    assert told == (("unknown", True) if wish == "ask" else ("queued", False))


@pytest.mark.skipif(os.name != "posix", reason="Linux has such a file")
def test_a_dry_run_names_a_log_that_cannot_be_read_and_shows_the_others(desk: Desk) -> None:
    desk.rules({"rule": ""}, first=b"ERROR x\n")
    written = desk.home.config.read_text("utf-8")
    unreadable = "/proc/self/mem"  # its beginning, for everybody
    config = written.replace("paths = [", f"paths = ['{unreadable}', ", 1)
    assert config != written
    desk.home.config.write_text(config, "utf-8")
    told = json.loads(desk.home.run("rule", "test", "rule", "--json").stdout)
    assert (told["events"], [one["what"] for one in told["left_out"]]) == (1, [unreadable])
    assert "cannot be read" in told["left_out"][0]["reason"]
    alone = desk.home.run("rule", "test", "rule", "--file", unreadable)
    assert (alone.returncode, len(alone.stderr.splitlines())) == (66, 2)  # with the way out
    gone = desk.home.run("rule", "test", "rule", "--file", "/not/there")
    assert (gone.returncode, len(gone.stderr.splitlines())) == (66, 2)


def test_a_dry_run(desk: Desk) -> None:
    desk.rules({"rule": "before = 1\nignore = ['health']"}, first=b"a\nERROR x\nERROR health\n")
    done = desk.home.run("rule", "test", "rule", "--json")
    told = json.loads(done.stdout)
    assert (told["rule"], told["events"], len(told["mails"])) == ("rule", 1, 1)
    assert told["mails"][0]["body"] == "a\nERROR x"
    assert told["mails"][0]["to"] == ["ops@example.com"]
