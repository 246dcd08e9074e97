"""Which file is this, and where does reading go on: the decisions, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.rotation import (
    HEAD,
    TAIL,
    FileVerdict,
    Position,
    ReadStep,
    SeenLog,
    Sibling,
    catch_up,
    digest,
    is_rotated_name,
    mark_digest,
    marks_between,
    places_of,
    recognise,
    step,
)

LOG = b"".join(b"at some time line %d of the log\n" % number for number in range(200))
OTHER = b"".join(b"at another time line %d of the log\n" % number for number in range(200))


def position(content: bytes = LOG, **fields: object) -> Position:
    """How far a file was read that held ``content``, all of it."""
    before = content[-TAIL:]
    line = before[before.rfind(b"\n", 0, -1) + 1 :]
    offset = len(content)
    given = {
        "path": "/log/app.log",
        "device": 1,
        "inode": 7,
        "mtime_ns": 10**18,
        "marks": tuple(
            (at, mark_digest(content[max(0, at - TAIL) : at]))
            for at in marks_between(0, offset, content[:HEAD])
        ),
        **fields,
    }
    return Position(
        offset=offset,
        head=digest(content[:HEAD]),
        head_size=len(content[:HEAD]),
        tail=digest(before),
        tail_size=len(before),
        line=digest(line),
        line_size=len(line),
        **given,  # type: ignore[arg-type] # fields of any type
    )


def seen(content: bytes, of: Position, inode: int) -> SeenLog:
    """What is seen of a file with ``content``."""
    size = min(len(content), of.offset)
    at = of.offset if size == of.offset else of.mark_before(size)[0]
    length = of.tail_size if size == of.offset else TAIL
    return SeenLog(1, inode, size, content[:HEAD], content[max(0, at - length) : at])


@pytest.mark.parametrize(
    ("content", "inode", "verdict"),
    [
        (LOG, 7, FileVerdict.SAME),
        (LOG + b"more\n", 7, FileVerdict.SAME),
        (LOG, 8, FileVerdict.COPY),
        (LOG + b"more\n", 8, FileVerdict.COPY),
        (LOG[:3000], 8, FileVerdict.SHORT),
        (LOG[:3000], 7, FileVerdict.SHORT),
        (LOG[: LOG.index(b"\n") + 1], 8, FileVerdict.SHORT),
        (LOG[:20], 8, FileVerdict.OTHER),  # not a whole line, and less than proves anything
        (b"", 7, FileVerdict.CUT),
        (b"", 8, FileVerdict.OTHER),
        (OTHER, 7, FileVerdict.CUT),
        (OTHER, 8, FileVerdict.OTHER),
        (LOG[:2000] + OTHER, 8, FileVerdict.OTHER),
        (LOG[:2000] + OTHER[:1000], 8, FileVerdict.OTHER),
    ],
)
def test_what_a_file_is_to_a_position(content: bytes, inode: int, verdict: FileVerdict) -> None:
    known = position()
    assert recognise(known, seen(content, known, inode)) is verdict


@given(st.integers(min_value=1, max_value=len(LOG)), st.integers(min_value=0, max_value=5000))
def test_a_copy_is_known_however_short_unless_it_proves_nothing(size: int, more: int) -> None:
    known = position(LOG[:size])
    assert recognise(known, seen(LOG[: size + more], known, 8)) is FileVerdict.COPY
    short = LOG[: max(0, size - more)]
    if more and (len(short) >= HEAD or short.endswith(b"\n")):
        assert recognise(known, seen(short, known, 8)) is FileVerdict.SHORT


@pytest.mark.parametrize(
    ("here", "how", "expected"),
    [
        (FileVerdict.SAME, {"kept": False}, ReadStep.ON),
        (FileVerdict.SAME, {"kept": True}, ReadStep.ON),
        (FileVerdict.COPY, {"kept": False}, ReadStep.ON),
        (FileVerdict.COPY, {"kept": True}, ReadStep.NEW),  # the same lines every night
        (FileVerdict.OTHER, {"kept": False}, ReadStep.NEW),
        (FileVerdict.OTHER, {"kept": False, "shifted": True}, ReadStep.SHIFTED),
        (FileVerdict.CUT, {"kept": False, "shifted": True}, ReadStep.SHIFTED),
        (FileVerdict.CUT, {"kept": True, "shifted": True}, ReadStep.NEW),
        (FileVerdict.CUT, {"kept": False, "empty": True}, ReadStep.WAIT),
        (FileVerdict.CUT, {"kept": True, "empty": True}, ReadStep.NEW),
        (FileVerdict.CUT, {"kept": False}, ReadStep.NEW),
        (FileVerdict.SHORT, {"kept": False}, ReadStep.WAIT),
        (FileVerdict.SHORT, {"kept": False, "quiet": True}, ReadStep.PART),
        (FileVerdict.SHORT, {"kept": True, "quiet": True}, ReadStep.NEW),
    ],
)
def test_how_to_go_on(here: FileVerdict, how: dict[str, bool], expected: ReadStep) -> None:
    assert step(here, **how) is expected


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (LOG, [len(LOG)]),
        (LOG[3000:], [len(LOG) - 3000]),
        (LOG[3000:] + OTHER, [len(LOG) - 3000]),
        (LOG[-70:], [70]),  # two lines are enough
        (LOG[LOG.rfind(b"\n", 0, -1) + 1 :], []),  # one is not: many logs begin alike
        (OTHER + LOG, [len(OTHER) + len(LOG)]),
        (OTHER, []),
        (LOG[:-1], []),
        (b"", []),
    ],
)
def test_where_the_content_before_a_position_stands_now(content: bytes, places: list[int]) -> None:
    assert list(places_of(position(), content, b"\n", top=True)) == places


def sibling(path: str, seconds: int, **verdicts: FileVerdict) -> Sibling:
    known = {position(inode=int(key.strip("f"))): one for key, one in verdicts.items()}
    return Sibling(path, (1, hash(path)), 10**18 + seconds * 10**9, known)


@pytest.mark.parametrize(
    ("siblings", "rests", "between", "done", "lost"),
    [
        ([], [], [], 0, 1),
        ([sibling("a.1", 0, f7=FileVerdict.SAME)], ["a.1"], [], 0, 0),
        ([sibling("a.1", 5, f7=FileVerdict.COPY)], ["a.1"], [], 0, 0),
        ([sibling("a.1", -9, f7=FileVerdict.COPY)], [], [], 0, 1),  # older than what was read
        ([sibling("a.1", 5, f7=FileVerdict.SHORT)], [], [], 1, 0),
        ([sibling("a.1", 5, f7=FileVerdict.COPY, f9=FileVerdict.SAME)], [], [], 0, 1),
        (
            [sibling("a.1.gz", 5, f7=FileVerdict.SHORT), sibling("a.1", 5, f7=FileVerdict.SAME)],
            *(["a.1"], [], 0, 0),
        ),
        (
            [sibling("a.1", 9), sibling("a.2", 5), sibling("a.3", 0, f7=FileVerdict.SAME)],
            *(["a.3"], ["a.2", "a.1"], 0, 0),
        ),
        ([sibling("a.1", 5), sibling("a.2", 5)], [], ["a.2", "a.1"], 0, 1),
        ([sibling("a.1", -9), sibling("a.2", 5, f7=FileVerdict.OTHER)], [], ["a.2"], 0, 1),
        ([sibling("a.1", 5, f9=FileVerdict.COPY)], [], [], 0, 1),
    ],
)
def test_what_is_read_before_a_log(
    siblings: list[Sibling], rests: list[str], between: list[str], done: int, lost: int
) -> None:
    plan = catch_up([position()], siblings, 10**18)
    assert [one.path for _, one in plan.rests] == rests
    assert [one.path for one in plan.between] == between
    assert (len(plan.done), len(plan.lost)) == (done, lost)


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize(("name", "rests"), [("a.1.gz", []), ("a.1", ["a.1"])])
def test_what_was_packed_into_the_inode_of_an_empty_log_that_is_gone(
    name: str, rests: list[str], *, ended: bool
) -> None:
    """A packed file is a new one: of what was empty it can only have the number again."""
    empty, read = position(b"", inode=5), position(ended=ended)
    packed = Sibling(name, (1, 5), 10**18, {empty: FileVerdict.SAME, read: FileVerdict.COPY})
    plan = catch_up([empty], [packed], 10**18)
    assert [one.path for _, one in plan.rests] == rests
    assert plan.between == ()


def test_two_files_that_were_met_under_one_name_are_two() -> None:
    older, newer = sibling("a.1", 5), replace(sibling("a.1", 9), file=(1, 5))
    assert catch_up([], [newer, older], 10**18).between == (older, newer)


@pytest.mark.parametrize(
    ("other", "rotated"),
    [
        *((name, True) for name in ("app.log.1", "app.log.1.gz", "app.log.bz2", "app.log.2.xz")),
        *((name, True) for name in ("app-20261123.log", "app.log-20261123", "app.1.log.gz")),
        *((name, True) for name in ("app.log.old", "app.log.bak", "app.log.2026-11-23_08")),
        *((name, False) for name in ("app.log", "app.log~", "app.log.txt", "001-app.log")),
        *((name, False) for name in ("apple.log", "app.log.1.tmp")),
    ],
)
def test_names_of_rotated_files(other: str, rotated: bool) -> None:
    assert is_rotated_name("app.log", other) is rotated
