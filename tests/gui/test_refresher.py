"""One question at a time, and one more when somebody asked meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue

import pytest

from tests.support.tk import until_tk
from traymail.core.errors import StateError
from traymail.core.texts import text
from traymail.ui.bridge import Background, Bridge
from traymail.ui.refresher import Refresher, Rest
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Root


class Oracle:
    """Answers a question once the test lets it, and notes what is told."""

    def __init__(self, root: Root, background: Background, rest: Rest | None = None) -> None:
        self.root = root
        self.asked = 0
        self.told: list[object] = []
        self.answers: SimpleQueue[str | None] = SimpleQueue()
        self.refresher = Refresher(
            background,
            self.question,
            self.told.append,
            self.told.append,
            rest,
        )

    def question(self) -> str:
        assert threading.current_thread() is not threading.main_thread()
        self.asked += 1
        answer = self.answers.get(timeout=60)
        if answer is None:
            raise StateError(text("The disk is full."))
        return answer

    def answer(self, words: str | None) -> None:
        """Answer the question, and wait until that was told; None fails."""
        before = len(self.told)
        self.answers.put(words)
        until_tk(self.root, lambda: len(self.told) > before, "the answer")

    def is_asked(self, times: int) -> None:
        until_tk(self.root, lambda: self.asked == times, f"question {times}")

    def settles(self) -> None:
        """Let pass what may still come."""
        for _ in range(20):
            self.root.update()
            threading.Event().wait(0.005)


@pytest.fixture
def background(root: Root) -> Iterator[Background]:
    bridge = Bridge(root)
    background = Background(bridge)
    yield background
    until_tk(root, lambda: not background.busy, "the end of all questions")
    background.close()
    bridge.close()


@pytest.fixture
def oracle(root: Root, background: Background) -> Oracle:
    return Oracle(root, background)


def test_asked_meanwhile_it_asks_once_more(oracle: Oracle) -> None:
    for _ in range(5):
        oracle.refresher.ask()
    oracle.is_asked(1)
    oracle.answer("old")
    oracle.is_asked(2)
    oracle.answer("new")
    oracle.settles()
    assert (oracle.told, oracle.asked) == (["old", "new"], 2)


def test_it_asks_again_also_when_the_first_question_fails(oracle: Oracle) -> None:
    oracle.refresher.ask()
    oracle.refresher.ask()
    oracle.answer(None)
    oracle.is_asked(2)
    oracle.answer("new")
    assert isinstance(oracle.told[0], StateError)
    assert oracle.told[1:] == ["new"]


def test_what_waits_is_done_after_the_last_answer(oracle: Oracle) -> None:
    oracle.refresher.ask()
    oracle.is_asked(1)
    oracle.refresher.ask(lambda: oracle.told.append("then"))
    oracle.answer("old")
    oracle.is_asked(2)
    oracle.answer("new")
    until_tk(oracle.root, lambda: len(oracle.told) == 3)
    assert oracle.told == ["old", "new", "then"]


def test_who_is_told_may_ask_again(root: Root, background: Background) -> None:
    oracle = Oracle(root, background)
    again: list[Callable[[], None]] = [oracle.refresher.ask]

    def known(answer: str) -> None:
        oracle.told.append(answer)
        if again:
            again.pop()()

    oracle.refresher = Refresher(background, oracle.question, known, oracle.told.append)
    again[:] = [partial(oracle.refresher.ask, lambda: oracle.told.append("then"))]
    oracle.refresher.ask()
    oracle.answer("one")
    oracle.is_asked(2)
    oracle.answer("two")
    until_tk(root, lambda: len(oracle.told) == 3)
    assert oracle.told == ["one", "two", "then"]


def test_an_error_of_who_is_told_does_not_end_the_asking(
    root: Root, background: Background
) -> None:
    seen: list[type[BaseException]] = []
    root.report_callback_exception = lambda kind, *_: seen.append(kind)
    oracle = Oracle(root, background)

    def known(answer: str) -> None:
        oracle.told.append(answer)
        if answer == "one":
            raise ValueError(answer)

    oracle.refresher = Refresher(background, oracle.question, known, oracle.told.append)
    oracle.refresher.ask()
    oracle.refresher.ask()
    oracle.answer("one")
    oracle.answer("two")
    assert (oracle.told, seen) == (["one", "two"], [ValueError])


def test_stopped_it_tells_nothing_and_can_ask_anew(oracle: Oracle) -> None:
    oracle.refresher.ask(lambda: oracle.told.append("then"))
    oracle.refresher.ask()
    oracle.is_asked(1)
    oracle.refresher.stop()
    oracle.refresher.ask()
    oracle.is_asked(2)
    for words in ("for nobody", "new"):
        oracle.answers.put(words)
    until_tk(oracle.root, lambda: oracle.told, "the answer")
    oracle.settles()
    assert oracle.asked == 2
    assert len(oracle.told) == 1


def test_between_two_questions_it_rests(root: Root, background: Background) -> None:
    waiting: list[Callable[[], object]] = []
    cancelled: list[str] = []

    def rest(act: Callable[[], object]) -> Callable[[], object]:
        waiting.append(act)
        return lambda: cancelled.append("rest")

    oracle = Oracle(root, background, rest)
    oracle.refresher.ask()
    oracle.answer("one")
    oracle.refresher.ask()
    oracle.settles()
    assert oracle.asked == 1
    waiting.pop()()
    oracle.is_asked(2)
    oracle.answer("two")
    waiting.pop()()
    oracle.settles()
    assert oracle.asked == 2
    oracle.refresher.ask()
    oracle.answer("three")
    oracle.refresher.stop()
    assert cancelled == ["rest"]


def test_all_who_show_it_are_told_by_one_answer(root: Root, background: Background) -> None:
    oracle = Oracle(root, background)
    told: list[list[object]] = [[], [], []]
    first, second = (
        Refresher(background, oracle.question, told[place].append, told[place].append)
        for place in (0, 1)
    )
    tasks = Tasks(root, background, told[2].append)
    first.ask()
    second.ask()
    tasks.ask(oracle.question, told[2].append, slot="third")
    oracle.is_asked(1)
    oracle.answers.put("one")
    until_tk(root, lambda: told == [["one"]] * 3, "the answer")
    oracle.settles()
    assert oracle.asked == 1
    first.ask()
    oracle.is_asked(2)
    second.ask()  # while it is being answered, so it wants a later one
    oracle.answers.put("two")
    oracle.answers.put("three")
    until_tk(root, lambda: told[:2] == [["one", "two"], ["one", "three"]], "both")
    assert (oracle.asked, told[2]) == (3, ["one"])


def test_who_has_gone_holds_up_nobody(root: Root, background: Background) -> None:
    """What nobody waits for any more may never be answered."""
    oracle = Oracle(root, background)
    told: list[object] = []
    other = Refresher(background, oracle.question, told.append, told.append)
    oracle.refresher.ask()
    oracle.is_asked(1)
    oracle.refresher.stop()
    other.ask()
    oracle.is_asked(2)
    for _ in range(2):
        oracle.answers.put("new")
    until_tk(root, lambda: told == ["new"], "the answer")
    assert oracle.told == []
