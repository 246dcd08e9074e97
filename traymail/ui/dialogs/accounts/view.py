"""The page as it is seen: the list, the account in sight or its test, the buttons below."""

from __future__ import annotations

import tkinter as tk

from traymail.core.texts import Text, text
from traymail.ui.action_bar import ActionBar
from traymail.ui.dialogs.accounts.handlers import AccountHandlers
from traymail.ui.dialogs.accounts.list import AccountList
from traymail.ui.dialogs.accounts.sheet import AccountSheet
from traymail.ui.model import settings_form as model
from traymail.ui.model.account_buttons import AccountAct, buttons
from traymail.ui.model.settings_form import Accounts
from traymail.ui.sign_in_view import SignInView
from traymail.ui.trial_view import TrialView
from traymail.ui.widgets import Area, Banner, Button, Empty, Panes, ScrollArea, Spinner
from traymail.ui.window import Footer


class AccountsView(Area):
    """Draws the state of the page."""

    def __init__(self, master: tk.Misc, handlers: AccountHandlers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._page = Accounts()
        self._spinner = Spinner(self, size=24)
        self.empty = Empty(
            self,
            "envelope-at",
            text("No account yet"),
            text("Add the address you send from. It takes about a minute."),
        )
        Button(
            self.empty.middle, text("Add accou&nt…"), handlers.add, "primary", icon="plus-lg"
        ).pack()
        self.panes = Panes(self)
        self.list = AccountList(self.panes, handlers)
        self._detail = Area(self.panes)
        self.panes.hold(self.list, self._detail)
        footer = Footer(self._detail)
        footer.pack(side="bottom", fill="x")
        self.bar = ActionBar(footer, handlers.press, self.jump)
        self._banner: Banner | None = None
        self._trouble: Text | None = None
        self._test = ScrollArea(self._detail, padding=(24, 20, 14, 12))
        self._trial = TrialView(self._test.inner)
        self._trial.pack(fill="x")
        self._signing = ScrollArea(self._detail, padding=(24, 20, 14, 12))
        self.sign_in = SignInView(self._signing.inner, handlers.sign_in)
        self.sign_in.pack(fill="x")
        self.sheets: dict[str, AccountSheet] = {}
        self._in_sight: Area | None = None
        self._listen()

    @property
    def sheet(self) -> AccountSheet | None:
        """The form in sight."""
        return self.sheets.get(self._page.chosen or "")

    def show(self, page: Accounts) -> None:
        """Show this state."""
        before, self._page = self._page, page
        self._show_parts(page)
        if page.form is None:
            return
        self.list.show(model.entries(page), page.chosen)
        for name, sheet in list(self.sheets.items()):
            if name not in page.forms or not sheet.fits(page.forms[name]):
                self.sheets.pop(name).destroy()
        self._show_sheet(page)
        if page.trial is not None:
            self._trial.show(page.trial, page.trial.advice)
        if page.sign_in is not None:
            self.sign_in.show(page.sign_in)
        self._turn(page)
        self._show_trouble(page.trouble or page.form.trouble)
        had_keyboard = self.bar.has_keyboard
        new = self.bar.show(buttons(page))
        if new and (had_keyboard or self._ended(before, page)):
            self._focus_in_bar()

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        self.panes.lead_to(1)
        if self.sheet is not None and self._page.form is not None:
            self.sheet.jump(self._page.form)

    def focus_on(self, act: AccountAct) -> None:
        """Put the keyboard where something is mended."""
        if self.sheet is None:
            return
        if act is AccountAct.CODE:
            self.sheet.code.focus_inside()
        elif act is AccountAct.SERVER:
            self.sheet.lead_to_server()

    # --- what is in sight ---------------------------------------------------------------------

    def _show_parts(self, page: Accounts) -> None:
        wanted: Area | Spinner = self.panes if page.form is not None else self.empty
        if not page.known and page.trouble is None:
            wanted = self._spinner
        # What stays is left alone: unmapped and mapped again, all of it is painted anew.
        for part in (self._spinner, self.empty, self.panes):
            if part is not wanted:
                part.pack_forget()
        if wanted is self._spinner:
            self._spinner.pack(expand=True)
            self._spinner.start()
            return
        self._spinner.stop()
        if wanted is self.empty:
            self._show_trouble(page.trouble)
        wanted.pack(fill="both", expand=True)

    def _show_sheet(self, page: Accounts) -> None:
        form, name = page.form, page.chosen
        if form is None or name is None:
            return
        if name not in self.sheets:
            self.sheets[name] = AccountSheet(self._detail, form, self._handlers)
        self.sheets[name].show(form, default=name == page.default, stop=model.stop_of(page))

    def _turn(self, page: Accounts) -> None:
        wanted: Area = self.sheets[page.chosen or ""]
        if page.trial is not None:
            wanted = self._test
        if page.sign_in is not None:
            wanted = self._signing
        if wanted is self._in_sight:
            return
        if self._in_sight is not None and self._in_sight.winfo_exists():
            self._in_sight.pack_forget()
        wanted.pack(side="top", fill="both", expand=True)
        self._in_sight = wanted

    def _show_trouble(self, trouble: Text | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if trouble is not None:
            master = self if self._page.form is None else self._detail
            self._banner = Banner(master, "err", trouble)
            self._banner.pack(side="bottom", fill="x")

    # --- the keyboard -------------------------------------------------------------------------

    def _listen(self) -> None:
        window = self.winfo_toplevel()
        for key in ("<Return>", "<KP_Enter>"):
            window.bind(key, self._return, add="+")

    def _return(self, event: tk.Event[tk.Misc]) -> None:
        """Press the primary button from within a field."""
        widget = event.widget
        inside = isinstance(widget, tk.Misc) and str(widget).startswith(f"{self._detail}.")
        if inside and widget.winfo_class() == "TEntry" and self.bar.primary is not None:
            self.bar.primary.invoke()

    def _ended(self, before: Accounts, page: Accounts) -> bool:
        """Whether a test or sign-in has begun or ended just now: its buttons get the keyboard."""
        verdicts = [
            (one.trial and one.trial.verdict, one.sign_in and one.sign_in.waiting)
            for one in (before, page)
        ]
        return verdicts[0] != verdicts[1] and verdicts[1] != (None, None)

    def _focus_in_bar(self) -> None:
        focused = self.focus_get()
        if focused in self.bar.buttons.values():
            return
        wanted = self.bar.primary or self.bar.buttons.get(AccountAct.STOP)
        if wanted is not None:
            wanted.focus_set()
