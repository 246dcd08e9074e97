"""One control for each kind of field, all worked the same way: value, mark, enable, focus."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from traymail.core.address import split_addresses
from traymail.core.fields import Choice, Field, FieldKind
from traymail.ui.form_texts import (
    Changed,
    DurationControl,
    FilesControl,
    InsertingControl,
    LineControl,
    LinesControl,
    PathControl,
    Plain,
)
from traymail.ui.widgets.addresses import AddressField
from traymail.ui.widgets.base import Box
from traymail.ui.widgets.button import Picker
from traymail.ui.widgets.choice import Segment, Segments, Switch
from traymail.ui.widgets.proposals import Suggestion


def _as_typed(address: str) -> str | None:
    return address


@dataclass(frozen=True, slots=True)
class Helpers:
    """What controls ask the window for: how addresses are shown, and which ones are known."""

    label: Callable[[str], str | None] = _as_typed
    suggest: Callable[[str], Sequence[Suggestion]] = lambda _typed: ()
    forget: Callable[[str], object] = lambda _address: None


# Into which a text is typed that is more than a line.
_TYPED: Mapping[FieldKind, type[LineControl | LinesControl | FilesControl]] = {
    FieldKind.LINES: LinesControl,
    FieldKind.PATTERNS: LinesControl,
    FieldKind.FILES: FilesControl,
    FieldKind.FOLDER: PathControl,
    FieldKind.FILE: PathControl,
    FieldKind.DURATION: DurationControl,
}


class Control(Protocol):
    """What a form does with each of its fields."""

    grows: bool
    """Whether it takes all the width there is."""

    @property
    def widget(self) -> tk.Widget:
        """What is put into the row."""

    @property
    def value(self) -> str:
        """What stands in the field; to set it tells nobody."""

    @value.setter
    def value(self, value: str) -> None: ...

    def mark(self, *, invalid: bool) -> None:
        """Draw it as wrong, or as usual."""

    def enable(self, *, enabled: bool) -> None:
        """Let it be changed, or not."""

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer other choices, where there are any."""

    def focus(self) -> None:
        """Take the keyboard."""


def make_control(master: tk.Misc, field: Field, helpers: Helpers, changed: Changed) -> Control:
    """Return the control for a field."""
    control: Control
    match field.kind:
        case FieldKind.CHOICE:
            control = _ChoiceControl(master, field, changed)
        case FieldKind.SEGMENTS:
            control = _SegmentsControl(master, field, changed)
        case FieldKind.SWITCH:
            control = _SwitchControl(master, changed)
        case FieldKind.ADDRESSES:
            control = _AddressesControl(master, helpers, changed)
        case FieldKind.LINE | FieldKind.LINES | FieldKind.PATTERN | FieldKind.PATTERNS if (
            field.choices
        ):
            control = InsertingControl(master, field, changed)
        case _:
            control = _TYPED.get(field.kind, LineControl)(master, field, changed)
    return control


class _ChoiceControl(Plain):
    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        self.grows = field.width == 0 and not field.joined
        self.widget = Picker(
            master, field.choices, field.default, on_change=lambda _value: changed()
        )

    @property
    def value(self) -> str:
        return self.widget.value

    @value.setter
    def value(self, value: str) -> None:
        self.widget.value = value

    def mark(self, *, invalid: bool) -> None:
        self.widget.state(["invalid" if invalid else "!invalid"])

    def enable(self, *, enabled: bool) -> None:
        self.widget.enable(enabled)

    def offer(self, choices: Sequence[Choice]) -> None:
        self.widget.offer(choices, self.value)

    def focus(self) -> None:
        self.widget.focus_set()


class _SegmentsControl(Plain):
    grows = False

    def __init__(self, master: tk.Misc, field: Field, changed: Changed) -> None:
        segments = [Segment(choice.value, choice.words) for choice in field.choices]
        self.widget = Segments(master, segments, field.default, lambda _value: changed())

    @property
    def value(self) -> str:
        return self.widget.value

    @value.setter
    def value(self, value: str) -> None:
        self.widget.value = value

    def mark(self, *, invalid: bool) -> None:
        del invalid  # one of its choices is always on

    def enable(self, *, enabled: bool) -> None:
        self.widget.enable(enabled)

    def focus(self) -> None:
        self.widget.focus_on_choice()


class _SwitchControl(Plain):
    grows = False

    def __init__(self, master: tk.Misc, changed: Changed) -> None:
        self.widget = Switch(master, on_change=lambda _on: changed())

    @property
    def value(self) -> str:
        return "true" if self.widget.on else "false"

    @value.setter
    def value(self, value: str) -> None:
        self.widget.on = value == "true"

    def mark(self, *, invalid: bool) -> None:
        self.widget.state(["invalid" if invalid else "!invalid"])

    def enable(self, *, enabled: bool) -> None:
        self.widget.enable(enabled)

    def focus(self) -> None:
        self.widget.focus_set()


class _AddressesControl(Plain):
    def __init__(self, master: tk.Misc, helpers: Helpers, changed: Changed) -> None:
        self.widget = Box(master, "input", (6, 1), edge="field")
        self._field = AddressField(
            self.widget, helpers.label, helpers.suggest, helpers.forget, changed
        )
        self._field.pack(fill="x")
        entry = self._field.entry
        entry.bind("<FocusIn>", lambda _event: self.widget.state(["focus"]), add="+")
        entry.bind("<FocusOut>", lambda _event: self.widget.state(["!focus"]), add="+")

    @property
    def value(self) -> str:
        return ", ".join(self._field.addresses)

    @value.setter
    def value(self, value: str) -> None:
        self._field.addresses = split_addresses(value)

    def mark(self, *, invalid: bool) -> None:
        self.widget.state(["invalid" if invalid else "!invalid"])

    def enable(self, *, enabled: bool) -> None:
        self._field.enable(enabled)

    def focus(self) -> None:
        self._field.entry.focus_set()
