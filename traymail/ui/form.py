"""A form drawn from its fields (`traymail.core.fields`): values out, problems in, at their fields.

How each kind of field is drawn is below, that of texts in `traymail.ui.form_texts`.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Protocol

from traymail.core.address import split_addresses
from traymail.core.errors import Problem
from traymail.core.fields import (
    Choice,
    Field,
    FieldKind,
    Form,
    Section,
    defaults,
    fields_of,
    place_problems,
)
from traymail.core.texts import Text, text
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
from traymail.ui.model.sentences import below_field
from traymail.ui.widgets.addresses import AddressField, Suggestion
from traymail.ui.widgets.base import Area, Box, Label, Note
from traymail.ui.widgets.button import Button, Picker
from traymail.ui.widgets.choice import Segment, Segments, Switch
from traymail.ui.widgets.entry import FieldRow, Severity


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
        self.widget.state(["!disabled" if enabled else "disabled"])

    def focus(self) -> None:
        self._field.entry.focus_set()


class FormView(Area):
    """The fields of a form, one below the other."""

    def __init__(
        self,
        master: tk.Misc,
        form: Form,
        on_change: Callable[[str], object] = lambda _name: None,
        helpers: Helpers | None = None,
        label_width: float = 96,
        more: Text | None = None,
    ) -> None:
        """``on_change`` is called with the name of the field the user has changed.

        ``more`` names what the rare fields are about.
        """
        super().__init__(master)
        self._form = form
        self._on_change = on_change
        self._helpers = helpers or Helpers()
        self._label_width = label_width
        self.controls: dict[str, Control] = {}
        self.rows: dict[str, FieldRow] = {}
        self._problems: dict[str, Problem] = {}
        self._rare: list[FieldRow] = []
        self._more: Button | None = None
        self._places = count()
        for place, section in enumerate(form):
            self._draw(section, first=place == 0)
        self._draw_more(more or text("More"))
        self.fill(defaults(form))

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def has_problems(self) -> bool:
        """Whether a problem is told at one of its fields."""
        return bool(self._problems)

    def fill(self, values: Mapping[str, str]) -> None:
        """Show these values; fields that are not named keep theirs, and nobody is told."""
        for name, control in self.controls.items():
            if name in values:
                control.value = values[name]
        if any(
            values.get(field.name, field.default) != field.default
            for field in fields_of(self._form)
            if field.rare
        ):
            self.unfold()

    def show_problems(self, problems: Sequence[Problem]) -> tuple[int, tuple[Problem, ...]]:
        """Show each problem at its field and clear the others.

        Return the number of fields that have one, and the problems that belong to no field.
        """
        self._problems, unplaced = place_problems(self._form, problems)
        for name, control in self.controls.items():
            control.mark(invalid=name in self._problems)
        for row in dict.fromkeys(self.rows.values()):
            named = (name for name, its in self.rows.items() if its is row)
            found = next((name for name in named if name in self._problems), None)
            row.tell(None if found is None else self._sentence(self._problems[found]))
            if found is not None and row in self._rare:
                self.unfold()
        return len(self._problems), unplaced

    def tell(self, name: str, what: Text | str | None, severity: Severity = "warning") -> None:
        """Show a remark in place of the help of a field that has no problem."""
        if name not in self._problems:
            self.rows[name].tell(what, severity)

    def jump(self, name: str | None = None) -> None:
        """Put the keyboard into a field: the named one, or the first with a problem."""
        name = name or next(iter(self._problems), None) or next(iter(self.controls), None)
        if name is not None:
            if self.rows[name] in self._rare:
                self.unfold()
            self.controls[name].focus()

    def enable(self, name: str, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let a field be changed, or not."""
        self.controls[name].enable(enabled=enabled)

    def offer(self, name: str, field: Field) -> None:
        """Offer the choices of ``field`` in the control of a name."""
        self.controls[name].offer(field.choices)

    def explain(self, name: str, what: Text | None) -> None:
        """Show another help below a field; a problem or a remark stays in front of it."""
        self.rows[name].explain(what)

    def reveal(self, name: str, *, shown: bool) -> None:
        """Show the row of a field, or leave it out while it means nothing."""
        row = self.rows[name]
        row.grid() if shown else row.grid_remove()

    def unfold(self) -> None:
        """Show the rare fields, in their places."""
        if self._more is None:
            return
        self._more.destroy()
        self._more = None
        for row in self._rare:
            row.grid()

    def _draw(self, section: Section, *, first: bool) -> None:
        px = self.theme.px
        self.columnconfigure(0, weight=1)
        if section.title is not None:
            title = Label(self, section.title, "fg", "TmHead")
            title.grid(row=next(self._places), sticky="w", pady=(0 if first else px(12), px(8)))
        row: FieldRow | None = None
        for field in section.fields:
            if row is None or not field.joined:
                row = FieldRow(self, field.label, field.help, label_width=self._label_width)
                # Numbered: Tk would give the place of a hidden row to the next one.
                row.grid(row=next(self._places), sticky="we", pady=(0, px(10)))
                row.caption.lead(partial(self.jump, field.name))
                if field.rare:
                    self._rare.append(row)
                    row.grid_remove()
            self._fill_row(row, field)

    def _fill_row(self, row: FieldRow, field: Field) -> None:
        changed = self._changed
        control = make_control(row.controls, field, self._helpers, lambda: changed(field.name))
        self.controls[field.name], self.rows[field.name] = control, row
        gap = self.theme.px(8) if field.joined else 0
        wide = field.width == 0 and control.grows
        control.widget.pack(side="left", padx=(gap, 0), fill="x" if wide else "none", expand=wide)
        if field.unit is not None:
            if field.kind is FieldKind.SWITCH:
                # A whole sentence, which may need a second line.
                words = Note(row.controls, field.unit, "muted", font="TkDefaultFont")
                words.pack(side="left", fill="x", expand=True, padx=(self.theme.px(8), 0))
            else:
                Label(row.controls, field.unit, "muted").pack(
                    side="left", padx=(self.theme.px(8), 0)
                )

    def _draw_more(self, words: Text) -> None:
        if self._rare:
            self._more = Button(self, words, self.unfold, "link", icon="chevron-right")
            self._more.grid(row=next(self._places), sticky="w")

    def _sentence(self, problem: Problem) -> str:
        return below_field(problem, self.theme.say)

    def _changed(self, name: str) -> None:
        self._on_change(name)
