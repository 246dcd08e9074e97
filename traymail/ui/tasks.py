"""What is under way for a widget: jobs in the background and timers, which end with it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Generator
from functools import partial
from threading import Event
from typing import Concatenate, Generic, ParamSpec, TypeVar

from traymail.core.errors import TraymailError
from traymail.ui.bridge import Act, Background

P = ParamSpec("P")
T = TypeVar("T")
Failed = Callable[[TraymailError], object]


class Tasks:
    """The jobs and timers of a widget.

    What has a ``slot`` takes the place of what was under way there, and nothing more is heard of it
    once the widget is gone. What has none goes to its end.
    """

    def __init__(self, widget: tk.Misc, background: Background, failed: Failed) -> None:
        """``failed`` is told why a job did not work, unless the job brings its own."""
        self._widget, self._background, self.failed = widget, background, failed
        self._cancels: dict[str, Act] = {}
        self._bound = False

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] = lambda _result: None,
        failed: Failed | None = None,
        slot: str = "",
    ) -> None:
        """Do what blocks, then call one of the others."""
        self.run_until(lambda _stop: work(), done, failed, slot)

    def run_until(
        self,
        work: Callable[[Event], T],
        done: Callable[[T], object],
        failed: Failed | None = None,
        slot: str = "",
    ) -> None:
        """Do as `run` does; ``work`` is given what is set when nobody waits for it any more."""
        self.stop(slot)
        end = self._ending(slot)
        job = self._background.run(
            work,
            lambda result: end(lambda: done(result)),
            lambda error: end(lambda: (failed or self.failed)(error)),
        )
        self._keep(slot, job.cancel)

    def ask(
        self,
        question: Callable[[], T],
        known: Callable[[T], object],
        failed: Failed | None = None,
        *,
        slot: str,
    ) -> None:
        """Ask a question that others ask, too: it is answered once for all of them."""
        self.stop(slot)
        end = self._ending(slot)
        job = self._background.ask(
            question,
            lambda answer: end(lambda: known(answer)),
            lambda error: end(lambda: (failed or self.failed)(error)),
        )
        self._keep(slot, job.cancel)

    def follow(
        self,
        work: Callable[[], Generator[T, None, None]],
        each: Callable[[T], object],
        done: Act,
        failed: Failed | None = None,
        slot: str = "",
        cancel: Act = lambda: None,
    ) -> None:
        """Do what blocks, and call ``each`` with what it yields; then as `run` does.

        ``cancel`` ends what it waits for; it is called when nobody waits for it any more.
        """
        self.stop(slot)
        end = self._ending(slot)
        job = self._background.follow(
            work,
            each,
            lambda: end(done),
            lambda error: end(lambda: (failed or self.failed)(error)),
        )

        def stop() -> None:
            job.cancel()
            cancel()

        self._keep(slot, stop)

    def later(self, slot: str, milliseconds: int, act: Act) -> None:
        """Call ``act`` after a while."""
        self.stop(slot)
        end = self._ending(slot)
        timer = self._widget.after(milliseconds, lambda: end(act))
        self._keep(slot, lambda: self._widget.after_cancel(timer))

    def under_way(self, *slots: str) -> bool:
        """Tell whether there is something in one of these slots."""
        return not self._cancels.keys().isdisjoint(slots)

    def stop(self, *slots: str) -> None:
        """Wait no longer for what is in these slots."""
        for slot in slots:
            cancel = self._cancels.pop(slot, None)
            if cancel is not None:
                cancel()

    def stop_all(self) -> None:
        """Wait no longer for anything that has a slot."""
        self.stop(*self._cancels)

    def _keep(self, slot: str, cancel: Act) -> None:
        if slot:
            self._cancels[slot] = cancel
            if not self._bound:
                self._bound = True
                self._widget.bind("<Destroy>", self._gone, add="+")

    def _ending(self, slot: str) -> Callable[[Act], object]:
        """Return what empties the slot before it tells of the end."""

        def end(tell: Act) -> None:
            self._cancels.pop(slot, None)
            tell()

        return end

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._widget:  # not one of its children
            self.stop_all()


S = TypeVar("S")


class ScreenState(Generic[S]):
    """The state of a screen: `set_state` has it drawn, ``state`` alone is drawn with the next."""

    def __init__(self, state: S, draw: Callable[[S, S], object]) -> None:
        """``draw`` is called with the state before and the new one."""
        self.state, self._draw = state, draw

    def set_state(self, state: S) -> None:
        """Show this state from now on."""
        before, self.state = self.state, state
        self._draw(before, state)

    def apply(
        self, change: Callable[Concatenate[S, P], S], *args: P.args, **keywords: P.kwargs
    ) -> None:
        """Show what a change makes of this state."""
        self.set_state(change(self.state, *args, **keywords))

    def by(self, change: Callable[Concatenate[S, P], S]) -> Callable[P, None]:
        """Return what applies a change when it is called with the rest."""
        return partial(self.apply, change)
