"""Jobs and timers of a widget: one a slot, and none that outlives the widget."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue

import pytest

from tests.support.tk import until_tk
from traymail.core.errors import StateError, TraymailError
from traymail.core.texts import text
from traymail.ui.bridge import Background, Bridge
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root


@pytest.fixture
def background(root: Root) -> Iterator[Background]:
    bridge = Bridge(root)
    background = Background(bridge)
    yield background
    until_tk(root, lambda: not background.busy, "the end of all work")
    background.close()
    bridge.close()


class Desk:
    """A widget with its tasks; notes what is told."""

    def __init__(self, root: Root, background: Background) -> None:
        self.root, self.background = root, background
        self.widget = tk.Frame(root)
        self.told: list[object] = []
        self.tasks = Tasks(self.widget, background, self.told.append)
        self._answers: SimpleQueue[object] = SimpleQueue()

    def work(self) -> object:
        answer = self._answers.get(timeout=60)
        if isinstance(answer, TraymailError):
            raise answer
        return answer

    def answer(self, answer: object) -> None:
        """Let one job end."""
        self._answers.put(answer)

    def ends(self) -> None:
        """Let all work end, and what follows from it be told."""
        until_tk(self.root, lambda: not self.background.busy, "the end of the work")

    def timers(self) -> set[str]:
        return set(self.root.tk.splitlist(self.root.tk.call("after", "info")))


@pytest.fixture
def desk(root: Root, background: Background) -> Desk:
    return Desk(root, background)


def nothing() -> None:
    pass


def test_a_timer_ends_with_its_widget(desk: Desk) -> None:
    before = desk.timers()
    desk.tasks.later("soon", 60_000, nothing)
    assert desk.tasks.under_way("soon")
    (timer,) = desk.timers() - before
    desk.widget.destroy()
    assert timer not in desk.timers()
    assert not desk.tasks.under_way("soon")


def test_what_is_inside_of_it_may_go(desk: Desk) -> None:
    inner = tk.Frame(desk.widget)
    desk.tasks.later("soon", 60_000, nothing)
    inner.destroy()
    assert desk.tasks.under_way("soon")


def test_a_new_timer_takes_the_place_of_the_one_before(desk: Desk) -> None:
    desk.tasks.later("soon", 1, lambda: desk.told.append("first"))
    desk.tasks.later("soon", 1, lambda: desk.told.append("second"))
    until_tk(desk.root, lambda: desk.told, "the timer")
    desk.root.update()
    assert desk.told == ["second"]
    assert not desk.tasks.under_way("soon")


def test_of_two_jobs_in_a_slot_only_the_last_is_told(desk: Desk) -> None:
    desk.tasks.run(desk.work, desk.told.append, slot="look")
    desk.tasks.run(desk.work, desk.told.append, slot="look")
    desk.answer("same")
    desk.answer("same")
    desk.ends()
    assert desk.told == ["same"]


def test_the_slot_is_empty_before_the_end_is_told(desk: Desk) -> None:
    desk.tasks.run(
        desk.work, lambda _answer: desk.told.append(desk.tasks.under_way("look")), slot="look"
    )
    assert desk.tasks.under_way("other", "look")
    desk.answer("an answer")
    until_tk(desk.root, lambda: desk.told, "the answer")
    assert desk.told == [False]


@pytest.mark.parametrize(("slot", "told"), [("look", []), ("", ["late"])])
def test_what_has_no_slot_goes_to_its_end(desk: Desk, slot: str, told: list[str]) -> None:
    desk.tasks.run(desk.work, desk.told.append, slot=slot)
    desk.widget.destroy()
    desk.answer("late")
    desk.ends()
    assert desk.told == told


@pytest.mark.parametrize("own", [False, True])
def test_why_a_job_failed_is_told_once(desk: Desk, own: bool) -> None:
    error, mine = StateError(text("The disk is full.")), list[object]()
    failed: Callable[[TraymailError], object] | None = mine.append if own else None
    desk.tasks.run(desk.work, desk.told.append, failed)
    desk.answer(error)
    desk.ends()
    assert (mine, desk.told) == (([error], []) if own else ([], [error]))


def test_results_come_as_they_are_found_until_it_is_stopped(desk: Desk) -> None:
    def work() -> Generator[object, None, None]:
        while True:
            yield desk.work()

    desk.tasks.follow(work, desk.told.append, lambda: desk.told.append("end"), slot="look")
    desk.answer("one")
    until_tk(desk.root, lambda: desk.told, "the first")
    desk.tasks.stop_all()
    desk.answer("two")
    desk.ends()
    assert desk.told == ["one"]


def test_a_state_is_drawn_beside_the_one_before() -> None:
    drawn: list[tuple[int, int]] = []
    state = ScreenState(1, lambda before, after: drawn.append((before, after)))
    state.set_state(2)
    state.state = 3  # drawn with the next
    state.set_state(4)
    assert drawn == [(1, 2), (3, 4)]
