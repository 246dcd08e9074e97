"""Asking for files and folders: the desktop's own dialog, and Tk's where there is none."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Any, assert_never

from traymail.core.texts import Text
from traymail.desktop.requests import Aim, WantedFile
from traymail.desktop.screens import client_window

if TYPE_CHECKING:
    from traymail.desktop.file_chooser import FileChooser

OnChosen = Callable[[tuple[Path, ...]], object]


def ask_for_files(over: tk.Misc, wanted: WantedFile, on_chosen: OnChosen) -> None:
    """Ask over the window of a widget; see `FileDialogs.ask`."""
    root: Any = over.nametowidget(".")
    dialogs: FileDialogs = root.files
    dialogs.ask(over, wanted, on_chosen)


class FileDialogs:
    """The dialogs of one root. ``portal`` is there while a bus is."""

    def __init__(
        self, root: tk.Tk, say: Callable[[Text | str], str], language: Callable[[], str]
    ) -> None:
        """``say`` translates into ``language``, which is that of the windows."""
        self._root, self._say, self._language = root, say, language
        self.portal: FileChooser | None = None
        self.busy = False

    def ask(self, over: tk.Misc, wanted: WantedFile, on_chosen: OnChosen) -> None:
        """Show a dialog over the window of a widget; one at a time.

        ``on_chosen`` is called when something was chosen and the window is still there.
        """
        if self.busy:
            return
        window = over.winfo_toplevel()
        wanted = replace(wanted, title=self._say(wanted.title))
        self.busy = True

        def answered(chosen: tuple[Path, ...] | None) -> None:
            self.busy = False
            if not window.winfo_exists():
                return
            if chosen is None:
                chosen = self._by_tk(window, wanted)
            if chosen and window.winfo_exists():
                on_chosen(chosen)

        if self.portal is None:
            answered(None)
        else:
            name = f"x11:{client_window(window.winfo_id()):x}"
            self.portal.ask(replace(wanted, window=name), answered)

    def _by_tk(self, window: tk.Misc, wanted: WantedFile) -> tuple[Path, ...]:
        on_x11 = self._root.tk.call("tk", "windowingsystem") == "x11"
        if on_x11:
            self._prepare()
        options: dict[str, Any] = {"parent": window, "title": wanted.title}
        if wanted.folder is not None:
            options["initialdir"] = str(wanted.folder)
        if wanted.kind is not None:
            options["filetypes"] = [(wanted.kind[0], wanted.kind[1])]
        match wanted.aim:
            case Aim.FOLDER:
                options.pop("filetypes", None)
                found: Any = filedialog.askdirectory(**options)
            case Aim.SAVE:
                found = filedialog.asksaveasfilename(initialfile=wanted.name, **options)
            case Aim.FILES | Aim.FILE:
                # Of several files, the one of X11 shows the Tcl list.
                several_too = wanted.aim is Aim.FILES and not on_x11
                ask = filedialog.askopenfilenames if several_too else filedialog.askopenfilename
                found = ask(**options)
            case _:
                assert_never(wanted.aim)
        several = found if isinstance(found, tuple) else (found,)
        return tuple(Path(str(one)) for one in several if one)

    def _prepare(self) -> None:
        """Have Tk's own dialog speak our language, and show hidden files only when asked to."""
        call = self._root.tk.call
        call("::msgcat::mclocale", self._language().lower())
        call("namespace", "eval", "::tk", "::msgcat::mcload [file join $::tk_library msgs]")
        # An option that is none loads it, and shows nothing.
        self._root.tk.eval("catch {tk_getOpenFile -nothing}")
        self._root.tk.eval(
            "set ::tk::dialog::file::showHiddenBtn 1; set ::tk::dialog::file::showHiddenVar 0"
        )
