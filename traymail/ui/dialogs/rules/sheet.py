"""The left side of the editor: the name and the switch, and the form that reads as a sentence."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping

from traymail.core.fields import Field, fields_of
from traymail.core.sight import Suited
from traymail.core.texts import Text, text
from traymail.ui.form import FormView, Helpers
from traymail.ui.model.rule_editor import Editing, account_choices, barred, remarks, strip, told
from traymail.ui.model.rule_form import Kind, drawn
from traymail.ui.model.sentences import below_field
from traymail.ui.widgets import Area, Banner, Button, Entry, Note, ScrollArea, Switch

_LEAST_LETTERS = 4
_MOST_LETTERS = 28


class RuleSheet(Area):
    """What the user fills in; `show` draws a state of it."""

    def __init__(
        self,
        master: tk.Misc,
        kind: Kind,
        helpers: Helpers,
        changed: Callable[[str], object],
        reload: Callable[[], object],
    ) -> None:
        """Draw an empty form; ``changed`` is told a field, ``reload`` takes what the file says."""
        super().__init__(master)
        self._kind, self._changed, self._reload = kind, changed, reload
        self._banner: Banner | None = None
        self._bad: tuple[str, ...] = ()
        # What was wrong once stays in sight, also where it means nothing any more.
        self._seen_bad: set[str] = set()
        self._drawn: dict[str, object] = {}
        self._barred: Mapping[str, Text] = {}
        self._helps = {field.name: field.help for field in fields_of(kind.asks)}
        self.scroll = ScrollArea(self, padding=(24, 20, 14, 20))
        self.scroll.pack(fill="both", expand=True)
        self._draw_head(self.scroll.inner)
        self.form = FormView(
            self.scroll.inner, drawn(kind), changed, helpers, label_width=98, more=kind.more
        )
        self.form.pack(fill="x")

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        enabled = "true" if self.switch.on else "false"
        return {**self.form.values, "name": self.name.value, "enabled": enabled}

    def fill(self, state: Editing) -> None:
        """Show the values of a state: at the beginning, and when the file has changed."""
        self.form.offer("account", Field("", text("Account"), choices=account_choices(state)))
        mine = self.values
        new = {name: words for name, words in state.values.items() if words != mine.get(name)}
        self.form.fill(new)
        if "name" in new:
            self.name.value = new["name"]
            self._fit_name()
        self.switch.on = state.values.get("enabled") == "true"

    def show(self, state: Editing) -> None:
        """Draw what is wrong, and what depends on what was typed."""
        if self.name.value != state.values["name"]:
            self.name.value = state.values["name"]
            self._fit_name()
        problems = told(state)
        self._bad = tuple(problems)
        self._seen_bad.update(problems)
        self._show_name(state)
        self.form.show_problems(tuple(problems.values()))
        for name, hint in remarks(state).items():
            self.form.tell(name, below_field(hint, self.theme.say))
        self._suit(self._kind.suited(state.values, state.preview))
        self._grey(barred(state))
        self._show_strip(state)

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        if self._bad and self._bad[0] == "name":
            self.name.focus_set()
        else:
            self.form.jump()

    def begin(self) -> None:
        """Put the keyboard where one begins to type."""
        self.form.jump(next(fields_of(self._kind.asks)).name)

    def _draw_head(self, inner: Area) -> None:
        px = self.theme.px
        row = Area(inner)
        row.pack(fill="x")
        self.switch = Switch(row, on_change=lambda _on: self._changed("enabled"))
        self.switch.pack(side="right")
        self.name = Entry(
            row, on_change=self._named, width=_LEAST_LETTERS, font="TmTitle", bare=True
        )
        self.name.pack(side="left")
        pencil = Button(row, "", self._rename, "ghost", icon="pencil")
        pencil.configure(takefocus=False)
        pencil.pack(side="left")
        self._name_note = Note(inner)
        self._below_head = Area(inner)
        self._below_head.configure(height=px(12))
        self._below_head.pack(fill="x")

    def _rename(self) -> None:
        self.name.focus_set()
        self.name.selection_range(0, "end")

    def _named(self, _value: str) -> None:
        self._fit_name()
        self._changed("name")

    def _fit_name(self) -> None:
        font = self.theme.font("TmTitle")
        letters = -(-font.measure(self.name.value) // max(1, font.measure("0"))) + 1
        self.name.configure(width=min(max(letters, _LEAST_LETTERS), _MOST_LETTERS))

    def _show_name(self, state: Editing) -> None:
        problem = told(state).get("name")
        if problem is None:
            self._name_note.pack_forget()
            return
        sentence = below_field(problem, self.theme.say)
        self._name_note.set_text(sentence, "danger", "exclamation-circle")
        self._name_note.pack(fill="x", before=self._below_head)

    def _suit(self, wanted: Suited) -> None:
        for name, shown in wanted.shown.items():
            self.form.reveal(name, shown=shown or name in self._seen_bad)
        for name, words in wanted.helps.items():
            self.form.explain(name, words)
        if self._drawn.get("choices") != wanted.choices:
            self._drawn["choices"] = wanted.choices
            for name, choices in wanted.choices.items():
                self.form.offer(name, Field(name, text("Text"), choices=choices))

    def _grey(self, wanted: Mapping[str, Text]) -> None:
        """Grey the fields that the account has no use for, and say why."""
        before, self._barred = self._barred, wanted
        for name in before.keys() - wanted.keys():
            self.form.enable(name)
            self.form.explain(name, self._helps[name])
        for name, words in wanted.items():
            self.form.enable(name, enabled=False)
            self.form.explain(name, words)

    def _show_strip(self, state: Editing) -> None:
        wanted = strip(state)
        if self._drawn.get("strip") == wanted:
            return
        self._drawn["strip"] = wanted
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if wanted is None:
            return
        self._banner = Banner(self, "err" if wanted.bad else "warn", wanted.words)
        if wanted.reload:
            Button(self._banner.actions, text("Ta&ke the file's"), self._reload).pack()
        self._banner.pack(side="top", fill="x", before=self.scroll)
