"""A storm of real keys and clicks on one field: `python -m tests.gui.storm KIND`.

It runs in a process and on a display of its own, since what it looks for ends processes. It says
`KIND SEED` before each of its runs, and ends with 1 where a field holds what nobody typed.
"""

from __future__ import annotations

import random
import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from tkinter import ttk

from tests.support.display import display, entered
from tests.support.keyboard import Keyboard
from tests.support.tk import until_tk
from traymail.core.fields import Field, FieldKind
from traymail.core.texts import text
from traymail.desktop.language import translator
from traymail.ui.form import Helpers, make_control
from traymail.ui.model.passages import Passage
from traymail.ui.theme import Root
from traymail.ui.widgets import AddressField, Entry, TextArea
from traymail.ui.widgets.reading import ReadingText
from traymail.ui.window import Size, Window

SEEDS = range(10)
STEPS = 600
LETTERS = "ab 中@.,😀👍🏽𠮷🇨"
# What other programs may put into the clipboard: halves of characters, in every order.
_TORN = r"a\ud83db\ude00b\ude00\ud83d", r"\ude00", r"\ud83d", r"\ud83d\ude00", r"😀\ud83d"
_TYPED = frozenset(LETTERS)
# What fields add by themselves, and what they offer to choose from.
_OWN = frozenset("\n\t•0123456789\ufffd")
_MOVES = ("Left", "Right", "Home", "End", "Up", "Down")
_CUTS = ("BackSpace", "Delete")
_WITH_CONTROL = "axcvvzykdhtoebfw"
_CONTROL, _SHIFT, _ALT = "Control_L", "Shift_L", "Alt_L"
_FIRST_BUTTON, _MIDDLE_BUTTON = 1, 2


def _shown(master: tk.Misc) -> tk.Widget:
    reading = ReadingText(master)
    reading.show((Passage("😀 ab 👍🏽 中 𠮷" * 9, "value"),))
    reading.pack(fill="x")
    return reading.text


def _lines(master: tk.Misc) -> tk.Widget:
    field = Field("body", text("Body"), FieldKind.LINES)
    control = make_control(master, field, Helpers(), lambda: None)
    control.widget.pack(fill="x")
    control.value = "😀\n👍🏽 ab"
    control.focus()
    return control.area  # type: ignore[attr-defined, no-any-return] # of a LinesControl


def _packed(widget: tk.Widget) -> tk.Widget:
    widget.pack(fill="x")
    return widget


def _addresses(master: tk.Misc) -> tk.Widget:
    field = AddressField(master, lambda address: address)
    field.pack(fill="x")
    return field.entry


KINDS: dict[str, Callable[[tk.Misc], tk.Widget]] = {
    "entry": lambda master: _packed(Entry(master, "😀ab")),
    "secret": lambda master: _packed(Entry(master, secret=True)),
    "addresses": _addresses,
    "text": lambda master: _packed(TextArea(master, "a😀\n\n👍🏽b 中\n")),
    "lines": _lines,
    "reading": _shown,
    "ttk-combobox": lambda master: _packed(ttk.Combobox(master, values=("a😀b", "👍🏽", "🇨🇨"))),
    "ttk-spinbox": lambda master: _packed(ttk.Spinbox(master, values=("a😀b", "👍🏽", "🇨🇨"))),
    "tk-entry": lambda master: _packed(tk.Entry(master)),
    "tk-spinbox": lambda master: _packed(tk.Spinbox(master, values=("a😀b", "👍🏽", "🇨🇨"))),
}


class _Storm:
    """One run: a field, a hand, and the chance that leads it."""

    def __init__(self, field: tk.Widget, hand: Keyboard, seed: int) -> None:
        self._field, self._hand = field, hand
        self._chance = random.Random(seed)  # noqa: S311 - a storm, no secret
        self.seen: set[str] = set()
        self._errors: list[tuple[object, ...]] = []
        field.tk.createcommand("bgerror", lambda *words: self._errors.append(words))

    def blow(self) -> None:
        """Do something, and look at what has become of the field."""
        chance = self._chance
        act = chance.choices(
            (self._type, self._cut, self._move, self._control, self._click, self._paste),
            (40, 15, 20, 15, 10, 3),
        )[0]
        if str(self._field.tk.call("focus")) != str(self._field):
            self._field.focus_force()
            self._field.update()
        act()
        self._field.update()
        held = self._held()
        self.seen |= set(held)
        strange = self.seen - _TYPED - _OWN
        assert not strange, f"{act.__name__}: {held!a} holds {strange!a}"
        assert self._errors == [], f"{act.__name__}: {self._errors}"

    def _held(self) -> str:
        """Return what is in the field, between its marks, and in the two clipboards."""
        field, call = self._field, self._field.tk.call
        parts: list[object] = []
        if isinstance(field, tk.Text):
            parts += [field.get("1.0", "insert"), field.get("insert", "end-1c")]
            with suppress(tk.TclError):
                parts.append(field.get("sel.first", "sel.last"))
        else:
            parts.append(call(field, "get"))
            for place in ("insert", "sel.first", "sel.last"):
                with suppress(tk.TclError):
                    at = call(field, "index", place)
                    parts.append(call("string", "range", call(field, "get"), at, "end"))
        for name in ("CLIPBOARD", "PRIMARY"):
            with suppress(tk.TclError):
                parts.append(call("selection", "get", "-selection", name, "-type", "UTF8_STRING"))
        return "".join(map(str, parts))

    def _type(self) -> None:
        self._hand.press(self._chance.choice(LETTERS))

    def _cut(self) -> None:
        held = self._chance.choice(((), (), (), (), (_CONTROL,), (_ALT,)))
        self._hand.press(self._chance.choice(_CUTS), *held)

    def _move(self) -> None:
        held = self._chance.choice(((), (), (_SHIFT,), (_SHIFT,), (_CONTROL,), (_CONTROL, _SHIFT)))
        self._hand.press(self._chance.choice(_MOVES), *held)

    def _control(self) -> None:
        self._hand.press(self._chance.choice(_WITH_CONTROL), _CONTROL)

    def _paste(self) -> None:
        call = self._field.tk.call
        call("clipboard", "clear")
        # Tcl reads the escapes: Python passes no halves on.
        call("clipboard", "append", "--", call("subst", self._chance.choice(_TORN)))
        self._hand.press("v", _CONTROL)
        self._field.update()
        call("clipboard", "clear")

    def _click(self) -> None:
        start = self._somewhere()
        end = self._chance.choice((start, self._somewhere()))
        button = self._chance.choice((_FIRST_BUTTON,) * 4 + (_MIDDLE_BUTTON,))
        self._hand.drag(start, end, button)
        for _ in range(self._chance.choice((0, 0, 1, 2)) if start == end else 0):
            self._hand.drag(start, end, button)

    def _somewhere(self) -> tuple[int, int]:
        field = self._field
        # Where the letters are: in the left part of it.
        x = self._chance.randrange(min(field.winfo_width(), 150))
        y = self._chance.randrange(min(field.winfo_height(), 40))
        return field.winfo_rootx() + x, field.winfo_rooty() + y


def run(kind: str) -> None:
    """Let one storm after the other go over fields of a kind."""
    hand = Keyboard(LETTERS)
    root = Root("light", "en", translator("en"), scaling=4 / 3)
    for seed in SEEDS:
        sys.stdout.write(f"{kind} {seed}\n")
        sys.stdout.flush()
        window = Window(root, "storm", Size(500, 300))
        field = KINDS[kind](window)
        window.reveal()
        until_tk(window, window.winfo_viewable, "the window")
        storm = _Storm(field, hand, seed)
        for _ in range(STEPS):
            storm.blow()
        assert "😀" in storm.seen or kind == "secret", "no emoji went into it"
        _end_timers(field)
        window.destroy()
    root.update()
    root.destroy()


def _end_timers(field: tk.Widget) -> None:
    """End what repeats while a button is held: Tk's own asks for its field when that is gone."""
    call = field.tk.call
    for timer in field.tk.splitlist(call("after", "info")):
        if str(field) in str(call("after", "info", timer)):
            call("after", "cancel", timer)


def main(arguments: Sequence[str]) -> int:
    """Run the storm that is asked for on a display of its own."""
    with (
        TemporaryDirectory(prefix="tm-") as below,
        display(Path(below), "800x600") as screen,
        entered(screen),
    ):
        run(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
