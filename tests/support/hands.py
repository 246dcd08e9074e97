"""The hands and eyes of a user: keys and clicks come from the display, words are read off it."""

from __future__ import annotations

import os
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from tests.support import windows_hands
from tests.support.tk import buttons_of, every_child, go_to, hear, until_tk, words_of
from tests.support.wait import until
from traymail.ui.form import FormView
from traymail.ui.widgets import Button

T = TypeVar("T")
# Wine asks X where the pointer is once a move is 100 milliseconds old; a turn takes 20.
_TURNS_OF_REST = 8
# For so many looks in a row, what is to be clicked must be in one place.
_STILL_TURNS = 3


def _asked(*question: str) -> str:
    """Return what xdotool answers; nothing when there is no such window."""
    answer = subprocess.run(
        ["xdotool", *question], env=os.environ, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


class Hands:
    """Works the windows below `root`, which live meanwhile."""

    root: tk.Misc

    def until(self, condition: Callable[[], T], what: str = "") -> T:
        """Let the windows live until a condition holds; return its answer."""
        return until_tk(self.root, condition, what)

    def xdo(self, *arguments: str) -> None:
        """Do something with keyboard or mouse."""
        if sys.platform == "win32":
            # These keys come at once: first, the keyboard goes where Tk wants it.
            self.until(lambda: True)
            for _ in windows_hands.do(*arguments):
                self.until(lambda: True)
            return
        with subprocess.Popen(["xdotool", *arguments], env=os.environ) as hand:
            self.until(lambda: hand.poll() is not None, "xdotool")
        assert hand.returncode == 0
        # Else the last keys would go where the test puts the keyboard next.
        hear(self.root)

    def type(self, words: str) -> None:
        """Type words."""
        if sys.platform == "win32" or all(letter <= "\uffff" for letter in words):
            self.xdo("type", "--delay", "8", words)
            return
        from tests.support.keyboard import Keyboard  # it needs Xlib

        # xdotool takes such letters from their keys before Tk has looked at them.
        keyboard = Keyboard(words)
        self.root.update()
        keyboard.type(words)
        keyboard.close()

    def keys(self, *keys: str) -> None:
        """Press keys."""
        self.xdo("key", "--delay", "15", *keys)

    def click(self, widget: tk.Misc) -> None:
        """Click in the middle of a widget, once it stands still."""
        self.until(widget.winfo_viewable, f"{widget} in sight")
        places: list[tuple[int, int, int]] = []

        def stands() -> bool:
            widget.update_idletasks()
            places.append((widget.winfo_rootx(), widget.winfo_rooty(), widget.winfo_width()))
            return len(places) >= _STILL_TURNS and len(set(places[-_STILL_TURNS:])) == 1

        self.until(stands, f"{widget} to stand still")
        x = widget.winfo_rootx() + widget.winfo_width() // 2
        y = widget.winfo_rooty() + widget.winfo_height() // 2
        if sys.platform == "win32":
            self._click_on_windows(x, y)
        else:
            # Not --sync: it waits in vain for a pointer that is there already.
            self.xdo("mousemove", str(x), str(y), "click", "1")

    def rest(self, x: int, y: int) -> None:
        """Move the pointer of Windows there, and wait until it stays.

        Wine moves X's pointer too, and takes late news of where that was for a move.
        """
        rested = 0

        def rests() -> bool:
            nonlocal rested
            rested = rested + 1 if self.root.winfo_pointerxy() == (x, y) else 0
            if not rested:
                windows_hands.point(x, y)
            return rested > _TURNS_OF_REST

        self.until(rests, "the pointer there")

    def _click_on_windows(self, x: int, y: int) -> None:
        """Click there, each part once Tk has seen the one before, as people are slower than it."""
        target = self.until(lambda: self.root.winfo_containing(x, y), "what is clicked")
        assert target is not None
        seen: list[str] = []
        for part in ("<ButtonPress>", "<ButtonRelease>"):
            target.bind_class("hand", part, lambda _event, part=part: seen.append(part))
        target.bindtags(("hand", *target.bindtags()))
        self.rest(x, y)
        windows_hands.hold_button()
        self.until(lambda: "<ButtonPress>" in seen, "the pressed button of the mouse")
        windows_hands.let_go()
        self.until(lambda: "<ButtonRelease>" in seen or not target.winfo_exists(), "the click")
        if target.winfo_exists():
            target.bindtags([tag for tag in target.bindtags() if tag != "hand"])

    @contextmanager
    def hand_in_dialog(self, *keys: tuple[str, ...]) -> Iterator[None]:
        """Press keys in the dialog of Tk that the block opens: it has the loop until it ends."""

        def work() -> None:
            shown = ("search", "--onlyvisible", "--class", "^(TkFDialog|TkChooseDir)$")
            window = until(lambda: _asked(*shown), what="the dialog")
            until(lambda: _asked("getactivewindow") == window, what="the keyboard in it")
            for key in keys:
                subprocess.run(["xdotool", *key], env=os.environ, check=True)

        with ThreadPoolExecutor(1) as hands:
            hand = hands.submit(work)
            yield
            hand.result()

    def button(self, words: str, below: tk.Misc | None = None, place: int = 0) -> Button:
        """Wait for a button in sight that says so and can be pressed, of several one."""

        def found() -> list[Button]:
            said = buttons_of(below or self.root, words)
            return [one for one in said if one.instate(["!disabled"])][place:]

        return self.until(found, f"the button “{words}”")[0]

    def go_to(self, form: FormView, field: str) -> None:
        """Put the keyboard into a field, and wait for it there."""
        go_to(form, field)

    def press(self, words: str, below: tk.Misc | None = None) -> None:
        """Click the button in sight that says so."""
        self.click(self.button(words, below))

    def words(self, below: tk.Misc | None = None) -> str:
        """Return all words to be seen, a line each."""
        return "\n".join(words_of(below or self.root))

    def sees(self, words: str) -> None:
        """Wait until words are to be seen."""
        self.until(lambda: words in self.words(), f"the words “{words}”")


class Worker(Hands):
    """Works all windows of a program, one after the other."""

    def window(self, title: str) -> tk.Toplevel:
        """Wait for a window and the keyboard in it."""

        def found() -> tk.Toplevel | None:
            for one in every_child(self.root):
                if (
                    isinstance(one, tk.Toplevel)
                    and one.winfo_viewable()
                    and one.title() == title
                    and (focus := self.root.focus_get()) is not None
                    and focus.winfo_toplevel() is one
                ):
                    return one
            return None

        return self.until(found, f"the window “{title}” with the keyboard")  # type: ignore[return-value] # it was found

    def write(self, field: str, words: str) -> None:
        """Type into a field of the form in sight, in place of what stands there."""

        def found() -> FormView | None:
            return next(
                (
                    one
                    for one in every_child(self.root)
                    if isinstance(one, FormView) and one.winfo_viewable() and field in one.values
                ),
                None,
            )

        form = self.until(found, f"a form with the field {field}")
        assert form is not None
        self.go_to(form, field)
        if form.values[field]:
            self.keys("End", *(["BackSpace"] * len(form.values[field])))
        self.type(words)
        self.until(lambda: form.values[field] == words, f"“{words}” in {field}")
