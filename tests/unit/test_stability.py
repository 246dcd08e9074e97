from hypothesis import given
from hypothesis import strategies as st

from traymail.core.message import FileIdentity
from traymail.core.stability import Stability


def identity(size: int = 1, mtime_ns: int = 0) -> FileIdentity:
    return FileIdentity(device=1, inode=2, size=size, mtime_ns=mtime_ns)


def test_a_file_is_whole_once_it_was_quiet_for_long_enough() -> None:
    stability = Stability(5.0)
    stability.stirred("a", identity(), now=10.0)
    assert list(stability.due(14.9)) == []
    assert stability.next_due() == 15.0
    assert list(stability.due(15.0)) == ["a"]
    assert stability.settled("a", identity(), 15.0, writing=False)
    assert "a" not in stability
    assert stability.next_due() is None


def test_files_are_due_as_they_came_and_else_by_name() -> None:
    stability = Stability(5.0)
    for path in ("page 10", "Page 9", "b/page 2", "page 2", "page 2b"):
        stability.seen(path, identity(), 1.0)
    stability.stirred("a", identity(), 2.0)
    assert stability.due(9.0) == ["b/page 2", "page 2", "page 2b", "Page 9", "page 10", "a"]


def test_every_stir_begins_the_wait_anew() -> None:
    stability = Stability(5.0)
    for now in (0.0, 4.0, 8.0):
        stability.stirred("a", identity(), now)
        assert list(stability.due(now + 4.9)) == []
    assert list(stability.due(13.0)) == ["a"]


def test_a_look_that_finds_the_same_file_does_not_disturb_it() -> None:
    stability = Stability(5.0)
    stability.seen("a", identity(), 0.0)
    stability.seen("a", identity(), 4.0)
    assert stability.next_due() == 5.0
    stability.seen("a", identity(size=2), 4.5)
    assert stability.next_due() == 9.5


def test_a_file_that_changed_or_is_open_for_writing_waits_on() -> None:
    stability = Stability(5.0)
    stability.stirred("a", identity(), 0.0)
    assert not stability.settled("a", identity(size=9), 5.0, writing=False)
    assert not stability.settled("a", identity(size=9), 10.0, writing=True)
    assert stability.next_due() == 15.0
    assert stability.settled("a", identity(size=9), 15.0, writing=False)


def test_a_file_that_went_away_is_forgotten() -> None:
    stability = Stability(5.0)
    stability.stirred("a", identity(), 0.0)
    stability.gone("a")
    stability.gone("never there")
    assert len(stability) == 0
    assert not stability.settled("a", identity(), 9.0, writing=False)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 3))))
def test_nothing_is_due_before_its_time(steps: list[tuple[str, float]]) -> None:
    stability, now = Stability(2.0), 0.0
    last: dict[str, float] = {}
    for path, pause in steps:
        now += pause
        due = set(stability.due(now))
        assert due == {one for one, at in last.items() if at + 2.0 <= now}
        stability.stirred(path, identity(), now)
        last[path] = now
