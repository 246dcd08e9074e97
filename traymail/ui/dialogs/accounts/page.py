"""The page of the accounts: what the user and the program do becomes its next state."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from typing import cast

from traymail.core.events import AccountChanged, Event, SettingsApplied
from traymail.core.texts import Text, text
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.dialogs.accounts.handlers import AccountHandlers
from traymail.ui.dialogs.accounts.view import AccountsView
from traymail.ui.dialogs.accounts.work import AccountWork
from traymail.ui.model import settings_form as model
from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.model.settings_form import Accounts
from traymail.ui.sign_in_view import SignInHandlers
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.trial_view import copy_report
from traymail.ui.widgets import Toast
from traymail.ui.window import Question, Window

_TELLING = (AccountChanged, SettingsApplied)


class AccountsPage:
    """A `traymail.ui.window.Page` that is saved account by account."""

    name = "accounts"
    title: Text = text("Accounts")
    icon = "person-circle"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        add_account: Callable[[], object],
        guide: Callable[[str], object],
    ) -> None:
        """``add_account`` opens the window that adds one.

        ``guide`` opens the guide to a client id, for a mail server.
        """
        self._root, self._add_account, self._guide = root, add_account, guide
        self.screen = ScreenState(Accounts(), self._draw)
        self._view: AccountsView | None = None
        self._toast: Toast | None = None
        tasks = Tasks(root, background, lambda _error: None)
        self._work = AccountWork(
            services, background, self.screen, tasks, jump=self.jump, tell=self.tell
        )

    # --- a page -------------------------------------------------------------------------------

    @property
    def view(self) -> AccountsView | None:
        """The page as it is seen, None when it was not made or is gone."""
        return self._view if self._view is not None and self._view.winfo_exists() else None

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page; what was changed and not saved is there again."""
        handlers = AccountHandlers(
            choose=lambda name: self._choose(model.choose(self.screen.state, name)),
            move=self._move,
            add=self._add,
            typed=self._typed,
            typed_code=self.screen.by(model.type_code),
            replace_code=self._replace_code,
            keep_code=self.screen.by(model.keep_code),
            set_default=self._work.set_default,
            press=self._press,
            guide=self._guide,
            sign_in=SignInHandlers(
                open_page=lambda url: self._work.open_page(url, lambda: self._copy(url)),
                copy=self._copy,
            ),
        )
        self._view = AccountsView(parent, handlers)
        self._toast = Toast(parent.winfo_toplevel())
        self.screen.apply(model.codes_forgotten)
        return self._view

    def on_show(self) -> None:
        """Ask how the accounts stand."""
        self._work.refresh()

    def on_event(self, event: Event) -> None:
        """Follow the accounts while they are in sight."""
        view = self.view
        if isinstance(event, _TELLING) and view is not None and view.winfo_viewable():
            self._work.refresh()

    def save(self) -> None:
        """Save the account in sight, if it was changed."""
        self._work.save()

    # --- what the user does -------------------------------------------------------------------

    def _press(self, act: AccountAct) -> None:
        match act:
            case AccountAct.SAVE:
                self.save()
            case AccountAct.UNDO:
                self.screen.apply(model.undo)
            case AccountAct.REMOVE:
                self._ask_removal()
            case AccountAct.TEST:
                self._work.test()
            case AccountAct.STOP:
                self._work.stop()
            case AccountAct.CODE:
                self._replace_code()
            case AccountAct.BACK | AccountAct.SERVER:
                self.screen.apply(model.close_trial)
                self._focus_on(act)
            case AccountAct.SIGN_IN | AccountAct.DEVICE:
                self._work.sign_in(device=act is AccountAct.DEVICE)
            case AccountAct.COPY_REPORT:
                self._copy_report()

    def _choose(self, state: Accounts) -> None:
        if state.chosen != self.screen.state.chosen:
            if self.screen.state.trial is not None or self.screen.state.sign_in is not None:
                self._work.cancel()
            self.screen.set_state(state)
            self._work.judge()

    def _move(self, step: int) -> None:
        self._choose(model.move(self.screen.state, step))
        if self.view is not None:
            self.view.list.focus_on(self.screen.state.chosen)

    def _add(self) -> None:
        self.screen.apply(model.adding)
        self._add_account()

    def _typed(self, values: Mapping[str, str]) -> None:
        self.screen.apply(model.typed, values)
        sheet = self.view.sheet if self.view else None
        if sheet is not None and sheet.code.entry is not None:
            # Another server may have codes of another shape.
            self.screen.apply(model.type_code, sheet.code.entry.value)
        self._work.judge_soon()

    def _replace_code(self) -> None:
        """Let a new code be entered, in an empty field: one that was refused is of no use."""
        self.screen.set_state(model.replace_code(model.close_trial(self.screen.state)))
        self._focus_on(AccountAct.CODE)

    def _focus_on(self, act: AccountAct) -> None:
        if self.view is not None:
            self.view.focus_on(act)

    def _ask_removal(self) -> None:
        form, view = self.screen.state.form, self.view
        if form is None or view is None:
            return
        Question(
            cast("Window", view.winfo_toplevel()),
            text("Remove {name}?", name=form.account.name),
            text(
                "The account and its code are removed from this computer. "
                "The mailbox itself stays as it is."
            ),
            text("&Remove"),
            lambda: self._work.remove(form.account.name),
        ).reveal()

    def _copy(self, words: str) -> None:
        self._root.clipboard_clear()
        self._root.clipboard_append(words)
        self.tell(text("Copied"))

    def _copy_report(self) -> None:
        if self.screen.state.form is not None:
            secret = self.screen.state.form.code.secret
            copy_report(self._root, self.screen.state.trial, secret, self.tell)

    # --- drawing ------------------------------------------------------------------------------

    def _draw(self, _before: Accounts, state: Accounts) -> None:
        if self.view is not None:
            self.view.show(state)

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        if self.view is not None:
            self.view.jump()

    def tell(self, words: Text) -> None:
        """Say in passing what is done."""
        if self._toast is not None and self.view is not None:
            self._toast.show(words, "ok")
