from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tomlkit import TOMLDocument

from tests.support.wait import until
from traymail.accounts import KINDS
from traymail.core.errors import InputError, Problem, SettingsError, SourceError, StateError
from traymail.core.kinds import ALL
from traymail.core.paths import PathContext
from traymail.core.settings import Settings
from traymail.store.settings import SettingsFile
from traymail.store.toml import LARGEST, line_of, lines_of

COMMENTED = """\
# my mail
version = 1   # the first
default_account = 'qq'

[accounts.qq]   # the one I use
address = "123456@qq.com"

# both of these matter
[[rules]]
name = "Scans"  # from the scanner
kind = "folder"
to = [
    "a@b.cd",   # the boss
]
folder = "FOLDER"
"""


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def file(tmp_path: Path, drop: Path) -> SettingsFile:
    path = tmp_path / "home" / "config.toml"
    path.parent.mkdir()
    path.write_text(COMMENTED.replace("FOLDER", str(drop)), encoding="utf-8")
    return settings_file(path)


def settings_file(path: Path) -> SettingsFile:
    home = path.parent
    places = PathContext(
        str(home.parent),
        (str(home / "state"), str(home / "log")),
        str(path),
        str(home / "log" / "traymail.log"),
    )
    return SettingsFile(path, places, KINDS, lambda: ALL)


def config(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config.toml"


def told(error: SettingsError) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.where) for problem in error.problems]


def problems_of(tmp_path: Path, content: bytes) -> tuple[Problem, ...]:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        settings_file(path).load()
    assert raised.value.file_name == "config.toml"
    return raised.value.problems


def test_no_file_is_an_empty_configuration(tmp_path: Path) -> None:
    file = settings_file(tmp_path / "none" / "config.toml")
    assert file.load().settings == Settings()
    assert file.signature() is None


def test_every_problem_has_its_line_in_file_order(tmp_path: Path) -> None:
    source = """\
langage = "en"
[accounts]
qq = { address = "1@qq.com", port = 0 }
[[rules]]
name = "A"
kind = "folder"
to = [
    "a@b.cd",
    "nobody",
]
[[rules]]
kind = "log"
name = '''B'''
to = ["a@b.cd"]
paths = ["/x/y.log"]
match = ['(']
[rules.threshold]
count = 0
"""
    found = problems_of(tmp_path, source.encode())
    assert [(one.line, one.where) for one in found] == [
        (1, "langage"),
        (3, "accounts.qq.port"),
        (4, "rules[0].folder"),
        (9, "rules[0].to[1]"),
        (16, "rules[1].match[0]"),
        (18, "rules[1].threshold.count"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a = \n", 1, "valid TOML"),
        (b"version = 1\nversion = 1\n", 2, "valid TOML"),
        (b"[accounts.a]\n[accounts.a]\n", 2, "valid TOML"),
        (b"version = 1\n\x00\n", 2, "valid TOML"),
        (b'language = "\x07"\n', 1, "valid TOML"),
        (b"version = 1\n# \xff\xfe\n", 2, "UTF-8"),
        (b"version = 1\na = [\n", 2, "valid TOML"),
        (b"#" * (LARGEST + 1), None, "64 KiB"),
        (b"a = " + b"[" * 30_000, None, ""),
        (b"a = " + b"{a = " * 10_000, None, ""),
        (b"a" + b".a" * 30_000 + b" = 1", None, ""),
        (b"[" + b"a." * 30_000 + b"a]", None, ""),
        pytest.param(
            b"version = 1\nrules_max_per_hour = " + b"9" * 5000, 2, "too many digits", id="digits"
        ),
    ],
)
def test_hostile_files(tmp_path: Path, content: bytes, line: int | None, words: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert words in str(problem.what)
    assert line is None or problem.line == line


def test_a_file_that_is_too_large_has_a_way_out(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, b"#" * (LARGEST + 1))
    assert "--home DIR" in str(problem.advice)


def test_many_problems_are_found_quickly(tmp_path: Path) -> None:
    content = b"".join(b"k%d=1\n" % number for number in range(6000))
    assert len(problems_of(tmp_path, content)) == 6000


def test_byte_order_mark_and_crlf(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    source = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(source)
    assert file.load().settings.accounts["qq"].port == 465
    file.edit(lambda document: document.__setitem__("default_account", "qq"))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf# my mail\r\n")
    path.write_bytes(source.replace(b'"folder"', b'"folders"'))
    with pytest.raises(SettingsError) as raised:
        file.load()
    assert told(raised.value) == [(11, "rules[0].kind")]


def test_a_missing_folder_keeps_only_its_rule_waiting(file: SettingsFile, drop: Path) -> None:
    good = file.load()
    assert good.problems == ()
    drop.rename(drop.with_name("dropp"))
    loaded = file.load()
    assert [(one.line, one.where, str(one.what)) for one in loaded.problems] == [
        (15, "rules[0].folder", "no such folder")
    ]
    assert "dropp" in str(loaded.problems[0].advice)
    assert file.reload(good).settings == good.settings


def test_an_edit_that_names_a_missing_folder_is_refused(
    file: SettingsFile, tmp_path: Path, drop: Path
) -> None:
    good = file.load()
    path = config(tmp_path)
    path.write_text(path.read_text().replace(str(drop), str(drop) + "x"))
    with pytest.raises(SettingsError) as raised:
        file.reload(good)
    assert told(raised.value) == [(15, "rules[0].folder")]


def test_a_missing_folder_is_told_with_the_other_problems(
    file: SettingsFile, tmp_path: Path, drop: Path
) -> None:
    drop.rmdir()
    path = config(tmp_path)
    path.write_text(path.read_text().replace("default_account", "port"))
    with pytest.raises(SettingsError) as raised:
        file.load()
    assert told(raised.value) == [(3, "port"), (15, "rules[0].folder")]


def test_a_link_to_own_files_and_a_file_in_place_of_a_folder(
    file: SettingsFile, tmp_path: Path, drop: Path
) -> None:
    state = tmp_path / "home" / "state"
    state.mkdir()
    drop.rmdir()
    drop.symlink_to(state)
    assert "own files" in str(file.load().problems[0].what)
    drop.unlink()
    drop.write_text("")
    assert "not a folder" in str(file.load().problems[0].what)


def test_a_missing_certificate(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    path.write_text(path.read_text().replace("[[rules", 'ca_file = "~/ca.pem"\n[[rules'))
    (problem,) = file.load().problems
    assert (problem.where, problem.line) == ("accounts.qq.ca_file", 9)


def test_an_edit_keeps_everything_else_byte_for_byte(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    before = path.read_text()

    def change(document: TOMLDocument) -> None:
        rules: Any = document["rules"]
        rules[0]["name"] = "Papers"

    loaded = file.edit(change)
    assert loaded.settings.rules[0].name == "Papers"
    assert path.read_text() == before.replace('"Scans"', '"Papers"')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file.load() == loaded


def test_accounts_come_and_go(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    before = path.read_text()
    fields = {"address": "me@example.com", "host": "mail.example.com", "port": 465}
    assert file.add_account("work", fields).settings.accounts["work"].username == "me@example.com"
    assert set(before.splitlines()) <= set(path.read_text().splitlines())
    with pytest.raises(InputError):
        file.add_account("work", fields)
    assert list(file.remove_account("work").settings.accounts) == ["qq"]
    assert path.read_text().split() == before.split()
    with pytest.raises(InputError):
        file.remove_account("work")
    with pytest.raises(InputError) as refused:
        file.remove_account("qq")
    assert str(refused.value.title) == "Rules send with the account qq: Scans"
    assert "Give them another account" in str(refused.value.advice)
    assert path.read_text().split() == before.split()


@pytest.mark.parametrize("before", ["", "# mine\n", "\ufeff"])
def test_the_first_account_stays_the_default(tmp_path: Path, before: str) -> None:
    path = tmp_path / "home" / "config.toml"
    path.parent.mkdir()
    path.write_text(before, "utf-8")
    file = settings_file(path)
    assert file.add_account("qq", {"address": "1@qq.com"}).settings.default_account == "qq"
    assert file.add_account("b", {"address": "2@qq.com"}).settings.default_account == "qq"
    assert file.remove_account("qq").settings.default_account == "b"
    good = file.load()
    assert file.remove_account("b").settings.accounts == {}
    assert file.reload(good).settings.accounts == {}  # meant, as what empties the file is not


@pytest.mark.parametrize(
    "fields",
    [
        {"address": "nobody"},
        {"address": "1@qq.com", "password": "canary"},
        {"address": "1@qq.com", "port": 25},
    ],
)
def test_what_is_not_valid_is_not_written(
    file: SettingsFile, tmp_path: Path, fields: dict[str, object]
) -> None:
    before = config(tmp_path).read_bytes()
    with pytest.raises(SettingsError) as raised:
        file.add_account("b", fields)
    assert "canary" not in str([(one.what, one.advice) for one in raised.value.problems])
    assert config(tmp_path).read_bytes() == before


def test_no_problem_names_a_line_that_was_never_written(tmp_path: Path) -> None:
    config(tmp_path).parent.mkdir()
    file = settings_file(config(tmp_path))
    with pytest.raises(SettingsError) as raised:
        file.add_account("b", {"address": "1@qq.com", "port": 25})
    assert [(one.where, one.line) for one in raised.value.problems] == [("accounts.b.port", None)]
    assert "Nothing was changed" in str(raised.value.advice)
    config(tmp_path).write_text(
        'version = 1\n[accounts.qq]\naddress = "1@qq.com"\n'
        f'[[rules]]\nname = "A"\nkind = "folder"\nfolder = {json.dumps(str(tmp_path))}\n'
        'to = ["a@x.example"]\naccount = "qq"\n'
    )
    # What was written before keeps its line, what the edit would write has none.
    with pytest.raises(SettingsError) as raised:
        file.edit(lambda document: document.update(accounts={}))
    assert [(one.where, one.line) for one in raised.value.problems] == [("rules[0].account", 9)]
    with pytest.raises(SettingsError) as raised:
        file.edit(lambda document: document["rules"][0].update(account="gone"))
    assert [(one.where, one.line) for one in raised.value.problems] == [("rules[0].account", None)]


def test_a_broken_file_is_not_edited(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    path.write_text("a = \n")
    with pytest.raises(SettingsError):
        file.add_account("b", {"address": "1@qq.com"})
    assert path.read_text() == "a = \n"


def test_a_link_stays_a_link(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    target = tmp_path / "dotfiles.toml"
    path.rename(target)
    path.symlink_to(target)
    file.add_account("b", {"address": "1@qq.com"})
    assert path.is_symlink()
    assert "accounts.b" in target.read_text()


def test_the_signature_changes_with_the_file(file: SettingsFile) -> None:
    seen = file.signature()
    assert file.signature() == seen
    file.add_account("b", {"address": "1@qq.com"})
    assert file.signature() != seen


@pytest.mark.skipif(os.name != "posix", reason="other permissions, and no time of changes")
def test_the_signature_changes_with_what_keeps_time_and_size(
    file: SettingsFile, tmp_path: Path
) -> None:
    config = tmp_path / "home" / "config.toml"
    config.write_text("version = 1\n")
    seen = file.signature()

    def permitted() -> bool:
        config.chmod(0o640)
        return file.signature() != seen

    # Again, where the clock of the file system is coarse.
    until(permitted, what="a signature with other permissions")
    before, seen = config.stat(), file.signature()

    def edited() -> bool:
        config.write_text("version = 2\n".ljust(before.st_size))
        os.utime(config, ns=(before.st_atime_ns, before.st_mtime_ns))
        return file.signature() != seen

    until(edited, what="the signature of an edit that keeps time and size")


def test_writers_do_not_undo_each_other(file: SettingsFile, tmp_path: Path) -> None:
    def add(number: int) -> None:
        settings_file(config(tmp_path)).add_account(f"a{number}", {"address": f"{number}@qq.com"})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.load().settings.accounts) == 9


def test_an_editor_that_is_faster_is_not_overwritten(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)
    saves = 0

    def change(document: TOMLDocument) -> None:
        nonlocal saves
        if saves == 0:
            path.write_text(path.read_text().replace("my mail", "our mail"))
        saves += 1
        document["default_account"] = "qq"

    file.edit(change)
    assert saves == 2
    assert path.read_text().startswith("# our mail")


def test_an_editor_that_never_rests_ends_the_attempt(file: SettingsFile, tmp_path: Path) -> None:
    path = config(tmp_path)

    def change(document: TOMLDocument) -> None:
        path.write_text(path.read_text() + "#\n")
        document["default_account"] = "qq"

    with pytest.raises(StateError):
        file.edit(change)


def test_export_and_import(file: SettingsFile, tmp_path: Path) -> None:
    path, copy = config(tmp_path), tmp_path / "copy.toml"
    before = path.read_bytes()
    file.export(copy)
    assert copy.read_bytes() == before
    copy.write_bytes(before.replace(b"my mail", b"imported"))
    assert file.import_from(copy).settings.default_account == "qq"
    assert path.read_bytes() == copy.read_bytes()
    assert path.with_name("config.toml.bak").read_bytes() == before
    copy.write_text('[accounts.qq]\naddress = "1@qq.com"\npassword = "x"\n')
    with pytest.raises(SettingsError) as raised:
        file.import_from(copy)
    assert raised.value.file_name == "copy.toml"
    assert told(raised.value) == [(3, "accounts.qq.password")]
    copy.write_bytes(b"\xef\xbb\xbf# nothing\n")
    with pytest.raises(SettingsError) as raised:
        file.import_from(copy)
    assert str(raised.value.problems[0].what) == "is empty"
    with pytest.raises(SourceError):
        file.import_from(tmp_path / "none.toml")


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.mkdir()
    with pytest.raises(SettingsError):
        settings_file(path).load()


WRITER = """
import sys
from pathlib import Path
from traymail.disk import write_whole
path = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_whole(path, b"# %d\\n" % (number % 10) * 10_000)
"""


def has_changed(path: Path, seen: int) -> bool:
    return path.stat().st_mtime_ns != seen


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"# 0\n" * 10_000)
    for _ in range(3):
        seen = path.stat().st_mtime_ns
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            until(partial(has_changed, path, seen))
            process.kill()
        lines = path.read_bytes().splitlines()
        assert len(lines) == 10_000
        assert len(set(lines)) == 1


LINES = """\
a = 1
b."c d" = { e = 1, f = [
  1, { g = 2 },   # ] in a comment
  "]",
] }
c = '''
[not.a.table]
d = 1'''
"k=[" = \"\"\"x
\\\"""
y\"\"\"\"
[t.u]
v = 1979-05-27 07:32:00
[[l]]
[l.m]
n = 1
[[l.o]]
[[l.o]]
p = 1
[[l]]
'q.r' = 1
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("a", 1),
        ('b."c d".e', 2),
        ('b."c d".f', 2),
        ('b."c d".f[0]', 3),
        ('b."c d".f[1].g', 3),
        ('b."c d".f[2]', 4),
        ("c", 6),
        ('"k=["', 9),
        ("t.u", 12),
        ("t.u.v", 13),
        ("t.u.missing", 12),
        ("l[0]", 14),
        ("l[0].m.n", 16),
        ("l[0].o[0]", 17),
        ("l[0].o[1].p", 19),
        ("l[1]", 20),
        ('l[1]."q.r"', 21),
        ("l[1].missing[3]", 20),
        ("nowhere", None),
    ],
)
def test_lines(place: str, line: int | None) -> None:
    assert line_of(place, lines_of(LINES)) == line
