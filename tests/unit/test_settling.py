from hypothesis import given
from hypothesis import strategies as st

from traymail.core.message import FileIdentity
from traymail.core.settling import Settling


def identity(size: int = 1, mtime_ns: int = 0) -> FileIdentity:
    return FileIdentity(device=1, inode=2, size=size, mtime_ns=mtime_ns)


def test_a_file_is_whole_once_it_was_quiet_for_long_enough() -> None:
    settling = Settling(5.0)
    settling.stirred("a", identity(), now=10.0)
    assert list(settling.due(14.9)) == []
    assert settling.next_due() == 15.0
    assert list(settling.due(15.0)) == ["a"]
    assert settling.settled("a", identity(), 15.0, writing=False)
    assert "a" not in settling
    assert settling.next_due() is None


def test_files_are_due_as_they_came_and_else_by_name() -> None:
    settling = Settling(5.0)
    for path in ("page 10", "Page 9", "b/page 2", "page 2", "page 2b"):
        settling.seen(path, identity(), 1.0)
    settling.stirred("a", identity(), 2.0)
    assert settling.due(9.0) == ["b/page 2", "page 2", "page 2b", "Page 9", "page 10", "a"]


def test_every_stir_begins_the_wait_anew() -> None:
    settling = Settling(5.0)
    for now in (0.0, 4.0, 8.0):
        settling.stirred("a", identity(), now)
        assert list(settling.due(now + 4.9)) == []
    assert list(settling.due(13.0)) == ["a"]


def test_a_look_that_finds_the_same_file_does_not_disturb_it() -> None:
    settling = Settling(5.0)
    settling.seen("a", identity(), 0.0)
    settling.seen("a", identity(), 4.0)
    assert settling.next_due() == 5.0
    settling.seen("a", identity(size=2), 4.5)
    assert settling.next_due() == 9.5


def test_a_file_that_changed_or_is_open_for_writing_waits_on() -> None:
    settling = Settling(5.0)
    settling.stirred("a", identity(), 0.0)
    assert not settling.settled("a", identity(size=9), 5.0, writing=False)
    assert not settling.settled("a", identity(size=9), 10.0, writing=True)
    assert settling.next_due() == 15.0
    assert settling.settled("a", identity(size=9), 15.0, writing=False)


def test_a_file_that_went_away_is_forgotten() -> None:
    settling = Settling(5.0)
    settling.stirred("a", identity(), 0.0)
    settling.gone("a")
    settling.gone("never there")
    assert len(settling) == 0
    assert not settling.settled("a", identity(), 9.0, writing=False)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 3))))
def test_nothing_is_due_before_its_time(steps: list[tuple[str, float]]) -> None:
    settling, now = Settling(2.0), 0.0
    last: dict[str, float] = {}
    for path, pause in steps:
        now += pause
        due = set(settling.due(now))
        assert due == {one for one, at in last.items() if at + 2.0 <= now}
        settling.stirred(path, identity(), now)
        last[path] = now
