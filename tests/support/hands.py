"""The hands and eyes of a user: keys and clicks come from the display, words are read off it."""

from __future__ import annotations

import os
import subprocess
import tkinter as tk
from collections.abc import Callable
from typing import TypeVar

from tests.support.tk import buttons_of, until_tk, words_of
from traymail.ui.widgets import Button

T = TypeVar("T")
# No limit to be reached: how long a desktop may take that is busy with other tests.
PATIENCE_SECONDS = 30.0


class Hands:
    """Works the windows below `root`, which live meanwhile."""

    root: tk.Misc

    def until(self, condition: Callable[[], T], what: str = "") -> T:
        """Let the windows live until a condition holds; return its answer."""
        return until_tk(self.root, condition, what, PATIENCE_SECONDS)

    def xdo(self, *arguments: str) -> None:
        """Do something with keyboard or mouse."""
        with subprocess.Popen(["xdotool", *arguments], env=os.environ) as hand:
            self.until(lambda: hand.poll() is not None, "xdotool")
        assert hand.returncode == 0

    def type(self, words: str) -> None:
        """Type words."""
        self.xdo("type", "--delay", "8", words)

    def keys(self, *keys: str) -> None:
        """Press keys."""
        self.xdo("key", "--delay", "15", *keys)

    def click(self, widget: tk.Misc) -> None:
        """Click in the middle of a widget."""
        self.until(widget.winfo_viewable, f"{widget} in sight")
        widget.update_idletasks()
        x = widget.winfo_rootx() + widget.winfo_width() // 2
        y = widget.winfo_rooty() + widget.winfo_height() // 2
        # Not --sync: it waits in vain for a pointer that is there already.
        self.xdo("mousemove", str(x), str(y), "click", "1")

    def button(self, words: str, below: tk.Misc | None = None, place: int = 0) -> Button:
        """Wait for a button in sight that says so and can be pressed, of several one."""

        def found() -> list[Button]:
            said = buttons_of(below or self.root, words)
            return [one for one in said if one.instate(["!disabled"])][place:]

        return self.until(found, f"the button “{words}”")[0]

    def press(self, words: str, below: tk.Misc | None = None) -> None:
        """Click the button in sight that says so."""
        self.click(self.button(words, below))

    def words(self, below: tk.Misc | None = None) -> str:
        """Return all words to be seen, a line each."""
        return "\n".join(words_of(below or self.root))

    def sees(self, words: str) -> None:
        """Wait until words are to be seen."""
        self.until(lambda: words in self.words(), f"the words “{words}”")
