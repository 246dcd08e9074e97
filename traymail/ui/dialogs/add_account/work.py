"""What blocks while an account is added: the search, the check, the test, saving; one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from traymail.core.account import Account
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.desktop.opening import open_page
from traymail.services.services import Services
from traymail.ui.bridge import Act
from traymail.ui.model import add_account as model
from traymail.ui.model import add_other as others
from traymail.ui.model.add_account import Adding, AddPage, AddSaving, ServerSearch
from traymail.ui.model.trial import Verdict
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.trying import TRYING, follow_sign_in, follow_test

_SEARCH_AFTER_MS = 600
_JUDGE_AFTER_MS = 250
_SOON, _WORK = "soon", "work"
Judged = Callable[[Mapping[str, str], Account | None], object]
Checked = tuple[str, Account | None, tuple[Problem, ...]]


class AddWork:
    """Each result becomes the next state of the window."""

    def __init__(
        self,
        services: Services,
        screen: ScreenState[Adding],
        tasks: Tasks,
        *,
        close: Act,
        know_start: Callable[[bool], object],
    ) -> None:
        """``close`` ends the window; ``know_start`` tells whether the desktop starts traymail."""
        self._services, self._screen, self._tasks = services, screen, tasks
        self._close, self._know_start = close, know_start
        self._signed_in: Account | None = None

    def cancel(self) -> None:
        """Stop what is under way, and what was to begin."""
        self._tasks.stop(_SOON, _WORK, TRYING)

    # --- before the test ----------------------------------------------------------------------

    def search_soon(self) -> None:
        """Look for the server of the address, once nobody types any more."""
        self._tasks.later(_SOON, _SEARCH_AFTER_MS, self.search)

    def search(self) -> None:
        """Look for the server of the address."""
        mailbox = self._screen.state.mailbox
        self._tasks.run(
            lambda: self._services.accounts.find_server(mailbox),
            lambda proposal: self._screen.apply(model.found, mailbox, proposal),
            lambda _error: self._screen.apply(model.found, mailbox, None),
            slot=_WORK,
        )

    def go_on_searching(self) -> None:
        """Look for it anew where that was broken off."""
        if self._screen.state.search is ServerSearch.RUNNING:
            self.search()

    def name_other(self, judged: Judged) -> None:
        """Find a name that is free, and know what the details make as they are."""

        def named(taken: tuple[str, ...]) -> None:
            self._screen.apply(model.name_other, taken)
            self._judge(judged)

        self._tasks.run(self._taken, named, slot=_WORK)

    def judge_soon(self, judged: Judged) -> None:
        """Have the details judged, once nobody types any more: their secret may be another."""
        self._tasks.later(_SOON, _JUDGE_AFTER_MS, lambda: self._judge(judged))

    def check(self) -> None:
        """Have what is typed judged, and go on with the account that it makes."""
        self.cancel()
        state = self._screen.state
        fields = model.fields(state)
        self._screen.apply(model.check)

        def work() -> Checked:
            taken = self._taken()
            name = model.name_for(state, taken)
            if name in taken:
                return name, None, (others.taken_name(name),)
            return name, *self._services.accounts.check(name, fields)

        self._tasks.run(work, self._checked, self._not_checked, slot=_WORK)

    # --- the sign-in --------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in by OAuth2, then try the account."""
        state = self._screen.state
        account, begun = state.account, state.sign_in
        if account is None or begun is None:
            return
        signing = self._services.accounts.login(
            account, device=begun.device, client_secret=state.code.secret
        )

        def done() -> None:
            self._signed_in = account
            self._screen.apply(model.start)
            self.test()

        follow_sign_in(self._tasks, self._screen, signing, done)

    def forget_login(self) -> None:
        """Leave no token of an account that was not saved."""
        account, self._signed_in = self._signed_in, None
        if account is not None:
            self._tasks.run(lambda: self._services.accounts.forget_login(account))

    # --- the test, and saving -----------------------------------------------------------------

    def test(self) -> None:
        """Try the account."""
        account, secret = self._screen.state.account, model.secret_of(self._screen.state)
        if account is not None:
            test = partial(self._services.accounts.test, account, secret)
            follow_test(self._tasks, self._screen, test, self._ended)

    def save(self) -> None:
        """Save the account and its secret."""
        state = self._screen.state
        name, fields, secret = state.name, model.fields(state), model.secret_of(state)
        self._tasks.run(
            lambda: self._services.accounts.save(name, fields, secret),
            lambda _none: self._saved(),
            self._screen.by(model.not_saved),
            slot=_WORK,
        )

    # --- beside them --------------------------------------------------------------------------

    def start_with_desktop(self, on: bool) -> None:  # noqa: FBT001 - the switch's value
        """Start with the desktop from now on, or not."""

        def failed(error: TraymailError) -> None:
            self._know_start(not on)
            self._tasks.failed(error)

        self._tasks.run(lambda: self._services.program.set_autostart(on=on), failed=failed)

    def open_page(self, url: str, failed: Act) -> None:
        """Open a page in the browser."""
        self._tasks.run(lambda: open_page(url), failed=lambda _error: failed())

    def _taken(self) -> tuple[str, ...]:
        return tuple(self._services.program.overview().settings.accounts)

    def _judge(self, judged: Judged) -> None:
        other = self._screen.state.other
        if other is None:
            return
        name, values, fields = other.values[others.NAME.name], other.values, others.table(other)
        self._tasks.run(
            lambda: self._services.accounts.check(name.strip() or other.kind, fields)[0],
            lambda account: judged(values, account),
            slot=_WORK,
        )

    def _checked(self, answer: Checked) -> None:
        name, account, problems = answer
        if account is None:
            self._screen.apply(model.refused, problems)
            return
        self._screen.apply(model.accepted, name, account)
        match self._screen.state.page:
            case AddPage.TEST:
                self.test()
            case AddPage.SIGN_IN:
                self.sign_in()
            case _:
                pass

    def _not_checked(self, error: TraymailError) -> None:
        problems = error.problems if isinstance(error, SettingsError) else ()
        self._screen.apply(model.refused, problems or (Problem("address", error.title),))

    def _ended(self) -> None:
        if self._screen.state.saving is AddSaving.RUNNING:
            self.save()

    def _saved(self) -> None:
        self._signed_in = None
        self._screen.apply(model.saved)
        trial = self._screen.state.trial
        if trial is None or trial.verdict is not Verdict.PASSED:
            self._close()
        else:
            self._tasks.run(self._services.program.autostart, self._know_start)
