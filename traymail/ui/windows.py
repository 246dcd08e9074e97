"""The windows of the program: made when first opened, leading to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from traymail.core.events import Event
from traymail.core.ports import Clock
from traymail.core.texts import Translate
from traymail.ui.backend import Backend
from traymail.ui.bridge import Background
from traymail.ui.model.prefill import Prefill
from traymail.ui.once import Once
from traymail.ui.theme import Root

if TYPE_CHECKING:
    from traymail.ui.dialogs.add_account import AddAccountWindow
    from traymail.ui.dialogs.quick_send.window import QuickSendWindow


class Listener(Protocol):
    """A window that follows what happens."""

    def heard(self, event: Event) -> None:
        """Be told of an event of the engine, on Tk's thread."""
        ...


class OutOfSight(Protocol):
    """Who takes over when a mail that can still be undone is seen no more."""

    def __call__(self, mail: int, /) -> None:
        """Offer Undo elsewhere."""
        ...


class Windows:
    """Opens windows, and tells those that were made what happens."""

    def __init__(
        self,
        root: Root,
        backend: Backend,
        background: Background,
        clock: Clock,
        out_of_sight: OutOfSight,
    ) -> None:
        self._root, self._backend, self._background = root, backend, background
        self._clock, self._out_of_sight = clock, out_of_sight
        self._quick = Once(self._make_quick)
        self._adding = Once(self._make_adding)

    # --- ways in ------------------------------------------------------------------------------

    def quick_send(self, asked: Prefill | None = None) -> None:
        """Open the window that writes a mail."""
        self._quick().open(asked)

    def send_clipboard(self) -> None:
        """Open it with what is in the clipboard."""
        self._quick().send_clipboard()

    def add_account(self) -> None:
        """Open the window that adds an account."""
        self._adding().reveal()

    def undo(self, mail: int) -> bool:
        """Take back the mail that the quick-send window has let go; False when it is another."""
        window = self._quick.made
        if window is None or window.waits_for != mail:
            return False
        window.undo()
        window.reveal()
        return True

    # --- all of them --------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        """Whether the quick-send window is in sight."""
        return self._quick.made is not None and bool(self._quick.made.winfo_viewable())

    def heard(self, event: Event) -> None:
        """Tell all windows that were made."""
        for window in self._listening():
            window.heard(event)

    def keep(self) -> None:
        """Keep what is written before this returns."""
        if self._quick.made is not None:
            self._quick.made.keep()

    def speak(self, language: str, translate: Translate) -> None:
        """Make all windows anew in another language, those in sight at once."""
        self.keep()
        self._root.look.speak(language, translate)
        for window, reopen in ((self._quick, self.quick_send), (self._adding, self.add_account)):
            if window.made is not None:
                seen = window.made.winfo_viewable()
                window.made.destroy()
                window.drop()
                if seen:
                    reopen()

    def _listening(self) -> Iterator[Listener]:
        for window in (self._quick.made,):
            if window is not None:
                yield window

    # --- making -------------------------------------------------------------------------------

    def _make_quick(self) -> QuickSendWindow:
        from traymail.ui.dialogs.quick_send.acts import Doors
        from traymail.ui.dialogs.quick_send.window import QuickSendWindow

        doors = Doors(self.add_account, self.add_account, self._out_of_sight)
        return QuickSendWindow(self._root, self._backend, self._background, doors, self._clock.now)

    def _make_adding(self) -> AddAccountWindow:
        from traymail.ui.dialogs.add_account import AddAccountWindow

        return AddAccountWindow(self._root, self._backend, self._background)
