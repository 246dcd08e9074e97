"""Patterns: what RE2 refuses and the way round, and which lines match."""

import re
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.matcher import Pattern, PatternSet, capture_names
from traymail.core.pattern_check import check_pattern, remark_on
from traymail.core.records import Captured

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
    ("a\\", "single \\"),
    ("(?P<a-b>x)", "a-b"),
    # taken alone, it would quote what is put around it
    (r"\Qa.b", r"write \E"),
    (r"a|\Qb\\", r"write \E"),
    ("a\udc80", "half a character"),
    # RE2 takes it, for something else
    ("a{,3}", "{0,3}"),
    ("a{1, 3}b", "{1,3}"),
    ("a{,}", "{0,}"),
    ("a{ 2 }", "{2}"),
    (r"\<ERROR", r"write \b"),
    (r"ERROR\>", r"write \b"),
    ("(?P<who>a)(?P<who>b)", "who is captured twice"),
    ("(?P<who>a) x|(?<who>b) y", "a pattern for each"),
    # every line
    ("ERROR|", "empty"),
    ("|ERROR", "empty"),
    ("ERROR||FATAL", "empty"),
    ("(ERROR|)", "empty"),
    ("x*", "every line"),
    (".*", "single dot"),
    ("^", "every line"),
    (r"\Q\E", "every line"),
    # no line
    ("ERROR\n", "one line at a time"),
    (r"ERROR\n\s+at", "record_start"),
    (r"a[\n]b", "one line at a time"),
    (r"a\x0ab|\x{A}", "one line at a time"),
    ("US$100", r"\$"),
    ("$HOME", "never match"),
    ("$(a|b)", "never match"),
    ("a^b", r"\^"),
    ("(a$)+b", "never match"),
    # in plain words, with the way out
    ("a{2,1}", "smaller number first"),
    ("(a)?(?(1)b|c)", "a pattern for each case"),
    ("(?|a|b)", "a pattern for each case"),
    ("a(?R)?b", "recursion"),
    ("(?1)", "recursion"),
    ("(?P<n>a)(?P>n)", "recursion"),
    ("(?&n)", "recursion"),
    ("(?u)a", "only i, m, s and U"),
    ("(?a:b)", "only i, m, s and U"),
    ("(?^i)a", "only i, m, s and U"),
    ("(*UTF8)a", "leave it out"),
    ("(?'n'a)", "(?P<name>…)"),
    (r"\N{DIGIT ONE}", "the character itself"),
    (r"[a-\d]", "put the - last"),
    (r"[^a-\w]", "put the - last"),
    (r"[\b]", r"\x08"),
    (r"[\h]", r" \t"),
    (r"\cA", r"\x{…}"),
    ("(?", "for a group"),
    (r"\p{IsHan}", "class"),
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
    r"\{,3}",
    '{"a": {1,2,3}}',
    "(a|)b",
    "^$",
    r"(^|,)a($|,)",
    r"US\$100",
    "x$$",
    r"ERROR\n?",
    r"[^\n]+:",
    r"[-\d]",
    r"[\d-a]",
    r"[a\d-]",
    r"[a-z-\d]",
    r"\x41{2}",
]
REMARKS = [
    (r"\b错误\b", "beside 错"),
    (r"\b(ERROR|错误)", "beside 错"),
    (r"(?i)(?:error|错误)\b", "beside 误"),
    (r"错+\b", "beside 错"),
    (r"\b\p{Han}", r"beside \p{Han}"),
    (r"\b[一-龥]+", "beside [一-龥]"),
    (r"\s\b错", "beside 错"),
    (r"用户\w+", "beside 户"),
    (r"[\w.]+登录", "beside 登"),
    (".", "every line"),
    (r"\S", "every line"),
    (".+", "every line"),
    ("[^\n]", "every line"),
    ("a*^b", "a can never be part"),
    ("ERROR|US$1", "U can never be part"),
    (r"WARN|x\ny", "x can never be part"),
]
UNREMARKED = [
    r"(?P<level>ERROR|FATAL)\b",
    r"ERROR\b：",
    r"错误 \bfoo\b",
    r"\d+\b条",
    r"用户：\w+，",
    r"错误[^\w]",
    r"\\w错",
    "[^a]",
    "^$",
    r"(^|,)a($|,)",
    r"ERROR\n?",
    "(" * 999 + "a" + ")" * 999,
]


@pytest.mark.parametrize(("pattern", "says"), REFUSED)
def test_refused_with_a_reason(pattern: str, says: str) -> None:
    refusal = check_pattern(pattern)
    assert refusal is not None
    assert says in str(refusal)


@pytest.mark.parametrize("pattern", TAKEN)
def test_taken(pattern: str) -> None:
    assert check_pattern(pattern) is None


@pytest.mark.parametrize(("pattern", "says"), REMARKS)
def test_what_was_hardly_meant_is_remarked_on(pattern: str, says: str) -> None:
    assert check_pattern(pattern) is None
    assert says in str(remark_on(pattern))


@pytest.mark.parametrize("pattern", UNREMARKED)
def test_nothing_to_remark_on(pattern: str) -> None:
    assert check_pattern(pattern) is None
    assert remark_on(pattern) is None


# Of what Python's re knows as well, without letters: their classes differ beyond ASCII.
PIECES = ["a", "b", ".", "^", "$", "[ab]", "[^a]", r"\n", "(", ")", "|", "*", "+", "?", "{2}"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5))
def test_what_can_never_match_is_told_from_what_can(pieces: list[str]) -> None:
    pattern = "".join(pieces)
    refusal = check_pattern(pattern)
    with suppress(re.error):  # Python refuses more than RE2
        re.compile(pattern)
        if refusal is not None and not re.search("never match|one line", str(refusal)):
            return
        lines = ["".join(line) for n in range(6) for line in product("abc", repeat=n)]
        found = any(re.search(pattern, line) for line in lines)
        assert found == (refusal is None), refusal


def test_capture_names_of_all_patterns() -> None:
    assert capture_names(["(?P<level>E)", "(?<who>x)(y)"]) == {"level", "who"}


def lines_hit(rules: list[list[str]], block: bytes) -> list[tuple[bytes, tuple[int, ...]]]:
    """Each line that matches, and the rules that it is for."""
    found: dict[tuple[int, int], list[int]] = {}
    for rule, spans in enumerate(PatternSet(rules).scan(block)):
        for span in spans:
            found.setdefault(span, []).append(rule)
    return [(block[slice(*span)], tuple(found[span])) for span in sorted(found)]


@pytest.mark.parametrize(
    ("rules", "block", "expected"),
    [
        # a leading flag belongs to its own pattern
        ([["(?i)error", "foo"]], b"ERROR\nFOO\n", [(b"ERROR", (0,))]),
        # ends of lines, empty lines
        ([["^a$"]], b"a\nba\nab\na\n", [(b"a", (0,)), (b"a", (0,))]),
        ([["^$"]], b"a\n\nb\n", [(b"", (0,))]),
        ([["x*"]], b"a\n\n", [(b"a", (0,)), (b"", (0,))]),
        # what reaches over a line's end is no match, and hides none
        ([[r"x\s+y"]], b"x\ny\nx y\n", [(b"x y", (0,))]),
        ([["a[^z]*b"]], b"a\nab\n", [(b"ab", (0,))]),
        # several rules
        (
            [["b", "a"], ["zz"], ["^a"]],
            b"ab\nzz\n",
            [(b"ab", (0, 2)), (b"zz", (1,))],
        ),
        ([["上"]], "x\n上海\n".encode(), [("上海".encode(), (0,))]),
        ([["a"]], b"", []),
        # never slow
        ([["(a+)+$"]], b"a" * 50_000 + b"!\n", []),
    ],
)
def test_scan(rules: list[list[str]], block: bytes, expected: list[object]) -> None:
    assert lines_hit(rules, block) == expected


def test_captures_of_the_line() -> None:
    patterns = PatternSet([["(?P<level>ERROR)(?: (?P<code>[0-9]+))?"]])
    assert patterns.captures(0, b"x ERROR 42") == {"level": "ERROR", "code": "42"}
    assert patterns.captures(0, b"x ERROR") == {"level": "ERROR", "code": ""}


def test_the_first_pattern_of_the_rule_that_matches_captures() -> None:
    patterns = PatternSet([["x", "(?P<a>b)"], ["(?P<c>b+)", "(?P<d>b)", "e"]])
    assert [len(spans) for spans in patterns.scan(b"bb\nxb\ne\n")] == [2, 3]
    assert [patterns.capture(0), patterns.capture(1)] == [True, True]
    assert not PatternSet([["x", "y"]]).capture(0)
    assert patterns.captures(0, b"bb") == {"a": "b"}
    assert patterns.captures(0, b"xb") == {}
    assert patterns.captures(1, b"bb") == {"c": "bb"}
    assert patterns.captures(1, b"e") == {}


def test_parts_are_those_that_are_captured() -> None:
    rules = [["x(?P<a>.)?", "(?P<a>b+)"], ["b", "(?P<a>x)"], ["(?P<a>.)$"]]
    lines = [b"xb", b"bb", b"bx", b"x", b"b", "b上".encode(), b"x1", b"x2"]
    for together in (rules, *([one] for one in rules)):
        patterns = PatternSet(together)
        for number, found in enumerate(patterns.scan(b"\n".join(lines) + b"\n")):
            hit = [(b"\n".join(lines) + b"\n")[slice(*span)] for span in found]
            assert hit
            for name in ("a", "other"):
                expected = [patterns.captures(number, line).get(name, "") for line in hit]
                assert [p.decode() for p in patterns.parts(number, name, hit)] == expected


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (r"\Q(?P<x>a)\E(?P<who>b)", b"(?P<x>a)b"),
        (r"\(\?P<x>a(?P<who>b)", b"(?P<x>ab"),
        (r"[(?P<x>]+(?P<who>b)", b"<Px?(>b"),
        (r"\\(?P<who>b)", b"\\b"),
        (r"[]\](?<who>x)]+(?P<name>b)", b"]who(b"),
        (r"(?i)((?P<who>b)|(?P<name>c))+$", b"BC"),
    ],
)
def test_names_are_left_out_of_the_search_only(pattern: str, line: bytes) -> None:
    assert check_pattern(pattern) is None
    for patterns in ([pattern], [pattern, "nothing of that"]):
        found = PatternSet([patterns])
        assert found.scan(line + b"\nb (?P\n") == [[(0, len(line))]]
        assert "b" in "".join(found.captures(0, line).values()).lower()


def test_what_is_captured_is_asked_for_once_and_when_it_is_needed() -> None:
    asked = []

    def find(line: bytes) -> dict[str, str]:
        asked.append(line)
        return {"level": line.decode()}

    captured = Captured(find, b"ERROR")
    assert asked == []
    assert dict(captured) == {"level": "ERROR"}
    assert (len(captured), captured["level"]) == (1, "ERROR")
    assert repr(captured) == "{'level': 'ERROR'}"
    assert asked == [b"ERROR"]


def test_any_of_several_in_many_lines() -> None:
    ignore = Pattern("healthcheck", "^GET /ping$")
    assert ignore.found_in(b"a\nGET /ping\nb")
    assert not ignore.found_in(b"a\nGET /ping2\nb")


def test_more_than_fits_into_one_expression_is_searched_line_by_line() -> None:
    patterns = [f"(?:[a-z]{{1,300}}x{number}){{3}}" for number in range(150)]
    block = b"quiet\n" + b"ax7ax7ax7\n" + b"quiet\n"
    assert PatternSet([patterns]).scan(block) == [[(6, 15)]]
    assert PatternSet([patterns, ["q"]]).scan(block) == [[(6, 15)], [(0, 5), (16, 21)]]


def test_any_of_more_than_fits_into_one_expression() -> None:
    ignore = Pattern(*[f"(?:[a-z]{{1,300}}x{number}){{3}}" for number in range(150)])
    assert ignore.found_in(b"quiet\nax7ax7ax7\n")
    assert not ignore.found_in(b"quiet\n")
    assert list(ignore.places_in(b"- ax9ax9ax9 ax7ax7ax7")) == [(2, 11), (12, 21)]


SAMPLE_PATTERNS = [r"a", r"^b", r"b$", r"a\s*b", r"[^c]*c", r"\bab\b", r"^$", r"(?i)B", r"a.*c"]


@given(
    st.lists(st.sampled_from(SAMPLE_PATTERNS), min_size=1, max_size=4, unique=True),
    st.text(alphabet="abcB \n", max_size=60),
)
def test_the_same_lines_as_each_pattern_on_each_line(patterns: list[str], content: str) -> None:
    expected = [
        line
        for line in content.split("\n")[:-1]
        if any(re.search(p, line, re.ASCII) for p in patterns)
    ]
    block = content[: content.rfind("\n") + 1].encode()
    # Alone, and beside another rule: those are two ways.
    for rules in ([patterns], [patterns, ["^"]]):
        found = [line.decode() for line, owners in lines_hit(rules, block) if 0 in owners]
        assert found == expected
