"""The page of the accounts: what the user and the program do becomes its next state."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, cast

from traymail import __version__
from traymail.core.account import Account
from traymail.core.errors import Problem, TraymailError
from traymail.core.events import AccountChanged, SettingsApplied
from traymail.core.events import Event as News
from traymail.core.texts import Text, text
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job
from traymail.ui.dialogs.accounts.acts import AccountHandlers
from traymail.ui.dialogs.accounts.view import AccountsView
from traymail.ui.model import settings_form as model
from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.model.settings_form import AccountForm, Accounts, Busy
from traymail.ui.model.trial import report
from traymail.ui.refresher import Refresher
from traymail.ui.theme import Root
from traymail.ui.widgets import Toast
from traymail.ui.window import Question, Window

_JUDGE_AFTER_MS = 250
_TELLING = (AccountChanged, SettingsApplied)
Checked = tuple[Account | None, tuple[Problem, ...]]


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
    ) -> None:
        """``add_account`` opens the window that adds one."""
        self._root, self._services, self._background = root, services, background
        self._add_account = add_account
        self._held = Accounts()
        self._view: AccountsView | None = None
        self._toast: Toast | None = None
        self._job: Job | None = None
        self._timer: str | None = None
        self._refresher = Refresher(
            background,
            services.program.overview,
            lambda overview: self.become(
                model.refreshed(self._held, overview.settings, overview.accounts)
            ),
            lambda error: self.become(model.not_refreshed(self._held, error)),
        )

    # --- a page -------------------------------------------------------------------------------

    @property
    def held(self) -> Accounts:
        """What the page shows."""
        return self._held

    @property
    def view(self) -> AccountsView | None:
        """The page as it is seen, None when it was not made or is gone."""
        return self._view if self._view is not None and self._view.winfo_exists() else None

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page; what was changed and not saved is there again."""
        acts = AccountHandlers(
            choose=lambda name: self._choose(model.choose(self._held, name)),
            move=self._move,
            add=self._add,
            typed=self._typed,
            typed_code=lambda words: self.become(model.type_code(self._held, words)),
            replace_code=self._replace_code,
            keep_code=lambda: self.become(model.keep_code(self._held)),
            set_default=self._set_default,
            press=self._press,
        )
        self._view = AccountsView(parent, acts)
        self._toast = Toast(parent.winfo_toplevel())
        self.become(model.codes_forgotten(self._held))
        return self._view

    def shown(self) -> None:
        """Ask how the accounts stand."""
        self._refresher.ask()

    def heard(self, event: News) -> None:
        """Follow the accounts while they are in sight."""
        view = self.view
        if isinstance(event, _TELLING) and view is not None and view.winfo_viewable():
            self._refresher.ask()

    def save(self) -> None:
        """Save the account in sight, if it was changed."""
        form = self._held.form
        idle = self._held.busy is None
        if form is None or not idle or not form.changed or model.needs_code(form):
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        secret = form.code.secret
        self._begin(Busy.SAVING)

        def work(stop: Event) -> Checked:
            checked = self._services.accounts.check(name, changes)
            if checked[0] is not None and not stop.is_set():
                self._services.accounts.save(name, changes, secret)
            return checked

        def saved(checked: Checked) -> None:
            if checked[0] is None:
                self._refuse(name, values, checked[1])
                return
            self.become(model.saved(self._held, name, values))
            self._tell(text("Saved"))
            self._refresher.ask()

        self._job = self._background.run(work, saved, lambda error: self._failed(name, error))

    # --- what the user does -------------------------------------------------------------------

    def _press(self, act: AccountAct) -> None:
        match act:
            case AccountAct.SAVE:
                self.save()
            case AccountAct.UNDO:
                self.become(model.undo(self._held))
            case AccountAct.REMOVE:
                self._ask_removal()
            case AccountAct.TEST:
                self._test()
            case AccountAct.STOP:
                self._stop()
            case AccountAct.BACK:
                self.become(model.close_trial(self._held))
            case AccountAct.CODE:
                self._replace_code()
            case AccountAct.SERVER:
                self.become(model.close_trial(self._held))
                self._focus_on(act)
            case AccountAct.COPY_REPORT:
                self._copy_report()

    def _choose(self, state: Accounts) -> None:
        if state.chosen != self._held.chosen:
            if self._held.trial is not None:
                self._cancel()
            self.become(state)
            self._judge()

    def _move(self, step: int) -> None:
        self._choose(model.move(self._held, step))
        if self.view is not None:
            self.view.list.focus_on(self._held.chosen)

    def _add(self) -> None:
        self.become(model.adding(self._held))
        self._add_account()

    def _typed(self, values: Mapping[str, str]) -> None:
        self.become(model.typed(self._held, values))
        sheet = self.view.sheet if self.view else None
        if sheet is not None and sheet.code.entry is not None:
            # Another server may have codes of another shape.
            self.become(model.type_code(self._held, sheet.code.entry.value))
        self._forget_timer()
        self._timer = self._root.after(_JUDGE_AFTER_MS, self._judge)

    def _replace_code(self) -> None:
        """Let a new code be entered, in an empty field: one that was refused is of no use."""
        self.become(model.replace_code(model.close_trial(self._held)))
        self._focus_on(AccountAct.CODE)

    def _focus_on(self, act: AccountAct) -> None:
        if self.view is not None:
            self.view.focus_on(act)

    def _ask_removal(self) -> None:
        form, view = self._held.form, self.view
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
            lambda: self._remove(form.account.name),
        ).reveal()

    def _copy_report(self) -> None:
        form, trial = self._held.form, self._held.trial
        if form is None or trial is None:
            return
        words = report(trial, __version__, self._root.look.translate)
        if form.code.secret is not None:
            words = form.code.secret.strike_out(words, trial.account.username)
        self._root.clipboard_clear()
        self._root.clipboard_append(words)
        self._tell(text("The report is in the clipboard. It contains no code."))

    # --- what blocks --------------------------------------------------------------------------

    def _begin(self, busy: Busy) -> None:
        self._cancel()
        self.become(model.begun(self._held, busy))

    def _cancel(self) -> None:
        self._forget_timer()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _stop(self) -> None:
        """Wait for it no longer; what was done before that is found by looking."""
        self._cancel()
        self.become(model.cancelled(self._held))
        self._refresher.ask()

    def _failed(self, name: str, error: TraymailError) -> None:
        self.become(model.failed(self._held, name, error))

    def _refuse(self, name: str, values: Mapping[str, str], problems: tuple[Problem, ...]) -> None:
        self.become(model.done(model.judged(self._held, name, values, problems)))
        if self.view is not None:
            self.view.jump()

    def _judge(self) -> None:
        """Have what stands in the fields of the account in sight checked."""
        self._forget_timer()
        form = self._held.form
        if form is None or self._held.busy is not None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._background.run(
            lambda _stop: self._services.accounts.check(name, changes)[1],
            lambda problems: self.become(model.judged(self._held, name, values, problems)),
            lambda error: self._failed(name, error),
        )

    def _test(self) -> None:
        form = self._held.form
        if form is None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._begin(Busy.CHECKING)

        def checked(answer: Checked) -> None:
            account, problems = answer
            if account is None:
                self.become(model.close_trial(self._held))
                self._refuse(name, values, problems)
            else:
                self._follow(account, form)

        self._job = self._background.run(
            lambda _stop: self._services.accounts.check(name, changes),
            checked,
            lambda error: self._failed(name, error),
        )

    def _follow(self, account: Account, form: AccountForm) -> None:
        secret = form.code.secret
        self.become(model.start(self._held, account))
        self._job = self._background.follow(
            lambda: self._services.accounts.test(account, secret),
            lambda step: self.become(model.hear(self._held, step)),
            self._ended,
            lambda error: self.become(model.give_up(self._held, error)),
        )

    def _ended(self) -> None:
        self.become(model.end(self._held))
        self._refresher.ask()

    def _remove(self, name: str) -> None:
        self._do(Busy.REMOVING, name, lambda: self._services.accounts.remove(name))

    def _set_default(self) -> None:
        name = self._held.chosen
        if name is not None and self._held.busy is None:
            self._do(Busy.DEFAULTING, name, lambda: self._services.accounts.set_default(name))

    def _do(self, busy: Busy, name: str, act: Callable[[], object]) -> None:
        self._begin(busy)

        def done(_none: Any) -> None:  # noqa: ANN401 - nothing is returned
            self.become(model.done(self._held))
            self._refresher.ask()

        def failed(error: TraymailError) -> None:
            self.become(model.done(self._held))
            # Part of it may be done: first how things stand, then why.
            self._refresher.ask(lambda: self._failed(name, error))

        self._job = self._background.run(lambda _stop: act(), done, failed)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._root.after_cancel(self._timer)
            self._timer = None

    # --- drawing ------------------------------------------------------------------------------

    def become(self, state: Accounts) -> None:
        """Show this state."""
        self._held = state
        if self.view is not None:
            self.view.show(state)

    def _tell(self, words: Text) -> None:
        if self._toast is not None and self.view is not None:
            self._toast.show(words, "ok")
