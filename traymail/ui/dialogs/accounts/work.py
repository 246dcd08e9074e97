"""What blocks on the page of the accounts: judging, testing, saving, removing; one at a time."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Protocol

from traymail.core.account import Account
from traymail.core.errors import Problem, TraymailError
from traymail.core.texts import Text, text
from traymail.desktop.opening import open_page
from traymail.services.services import Services
from traymail.services.signing_in import SigningIn
from traymail.ui.bridge import Background, Job
from traymail.ui.model import settings_form as model
from traymail.ui.model.settings_form import AccountForm, Accounts, Busy
from traymail.ui.refresher import Refresher

_JUDGE_AFTER_MS = 250
Checked = tuple[Account | None, tuple[Problem, ...]]


class AccountsShown(Protocol):
    """What it needs of the page."""

    @property
    def held(self) -> Accounts:
        """What the page shows."""

    def become(self, state: Accounts) -> None:
        """Show this state."""

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""

    def tell(self, words: Text) -> None:
        """Say in passing what is done."""


class AccountWork:
    """Each result becomes the next state of the page."""

    def __init__(
        self, root: tk.Misc, services: Services, background: Background, page: AccountsShown
    ) -> None:
        self._root, self._services, self._background = root, services, background
        self._page = page
        self._job: Job | None = None
        self._timer: str | None = None
        self._signing: SigningIn | None = None
        self._refresher = Refresher(
            background,
            services.program.overview,
            lambda overview: page.become(
                model.refreshed(page.held, overview.settings, overview.accounts)
            ),
            lambda error: page.become(model.not_refreshed(page.held, error)),
        )

    def refresh(self) -> None:
        """Ask how the accounts stand."""
        self._refresher.ask()

    def cancel(self) -> None:
        """Wait no longer for what is under way, nor begin what was to begin."""
        self._forget_timer()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._signing is not None:
            self._signing.cancel()
            self._signing = None

    def stop(self) -> None:
        """Wait for it no longer; what was done before that is found by looking."""
        self.cancel()
        self._page.become(model.cancelled(self._page.held))
        self.refresh()

    # --- what stands in the fields ------------------------------------------------------------

    def judge_soon(self) -> None:
        """Have it checked once nobody types any more."""
        self._forget_timer()
        self._timer = self._root.after(_JUDGE_AFTER_MS, self.judge)

    def judge(self) -> None:
        """Have what stands in the fields of the account in sight checked."""
        self._forget_timer()
        page, form = self._page, self._page.held.form
        if form is None or page.held.busy is not None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._background.run(
            lambda _stop: self._services.accounts.check(name, changes)[1],
            lambda problems: page.become(model.judged(page.held, name, values, problems)),
            lambda error: self._failed(name, error),
        )

    def save(self) -> None:
        """Save the account in sight, if it was changed."""
        page, form = self._page, self._page.held.form
        idle = page.held.busy is None
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
            page.become(model.saved(page.held, name, values))
            page.tell(text("Saved"))
            self.refresh()

        self._job = self._background.run(work, saved, lambda error: self._failed(name, error))

    # --- the test -----------------------------------------------------------------------------

    def test(self) -> None:
        """Try the account in sight, with what stands in the fields."""
        page, form = self._page, self._page.held.form
        if form is None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._begin(Busy.CHECKING)

        def checked(answer: Checked) -> None:
            account, problems = answer
            if account is None:
                page.become(model.close_trial(page.held))
                self._refuse(name, values, problems)
            else:
                self._follow(account, form)

        self._job = self._background.run(
            lambda _stop: self._services.accounts.check(name, changes),
            checked,
            lambda error: self._failed(name, error),
        )

    def _follow(self, account: Account, form: AccountForm) -> None:
        page, secret = self._page, form.code.secret
        page.become(model.start(page.held, account))
        self._job = self._background.follow(
            lambda: self._services.accounts.test(account, secret),
            lambda step: page.become(model.hear(page.held, step)),
            self._ended,
            lambda error: page.become(model.give_up(page.held, error)),
        )

    def _ended(self) -> None:
        self._page.become(model.end(self._page.held))
        self.refresh()

    # --- the sign-in --------------------------------------------------------------------------

    def sign_in(self, *, device: bool) -> None:
        """Sign in by OAuth2; with that, a stopped account goes on."""
        page, form = self._page, self._page.held.form
        if form is None or not model.may_sign_in(form):
            return
        self.cancel()
        page.become(model.begin_sign_in(page.held, device=device))
        signing = self._services.accounts.login(form.account, device=device)
        self._signing = signing
        self._job = self._background.follow(
            signing.steps,
            lambda step: page.become(model.hear_sign_in(page.held, step)),
            self.refresh,
            lambda error: page.become(model.not_signed_in(page.held, error)),
        )

    def open_page(self, url: str, failed: Callable[[], object]) -> None:
        """Open a page in the browser."""
        self._background.run(
            lambda _stop: open_page(url), lambda _none: None, lambda _error: failed()
        )

    # --- the account as a whole ---------------------------------------------------------------

    def remove(self, name: str) -> None:
        """Remove an account."""
        self._do(Busy.REMOVING, name, lambda: self._services.accounts.remove(name))

    def set_default(self) -> None:
        """Make the account in sight the default one."""
        name = self._page.held.chosen
        if name is not None and self._page.held.busy is None:
            self._do(Busy.DEFAULTING, name, lambda: self._services.accounts.set_default(name))

    def _do(self, busy: Busy, name: str, act: Callable[[], object]) -> None:
        page = self._page
        self._begin(busy)

        def done(_none: Any) -> None:  # noqa: ANN401 - nothing is returned
            page.become(model.done(page.held))
            self.refresh()

        def failed(error: TraymailError) -> None:
            page.become(model.done(page.held))
            # Part of it may be done: first how things stand, then why.
            self._refresher.ask(lambda: self._failed(name, error))

        self._job = self._background.run(lambda _stop: act(), done, failed)

    def _begin(self, busy: Busy) -> None:
        self.cancel()
        self._page.become(model.begun(self._page.held, busy))

    def _failed(self, name: str, error: TraymailError) -> None:
        self._page.become(model.failed(self._page.held, name, error))

    def _refuse(self, name: str, values: Mapping[str, str], problems: tuple[Problem, ...]) -> None:
        page = self._page
        page.become(model.done(model.judged(page.held, name, values, problems)))
        page.jump()

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._root.after_cancel(self._timer)
            self._timer = None
