"""The tray and all windows as one: what is chosen, pressed or told leads to the right place."""

from __future__ import annotations

import logging
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from traymail.core.errors import DesktopError, TraymailError
from traymail.core.events import Event, ItemChanged, SettingsApplied
from traymail.core.languages import DEFAULT, LANGUAGES
from traymail.core.outbox import OutboxItem
from traymail.core.overview import Overview
from traymail.core.ports import Clock
from traymail.core.settings import Settings
from traymail.core.texts import Text, Translate, text
from traymail.desktop.fonts import can_draw
from traymail.desktop.requests import Bubble
from traymail.failures import log_failure
from traymail.services.services import Services
from traymail.ui.appearance import ThemeFollower
from traymail.ui.bridge import Background, Bridge, told_of
from traymail.ui.choices import Choices
from traymail.ui.garbage import Garbage
from traymail.ui.icons import notice_icon
from traymail.ui.model.menu import Choice
from traymail.ui.model.notices import Wishes, wishes_of
from traymail.ui.model.sentences import in_window
from traymail.ui.notifier import Notifier
from traymail.ui.palette import Mode
from traymail.ui.rescaling import MonitorScale, scaling_at
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Root
from traymail.ui.tray.controller import TrayController, make_tray
from traymail.ui.tray.loop import TkLoop
from traymail.ui.tray.port import FallbackWindow, TrayParts
from traymail.ui.window import WINDOW_CLASS
from traymail.ui.windows import Windows
from traymail.winapi import monitors

if TYPE_CHECKING:  # jeepney is on Linux only
    from traymail.desktop.bus import Bus

log = logging.getLogger(__name__)

_TROUBLE = "trouble"
# By then the icon is there, and hardly anybody has chosen anything.
_READY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Speech:
    """How a language of the configuration becomes words: ``auto`` is the environment's."""

    language: Callable[[str], str]
    translator: Callable[[str], Translate]
    can_draw: Callable[[str], bool] = can_draw

    def shown(self, wanted: str) -> str:
        """Return the language of the windows: English where no font has the characters."""
        language = self.language(wanted)
        script = LANGUAGES[language].script
        return language if not script or self.can_draw(script) else DEFAULT


def open_root(settings: Settings, speech: Speech) -> Root:
    """Open the root of all windows; raises DesktopError where there is no display."""
    language = speech.shown(settings.language)
    mode: Mode = "dark" if settings.theme == "dark" else "light"
    try:
        return Root(mode, language, speech.translator(language))
    except tk.TclError as error:
        log.info("no window can be opened: %s", error)
        raise DesktopError(
            text("The display cannot be used."),
            text("On a server, run: traymail run --headless"),
        ) from error


class Shell:
    """Owns the windows and the tray of one running program; all of it on Tk's thread."""

    def __init__(
        self,
        root: Root,
        services: Services,
        clock: Clock,
        speech: Speech,
        overview: Overview,
        *,
        login: bool,
    ) -> None:
        """``login``: started with the desktop, so no window opens by itself."""
        self.root = root
        self._services, self._clock, self._speech = services, clock, speech
        root.report_callback_exception = self._report  # Tk's own way
        root.places.update(services.program.window_places())
        self._wishes = Wishes()
        self._bridge = Bridge(root)
        self._background = Background(self._bridge)
        self._tasks = Tasks(root, self._background, self._failed)
        self.loop = TkLoop(root, self._bridge, self._background)
        self._garbage = Garbage(self.loop.after)
        self.windows = Windows(
            root,
            services,
            self._background,
            clock,
            self._out_of_sight,
            lambda: self.tray.in_window,
        )
        self.choices = Choices(services, clock, self.windows, self._tasks, self._tell)
        self.appearance = ThemeFollower(root.theme, self._tasks, self._repaint)
        self.tray = make_tray(self._parts(), login=login)
        self._controller = TrayController(
            self.loop, self._background, services.program.overview, self.tray, clock
        )
        self.notifier = Notifier(self.loop, self.tray, clock, self._translate, self.choices.press)
        self._controller.start(overview)
        self._obey(overview.settings)
        services.program.listen(lambda event: self._bridge.post(partial(self._hear, event)))
        self.appearance.ask_desktop()
        self._cancel_ready = self.loop.after(_READY_SECONDS, self._make_ready)
        # The class of all windows, and of nothing in them.
        root.bind_class(
            WINDOW_CLASS, "<Map>", lambda _event: self.appearance.ask_desktop(), add="+"
        )
        root.bind_class(WINDOW_CLASS, "<Unmap>", lambda _event: self._garbage.stir(), add="+")
        if monitors():
            MonitorScale(root, scaling_at, self.windows.rescale)
        if not login and not overview.settings.accounts:
            self.windows.welcome()

    @property
    def background(self) -> Background:
        """What does the work that blocks, also for windows that others add."""
        return self._background

    def close(self) -> None:
        """End all of it; what is written is kept first. Raises StateError when it cannot be."""
        try:
            self.windows.keep()
        finally:
            self._cancel_ready()
            self._controller.close()
            self.notifier.close()
            self.tray.stop()
            self._background.close()
            self._bridge.close()
            self.root.destroy()
            self._garbage.close()
            self._keep_places()

    def _keep_places(self) -> None:
        """Remember where the windows were; not worth an error."""
        try:
            self._services.program.keep_window_places(self.root.places)
        except TraymailError as error:
            log.warning("%s", error)

    @property
    def busy(self) -> bool:
        """Whether work goes on in the background."""
        return self._background.busy

    def grant(self, wish: Callable[[Windows], None]) -> None:
        """Open what another process asks for, and the window that stands in for the icon."""
        self.tray.reveal()
        wish(self.windows)

    # --- what happens -------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        self._garbage.stir()
        self._controller.hear(event)
        # A window in sight offers Undo itself.
        undo = self._wishes.undo and not self.windows.writing
        self.notifier.wishes = replace(self._wishes, undo=undo)
        self.notifier.hear(event)
        self.windows.on_event(event)
        if isinstance(event, SettingsApplied):
            self._tasks.ask(
                self._services.program.overview,
                lambda overview: self._obey(overview.settings),
                slot="obey",
            )

    def _out_of_sight(self, mail: int) -> None:
        """Offer Undo in a notification: the window that did was closed."""

        def found(item: OutboxItem) -> None:
            self.notifier.wishes = self._wishes
            self.notifier.hear(ItemChanged(item))

        self._tasks.run(lambda: self._services.mail.detail(mail).item, found)

    def _obey(self, settings: Settings) -> None:
        """Follow what the configuration says of the windows."""
        self._wishes = wishes_of(settings)
        self.appearance.obey(settings)
        language = self._speech.shown(settings.language)
        lacking = language != self._speech.language(settings.language)
        if lacking and not self.root.theme.lacks_font:
            self.root.theme.lacks_font = lacking
            from traymail.ui.model.general import INSTALL_FONT, NO_FONT  # of the settings' page

            log.warning("no font here has Chinese characters")
            self._tell(NO_FONT, INSTALL_FONT)
            # Those who have asked already did not know.
            self.windows.on_event(SettingsApplied())
        self.root.theme.lacks_font = lacking
        if language != self.root.theme.language:
            translate = self._speech.translator(language)
            self.windows.speak(language, translate, self._controller.refresh)

    def _make_ready(self) -> None:
        """Have at hand what the first window needs: people wait for it, and now for nothing."""
        self._tasks.run(self.windows.make_ready)

    def _report(self, _kind: object, error: BaseException, _where: object) -> None:
        """Log what went wrong in a callback; nobody reads the standard error of a tray program."""
        log_failure(log, "a window met an error", error)
        told = told_of(error)
        self._tell(told.title, told.advice)

    def _failed(self, error: TraymailError) -> None:
        """Tell what could not be done, when no window is there to tell it."""
        log.warning("%s", error)
        self._tell(error.title, error.advice)

    def _tell(self, what: Text, advice: Text | None = None) -> None:
        say = self.root.theme.say
        advice = in_window(advice)
        self.tray.notify(Bubble(_TROUBLE, say(what), "" if advice is None else say(advice)))

    # --- the tray -----------------------------------------------------------------------------

    def _parts(self) -> TrayParts:
        return TrayParts(
            loop=self.loop,
            pictures=self.appearance.pictures,
            translate=self._translate,
            on_choice=self._chosen,
            on_press=self._bubble_pressed,
            make_window=self._control_window,
            notice_icon=notice_icon(),
            on_dark=self.appearance.dark_told,
            on_dark_panel=self.appearance.dark_panel_told,
            on_colours=self.appearance.ask_desktop,
            on_bus=self._bus_changed,
        )

    def _bus_changed(self, bus: Bus | None) -> None:
        """Have file dialogs be the desktop's own while its bus is there."""
        files = self.root.files
        if files.portal is not None:
            files.portal.close()
        files.portal = None
        if bus is not None:
            from traymail.desktop.file_chooser import FileChooser

            files.portal = FileChooser(bus, self.loop.after)

    def _chosen(self, choice: Choice) -> None:
        # A panel waits for the answer to its click: it does not have to wait for a window.
        self.loop.post(partial(self.choices.choose, choice))

    def _bubble_pressed(self, key: str, button: str) -> None:
        # The notifier is made after the tray, which tells it.
        self.notifier.pressed(key, button)

    def _repaint(self) -> None:
        self.tray.repaint()

    def _translate(self, words: str) -> str:
        return self.root.theme.translate(words)

    def _control_window(self) -> FallbackWindow:
        from traymail.ui.tray.control_window import ControlWindow

        self.loop.post(self.windows.icon_moved)
        return ControlWindow(self.root, self.choices.choose)
