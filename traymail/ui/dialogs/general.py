"""The general page: what the user changes is saved at once, in the background."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

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
from traymail.ui.bridge import Background
from traymail.ui.files import ask_for_files
from traymail.ui.form import FormView
from traymail.ui.model import general as model
from traymail.ui.model.general import (
    APPEARANCE,
    AUTOSTART,
    BEHAVIOUR,
    General,
    Move,
    retention_field,
    short,
)
from traymail.ui.refresher import Refresher
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Banner, Button, Label, Line, Note, ScrollArea, Spinner
from traymail.ui.window import Question, Window

_LABEL = 150
_PLACES: Mapping[str, Text] = {
    "config": text("Configuration"),
    "state": text("Outbox and history"),
    "log": text("Log"),
}


@dataclass(frozen=True, slots=True)
class GeneralHandlers:
    """What the user does."""

    change: Callable[[str, str], object]
    """Save a value."""
    open_place: Callable[[str], object]
    move: Callable[[Move], object]
    review: Callable[[], object]
    """Look at an edit by hand that waits for consent."""
    stop: Callable[[], object]


class GeneralView(Area):
    """Rows from top to bottom; what is under way is told on top, beside the title."""

    def __init__(self, master: tk.Misc, handlers: GeneralHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        head = Area(self, padding=(24, 18, 24, 8))
        head.pack(fill="x")
        Label(head, text("General"), "fg", "TmTitle").pack(side="left")
        self._busy = Area(head)
        self._spinner = Spinner(self._busy, size=18)
        self._spinner.pack(side="right")
        Button(self._busy, text("&Cancel"), handlers.stop, "link").pack(
            side="right", padx=(0, px(8))
        )
        words = text("The configuration was changed by hand and waits for your consent.")
        self._unconfirmed = Banner(self, "warn", words)
        Button(self._unconfirmed.actions, text("&Review…"), handlers.review).pack()
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

    @property
    def window(self) -> Window:
        """The window that the page is in."""
        return cast("Window", self.winfo_toplevel())

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
            self._paths[name].set_text(short(path, in_home("~")))
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
                self._handlers.change(name, form.values[name])

    def _place(self, row: int, name: str) -> Note:
        px = self.theme.px
        Label(self._rows, _PLACES[name], "muted").grid(row=row, column=0, sticky="w", pady=px(6))
        holder = Area(self._rows)
        holder.grid(row=row, column=1, sticky="we", pady=px(6))
        open_it = partial(self._handlers.open_place, name)
        # Packed first: a long path gives way.
        link = Button(holder, text("Open folder"), open_it, "link")
        link.pack(side="right")
        path = Note(holder, "", "fg", font="TkFixedFont")
        path.pack(side="left", fill="x", expand=True)
        return path

    def _draw_moves(self, row: int) -> None:
        px = self.theme.px
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
            button = Button(line, words, partial(self._handlers.move, move), icon=icon)
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
        self._trouble.set_text(page.trouble, "danger", "exclamation-circle")
        self._trouble.pack(fill="x", pady=(0, self.theme.px(10)), before=self.appearance)

    def _show_outcome(self, page: General) -> None:
        if page.outcome is None:
            self._outcome.set_text(text("The exported file contains no codes and no passwords."))
        elif page.failed:
            self._outcome.set_text(page.outcome, "danger", "exclamation-circle")
        else:
            self._outcome.set_text(page.outcome, "success", "check-circle")
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


class Transfer:
    """Brings settings out and in; asks before secrets could go elsewhere."""

    def __init__(
        self,
        screen: ScreenState[General],
        tasks: Tasks,
        program: ProgramService,
        refresh: Callable[[], object],
    ) -> None:
        """``refresh`` asks how things stand."""
        self._screen, self._tasks, self._program, self._refresh = screen, tasks, program, refresh
        self.view: GeneralView | None = None

    def move(self, move: Move) -> None:
        """Export or import the configuration."""
        if self.view is None:
            return
        window = self.view.window
        if move is Move.EXPORT:
            title = text("Export the settings")
            wanted = WantedFile(Aim.SAVE, title, name="traymail.toml", kind=_FILE_KIND)
            ask_for_files(window, wanted, lambda chosen: self._export(chosen[0]))
        else:
            wanted = WantedFile(Aim.FILE, text("Import settings"), kind=_FILE_KIND)
            ask_for_files(window, wanted, lambda chosen: self.question(chosen[0], window).reveal())

    def question(self, source: Path, window: Window) -> Question:
        """Return what asks before the configuration is replaced."""
        return Question(
            window,
            text("Replace all settings?"),
            text("Your accounts and rules are replaced by those in {file}.", file=source.name),
            text("&Import"),
            lambda: self._import(source, ()),
        )

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
        risks = self._screen.state.unconfirmed
        if risks and self.view is not None:
            self.consent(risks, self.view.window, partial(self._agree, risks)).reveal()

    def _agree(self, risks: tuple[Risk, ...]) -> None:
        self._tasks.run(lambda: self._program.agree(risks), lambda _none: self._refresh())

    def _export(self, file: Path) -> None:
        self._do(Move.EXPORT, file, lambda: self._program.export_settings(file))

    def _import(self, file: Path, agreed: tuple[Risk, ...]) -> None:
        self._do(Move.IMPORT, file, lambda: self._program.import_settings(file, agreed))

    def _do(self, move: Move, file: Path, work: Callable[[], tuple[Risk, ...] | None]) -> None:
        self._screen.apply(model.moving, move)
        self._tasks.run(
            work,
            lambda risks: self._done(file, risks or ()),
            self._screen.by(model.not_moved),
            slot=move.value,
        )

    def _done(self, file: Path, risks: tuple[Risk, ...]) -> None:
        if risks and self.view is not None:
            self._screen.apply(model.stopped)
            self.consent(risks, self.view.window, partial(self._import, file, risks)).reveal()
            return
        self._screen.apply(model.moved, file.name)
        # An answer that came before may have kept a value that was typed wrongly.
        self._refresh()


class GeneralPage:
    """A `traymail.ui.window.Page`."""

    name = "general"
    title: Text = text("General")
    icon = "gear"

    def __init__(self, root: Root, program: ProgramService, background: Background) -> None:
        self._root, self._program = root, program
        self.screen = ScreenState(General(), self._draw)
        self._tasks = Tasks(root, background, self._unknown)
        self._refresher = Refresher(background, program.overview, self._told, self._unknown)
        self.transfer = Transfer(self.screen, self._tasks, program, self._refresher.ask)
        # Fields that were changed again while their value is being saved.
        self._stale: set[str] = set()

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page."""
        handlers = GeneralHandlers(
            change=self._change,
            open_place=self._open_place,
            move=self.transfer.move,
            review=self.transfer.review,
            stop=self._stop,
        )
        self.transfer.view = GeneralView(parent, handlers)
        return self.transfer.view

    def on_show(self) -> None:
        """Ask how things stand."""
        self._ask()

    def on_event(self, event: Event) -> None:
        """Follow changes of the configuration, whoever makes them."""
        if isinstance(event, SettingsApplied | SettingsRefused):
            self._refresher.ask()

    def _draw(self, _before: General, page: General) -> None:
        view = self.transfer.view
        if view is not None and view.winfo_exists():
            view.show(page)

    # --- what the user does -------------------------------------------------------------------

    def _change(self, name: str, value: str) -> None:
        """Save a value, a typed one once it is typed."""
        self.screen.apply(model.changed, name, value)
        if model.is_typed(name):
            self._tasks.later(f"typing {name}", _TYPING_MS, lambda: self._save(name))
        else:
            self._save(name)

    def _open_place(self, name: str) -> None:
        folder = model.folder_of(name, self.screen.state.places[name])
        self._tasks.run(
            lambda: open_path(folder),
            failed=self.screen.by(model.not_moved),
        )

    def _stop(self) -> None:
        """Wait no longer for what is under way."""
        self._tasks.stop_all()
        self._stale.clear()
        self.screen.apply(model.stopped)
        self._ask()

    # --- what blocks --------------------------------------------------------------------------

    def _save(self, name: str) -> None:
        if self._tasks.under_way(name):
            self._stale.add(name)  # one after the other: the last one counts
            return
        written, program = model.written(self.screen.state, name), self._program

        def work() -> None:
            if name == AUTOSTART:
                program.set_autostart(on=written)
            else:
                program.set_general(name, written)

        self._tasks.run(
            work,
            lambda _none: self._saved(name, None),
            lambda error: self._saved(name, error),
            slot=name,
        )

    def _saved(self, name: str, error: TraymailError | None) -> None:
        if name in self._stale:
            self._stale.remove(name)
            self._save(name)
        elif self._tasks.under_way(f"typing {name}"):
            pass  # it is typed into again, and will be saved again
        elif error is None:
            self.screen.apply(model.saved, name)
        else:
            self.screen.apply(model.refused, name, error)
            # What was chosen is not in force: the field shows again what is.
            self._ask()

    def _ask(self) -> None:
        def unknown(error: TraymailError) -> None:  # the other fields can be told all the same
            self.screen.apply(model.starts, on=False)
            self.screen.apply(model.refused, AUTOSTART, error)

        self._refresher.ask()
        self._tasks.run(
            self._program.autostart,
            lambda on: self.screen.apply(model.starts, on=on),
            unknown,
            slot="starts",
        )

    def _told(self, overview: Overview) -> None:
        page = model.known(self.screen.state, overview.settings, self._program.places())
        page = replace(page, unconfirmed=overview.unconfirmed)
        self.screen.set_state(model.lacking_font(page) if self._root.theme.lacks_font else page)

    def _unknown(self, error: TraymailError) -> None:
        self.screen.apply(model.unknown, error)
