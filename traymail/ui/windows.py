"""The windows of the program: made when first opened, leading to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

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
    from traymail.ui.dialogs.guide import GuideWindow
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

    def on_event(self, event: Event) -> None:
        """Take in an event of the engine, on Tk's thread."""
        ...


class Windows:
    """Opens windows, and tells those that were made what happens."""

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        clock: Clock,
        out_of_sight: Callable[[int], object],
        in_window: Callable[[], bool],
    ) -> None:
        """``out_of_sight`` offers Undo elsewhere for a mail that is seen no more.

        ``in_window`` tells whether the menu is in a window instead of the tray.
        """
        self._root = root
        make = _WindowMaker(_Given(root, services, background), clock, self)
        self._quick = Lazy(lambda: make.quick(out_of_sight))
        self._table = Lazy(make.table)
        self._welcome = Lazy(lambda: make.welcome(in_window))
        self._adding = Lazy(lambda: make.adding(in_window))
        # What was changed in a page and not saved outlives the window in another language.
        self._pages = Lazy(make.pages)
        self._settings = Lazy(lambda: make.settings(self._pages()))
        self._outbox = Lazy(make.outbox)
        self._help = Lazy(make.help)
        self._guide = Lazy(make.guide)

    # --- ways in ------------------------------------------------------------------------------

    def quick_send(self, asked: Prefill | None = None) -> None:
        """Open the window that writes a mail."""
        self._quick().open(asked)

    def send_clipboard(self) -> None:
        """Open it with what is in the clipboard."""
        self._quick().send_clipboard()

    def table_mails(self, subject: str = "", body: str = "", account: str = "") -> None:
        """Open the window that sends a mail for each row of a table; the next batch needs another.

        One whose mails still go out stays.
        """
        before = self._table.made
        if before is not None and before.over:
            self._table.drop()
            before.destroy()
        self._table().open(subject, body, account)

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
        """Open the settings, at the page of this name when one is asked for."""
        self._settings().open(page)

    def outbox(self, mail: int | None = None) -> None:
        """Open the outbox, at a mail when one is asked for."""
        self._outbox().open(mail)

    def help(self) -> None:
        """Open help and diagnosis."""
        self._help().open()

    def guide(self, host: str) -> None:
        """Open the guide to a client id for OAuth2, at what it says of a mail server."""
        self._guide().open(host)

    def undo(self, mail: int) -> bool:
        """Take back the mail that the quick-send window has let go; False when it is another."""
        return self._quick.made is not None and self._quick.made.undo(mail)

    # --- all of them --------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        """Whether the quick-send window is in sight."""
        return self._quick.made is not None and bool(self._quick.made.winfo_viewable())

    def on_event(self, event: Event) -> None:
        """Tell all windows that were made."""
        for window in self._listening():
            window.on_event(event)

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
            self._make_anew(lambda: self._root.theme.speak(language, translate), Window.take_place)
            spoken()

        self._at_rest(turn)

    def rescale(self, scaling: float) -> None:
        """Make all windows anew, larger or smaller; those in sight around where they were.

        ``scaling``: Tk's pixels per point.
        """
        theme = self._root.theme
        self._at_rest(lambda: self._make_anew(lambda: theme.rescale(scaling), Window.be_around))

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
        table, guide = self._table.made, self._guide.made
        page = "" if settings is None else settings.page.name
        host = "" if guide is None else guide.host
        reopened: list[tuple[Callable[[], None], Callable[[], Window], str]] = []
        for once, reopen in (
            (self._welcome, self.welcome),
            (self._quick, self.quick_send),
            (self._table, self.table_mails),
            (self._adding, self.add_account),
            (self._outbox, self.outbox),
            (self._help, self.help),
            (self._settings, lambda: self.settings(page)),
            (self._guide, lambda: self.guide(host)),
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
            self._table().take_over(table.screen.state)
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
        self._root.theme.screen()
        import traymail.ui.dialogs.quick_send.window  # noqa: F401 # read in for later


class _Given(NamedTuple):
    """What every window is given."""

    root: Root
    services: Services
    background: Background


class _WindowMaker:
    """Makes windows, which lead to each other through ``windows``."""

    def __init__(self, given: _Given, clock: Clock, windows: Windows) -> None:
        self._given, self._clock, self._windows = given, clock, windows

    def quick(self, out_of_sight: Callable[[int], object]) -> QuickSendWindow:
        from traymail.ui.dialogs.quick_send.errands import QuickSendNavigation
        from traymail.ui.dialogs.quick_send.window import QuickSendWindow

        ways = self._windows
        navigation = QuickSendNavigation(
            ways.add_account, self._to_accounts, ways.table_mails, out_of_sight
        )
        return QuickSendWindow(*self._given, navigation, self._clock.now)

    def table(self) -> TableMailsWindow:
        from traymail.ui.dialogs.table_mails import TableMailsWindow

        return TableMailsWindow(*self._given, self._clock.now)

    def welcome(self, in_window: Callable[[], bool]) -> WelcomeWindow:
        from traymail.ui.dialogs.welcome import WelcomeWindow

        root, services, background = self._given
        return WelcomeWindow(
            root, services.program, background, self._windows.add_account, in_window
        )

    def adding(self, in_window: Callable[[], bool]) -> AddAccountWindow:
        from traymail.ui.dialogs.add_account import AddAccountWindow

        ways = self._windows
        return AddAccountWindow(*self._given, ways.quick_send, in_window, ways.guide)

    def pages(self) -> tuple[Page, ...]:
        from traymail.ui.dialogs.accounts import AccountsPage
        from traymail.ui.dialogs.general import GeneralPage
        from traymail.ui.dialogs.groups import GroupsPage
        from traymail.ui.dialogs.rules import RulesPage

        root, services, background = self._given
        return (
            AccountsPage(*self._given, self._windows.add_account, self._windows.guide),
            RulesPage(*self._given, self._local_time),
            GroupsPage(*self._given),
            GeneralPage(root, services.program, background),
        )

    def settings(self, pages: tuple[Page, ...]) -> SettingsWindow:
        from traymail.ui.dialogs.settings import Link, SettingsWindow

        links = (
            Link(text("Outbox"), "inboxes", self._windows.outbox),
            Link(text("Help and diagnosis"), "activity", self._windows.help),
        )
        return SettingsWindow(self._given.root, pages, links)

    def outbox(self) -> OutboxWindow:
        from traymail.ui.dialogs.outbox import OutboxNavigation, OutboxWindow

        navigation = OutboxNavigation(self._windows.quick_send, self._to_accounts)
        return OutboxWindow(*self._given, navigation, self._local_time)

    def help(self) -> HelpWindow:
        from traymail.ui.dialogs.help import HelpNavigation, HelpWindow

        ways = self._windows
        return HelpWindow(
            *self._given, HelpNavigation(ways.quick_send, ways.settings, ways.add_account)
        )

    def guide(self) -> GuideWindow:
        from traymail.ui.dialogs.guide import GuideWindow

        root, services, background = self._given
        return GuideWindow(root, services.program, background)

    def _to_accounts(self) -> None:
        self._windows.settings("accounts")

    def _local_time(self) -> datetime:
        return self._clock.now().astimezone()
