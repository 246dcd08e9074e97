"""What blocks on the page of the accounts: judging, testing, saving, removing; one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event

from traymail.core.account import Account
from traymail.core.errors import Problem, TraymailError
from traymail.core.texts import Text, text
from traymail.desktop.opening import open_page
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.model import settings_form as model
from traymail.ui.model.settings_form import Accounts, Busy
from traymail.ui.refresher import Refresher
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.trying import TRYING, follow_sign_in, follow_test

_JUDGE_AFTER_MS = 250
_JUDGING, _WORK = "judging", "work"
Checked = tuple[Account | None, tuple[Problem, ...]]


class AccountWork:
    """Each result becomes the next state of the page."""

    def __init__(
        self,
        services: Services,
        background: Background,
        screen: ScreenState[Accounts],
        tasks: Tasks,
        *,
        jump: Callable[[], object],
        tell: Callable[[Text], object],
    ) -> None:
        """``jump`` leads to the first field that needs the user; ``tell`` says what is done."""
        self._services, self._screen, self._tasks = services, screen, tasks
        self._jump, self._tell = jump, tell
        self._refresher = Refresher(
            background,
            services.program.overview,
            lambda overview: screen.apply(model.refreshed, overview.settings, overview.accounts),
            screen.by(model.not_refreshed),
        )

    def refresh(self) -> None:
        """Ask how the accounts stand."""
        self._refresher.ask()

    def cancel(self) -> None:
        """Wait no longer for what is under way, nor begin what was to begin."""
        self._tasks.stop(_JUDGING, _WORK, TRYING)

    def stop(self) -> None:
        """Wait for it no longer; what was done before that is found by looking."""
        self.cancel()
        self._screen.apply(model.cancelled)
        self.refresh()

    # --- what stands in the fields ------------------------------------------------------------

    def judge_soon(self) -> None:
        """Have it checked once nobody types any more."""
        self._tasks.later(_JUDGING, _JUDGE_AFTER_MS, self.judge)

    def judge(self) -> None:
        """Have what stands in the fields of the account in sight checked."""
        self._tasks.stop(_JUDGING)
        page, form = self._screen.state, self._screen.state.form
        if form is None or page.busy is not None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._tasks.run(
            lambda: self._services.accounts.check(name, changes)[1],
            lambda problems: self._screen.apply(model.judged, name, values, problems),
            self._failed(name),
        )

    def save(self) -> None:
        """Save the account in sight, if it was changed."""
        page, form = self._screen.state, self._screen.state.form
        idle = page.busy is None
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
            self._screen.apply(model.saved, name, values)
            self._tell(text("Saved"))
            self.refresh()

        self._tasks.run_until(work, saved, self._failed(name), slot=_WORK)

    # --- the test -----------------------------------------------------------------------------

    def test(self) -> None:
        """Try the account in sight, with what stands in the fields."""
        form = self._screen.state.form
        if form is None:
            return
        name, values, changes = form.account.name, form.values, model.changes(form)
        self._begin(Busy.CHECKING)

        def checked(answer: Checked) -> None:
            account, problems = answer
            if account is None:
                self._screen.apply(model.close_trial)
                self._refuse(name, values, problems)
                return
            self._screen.apply(model.start, account)
            follow_test(
                self._tasks,
                self._screen,
                lambda: self._services.accounts.test(account, form.code.secret),
                self.refresh,
            )

        self._tasks.run(
            lambda: self._services.accounts.check(name, changes),
            checked,
            self._failed(name),
            slot=_WORK,
        )

    # --- the sign-in --------------------------------------------------------------------------

    def sign_in(self, *, device: bool) -> None:
        """Sign in by OAuth2; with that, a stopped account goes on."""
        form = self._screen.state.form
        if form is None or not model.may_sign_in(form):
            return
        self.cancel()
        self._screen.apply(model.begin_sign_in, device=device)
        signing = self._services.accounts.login(form.account, device=device)
        follow_sign_in(self._tasks, self._screen, signing, self.refresh)

    def open_page(self, url: str, failed: Callable[[], object]) -> None:
        """Open a page in the browser."""
        self._tasks.run(lambda: open_page(url), failed=lambda _error: failed())

    # --- the account as a whole ---------------------------------------------------------------

    def remove(self, name: str) -> None:
        """Remove an account."""
        self._do(Busy.REMOVING, name, lambda: self._services.accounts.remove(name))

    def set_default(self) -> None:
        """Make the account in sight the default one."""
        name = self._screen.state.chosen
        if name is not None and self._screen.state.busy is None:
            self._do(Busy.DEFAULTING, name, lambda: self._services.accounts.set_default(name))

    def _do(self, busy: Busy, name: str, act: Callable[[], object]) -> None:
        self._begin(busy)

        def done(_none: object) -> None:
            self._screen.apply(model.done)
            self.refresh()

        def failed(error: TraymailError) -> None:
            self._screen.apply(model.done)
            # Part of it may be done: first how things stand, then why.
            self._refresher.ask(lambda: self._screen.apply(model.failed, name, error))

        self._tasks.run(act, done, failed, slot=_WORK)

    def _begin(self, busy: Busy) -> None:
        self.cancel()
        self._screen.apply(model.begun, busy)

    def _failed(self, name: str) -> Callable[[TraymailError], object]:
        return lambda error: self._screen.apply(model.failed, name, error)

    def _refuse(self, name: str, values: Mapping[str, str], problems: tuple[Problem, ...]) -> None:
        self._screen.set_state(model.done(model.judged(self._screen.state, name, values, problems)))
        self._jump()
