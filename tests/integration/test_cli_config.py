"""`traymail config` and `traymail rule`: what is valid, what is wrong, what rules would do."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import Desk, desk, in_process, watched
from tests.support.homes import Home

BROKEN = """\
version = 1
langauge = "en"

[accounts.qq]
address = "123456@qq.com"
pasword = "x"

[[rules]]
name = "Scans"
kind = "folder"
to = ["b@c.example"]
folder = "/not/there"
subject = "{wrong}"

[[rules]]
name = "Errors"
kind = "log"
to = ["b@c.example", "nobody"]
paths = ["/var/log/app.log"]
match = ['(?=ahead)x']
"""


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Desk]:
    drop, log = tmp_path / "drop", tmp_path / "app.log"
    drop.mkdir()
    with desk(tmp_path, certificates) as one:
        one.configure(
            f"""
[[rules]]
name = "Scans"
kind = "folder"
to = ["Boss <b@c.example>"]
folder = '{drop}'
include = ["*.pdf"]

[[rules]]
name = "Errors"
kind = "log"
enabled = false
to = ["b@c.example"]
paths = ['{log}']
match = ['(?P<level>ERROR|FATAL)']
subject = "{{match.level}}"
cooldown = "0s"
"""
        )
        yield one


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize("command", [["config", "check"], ["rule", "check"]])
def test_every_problem_is_told_at_once(home: Home, command: list[str]) -> None:
    home.configure(BROKEN)
    done = in_process(home, *command)
    assert (done.returncode, done.stdout) == (78, "")
    lines = done.stderr.splitlines()
    places = [line.split(": ")[:2] for line in lines[:-1]]
    assert places == [
        ["config.toml:2", "langauge"],
        ["config.toml:6", "accounts.qq.pasword"],
        ["config.toml:12", "rules[0].folder"],
        ["config.toml:13", "rules[0].subject"],
        ["config.toml:18", "rules[1].to[1]"],
        ["config.toml:20", "rules[1].match[0]"],
    ]
    assert "language" in lines[0]
    assert "no such folder" in lines[2]
    assert lines[-1].startswith("Fix the lines")
    assert home.config.read_text("utf-8") == BROKEN


def test_a_broken_configuration_sends_nothing(home: Home) -> None:
    home.configure(BROKEN)
    done = home.run("send", "--to", "b@c.example", "--subject", "x")
    assert done.returncode == 78
    assert not (home.path / "state" / "outbox.db").exists()
    assert in_process(home, "outbox", "list").returncode == 0


def test_a_valid_configuration(office: Desk, home: Home) -> None:
    done = office.quick("config", "check")
    told = "The configuration is valid: accounts 1, rules 2.\n"
    assert (done.returncode, done.stdout) == (0, told)
    assert in_process(home, "config", "check").returncode == 0
    assert office.quick("config", "path").stdout == f"{office.home.config}\n"


def test_what_hardly_was_meant_is_pointed_at(office: Desk) -> None:
    config = office.home.config
    written = config.read_text("utf-8").replace("ERROR|FATAL)", r"ERROR|错误)\b")
    config.write_text(written + r"ignore = ['ok', '.']" + "\n", "utf-8")
    done = office.quick("rule", "check")
    assert done.returncode == 0
    lines = written.splitlines()
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("match"))
    first, *hints = done.stdout.splitlines()
    assert "is valid" in first
    assert [hint.split(": ")[:2] for hint in hints] == [
        [f"config.toml:{at}", "rules[1].match[0]"],
        [f"config.toml:{len(lines) + 1}", "rules[1].ignore[1]"],
    ]
    assert r"\b is the edge of a word of ASCII letters, digits and _: beside 误" in hints[0]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "“wang@qq” has no dot after the @ (Only in your own network mail may reach it.)"),
        ("zh_CN", "“wang@qq”的 @ 后面没有点（这样的地址只有在内网里才可能收到邮件。）"),
    ],
)
def test_a_rule_for_the_own_network_gets_a_hint(office: Desk, language: str, told: str) -> None:
    written = office.home.config.read_text("utf-8")
    people = written.replace('to = ["b@c.example"]', 'to = ["wang@qq"]')
    office.home.config.write_text(people, "utf-8")
    assert people != written
    done = office.quick("--lang", language, "rule", "check")
    assert done.returncode == 0
    assert {line.partition("]: ")[2] for line in done.stdout.splitlines()[1:]} == {told}


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("*.{pdf,jpg}", "{pdf,jpg} is no choice here"),
        ("scan*.(pdf|jpg)", "(pdf|jpg) is no choice here"),
        ("*.pdf;*.jpg", "*.pdf;*.jpg is no choice here"),
        ("*.pdf *.jpg", "*.pdf *.jpg is no choice here"),
        (r"^.*\.pdf$", "looks like a regular expression"),
        (r"scan\d+.pdf", "looks like a regular expression"),
        (r"C:\Scans\*.pdf", "Patterns are read from inside the rule's folder"),
        ("~/Scans/*.pdf", "Patterns are read from inside the rule's folder"),
        ("{drop}/*.pdf", "Patterns are read from inside the rule's folder"),
        (".pdf", "a file whose whole name is .pdf"),
    ],
)
def test_a_file_pattern_of_another_dialect_is_pointed_at(
    office: Desk, tmp_path: Path, pattern: str, told: str
) -> None:
    config = office.home.config
    written = config.read_text("utf-8")
    meant = pattern.replace("{drop}", str(tmp_path / "drop"))
    config.write_text(written.replace('"*.pdf"', f"'*.png', '{meant}'"), "utf-8")
    done = office.quick("rule", "check")
    _, hint = done.stdout.splitlines()
    assert (done.returncode, hint.split(": ")[1]) == (0, "rules[0].include[1]")
    assert told in hint


@pytest.mark.parametrize(
    "pattern",
    ["*.pdf", "report.*", "scan *.pdf", "2024/**/*.jpg", "!a.pdf", "[ab].jpg"],
)
def test_nothing_is_said_about_a_usual_file_pattern(office: Desk, pattern: str) -> None:
    config = office.home.config
    written = config.read_text("utf-8").replace('"*.pdf"', f"'*.pdf', '{pattern}'")
    config.write_text(written, "utf-8")
    assert len(office.quick("rule", "check").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("plain", "written"),
    [
        ('name = "Scans"', "name = “Scans”"),
        ('name = "Scans"', 'name = "Scans”'),
        ('name = "Scans"', 'name ＝ "Scans"'),
        ('["*.pdf"]', '["*.pdf"，"*.jpg"]'),
        ('["*.pdf"]', '［"*.pdf"］'),
    ],
)
def test_a_sign_that_only_looks_right_is_named(office: Desk, plain: str, written: str) -> None:
    config = office.home.config
    config.write_text(config.read_text("utf-8").replace(plain, written), "utf-8")
    done = office.quick("config", "check")
    assert done.returncode == 78
    assert "Type quotation marks, commas, = and brackets on an English keyboard" in done.stderr


def test_a_folder_that_is_gone_stops_no_mail(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "drop").rmdir()
    assert office.quick("rule", "check").returncode == 78
    assert office.run("send", "--to", "b@c.example", "--subject", "x").returncode == 0
    done = office.quick("rule", "test", "Scans")
    assert (done.returncode, str(tmp_path / "drop") in done.stderr) == (66, True)


def test_export_and_import(office: Desk, home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy.toml"
    assert office.quick("config", "export", copy).returncode == 0
    assert copy.read_bytes() == office.home.config.read_bytes()
    assert office.quick("config", "export", "-").stdout == copy.read_text("utf-8")
    home.configure("version = 1 # mine\n")
    done = in_process(home, "config", "import", copy, "--yes")
    assert (done.returncode, "account set-secret desk" in done.stdout) == (0, True)
    assert home.config.read_bytes() == copy.read_bytes()
    assert home.path.joinpath("config.toml.bak").read_text() == "version = 1 # mine\n"


def test_an_export_makes_no_folders(office: Desk, tmp_path: Path) -> None:
    done = office.quick("config", "export", tmp_path / "nowhere" / "copy.toml")
    assert (done.returncode, (tmp_path / "nowhere").exists()) == (73, False)
    assert done.stderr.startswith(f"There is no folder {tmp_path / 'nowhere'}.\n")


def test_an_export_goes_through_no_link(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o1777)
    (tmp_path / "open" / "way").symlink_to(tmp_path, target_is_directory=True)
    for name, leads_to in (("link", "mine"), ("loop", "loop"), ("dangling", "new")):
        (tmp_path / name).symlink_to(tmp_path / leads_to)
    for goal in ("link", "loop", "dangling", "open/way/copy.toml", "open/way/mine"):
        done = office.quick("config", "export", tmp_path / goal)
        assert (done.returncode, "is a link" in done.stderr) == (73, True)
        assert "Take the link away" in done.stderr
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "copy.toml").exists()
    assert not (tmp_path / "new").exists()
    os.mkfifo(tmp_path / "pipe")
    assert office.quick("config", "export", tmp_path / "pipe").returncode == 73
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "documents").symlink_to(tmp_path, target_is_directory=True)  # the user's own
    done = office.quick("config", "export", tmp_path / "documents" / f"{'long' * 60}.toml")
    assert done.returncode == 0


def test_a_broken_import_changes_nothing(home: Home, tmp_path: Path) -> None:
    home.configure("version = 1\n")
    (tmp_path / "broken.toml").write_text(BROKEN, "utf-8")
    done = in_process(home, "config", "import", tmp_path / "broken.toml")
    assert done.returncode == 78
    assert done.stderr.startswith("broken.toml:2: langauge: ")
    done = in_process(home, "config", "import", tmp_path / "nothing.toml")
    assert (done.returncode, len(done.stderr.splitlines())) == (66, 2)  # the cause, the way out
    assert home.config.read_text() == "version = 1\n"


def test_rule_list(office: Desk, tmp_path: Path) -> None:
    rules = office.json("rule", "list")
    assert [(one["name"], one["kind"], one["enabled"]) for one in rules] == [
        ("Scans", "folder", True),
        ("Errors", "log", False),
    ]
    assert rules[0]["watches"] == [str(tmp_path / "drop")]
    assert "Scans" in office.quick("rule", "list").stdout


def test_a_dry_run_of_a_folder(office: Desk, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    for number in range(3):
        (drop / f"{number}.pdf").write_bytes(b"x" * 1000)
    (drop / "empty.pdf").touch()
    (drop / "note.txt").write_text("x")
    (drop / "link.pdf").symlink_to("0.pdf")
    before = _contents(drop)
    told = office.json("rule", "test", "Scans", "--limit", "2")
    assert (told["rule"], told["events"], len(told["mails"])) == ("Scans", 3, 2)
    assert told["mails"][0]["attachments"] == [{"name": "0.pdf", "size": 1000}]
    assert told["mails"][0]["to"] == ["Boss <b@c.example>"]
    assert {one["what"] for one in told["left_out"]} == {"empty.pdf", "link.pdf", "note.txt"}
    assert _contents(drop) == before
    assert office.sink.connections == 0
    (tmp_path / "other.pdf").write_text("x")
    done = office.quick("rule", "test", "Scans", "--file", tmp_path / "other.pdf")
    assert "other.pdf" in done.stdout
    assert office.quick("rule", "test", "Scans", "--file", "/not/there").returncode == 66


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_a_long_scan_shows_its_progress(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("all well\n" * 1_000_000 + "ERROR one\n")
    told, shown = watched(office.home.command("rule", "test", "Errors", "--json"), office.env)
    assert json.loads(told)["events"] == 1
    assert b"Reading" in shown
    assert b"100%" in shown


def test_a_dry_run_of_a_log(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("ok\nERROR one\nFATAL two\n")
    told = office.json("rule", "test", "Errors")
    assert (told["rule"], told["events"]) == ("Errors", 2)
    assert told["mails"][0]["subject"] == "ERROR"
    assert "ERROR one" in told["mails"][0]["body"]
    (tmp_path / "other.log").write_text("FATAL other\n")
    done = office.quick("rule", "test", "Errors", "--file", tmp_path / "other.log")
    assert "FATAL other" in done.stdout
    assert office.quick("rule", "test", "Nobody").returncode == 65
    assert json.loads(office.quick("outbox", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.log", "{path} cannot be read: No such file or directory"),
        ("drop", "{path} cannot be read: Is a directory"),
    ],
)
def test_a_file_for_a_dry_run_that_cannot_be_read_is_told_with_the_reason(
    office: Desk, tmp_path: Path, name: str, reason: str
) -> None:
    if sys.platform == "win32":
        reason = "{path} "  # a folder cannot be opened there
    path = tmp_path / name
    done = office.quick("rule", "test", "Errors", "--file", path)
    assert (done.returncode, done.stdout) == (66, "")
    told, way = done.stderr.splitlines()
    assert told.startswith(reason.format(path=path))
    assert way == "Check the name and the permissions of the file."


def test_a_rule_that_is_not_there_is_told_with_a_way_out_also_where_there_are_none(
    office: Desk,
) -> None:
    office.configure()
    done = office.quick("rule", "test", "Nobody")
    assert (done.returncode, len(done.stderr.splitlines())) == (65, 2)


def test_a_group_in_a_rule_and_a_name_of_none(office: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rule = f'[[rules]]\nname = "Scans"\nkind = "folder"\nfolder = "{tmp_path}/in"\n'
    groups = '[groups]\nTeam = ["li@c.example", "wang@c.example"]\n'
    office.configure(f'{groups}{rule}to = ["team"]\n')
    assert office.quick("rule", "check").returncode == 0
    (tmp_path / "in" / "a.pdf").write_bytes(b"%PDF")
    found = office.json("rule", "test", "Scans")
    assert found["mails"][0]["to"] == ["li@c.example", "wang@c.example"]
    office.configure(f'{groups}{rule}to = ["teem", "nobody"]\n')
    for command in ("rule", "config"):
        done = office.quick(command, "check")
        assert done.returncode == 78
        assert "rules[0].to[0]: “teem” is neither an address nor a group" in done.stderr
        assert "Did you mean Team?" in done.stderr
        assert "[groups]" in done.stderr.split("to[1]")[1]
