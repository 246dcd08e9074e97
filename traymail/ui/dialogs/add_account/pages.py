"""The pages of the window that adds an account: which is in sight, and who has the keyboard."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from traymail.core.oauth import service_for
from traymail.ui.dialogs.add_account.address import AddressHandlers, AddressPage
from traymail.ui.dialogs.add_account.code import CodePage
from traymail.ui.dialogs.add_account.details import DetailsHandlers, DetailsPage
from traymail.ui.dialogs.add_account.kinds import KindsPage
from traymail.ui.dialogs.add_account.sign_in import ClientHandlers, SignInPage
from traymail.ui.lead_on import LeadOn
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage, AddSaving
from traymail.ui.trial_view import TrialView
from traymail.ui.widgets import Area, Entry, ScrollArea


@dataclass(frozen=True, slots=True)
class PageHandlers:
    """What the pages tell the window."""

    address: AddressHandlers
    details: DetailsHandlers
    client: ClientHandlers
    sign_in: Callable[[], object]
    typed_code: Callable[[str], object]
    choose: Callable[[str], object]
    start_with_desktop: Callable[[bool], object]
    in_window: Callable[[], bool]


class AddPages:
    """Those with a secret are made when they are come to, and forgotten when they are left."""

    def __init__(self, master: tk.Misc, handlers: PageHandlers) -> None:
        self._master, self._handlers = master, handlers
        self.address = AddressPage(master, handlers.address)
        self.code: CodePage | None = None
        self.kinds: KindsPage | None = None
        self.details: DetailsPage | None = None
        self.sign_in: SignInPage | None = None
        self._test = ScrollArea(master, padding=(24, 20, 14, 12))
        self._trial = TrialView(self._test.inner)
        self._trial.pack(fill="x")
        self.lead_on: LeadOn | None = None
        self._in_sight: Area | None = None

    @property
    def secret(self) -> Entry | None:
        """The field of the secret, where there is one."""
        page = self.code or self.details or self.sign_in
        return None if page is None else page.entry

    def show(self, state: Adding) -> bool:
        """Show the page of this state; tell whether another one was in sight."""
        self._forget_others(state)
        page = self._page(state)
        turned = page is not self._in_sight
        if turned:
            if self._in_sight is not None:
                self._in_sight.pack_forget()
            page.pack(fill="both", expand=True)
            self._in_sight = page
        return turned

    def forget_secrets(self) -> None:
        """Make an end of the pages that hold what was typed as a secret."""
        for page in (self.code, self.details, self.sign_in):
            if page is not None:
                page.clear()
                self._end(page)
        self.code = self.details = self.sign_in = None

    def focus_inside(self, state: Adding) -> bool:
        """Put the keyboard where something is to be typed; tell whether there is such a place."""
        match state.page:
            case AddPage.ADDRESS:
                self.address.focus_inside(state)
            case AddPage.CODE if self.code is not None:
                self.code.entry.focus_set()
            case AddPage.SIGN_IN if self.sign_in is not None and state.sign_in is None:
                self.sign_in.focus_inside()
            case AddPage.KINDS if self.kinds is not None:
                self.kinds.focus_inside()
            case AddPage.DETAILS if self.details is not None:
                self.details.focus_inside(state)
            case _:
                return False
        return True

    def know_start(self, *, on: bool) -> None:
        """Show whether the program starts with the desktop."""
        if self.lead_on is not None and self.lead_on.winfo_exists():
            self.lead_on.know(on=on)

    def _page(self, state: Adding) -> Area:
        match state.page:
            case AddPage.ADDRESS:
                self.address.show(state)
                return self.address
            case AddPage.CODE:
                return self._show_code(state)
            case AddPage.SIGN_IN:
                if self.sign_in is None:
                    self.sign_in = SignInPage(self._master, state, self._handlers.client)
                self.sign_in.show(state)
                return self.sign_in
            case AddPage.KINDS:
                if self.kinds is None:
                    self.kinds = KindsPage(self._master, self._handlers.choose)
                return self.kinds
            case AddPage.DETAILS if state.other is not None:
                if self.details is None:
                    self.details = DetailsPage(self._master, state.other, self._handlers.details)
                self.details.show(state)
                return self.details
            case _:
                if state.trial is not None:
                    self._trial.show(state.trial, model.advice(state), model.headline(state))
                self._show_lead(state)
                return self._test

    def _show_code(self, state: Adding) -> CodePage:
        if self.code is None:
            offered = state.account and service_for(state.account.host)
            self.code = CodePage(
                self._master,
                model.guide(state),
                self._handlers.typed_code,
                self._handlers.details.open_page,
                self._handlers.sign_in if offered else None,
            )
        self.code.show(state.code)
        return self.code

    def _forget_others(self, state: Adding) -> None:
        """Keep the details while they are tried: what is wrong in them is mended there."""
        if state.page is not AddPage.CODE and self.code is not None:
            self.code.clear()
            self._end(self.code)
            self.code = None
        kept = state.client is not None and state.saving is not AddSaving.DONE
        if self.sign_in is not None and not kept:
            self.sign_in.clear()
            self._end(self.sign_in)
            self.sign_in = None
        kept = state.other is not None and state.saving is not AddSaving.DONE
        if self.details is not None and not kept:
            self.details.clear()
            self._end(self.details)
            self.details = None

    def _end(self, page: Area) -> None:
        page.destroy()
        if self._in_sight is page:
            self._in_sight = None

    def _show_lead(self, state: Adding) -> None:
        """Tell below a good test where the program is to be found."""
        good = state.saving is AddSaving.DONE
        if good and self.lead_on is None:
            self.lead_on = LeadOn(
                self._test.inner,
                in_window=self._handlers.in_window(),
                start=self._handlers.start_with_desktop,
            )
            self.lead_on.pack(fill="x")
        elif not good and self.lead_on is not None:
            self.lead_on.destroy()
            self.lead_on = None
