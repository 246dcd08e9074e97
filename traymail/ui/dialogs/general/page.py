"""The general page: what the user changes is saved at once, in the background."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from traymail.core.consent import Risk
from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied, SettingsRefused
from traymail.core.overview import Overview
from traymail.core.texts import Text, text
from traymail.desktop.opening import open_path
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.program import ProgramService
from traymail.ui.bridge import Background, Job
from traymail.ui.dialog import Question
from traymail.ui.dialogs.general.view import GeneralView
from traymail.ui.files import ask_for_files
from traymail.ui.model import general as model
from traymail.ui.model.general import AUTOSTART, TYPED, General, Move
from traymail.ui.refresher import Refresher
from traymail.ui.theme import Root
from traymail.ui.window import Window

# A number is saved once its last digit is typed.
_TYPING_MS = 600
_FILE_KIND = ("TOML", ("*.toml",))
Told = tuple[Overview, bool | TraymailError, Mapping[str, Path]]


class GeneralPage:
    """A `traymail.ui.page.Page`."""

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
