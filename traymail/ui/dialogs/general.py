"""The general page: what the user changes is saved at once, in the background."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from traymail.core.consent import Risk
from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied, SettingsRefused
from traymail.core.fields import Form
from traymail.core.overview import Overview
from traymail.core.texts import Text, text
from traymail.desktop.opening import open_path
from traymail.desktop.requests import Aim, WantedFile
from traymail.disk import in_home
from traymail.services.program import ProgramService
from traymail.ui.bridge import Background, Job
from traymail.ui.files import ask_for_files
from traymail.ui.form import FormView
from traymail.ui.model import general as model
from traymail.ui.model.general import (
    APPEARANCE,
    AUTOSTART,
    BEHAVIOUR,
    TYPED,
    General,
    Move,
    retention_field,
    short,
)
from traymail.ui.refresher import Refresher
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Banner, Button, Label, Line, Note, ScrollArea, Spinner
from traymail.ui.window import Question, Window

_LABEL = 150
_PLACES: Mapping[str, Text] = {
    "config": text("Configuration"),
    "state": text("Outbox and history"),
    "log": text("Log"),
}


class GeneralHandlers(Protocol):
    """What the user does."""

    def change(self, name: str, value: str) -> None:
        """Save a value."""

    def open_place(self, name: str) -> None:
        """Open the folder of one of the places."""

    def move(self, move: Move) -> None:
        """Export or import the configuration."""

    def review(self) -> None:
        """Look at an edit by hand that waits for consent."""

    def stop(self) -> None:
        """Wait no longer for what is under way."""


class GeneralView(Area):
    """Rows from top to bottom; what is under way is told on top, beside the title."""

    def __init__(self, master: tk.Misc, acts: GeneralHandlers) -> None:
        super().__init__(master)
        px = self.look.px
        self._acts = acts
        head = Area(self, padding=(24, 18, 24, 8))
        head.pack(fill="x")
        Label(head, text("General"), "fg", "TmTitle").pack(side="left")
        self._busy = Area(head)
        self._spinner = Spinner(self._busy, size=18)
        self._spinner.pack(side="right")
        Button(self._busy, text("&Cancel"), acts.stop, "link").pack(side="right", padx=(0, px(8)))
        words = text("The configuration was changed by hand and waits for your consent.")
        self._unconfirmed = Banner(self, "warn", words)
        Button(self._unconfirmed.actions, text("&Review…"), acts.review).pack()
        self._scroll = scroll = ScrollArea(self, padding=(24, 6, 14, 16))
        scroll.pack(fill="both", expand=True)
        inner = scroll.inner
        self._trouble = Note(inner)
        self.appearance = self._form(inner, APPEARANCE)
        Line(inner).pack(fill="x", pady=(px(6), px(16)))
        self.behaviour = self._form(inner, BEHAVIOUR)
        Line(inner).pack(fill="x", pady=(px(6), px(16)))
        self._rows = Area(inner)
        self._rows.pack(fill="x")
        self._rows.columnconfigure(0, minsize=px(_LABEL))
        self._rows.columnconfigure(1, weight=1)
        self._paths = {name: self._place(row, name) for row, name in enumerate(_PLACES)}
        self._draw_moves(len(_PLACES))
        self._retention: object = None
        self._was_busy = False

    def show(self, page: General) -> None:
        """Show how the page stands."""
        offered = retention_field(page)
        if offered.choices != self._retention:
            self._retention = offered.choices
            self.behaviour.offer("retention", offered)
        for form in (self.appearance, self.behaviour):
            shown = {name: page.values[name] for name in form.values if name in page.values}
            if shown != form.values:
                form.fill(shown)
            form.show_problems([one for name, one in page.problems.items() if name in form.values])
        for name, path in page.places.items():
            self._paths[name].say(short(path, in_home("~")))
        self._show_unconfirmed(page)
        self._show_trouble(page)
        self._show_outcome(page)
        self._show_busy(busy=page.busy)

    def _form(self, master: Area, form: Form) -> FormView:
        view = FormView(master, form, self._changed, label_width=_LABEL)
        view.pack(fill="x")
        return view

    def _changed(self, name: str) -> None:
        for form in (self.appearance, self.behaviour):
            if name in form.values:
                self._acts.change(name, form.values[name])

    def _place(self, row: int, name: str) -> Note:
        px = self.look.px
        Label(self._rows, _PLACES[name], "muted").grid(row=row, column=0, sticky="w", pady=px(6))
        holder = Area(self._rows)
        holder.grid(row=row, column=1, sticky="we", pady=px(6))
        open_it = partial(self._acts.open_place, name)
        # Packed first: a long path gives way.
        link = Button(holder, text("Open folder"), open_it, "link")
        link.pack(side="right")
        path = Note(holder, "", "fg", font="TkFixedFont")
        path.pack(side="left", fill="x", expand=True)
        return path

    def _draw_moves(self, row: int) -> None:
        px = self.look.px
        Label(self._rows, text("Back up and move"), "muted").grid(
            row=row, column=0, sticky="nw", pady=(px(14), 0)
        )
        holder = Area(self._rows)
        holder.grid(row=row, column=1, sticky="we", pady=(px(8), 0))
        moves: tuple[tuple[Text, Move, str], ...] = (
            (text("E&xport…"), Move.EXPORT, "box-arrow-up"),
            (text("&Import…"), Move.IMPORT, "box-arrow-in-down"),
        )
        self.buttons: dict[Move, Button] = {}
        line = Area(holder)
        line.pack(fill="x")
        for words, move, icon in moves:
            button = Button(line, words, partial(self._acts.move, move), icon=icon)
            button.pack(side="left", padx=(0, px(8)))
            self.buttons[move] = button
        self._outcome = Note(holder)
        self._outcome.pack(fill="x", pady=(px(6), 0))

    def _show_unconfirmed(self, page: General) -> None:
        if page.unconfirmed:
            self._unconfirmed.pack(fill="x", before=self._scroll)
        else:
            self._unconfirmed.pack_forget()

    def _show_trouble(self, page: General) -> None:
        if page.trouble is None:
            self._trouble.pack_forget()
            return
        self._trouble.say(page.trouble, "danger", "exclamation-circle")
        self._trouble.pack(fill="x", pady=(0, self.look.px(10)), before=self.appearance)

    def _show_outcome(self, page: General) -> None:
        if page.outcome is None:
            self._outcome.say(text("The exported file contains no codes and no passwords."))
        elif page.failed:
            self._outcome.say(page.outcome, "danger", "exclamation-circle")
        else:
            self._outcome.say(page.outcome, "success", "check-circle")
        for button in self.buttons.values():
            button.enable(page.moving is None)

    def _show_busy(self, *, busy: bool) -> None:
        if busy == self._was_busy:
            return
        self._was_busy = busy
        if busy:
            self._busy.pack(side="right")
            self._spinner.start()
        else:
            self._spinner.stop()
            self._busy.pack_forget()


# A number is saved once its last digit is typed.
_TYPING_MS = 600
_FILE_KIND = ("TOML", ("*.toml",))
Told = tuple[Overview, bool | TraymailError, Mapping[str, Path]]


class GeneralPage:
    """A `traymail.ui.window.Page`."""

    name = "general"
    title: Text = text("General")
    icon = "gear"

    def __init__(self, root: Root, program: ProgramService, background: Background) -> None:
        self._root, self._program, self._background = root, program, background
        self._held = General()
        self._view: GeneralView | None = None
        self._jobs: dict[str, Job] = {}
        # Fields that were changed again while their value is being saved.
        self._stale: set[str] = set()
        self._timer: str | None = None
        self._refresher = Refresher(
            background,
            self._question,
            self._told,
            lambda error: self.become(model.unknown(self._held, error)),
        )

    @property
    def held(self) -> General:
        """What the page shows."""
        return self._held

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page."""
        self._view = GeneralView(parent, self)
        return self._view

    def shown(self) -> None:
        """Ask how things stand."""
        self._refresher.ask()

    def heard(self, event: Event) -> None:
        """Follow changes of the configuration, whoever makes them."""
        if isinstance(event, SettingsApplied | SettingsRefused):
            self._refresher.ask()

    def become(self, page: General) -> None:
        """Show the page like this."""
        self._held = page
        if self._view is not None and self._view.winfo_exists():
            self._view.show(page)

    # --- what the user does -------------------------------------------------------------------

    def change(self, name: str, value: str) -> None:
        """Save a value, a typed one once it is typed."""
        self.become(model.changed(self._held, name, value))
        if name == TYPED:
            self._forget_typing()
            self._timer = self._root.after(_TYPING_MS, lambda: self._save(name))
        else:
            self._save(name)

    def open_place(self, name: str) -> None:
        """Open the folder of one of the places."""
        folder = model.folder_of(name, self._held.places[name])
        self._background.run(
            lambda _stop: open_path(folder),
            lambda _none: None,
            lambda error: self.become(model.not_moved(self._held, error)),
        )

    def move(self, move: Move) -> None:
        """Export or import the configuration."""
        if move is Move.EXPORT:
            self._export()
        else:
            self._import()

    def stop(self) -> None:
        """Wait no longer for what is under way."""
        self._forget_typing()
        for job in self._jobs.values():
            job.cancel()
        self._jobs.clear()
        self._stale.clear()
        self.become(model.stopped(self._held))
        self._refresher.ask()

    # --- what blocks --------------------------------------------------------------------------

    def _forget_typing(self) -> None:
        if self._timer is not None:
            self._root.after_cancel(self._timer)
            self._timer = None

    def _save(self, name: str) -> None:
        if name == TYPED:
            self._timer = None
        if name in self._jobs:
            self._stale.add(name)  # one after the other: the last one counts
            return
        written, program = model.written(self._held, name), self._program

        def work(_stop: object) -> None:
            if name == AUTOSTART:
                program.set_autostart(on=written == "true")
            else:
                program.set_general(name, written)

        self._jobs[name] = self._background.run(
            work,
            lambda _none: self._saved(name, None),
            lambda error: self._saved(name, error),
        )

    def _saved(self, name: str, error: TraymailError | None) -> None:
        del self._jobs[name]
        if name in self._stale:
            self._stale.remove(name)
            self._save(name)
        elif name == TYPED and self._timer is not None:
            pass  # it is typed into again, and will be saved again
        elif error is None:
            self.become(model.saved(self._held, name))
        else:
            self._refused(name, error)

    def _refused(self, name: str, error: TraymailError) -> None:
        self.become(model.refused(self._held, name, error))
        # What was chosen is not in force: the field shows again what is.
        self._refresher.ask()

    def _export(self) -> None:
        def export(chosen: tuple[Path, ...]) -> None:
            self._move(Move.EXPORT, chosen[0], lambda: self._program.export_settings(chosen[0]))

        if self._view is not None:
            title = text("Export the settings")
            wanted = WantedFile(Aim.SAVE, title, name="traymail.toml", kind=_FILE_KIND)
            ask_for_files(self._view, wanted, export)

    def _import(self) -> None:
        if self._view is None:
            return
        window = cast("Window", self._view.winfo_toplevel())
        wanted = WantedFile(Aim.FILE, text("Import settings"), kind=_FILE_KIND)
        ask_for_files(window, wanted, lambda chosen: self.question(chosen[0], window).reveal())

    def question(self, source: Path, window: Window) -> Question:
        """Return what asks before the configuration is replaced."""
        return Question(
            window,
            text("Replace all settings?"),
            text("Your accounts and rules are replaced by those in {file}.", file=source.name),
            text("&Import"),
            lambda: self._take_over(source, ()),
        )

    def _take_over(self, source: Path, agreed: tuple[Risk, ...]) -> None:
        work = partial(self._program.import_settings, source, agreed)
        self._move(Move.IMPORT, source, work)

    def consent(
        self, risks: tuple[Risk, ...], window: Window, agree: Callable[[], None]
    ) -> Question:
        """Return what asks before secrets could go elsewhere."""
        sentence = text("A configuration from elsewhere could give secrets away. With this one:")
        question = Question(window, text("Is this what you want?"), sentence, text("&Agree"), agree)
        for risk in risks:
            question.add_sentence(risk.told)
        return question

    def review(self) -> None:
        """Ask about an edit by hand that waits."""
        risks = self._held.unconfirmed
        if risks and self._view is not None:
            window = cast("Window", self._view.winfo_toplevel())
            self.consent(risks, window, partial(self._agree, risks)).reveal()

    def _agree(self, risks: tuple[Risk, ...]) -> None:
        self._background.run(
            lambda _stop: self._program.agree(risks),
            lambda _none: self._refresher.ask(),
            lambda error: self.become(model.unknown(self._held, error)),
        )

    def _move(self, move: Move, file: Path, work: Callable[[], tuple[Risk, ...] | None]) -> None:
        self.become(model.moving(self._held, move))
        self._jobs[move.value] = self._background.run(
            lambda _stop: work(),
            lambda risks: self._moved(file, risks or ()),
            lambda error: self.become(model.not_moved(self._held, error)),
        )

    def _moved(self, file: Path, risks: tuple[Risk, ...]) -> None:
        if risks and self._view is not None:
            self.become(model.stopped(self._held))
            window = cast("Window", self._view.winfo_toplevel())
            self.consent(risks, window, partial(self._take_over, file, risks)).reveal()
            return
        self.become(model.moved(self._held, file.name))
        # An answer that came before may have kept a value that was typed wrongly.
        self._refresher.ask()

    def _question(self) -> Told:
        try:
            autostart: bool | TraymailError = self._program.autostart()
        except TraymailError as error:  # the other fields can be told all the same
            autostart = error
        return self._program.overview(), autostart, self._program.places()

    def _told(self, told: Told) -> None:
        overview, autostart, places = told
        on = autostart is True
        page = model.known(self._held, overview.settings, autostart=on, places=places)
        page = replace(page, unconfirmed=overview.unconfirmed)
        if self._root.look.lacks_font:
            page = model.lacking_font(page)
        if isinstance(autostart, TraymailError):
            page = model.refused(page, AUTOSTART, autostart)
        self.become(page)
