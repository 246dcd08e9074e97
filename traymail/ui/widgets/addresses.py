"""The field for recipients: addresses become chips, known ones are proposed while typing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from traymail.core.address import SEPARATORS, split_addresses
from traymail.core.texts import text
from traymail.ui.model.completion import MOST
from traymail.ui.widgets.base import Area, Box, Label, Line
from traymail.ui.widgets.entry import Entry
from traymail.ui.widgets.layout import FlowLayout
from traymail.ui.widgets.scroll import ScrollArea


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A known address or group: what becomes the chip, and whose it is.

    ``people``: who is in a group.
    """

    address: str
    name: str
    people: str = ""


class Proposals:
    """At most six proposals below the entry, which keeps the keyboard."""

    def __init__(self, entry: Entry, take: Callable[[str], object]) -> None:
        self._entry, self._take = entry, take
        self._frame: Area | None = None
        self._rows: list[_Proposal] = []
        self.offered: tuple[Suggestion, ...] = ()
        self._place = 0
        self.steered = False

    @property
    def chosen(self) -> Suggestion | None:
        """The proposal Return would take."""
        return self.offered[self._place] if self.offered else None

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """Show these, the first one chosen; none hides the popup."""
        self.hide()
        self.offered, self._place, self.steered = tuple(suggestions), 0, False
        if not suggestions:
            return
        window = self._entry.winfo_toplevel()
        frame = Area(window, "input")
        box = Box(frame, "input", (4, 4))
        box.pack()
        self._frame = frame
        self._rows = [_Proposal(box, one, self._take) for one in self.offered]
        for row in self._rows:
            row.pack(fill="x")
        Line(box).pack(fill="x", padx=frame.theme.px(4), pady=frame.theme.px(4))
        keys = Label(box, text("↑ ↓ choose, Enter add, Del forget"), "muted", "TmSmall")
        keys.pack(anchor="w", padx=frame.theme.px(8), pady=(0, frame.theme.px(4)))
        self._rows[0].choose(on=True)
        left = self._entry.winfo_rootx() - window.winfo_rootx()
        top = self._entry.winfo_rooty() - window.winfo_rooty() + self._entry.winfo_height()
        frame.update_idletasks()
        left = max(0, min(left, window.winfo_width() - frame.winfo_reqwidth()))
        frame.place(x=left, y=top)
        frame.lift()

    def move(self, step: int) -> bool:
        """Choose another; return whether there is one to choose."""
        if not self.offered:
            return False
        self._rows[self._place].choose(on=False)
        self._place = (self._place + step) % len(self.offered)
        self._rows[self._place].choose(on=True)
        self.steered = True
        return True

    def hide(self) -> bool:
        """Take the popup away; return whether it was there."""
        seen = self._frame is not None
        if self._frame is not None:
            self._frame.destroy()
        self._frame, self._rows, self.offered = None, [], ()
        return seen


class _Proposal(Area):
    """One row: name and address."""

    def __init__(
        self, master: tk.Misc, suggestion: Suggestion, take: Callable[[str], object]
    ) -> None:
        super().__init__(master, "input", (8, 5))
        icon = "people" if suggestion.people else None
        name = suggestion.name or suggestion.address
        self._labels = [Label(self, name, "fg", "TmStrong", icon=icon)]
        if suggestion.name:
            self._labels.append(Label(self, suggestion.people or suggestion.address, "muted"))
        for label in self._labels:
            label.pack(side="left", padx=(0, self.theme.px(8)))
        for part in (self, *self._labels):
            part.bind("<Button-1>", lambda _event: take(suggestion.address))

    def choose(self, *, on: bool) -> None:
        """Draw it as the one Return would take, or not."""
        self.surface = "sel" if on else "input"
        self.configure(style=self.theme.style("Frame", self.surface))
        for label, role in zip(self._labels, ("fg", "muted"), strict=False):
            label.configure(style=self.theme.style(f"Label-{role}", self.surface))


# Stands behind the last of several addresses, so that it is not left out when it is empty.
_END = "\0"
_HIGHEST = 104
_LEAST = 80
# Of more addresses only the last are chips, and the others a number: X ends programs whose windows
# are higher than 32767 pixels, and nobody reads thousands of chips.
_MOST_CHIPS = 200


@dataclass(frozen=True, slots=True)
class _Answers:
    label: Callable[[str], str | None]
    suggest: Callable[[str], Sequence[Suggestion]]
    forget: Callable[[str], object]
    changed: Callable[[], object]


class ChipRow(ScrollArea):
    """Chips and among them the entry, in as many rows as they need.

    However many there are, what stands below keeps its room.
    """

    def __init__(self, master: tk.Misc, typed: Callable[[str], object]) -> None:
        super().__init__(master, highest=_HIGHEST, whole=self._whole_rows)
        self.flow = FlowLayout(self.inner)
        self.flow.pack(fill="x", expand=True)
        # It moves down as chips come in front of it.
        self.flow.bind("<Configure>", lambda _event: self.later(self._see_entry), add="+")
        self.entry = Entry(self.flow, on_change=typed, bare=True, width=6)
        self.flow.bind("<Button-1>", lambda _event: self.entry.focus_set())
        self.chips: list[_Chip] = []
        self.marked: _Chip | None = None
        self._others: tk.Widget | None = None

    def fill(self, chips: list[_Chip], place: int, others: int) -> None:
        """Show these chips in place of those before, and the entry at this place among them.

        ``others``: so many addresses without chips stand before.
        """
        for thing in (*self.chips, self._others):
            if thing is not None:
                thing.destroy()
        self.chips, self.marked = chips, None
        shown: list[tk.Widget] = [*chips]
        shown.insert(place, self.entry)
        self._others = Label(self.flow, text("+{n} more", n=others), "muted") if others else None
        if self._others is not None:
            shown.insert(0, self._others)
        self.flow.lay(shown, self.entry, self._room_to_type)
        # New chips lie above the entry; the Tab order follows the stacking order.
        self.entry.lift()

    def mark(self, chip: _Chip | None) -> None:
        """Mark a chip; None: none."""
        if self.marked is not None:
            self.marked.mark(on=False)
        self.marked = chip
        if chip is not None:
            chip.mark(on=True)

    def _see_entry(self) -> None:
        if self.focus_get() is self.entry:
            self.show(self.entry)

    def _whole_rows(self, most: int) -> int:
        return self.flow.whole_rows(most)

    def _room_to_type(self) -> int:
        px, font = self.theme.px, self.theme.font("TkDefaultFont")
        return max(px(_LEAST), font.measure(self.entry.value) + px(12))


class AddressField(Area):
    """Comma, semicolon, Return and Tab make a chip of what is typed; bad ones are red.

    Backspace at the left edge marks the chip before it, and then removes it. F2 there, or a double
    click on a chip, takes its words back to be changed; Return where nothing is typed goes on.
    """

    def __init__(
        self,
        master: tk.Misc,
        label: Callable[[str], str | None],
        suggest: Callable[[str], Sequence[Suggestion]] = lambda _typed: (),
        forget: Callable[[str], object] = lambda _address: None,
        on_change: Callable[[], object] = lambda: None,
    ) -> None:
        """``label`` returns what a chip shows for an address, None when the address is bad."""
        super().__init__(master)
        self._ask = _Answers(label, suggest, forget, on_change)
        self._addresses: list[str] = []
        # The chip that what is typed will stand before, when it was one; else it becomes the last.
        self._before: int | None = None
        self._enabled = True
        self.row = ChipRow(self, self._typed)
        self.row.pack(fill="x", expand=True)
        self.entry = self.row.entry
        self.popup = Proposals(self.entry, self._take)
        self._bind()
        self._show()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The chips, and what is still being typed where it will be one."""
        typing = (self.typing,) if self.typing else ()
        return (*self._addresses[: self._place], *typing, *self._addresses[self._place :])

    @addresses.setter
    def addresses(self, addresses: Sequence[str]) -> None:
        self._addresses = list(addresses)
        self._before = None
        self.entry.value = ""
        self._show()

    @property
    def typing(self) -> str:
        """What is being typed and no chip yet."""
        return self.entry.value.strip(f" {SEPARATORS}")

    def add(self, address: str) -> None:
        """Add a chip, unless it is there."""
        if address not in self._addresses:
            self._addresses.append(address)
            self._show()
            self._ask.changed()

    def relabel(self) -> None:
        """Show the chips anew: what they stand for has changed."""
        self._show()

    def finish(self) -> None:
        """Make a chip of what is typed."""
        self._split(self.entry.value, rest=False)

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be changed, or not."""
        self._enabled = enabled
        self.entry.enable(enabled)

    @property
    def _place(self) -> int:
        """How many chips stand before what is typed."""
        return len(self._addresses) if self._before is None else self._before

    @property
    def _hidden(self) -> int:
        """How many of the first addresses have no chip."""
        return max(0, len(self._addresses) - _MOST_CHIPS)

    def _bind(self) -> None:
        keys: dict[str, Callable[[], bool]] = {
            "<Return>": self._return,
            "<KP_Enter>": self._return,
            "<Tab>": self._tab,
            "<BackSpace>": self._back,
            "<Delete>": self._delete,
            "<F2>": self._edit_before,
            "<Down>": lambda: self.popup.move(1),
            "<Up>": lambda: self.popup.move(-1),
            "<Escape>": self.popup.hide,
        }
        for key, act in keys.items():
            self.entry.bind(key, partial(_handle, act))
        self.entry.bind("<FocusOut>", lambda _event: self.later(self._left), add="+")

    def _typed(self, typed: str) -> None:
        self.row.mark(None)
        self.row.flow.arrange()  # it may need more room
        # A comma in quotes ends nothing; one that stands first is of no use.
        if len(split_addresses(typed + _END)) > 1 or typed.strip()[:1] in tuple(SEPARATORS):
            self._split(typed, rest=True)
            return
        wanted = typed.strip()
        self.popup.offer(self._ask.suggest(wanted)[:MOST] if wanted else ())
        self._ask.changed()

    def _split(self, typed: str, *, rest: bool) -> None:
        """Make chips of all parts; with ``rest``, what follows the last comma stays typed."""
        *parts, kept = split_addresses(typed + _END)
        kept = kept.removesuffix(_END).rstrip()
        if not rest:
            parts, kept = [*parts, kept], ""
        known = set(self._addresses)
        new = [part for part in dict.fromkeys(parts) if part and part not in known]
        place = self._place
        self._addresses[place:place] = new
        if self._before is not None:
            self._before = place + len(new) if kept else None
        self.entry.value = kept
        self.popup.hide()
        self._show()
        self._ask.changed()

    def _take(self, address: str) -> None:
        self._split(address, rest=False)

    def _return(self) -> bool:
        chosen = self.popup.chosen
        if chosen is not None:
            self._take(chosen.address)
            return True
        if self.entry.value.strip():
            self.finish()
        else:
            self.entry.tk_focusNext().focus_set()  # type: ignore[union-attr] # a focus ring is never empty
        return True

    def _tab(self) -> bool:
        if self.popup.chosen is None:
            self.finish()
            return False
        return self._return()

    def _back(self) -> bool:
        if self.entry.value or self._place == self._hidden:
            return False
        if self.row.marked is None:
            self.row.mark(self.row.chips[self._place - self._hidden - 1])
        else:
            self._remove(self._place - 1)
        return True

    def _edit_before(self) -> bool:
        if self.entry.value or self._place == self._hidden:
            return False
        self.edit(self._addresses[self._place - 1])
        return True

    def edit(self, address: str) -> None:
        """Take the words of a chip back to be changed."""
        if not self._enabled:
            return
        self.finish()
        self._before = self._addresses.index(address)
        del self._addresses[self._before]
        self.entry.value = address
        self._show()
        self.entry.focus_set()
        self._ask.changed()

    def _delete(self) -> bool:
        chosen = self.popup.chosen
        if chosen is None or not self.popup.steered:
            return False
        self._ask.forget(chosen.address)
        self._typed(self.entry.value)
        return True

    def _left(self) -> None:
        if self.focus_get() is not self.entry:
            self.row.mark(None)
            self.popup.hide()
            if self.entry.value.strip():
                self.finish()
            elif self._before is not None:
                self._before = None
                self._show()

    def _remove(self, place: int) -> None:
        if not self._enabled:
            return
        del self._addresses[place]
        if self._before is not None and place < self._before:
            self._before -= 1
        self._show()
        self._ask.changed()

    def _show(self) -> None:
        chips = [
            _Chip(
                self.row.flow,
                address,
                self._ask.label(address),
                partial(self._remove, at),
                partial(self.edit, address),
            )
            for at, address in enumerate(self._addresses)
            if at >= self._hidden
        ]
        self.row.fill(chips, self._place - self._hidden, self._hidden)


def _handle(act: Callable[[], bool], _event: object) -> str | None:
    return "break" if act() else None


class _Chip(Box):
    """One address, with a cross to remove it."""

    def __init__(
        self,
        master: tk.Misc,
        address: str,
        label: str | None,
        remove: Callable[[], object],
        edit: Callable[[], object],
    ) -> None:
        bad = label is None
        super().__init__(master, "errbg" if bad else "infobg", (8, 4))
        shown = address if label is None else label
        sign = "exclamation-triangle" if bad else None
        # The cross first: where there is too little room, the words give way.
        cross = Label(self, "", "danger" if bad else "muted", icon="x", icon_size=12)
        cross.pack(side="right", padx=(self.theme.px(5), 0))
        cross.bind("<Button-1>", lambda _event: remove())
        cross.configure(cursor="hand2")
        words = Label(self, shown, "danger" if bad else "fg", icon=sign, icon_size=13)
        words.pack(side="left")
        for part in (self, words):
            part.bind("<Double-Button-1>", lambda _event: edit())

    def mark(self, *, on: bool) -> None:
        """Draw the focus ring around it, or not."""
        self.state(["focus" if on else "!focus"])
