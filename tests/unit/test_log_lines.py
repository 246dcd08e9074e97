"""From raw bytes to matches: encodings, line ends, records, lines around, samples of real logs."""

from __future__ import annotations

import codecs
import dataclasses
from pathlib import Path

import pytest

from tests.support.tailing import log_rule
from traymail.core.lines import (
    LONGEST_LINE,
    cut_line,
    encoding_of,
    last_lines,
    lines_end,
    printed,
    shown,
    to_utf8,
)
from traymail.core.matcher import Pattern, PatternSet
from traymail.core.records import Gatherer, Gathering, Match, wants_of

LOGS = Path(__file__).parents[1] / "data" / "logs"
WORDS = "第一行 ERROR 上海\nsecond line\n末行\n"


@pytest.mark.parametrize(
    ("codec", "bom", "wanted"),
    [
        ("utf-8", b"", "auto"),
        ("utf-8", codecs.BOM_UTF8, "auto"),
        ("gb18030", b"", "auto"),
        ("gb18030", b"", "gb18030"),
        ("gb18030", b"", "gbk"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "auto"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "auto"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "UTF8"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(codec: str, bom: bytes, wanted: str, end: str) -> None:
    raw = bom + WORDS.replace("\n", end).encode(codec) + "half".encode(codec)
    encoding = encoding_of(raw, wanted)
    body = raw[encoding.mark :]
    whole = lines_end(body, encoding)
    assert to_utf8(body[:whole], encoding).decode() == WORDS
    assert encoding.mark == len(bom)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark_is_seen_by_its_nuls(codec: str) -> None:
    encoding = encoding_of("an ERROR in English\n".encode(codec), "auto")
    assert encoding.codec == codec


@pytest.mark.parametrize("head", [b"", b"a", b"\0\0\0\0\0", b"\0" * 300 + b"text of a log", b"abc"])
def test_nuls_alone_are_no_utf_16(head: bytes) -> None:
    assert encoding_of(head, "auto").codec == ""


def test_a_line_break_inside_a_character_is_none() -> None:
    # U+0A00 and U+000A of the next character meet in UTF-16.
    raw = "上\u0a0aĊ\u0a00\nx".encode("utf-16-le")
    encoding = encoding_of(codecs.BOM_UTF16_LE, "auto")
    assert raw[: lines_end(raw, encoding)].decode("utf-16-le") == "上\u0a0aĊ\u0a00\n"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("管道 text\n".encode(), "管道 text\n"),
        ("\ufeff管道\r\n".encode(), "管道\n"),
        ("磁盘已满\n".encode("gb18030"), "磁盘已满\n"),
        ("管道".encode() + b"\xff text", "管道\ufffd text"),
        ("管道管".encode()[:-1], "管道\ufffd"),
        ("磁盘已满".encode("gb18030") + b" \xff.", "磁盘已满 \ufffd."),
        (b"caf\xe9 ok\n", "caf\ufffd ok\n"),
        ("utf 管道\n".encode() + "磁盘\n".encode("gb18030"), "utf 管道\n磁盘\n"),
        ("UTF 十六\n".encode("utf-16"), "UTF 十六\n"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\n", "red plain\n"),
        (b"N\x08NA\x08AME\n\tindented\n", "NAME\n\tindented\n"),
        (b"a\0b\x07c\x7f\n", "abc\n"),
        (b"10 %\r20 %\r\n", "10 %\n20 %\n"),
        (b"", ""),
    ],
)
def test_what_programs_print_is_a_text(raw: bytes, shown: str) -> None:
    assert printed(raw) == shown


def test_utf_8_and_gb18030_in_one_file() -> None:
    raw = "上海 utf\n".encode() + "上海 gbk\n".encode("gb18030") + b"\xff\xff\n"
    assert to_utf8(raw, encoding_of(raw, "auto")).decode() == "上海 utf\n上海 gbk\n\ufffd\ufffd\n"


def test_leading_nuls_are_stripped() -> None:
    raw = b"\0" * 1000 + b"a\nb\0c\n"
    assert to_utf8(raw, encoding_of(raw, "auto")) == b"a\nb\0c\n"


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"\x1b[31mERROR\x1b[0m disk\n", b"ERROR disk\n"),
        (b"\x1b[1;38;5;196mE\x1b[mRROR\r\n", b"ERROR\n"),
        (b"ERROR\r\x1b[0m\n", b"ERROR\n"),
        (b"\x1b]0;a title\x07ERROR\x1b[K\n", b"ERROR\n"),
        (b"\x1b]8;;http://x\x1b\\ERROR\x1b]8;;\x1b\\ x\n", b"ERROR x\n"),
        (b"\x1b]0;not ended ERROR\n\x1b[1mnext\n", b"0;not ended ERROR\nnext\n"),
        (b"\x1b[31\nERROR\n", b"31\nERROR\n"),
        (b"\x1bPq#0\x1b\\\x1b(BERROR\x1b\n", b"ERROR\n"),
        ("\x9b31mERROR\x9b0m é\n".encode(), "ERROR é\n".encode()),
        ("\x1b[31m错误\x1b[0m\n".encode("gb18030"), "错误\n".encode()),
        ("\ufeff\x1b[31m错误\n".encode("utf-16-le"), "错误\n".encode()),
    ],
)
def test_what_colours_a_terminal_is_taken_out(raw: bytes, lines: bytes) -> None:
    encoding = encoding_of(raw, "auto")
    assert to_utf8(raw[encoding.mark :], encoding) == lines


def test_last_lines_and_cut_lines() -> None:
    encoding = encoding_of(b"", "auto")
    assert last_lines(b"a\nbb\nccc\n", encoding, 2) == (2, 2)
    assert last_lines(b"a\nbb\n", encoding, 5) == (0, 2)
    endless = "上".encode() * LONGEST_LINE
    assert len(endless[: cut_line(endless, encoding)].decode()) == LONGEST_LINE // 3
    assert shown(b"x" * 20, 10) == "x" * 10 + " […]"


def blocks(text: str, at: int) -> list[bytes]:
    """A text's lines in two blocks, cut behind line ``at``."""
    lines = text.encode().splitlines(keepends=True)
    return [b"".join(lines[:at]), b"".join(lines[at:])]


def gather(text: str, at: int, wants: Gathering, pattern: str = "ERROR") -> list[tuple[str, str]]:
    patterns = PatternSet([[pattern]])
    gatherer = Gatherer(wants)
    found: list[Match] = []
    fed = b""
    for block in blocks(text, at):
        fed += block
        found += gatherer.feed(block, patterns.scan(block)[0])
        assert fed.endswith(gatherer.held)
    found += gatherer.flush()
    assert gatherer.held == b""
    return [(match.line, match.shown) for match in found]


PLAIN = Gathering()
CONTEXT = "1\n2\n3 ERROR\n4\n5\n6\n7 ERROR\n8 ERROR\n9\n"


@pytest.mark.parametrize("at", range(10))
class TestGathering:
    def test_lines_around_are_shown_once(self, at: int) -> None:
        assert gather(CONTEXT, at, dataclasses.replace(PLAIN, before=2, after=1)) == [
            ("3 ERROR", "1\n2\n3 ERROR\n4"),
            ("7 ERROR", "5\n6\n7 ERROR"),
            ("8 ERROR", "8 ERROR\n9"),
        ]

    def test_lines_after(self, at: int) -> None:
        assert gather(CONTEXT, at, dataclasses.replace(PLAIN, after=2)) == [
            ("3 ERROR", "3 ERROR\n4\n5"),
            ("7 ERROR", "7 ERROR"),
            ("8 ERROR", "8 ERROR\n9"),
        ]

    def test_lines_before(self, at: int) -> None:
        assert gather(CONTEXT, at, dataclasses.replace(PLAIN, before=3)) == [
            ("3 ERROR", "1\n2\n3 ERROR"),
            ("7 ERROR", "4\n5\n6\n7 ERROR"),
            ("8 ERROR", "8 ERROR"),
        ]

    def test_records(self, at: int) -> None:
        text = (
            "lost ERROR\n> one\nERROR a\nb\n> two\n> ERROR three\nc ERROR\nd\n> 4\n> five\nERROR\n"
        )
        wants = dataclasses.replace(PLAIN, record_start=Pattern("^>"))
        assert gather(text, at, wants) == [
            ("lost ERROR", "lost ERROR"),
            ("ERROR a", "> one\nERROR a\nb"),
            ("> ERROR three", "> ERROR three\nc ERROR\nd"),
            ("ERROR", "> five\nERROR"),
        ]

    def test_ignored_records(self, at: int) -> None:
        text = "> one\nERROR a\nat healthcheck\n> two\nERROR b\n"
        wants = dataclasses.replace(
            PLAIN, record_start=Pattern("^>"), ignore=Pattern("healthcheck")
        )
        assert gather(text, at, wants) == [("ERROR b", "> two\nERROR b")]

    def test_ignored_lines(self, at: int) -> None:
        text = "1 ERROR\n2 ERROR healthcheck\n3 ERROR\n"
        wants = dataclasses.replace(PLAIN, ignore=Pattern("healthcheck"))
        assert [line for line, _ in gather(text, at, wants)] == ["1 ERROR", "3 ERROR"]
        wants = dataclasses.replace(wants, before=1)
        assert [line for line, _ in gather(text, at, wants)] == ["1 ERROR", "3 ERROR"]


@pytest.mark.parametrize("before", [0, 1])
def test_matches_by_what_was_captured(before: int) -> None:
    rule = log_rule("/var/log/app", match=("user=(?P<who>\\w*)", "FATAL"), before=before)
    patterns = PatternSet([rule.match])
    gatherer = Gatherer(wants_of(rule, patterns, 0))
    block = b"user=anna1\nuser=bob\nuser=anna2\nFATAL\nuser=bob 2\nuser=\n"
    found = gatherer.feed(block, patterns.scan(block)[0]).joined(gatherer.flush())
    groups = found.by("who", 4)
    assert {name: [one.line for one in some] for name, some in groups.items()} == {
        "anna": ["user=anna1", "user=anna2"],
        "bob": ["user=bob", "user=bob 2"],
        "": ["FATAL", "user="],
    }
    assert list(groups) == ["anna", "bob", ""]
    assert [len(found), found[-1].line, found[0].captured] == [6, "user=", {"who": "anna1"}]
    assert [one.line for one in found[4:]] == ["user=bob 2", "user="]
    with pytest.raises(IndexError):
        found[6]


@pytest.mark.parametrize("step", [1, 2, 5])
def test_an_endless_record_is_cut_not_kept(step: int) -> None:
    wants = dataclasses.replace(PLAIN, record_start=Pattern("^>"))
    gatherer = Gatherer(wants)
    patterns = PatternSet([["ERROR"]])
    found: list[Match] = []
    block = (b"> ERROR\n" + b"x" * 1000 + b"\n") + (b"y" * 1000 + b"\n") * 99
    more = (b"y" * 1000 + b"\n") * 100 * step
    for part in [block, *[more] * 10]:
        found += gatherer.feed(part, patterns.scan(part)[0])
        assert len(gatherer.held) <= 2 * LONGEST_LINE + len(more)
    assert len(found) == 1
    assert found[0].shown.endswith(" […]")


def samples() -> list[tuple[str, list[str], list[str], str, str]]:
    """Each line of the sample logs, with what its comment expects."""
    found = []
    for file in sorted(LOGS.glob("*.log")):
        match: list[str] = []
        ignore: list[str] = []
        expected = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("# match: "):
                match.append(line.removeprefix("# match: "))
            elif line.startswith("# ignore: "):
                ignore.append(line.removeprefix("# ignore: "))
            elif line.startswith("# "):
                expected = line.removeprefix("# ")
            else:
                found.append((file.name, match, ignore, expected, line))
    return found


@pytest.mark.parametrize(("name", "match", "ignore", "expected", "line"), samples())
def test_samples(name: str, match: list[str], ignore: list[str], expected: str, line: str) -> None:
    assert name
    patterns, ignored = PatternSet([match]), Pattern(*ignore)
    block = line.encode() + b"\n"
    hits = [] if ignored.found_in(line.encode()) else patterns.scan(block)[0]
    if expected == "none":
        assert hits == []
        return
    captured = patterns.captures(0, line.encode())
    said = " ".join(f"{name}={value}" for name, value in captured.items())
    assert f"hit: {said}" == expected


@pytest.mark.parametrize("before", [0, 2])
def test_what_a_service_logged_is_no_line_of_any_rule(before: int) -> None:
    ours = b"Nov 30 20:45:10 host traymail[123]: traymail.engine.publisher: mail 5 is failed\n"
    theirs = b"Nov 30 20:45:11 host sshd[99]: traymail is failed\n"
    gatherer = Gatherer(Gathering(before=before))
    block = ours + theirs
    hits = [(0, len(ours) - 1), (len(ours), len(block) - 1)]
    found = [*gatherer.feed(block, hits), *gatherer.flush()]
    assert [match.line for match in found] == [theirs.decode().rstrip()]
