"""The window for help and diagnosis: what the user and the program do becomes its next state."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from traymail import __version__
from traymail.core.errors import TraymailError
from traymail.core.events import Event, ItemChanged, LimitReached, MailProgress
from traymail.core.overview import Overview
from traymail.core.texts import text
from traymail.desktop.opening import open_path
from traymail.disk import in_home
from traymail.services.services import Services
from traymail.ui.action_bar import ActionBar
from traymail.ui.bridge import Background
from traymail.ui.dialogs.help.view import (
    DiagnosisPage,
    FilesPage,
    FirstSteps,
    HelpNav,
    KeyTable,
    StatePage,
)
from traymail.ui.model import help as model
from traymail.ui.model.help import Help, HelpAct, HelpLink, HelpPage, buttons
from traymail.ui.model.help_state import About, findings, report, troubles
from traymail.ui.model.sentences import sentence_of
from traymail.ui.refresher import Refresher
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.trying import TRYING, follow_test
from traymail.ui.widgets import Area, Line, Toast
from traymail.ui.window import Dialog, Size


@dataclass(frozen=True, slots=True)
class HelpNavigation:
    """``settings`` is given the name of a page: "accounts" or "rules"."""

    quick_send: Callable[[], object]
    settings: Callable[[str], object]
    add_account: Callable[[], object]


# What changes nothing that stands here.
_PASSED_OVER = (ItemChanged, MailProgress, LimitReached)


class HelpWindow(Dialog):
    """Five pages; whatever blocks is done in the background and can be cancelled."""

    remembered = "help"
    floats = False

    def __init__(
        self, root: Root, services: Services, background: Background, navigation: HelpNavigation
    ) -> None:
        super().__init__(root, text("Help and diagnosis"), Size(900, 600, (900, 600)))
        self._services, self._navigation = services, navigation
        self.screen = ScreenState(Help(), self._draw)
        self._tasks = Tasks(self, background, self._failed)
        self._about = _about(root)
        self._refresher = Refresher(
            background, services.program.overview, self._informed, self._failed
        )
        self.nav = HelpNav(self, self.turn)
        self.nav.pack(side="left", fill="y", before=self.footer)
        Line(self).pack(side="left", fill="y", before=self.footer)
        self.diagnosis = DiagnosisPage(self.body, self._choose, navigation.add_account)
        self.state_page = StatePage(self.body)
        self.files = FilesPage(self.body, self._about, self._open)
        self._pages: Mapping[HelpPage, Area] = {
            HelpPage.FIRST_STEPS: FirstSteps(self.body, self._go),
            HelpPage.DIAGNOSIS: self.diagnosis,
            HelpPage.STATE: self.state_page,
            HelpPage.KEYS: KeyTable(self.body),
            HelpPage.FILES: self.files,
        }
        self._in_sight: HelpPage | None = None
        self.bar = ActionBar(self.footer, self._press)
        self._toast = Toast(self)
        self.screen.set_state(self.screen.state)

    # --- for those who open it ----------------------------------------------------------------

    def open(self, page: HelpPage | None = None) -> None:
        """Show the window, at a page when one is asked for."""
        if page is not None:
            self.turn(page)
        self.reveal()

    def on_event(self, event: Event) -> None:
        """Follow an event of the engine while in sight."""
        if self.winfo_viewable() and not isinstance(event, _PASSED_OVER):
            self._refresher.ask()

    def turn(self, page: HelpPage) -> None:
        """Show another page."""
        self.screen.apply(model.turned, page)

    # --- the window ---------------------------------------------------------------------------

    def on_show(self) -> None:
        """Ask how everything stands now."""
        self.nav.rows[self.screen.state.page].focus_set()
        self._refresher.ask()

    def close(self) -> None:
        """Hide; what is being tried ends."""
        self._stop()
        self.conceal()

    def _draw(self, before: Help, state: Help) -> None:
        in_bar = self.bar.has_keyboard
        self.nav.show(state.page, troubles(state.overview))
        self._draw_page(state)
        if state.page is not self._in_sight:
            if self._in_sight is not None:
                self._pages[self._in_sight].pack_forget()
            self._pages[state.page].pack(fill="both", expand=True)
            self._in_sight = state.page
        self.bar.show(buttons(state))
        self.primary = self.bar.primary
        if in_bar and before.running and not state.running and self.primary is not None:
            self.primary.focus_set()

    def _draw_page(self, state: Help) -> None:
        match state.page:
            case HelpPage.DIAGNOSIS:
                self.diagnosis.show(state)
            case HelpPage.STATE if state.overview is not None:
                self.state_page.fill(findings(state.overview))
            case HelpPage.FILES:
                self.files.fill(state.places)
            case _:
                pass  # always the same

    # --- what the user does -------------------------------------------------------------------

    def copy_report(self) -> None:
        """Put everything that helps a helper into the clipboard."""
        self.clipboard_clear()
        self.clipboard_append(report(self.screen.state, self._about, self.theme.translate))
        self._toast.show(text("The report is in the clipboard. It contains no code."), "ok")

    def _press(self, act: HelpAct) -> None:
        match act:
            case HelpAct.COPY_REPORT:
                self.copy_report()
            case HelpAct.START:
                self._start()
            case HelpAct.STOP:
                self._stop()

    def _choose(self, account: str) -> None:
        self._stop()
        self.screen.apply(model.chosen, account)

    def _start(self) -> None:
        self.screen.apply(model.started)
        trial = self.screen.state.trial
        if trial is not None:
            self.bar.buttons[HelpAct.STOP].focus_set()
            follow_test(
                self._tasks,
                self.screen,
                lambda: self._services.accounts.diagnose(trial.account),
            )

    def _stop(self) -> None:
        if self._tasks.under_way(TRYING):
            self._tasks.stop(TRYING)
            self.screen.apply(Help.test_stopped)

    def _go(self, link: HelpLink) -> None:
        match link:
            case HelpLink.QUICK_SEND:
                self._navigation.quick_send()
            case HelpLink.ACCOUNTS:
                self._navigation.settings("accounts")
            case HelpLink.RULES:
                self._navigation.settings("rules")

    def _open(self, path: Path) -> None:
        self._tasks.run(lambda: open_path(path))

    # --- what blocks --------------------------------------------------------------------------

    def _informed(self, overview: Overview) -> None:
        state = model.informed(self.screen.state, overview, self._services.program.places())
        if self.screen.state.running and not state.running:
            self._tasks.stop(TRYING)
        self.screen.set_state(state)

    def _failed(self, error: TraymailError) -> None:
        self._toast.show(sentence_of(error), "err")


def _about(root: Root) -> About:
    tk_version = root.tk.call("info", "patchlevel")
    system = f"{platform.platform()}, Python {platform.python_version()}, Tk {tk_version}"
    return About(__version__, f"{system}, {sys.platform}", str(in_home("~")))
