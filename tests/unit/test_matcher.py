"""Patterns: what RE2 refuses and the way round, and which lines match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.matcher import Pattern, PatternSet, capture_names, check_pattern

REFUSED = [
    ("", "every line"),
    ("x" * 5000, "longer"),
    ("(?=a)b", "ignore"),
    ("(?!a)", "ignore"),
    ("(?<=a)b", "lookaround ((?<=…)"),
    ("(?<!a)b", "lookaround ((?<!…)"),
    ("(?:x(?=y))", "lookaround"),
    (r"(a)\1", "backreferences"),
    (r"(?P<x>a)(?P=x)", "backreferences"),
    (r"(?<x>a)\k<x>", "backreferences"),
    ("a++", "possessive"),
    ("a*+", "possessive"),
    ("a{2}+", "possessive"),
    ("(?>ab)", "(?:…)"),
    (r"\Aab", "write ^"),
    (r"ab\z", "write $"),
    (r"ab\Z", "write $"),
    (r"\h", r"[ \t]"),
    (r"a\Kb", "by name"),
    ("(?#c)a", "comments"),
    ("(?x) a", "flag x"),
    ("(?-m)^a", "(?-m)"),
    (r"\u1234", r"\x{"),
    ("(?P<x>a", "bracket"),
    ("a)", "bracket"),
    ("[a", "bracket"),
    ("a**", "before **"),
    ("*a", "before *"),
    ("a{1001}", "1000"),
    ("[[:foo:]]", "class"),
    ("[z-a]", "class"),
    (r"\m", r"\m"),
    ("a\\", "trailing"),
    ("(?P<a-b>x)", "a-b"),
]
TAKEN = [
    "(?i)error",
    "(?im-s:a)",
    "(?<n>a)",
    r"(?P<level>ERROR|FATAL)\b",
    r"\Q(?=\E",
    r"[(?=]",
    r"\\A",
    "[]a]",
    "[^[:alpha:]]",
    r"\pN",
    "错误",
    "a+?",
]


@pytest.mark.parametrize(("pattern", "says"), REFUSED)
def test_refused_with_a_reason(pattern: str, says: str) -> None:
    refusal = check_pattern(pattern)
    assert refusal is not None
    assert says in str(refusal)


@pytest.mark.parametrize("pattern", TAKEN)
def test_taken(pattern: str) -> None:
    assert check_pattern(pattern) is None


def test_capture_names_of_all_patterns() -> None:
    assert capture_names(["(?P<level>E)", "(?<who>x)(y)"]) == {"level", "who"}


def lines_hit(
    rules: list[list[str]], block: bytes
) -> list[tuple[bytes, tuple[tuple[int, int], ...]]]:
    return [(block[h.start : h.end], h.matched) for h in PatternSet(rules).scan(block)]


@pytest.mark.parametrize(
    ("rules", "block", "expected"),
    [
        # a leading flag belongs to its own pattern
        ([["(?i)error", "foo"]], b"ERROR\nFOO\n", [(b"ERROR", ((0, 0),))]),
        # ends of lines, empty lines
        ([["^a$"]], b"a\nba\nab\na\n", [(b"a", ((0, 0),)), (b"a", ((0, 0),))]),
        ([["^$"]], b"a\n\nb\n", [(b"", ((0, 0),))]),
        ([["x*"]], b"a\n\n", [(b"a", ((0, 0),)), (b"", ((0, 0),))]),
        # what reaches over a line's end is no match, and hides none
        ([[r"x\s+y"]], b"x\ny\nx y\n", [(b"x y", ((0, 0),))]),
        ([["a[^z]*b"]], b"a\nab\n", [(b"ab", ((0, 0),))]),
        # several rules, the first pattern of each
        (
            [["b", "a"], ["zz"], ["^a"]],
            b"ab\nzz\n",
            [(b"ab", ((0, 0), (2, 0))), (b"zz", ((1, 0),))],
        ),
        ([["上"]], "x\n上海\n".encode(), [("上海".encode(), ((0, 0),))]),
        ([["a"]], b"", []),
        # never slow
        ([["(a+)+$"]], b"a" * 50_000 + b"!\n", []),
    ],
)
def test_scan(rules: list[list[str]], block: bytes, expected: list[object]) -> None:
    assert lines_hit(rules, block) == expected


def test_captures_of_the_line() -> None:
    patterns = PatternSet([["(?P<level>ERROR)(?: (?P<code>[0-9]+))?"]])
    assert patterns.captures(0, 0, b"x ERROR 42") == {"level": "ERROR", "code": "42"}
    assert patterns.captures(0, 0, b"x ERROR") == {"level": "ERROR", "code": ""}


def test_any_of_several_in_many_lines() -> None:
    ignore = Pattern("healthcheck", "^GET /ping$")
    assert ignore.found_in(b"a\nGET /ping\nb")
    assert not ignore.found_in(b"a\nGET /ping2\nb")


def test_more_than_fits_into_one_expression_is_searched_line_by_line() -> None:
    patterns = [f"(?:[a-z]{{1,300}}x{number}){{3}}" for number in range(150)]
    block = b"quiet\n" + b"ax7ax7ax7\n" + b"quiet\n"
    assert [h.start for h in PatternSet([patterns]).scan(block)] == [6]


SAMPLE_PATTERNS = [r"a", r"^b", r"b$", r"a\s*b", r"[^c]*c", r"\bab\b", r"^$", r"(?i)B", r"a.*c"]


@given(
    st.lists(st.sampled_from(SAMPLE_PATTERNS), min_size=1, max_size=4, unique=True),
    st.text(alphabet="abcB \n", max_size=60),
)
def test_the_same_lines_as_each_pattern_on_each_line(patterns: list[str], content: str) -> None:
    expected = [
        (line, next(n for n, p in enumerate(patterns) if re.search(p, line, re.ASCII)))
        for line in content.split("\n")[:-1]
        if any(re.search(p, line, re.ASCII) for p in patterns)
    ]
    block = content[: content.rfind("\n") + 1].encode()
    found = [(line.decode(), matched[0][1]) for line, matched in lines_hit([patterns], block)]
    assert found == expected
