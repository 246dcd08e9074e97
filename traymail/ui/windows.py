"""The windows of the program: made when first opened, leading to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from traymail.core.events import Event
from traymail.core.ports import Clock
from traymail.core.texts import Translate, text
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.model.prefill import Prefill
from traymail.ui.theme import Root
from traymail.ui.window import Page, Window, WithWindows

if TYPE_CHECKING:
    from traymail.ui.dialogs.add_account import AddAccountWindow
    from traymail.ui.dialogs.help import HelpWindow
    from traymail.ui.dialogs.outbox import OutboxWindow
    from traymail.ui.dialogs.quick_send.window import QuickSendWindow
    from traymail.ui.dialogs.settings import SettingsWindow
    from traymail.ui.dialogs.table_mails import TableMailsWindow
    from traymail.ui.dialogs.welcome import WelcomeWindow


T = TypeVar("T")


class Lazy(Generic[T]):
    """Makes its thing at the first call; `made` is None until then."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.made: T | None = None

    def __call__(self) -> T:
        """Return the thing."""
        if self.made is None:
            self.made = self._make()
        return self.made

    def drop(self) -> None:
        """Forget the thing: the next call makes another."""
        self.made = None


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
        services: Services,
        background: Background,
        clock: Clock,
        out_of_sight: OutOfSight,
        in_window: Callable[[], bool],
    ) -> None:
        """``in_window`` tells whether the menu is in a window instead of the tray."""
        self._in_window = in_window
        self._root, self._services, self._background = root, services, background
        self._clock, self._out_of_sight = clock, out_of_sight
        self._quick = Lazy(self._make_quick)
        self._table = Lazy(self._make_table)
        self._welcome = Lazy(self._make_welcome)
        self._adding = Lazy(self._make_adding)
        # What was changed in a page and not saved outlives the window in another language.
        self._pages = Lazy(self._make_pages)
        self._settings = Lazy(self._make_settings)
        self._outbox = Lazy(self._make_outbox)
        self._help = Lazy(self._make_help)

    # --- ways in ------------------------------------------------------------------------------

    def quick_send(self, asked: Prefill | None = None) -> None:
        """Open the window that writes a mail."""
        self._quick().open(asked)

    def send_clipboard(self) -> None:
        """Open it with what is in the clipboard."""
        self._quick().send_clipboard()

    def table_mails(self, subject: str = "", body: str = "") -> None:
        """Open the window that sends a mail for each row of a table; the next batch needs another.

        One whose mails still go out stays.
        """
        before = self._table.made
        if before is not None and before.over:
            self._table.drop()
            before.destroy()
        self._table().open(subject, body)

    def welcome(self) -> None:
        """Open the window of the first start."""
        self._welcome().reveal()

    def add_account(self) -> None:
        """Open the window that adds an account; the welcome has led there."""
        welcome = self._welcome.made
        if welcome is not None:
            # Hidden right after it was shown, a window may come back with the desktop's late
            # answer; one that is no more cannot. The press of its own button ends first.
            self._welcome.drop()
            welcome.close()
            welcome.after_idle(welcome.destroy)
        self._adding().reveal()

    def settings(self, page: str = "") -> None:
        """Open the settings, at a page ("accounts", "rules", "general") when one is asked for."""
        self._settings().open(page)

    def outbox(self, mail: int | None = None) -> None:
        """Open the outbox, at a mail when one is asked for."""
        self._outbox().open(mail)

    def help(self) -> None:
        """Open help and diagnosis."""
        self._help().open()

    def undo(self, mail: int) -> bool:
        """Take back the mail that the quick-send window has let go; False when it is another."""
        return self._quick.made is not None and self._quick.made.undo(mail)

    # --- all of them --------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        """Whether the quick-send window is in sight."""
        return self._quick.made is not None and bool(self._quick.made.winfo_viewable())

    def heard(self, event: Event) -> None:
        """Tell all windows that were made."""
        for window in self._listening():
            window.heard(event)

    def icon_moved(self) -> None:
        """Let the window that tells where the icon is tell it anew."""
        if self._welcome.made is not None:
            self._welcome.made.tell_place()

    def keep(self) -> None:
        """Keep what is written before this returns."""
        if self._quick.made is not None:
            self._quick.made.keep()

    def speak(self, language: str, translate: Translate, spoken: Callable[[], object]) -> None:
        """Make all windows anew in another language, those in sight at once where they were.

        ``spoken`` is called then: a mail that is being stored has to be in the outbox first.
        """

        def turn() -> None:
            self._make_anew(lambda: self._root.look.speak(language, translate), Window.take_place)
            spoken()

        self._at_rest(turn)

    def rescale(self, scaling: float) -> None:
        """Make all windows anew, larger or smaller; those in sight around where they were.

        ``scaling``: Tk's pixels per point.
        """
        look = self._root.look
        self._at_rest(lambda: self._make_anew(lambda: look.rescale(scaling), Window.be_around))

    def _at_rest(self, turn: Callable[[], object]) -> None:
        quick, table = self._quick.made, self._table.made

        def then() -> None:
            turn() if table is None else table.at_rest(turn)

        then() if quick is None else quick.at_rest(then)

    def _make_anew(
        self, change: Callable[[], object], put: Callable[[Window, str], object]
    ) -> None:
        """End all windows, ``change``, and make them again; ``put`` is told where they were."""
        quick, settings = self._quick.made, self._settings.made
        adding = None if self._adding.made is None else self._adding.made.leave()
        table = self._table.made
        page = "" if settings is None else settings.page.name
        reopened: list[tuple[Callable[[], None], Callable[[], Window], str]] = []
        for once, reopen in (
            (self._welcome, self.welcome),
            (self._quick, self.quick_send),
            (self._table, self.table_mails),
            (self._adding, self.add_account),
            (self._outbox, self.outbox),
            (self._help, self.help),
            (self._settings, lambda: self.settings(page)),
        ):
            if once.made is not None:
                if once.made.winfo_viewable():
                    reopened.append((reopen, once, once.made.geometry()))
                once.made.destroy()
                once.drop()
        change()
        if quick is not None:
            self._quick().take_over(quick)
        if table is not None:
            self._table().take_over(table.held)
        if adding is not None:
            self._adding().take_over(adding)
        for one in self._pages.made or ():
            if isinstance(one, WithWindows):
                one.make_anew()
        for reopen, window, place in reopened:
            reopen()
            put(window(), place)

    def _listening(self) -> Iterator[Listener]:
        windows = (self._quick, self._table, self._settings, self._outbox, self._help)
        yield from (one.made for one in windows if one.made is not None)

    def make_ready(self) -> None:
        """Know the monitors and read the code of the popup, on any thread."""
        self._root.look.screen()
        import traymail.ui.dialogs.quick_send.window  # noqa: F401

    # --- making -------------------------------------------------------------------------------

    def _make_quick(self) -> QuickSendWindow:
        from traymail.ui.dialogs.quick_send.errands import QuickSendDoors
        from traymail.ui.dialogs.quick_send.window import QuickSendWindow

        doors = QuickSendDoors(
            self.add_account, self._to_accounts, self.table_mails, self._out_of_sight
        )
        return QuickSendWindow(self._root, self._services, self._background, doors, self._clock.now)

    def _make_table(self) -> TableMailsWindow:
        from traymail.ui.dialogs.table_mails import TableMailsWindow

        return TableMailsWindow(self._root, self._services, self._background, self._clock.now)

    def _make_welcome(self) -> WelcomeWindow:
        from traymail.ui.dialogs.welcome import WelcomeWindow

        program = self._services.program
        return WelcomeWindow(
            self._root, program, self._background, self.add_account, self._in_window
        )

    def _make_adding(self) -> AddAccountWindow:
        from traymail.ui.dialogs.add_account import AddAccountWindow

        return AddAccountWindow(
            self._root, self._services, self._background, self.quick_send, self._in_window
        )

    def _make_pages(self) -> tuple[Page, ...]:
        from traymail.ui.dialogs.accounts import AccountsPage
        from traymail.ui.dialogs.general import GeneralPage
        from traymail.ui.dialogs.rules import RulesPage

        given = (self._root, self._services, self._background)
        return (
            AccountsPage(*given, self.add_account),
            RulesPage(*given, self._local_time),
            GeneralPage(self._root, self._services.program, self._background),
        )

    def _make_settings(self) -> SettingsWindow:
        from traymail.ui.dialogs.settings import Link, SettingsWindow

        links = (
            Link(text("Outbox"), "inboxes", self.outbox),
            Link(text("Help and diagnosis"), "activity", self.help),
        )
        return SettingsWindow(self._root, self._pages(), links)

    def _make_outbox(self) -> OutboxWindow:
        from traymail.ui.dialogs.outbox import OutboxDoors, OutboxWindow

        doors = OutboxDoors(self.quick_send, self._to_accounts)
        return OutboxWindow(self._root, self._services, self._background, doors, self._local_time)

    def _make_help(self) -> HelpWindow:
        from traymail.ui.dialogs.help import HelpDoors, HelpWindow

        doors = HelpDoors(self.quick_send, self.settings, self.add_account)
        return HelpWindow(self._root, self._services, self._background, doors)

    def _to_accounts(self) -> None:
        self.settings("accounts")

    def _local_time(self) -> datetime:
        return self._clock.now().astimezone()
