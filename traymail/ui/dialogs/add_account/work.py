"""What blocks while an account is added: the search, the check, the test, saving; one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from traymail.core.account import Account
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.desktop.opening import open_page
from traymail.services.services import Services
from traymail.services.signing_in import SigningIn
from traymail.ui.bridge import Background, Job
from traymail.ui.model import add_account as model
from traymail.ui.model import add_other as others
from traymail.ui.model.add_account import Adding, AddPage, AddSaving, ServerSearch
from traymail.ui.model.trial import Verdict

_SEARCH_AFTER_MS = 600
_JUDGE_AFTER_MS = 250
Judged = Callable[[Mapping[str, str], Account | None], object]
Checked = tuple[str, Account | None, tuple[Problem, ...]]


class AddShown(Protocol):
    """What it needs of the window."""

    @property
    def held(self) -> Adding:
        """What the window shows."""

    def become(self, state: Adding) -> None:
        """Show this state."""

    def close(self) -> None:
        """Forget what was typed, and hide."""

    def fail(self, error: TraymailError) -> None:
        """Say in passing what could not be done."""

    def know_start(self, on: bool) -> None:  # noqa: FBT001 - the service's answer
        """Show whether the program starts with the desktop."""

    def after(self, ms: int, act: Callable[[], object]) -> str:
        """Call ``act`` after so long."""

    def after_cancel(self, name: str) -> object:
        """Call it no more."""


class AddWork:
    """Each result becomes the next state of the window."""

    def __init__(self, services: Services, background: Background, window: AddShown) -> None:
        self._services, self._background, self._window = services, background, window
        self._job: Job | None = None
        self._timer: str | None = None
        self._signing: SigningIn | None = None
        self._signed_in: Account | None = None

    def cancel(self) -> None:
        """Stop what is under way, and what was to begin."""
        if self._timer is not None:
            self._window.after_cancel(self._timer)
            self._timer = None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._signing is not None:
            self._signing.cancel()
            self._signing = None

    # --- before the test ----------------------------------------------------------------------

    def search_soon(self) -> None:
        """Look for the server of the address, once nobody types any more."""
        self._timer = self._window.after(_SEARCH_AFTER_MS, self.search)

    def search(self) -> None:
        """Look for the server of the address."""
        self._timer = None
        window, mailbox = self._window, self._window.held.mailbox
        self._job = self._background.run(
            lambda _stop: self._services.accounts.find_server(mailbox),
            lambda proposal: window.become(model.found(window.held, mailbox, proposal)),
            lambda _error: window.become(model.found(window.held, mailbox, None)),
        )

    def go_on_searching(self) -> None:
        """Look for it anew where that was broken off."""
        if self._window.held.search is ServerSearch.RUNNING:
            self.search()

    def name_other(self, judged: Judged) -> None:
        """Find a name that is free, and know what the details make as they are."""
        window = self._window

        def named(taken: tuple[str, ...]) -> None:
            window.become(model.name_other(window.held, taken))
            self._judge(judged)

        self._job = self._background.run(
            lambda _stop: self._taken(),
            named,
            window.fail,
        )

    def judge_soon(self, judged: Judged) -> None:
        """Have the details judged, once nobody types any more: their secret may be another."""
        self._timer = self._window.after(_JUDGE_AFTER_MS, lambda: self._judge(judged))

    def check(self) -> None:
        """Have what is typed judged, and go on with the account that it makes."""
        self.cancel()
        state = self._window.held
        fields = model.fields(state)
        self._window.become(model.check(state))

        def work(_stop: object) -> Checked:
            taken = self._taken()
            name = model.name_for(state, taken)
            if name in taken:
                return name, None, (others.taken_name(name),)
            return name, *self._services.accounts.check(name, fields)

        self._job = self._background.run(work, self._checked, self._not_checked)

    # --- the sign-in --------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in by OAuth2, then try the account."""
        window, state = self._window, self._window.held
        account, begun = state.account, state.sign_in
        if account is None or begun is None:
            return
        signing = self._services.accounts.login(
            account, device=begun.device, client_secret=state.code.secret
        )
        self._signing = signing

        def done() -> None:
            self._signing, self._signed_in = None, account
            window.become(model.start(window.held))
            self.test()

        self._job = self._background.follow(
            signing.steps,
            lambda step: window.become(model.hear_sign_in(window.held, step)),
            done,
            lambda error: window.become(model.not_signed_in(window.held, error)),
        )

    def forget_login(self) -> None:
        """Leave no token of an account that was not saved."""
        account, self._signed_in = self._signed_in, None
        if account is None:
            return
        self._background.run(
            lambda _stop: self._services.accounts.forget_login(account),
            lambda _none: None,
            self._window.fail,
        )

    # --- the test, and saving -----------------------------------------------------------------

    def test(self) -> None:
        """Try the account."""
        window = self._window
        account, secret = window.held.account, model.secret_of(window.held)
        if account is None:
            return
        self._job = self._background.follow(
            lambda: self._services.accounts.test(account, secret),
            lambda step: window.become(model.hear(window.held, step)),
            self._ended,
            lambda error: window.become(model.give_up(window.held, error)),
        )

    def save(self) -> None:
        """Save the account and its secret."""
        window, state = self._window, self._window.held
        name, fields, secret = state.name, model.fields(state), model.secret_of(state)
        self._job = self._background.run(
            lambda _stop: self._services.accounts.save(name, fields, secret),
            lambda _none: self._saved(),
            lambda error: window.become(model.not_saved(window.held, error)),
        )

    # --- beside them --------------------------------------------------------------------------

    def start_with_desktop(self, on: bool) -> None:  # noqa: FBT001 - the switch's value
        """Start with the desktop from now on, or not."""

        def failed(error: TraymailError) -> None:
            self._window.know_start(not on)
            self._window.fail(error)

        self._background.run(
            lambda _stop: self._services.program.set_autostart(on=on), lambda _none: None, failed
        )

    def open_page(self, url: str, failed: Callable[[], object]) -> None:
        """Open a page in the browser."""
        self._background.run(
            lambda _stop: open_page(url), lambda _none: None, lambda _error: failed()
        )

    def _taken(self) -> tuple[str, ...]:
        return tuple(self._services.program.overview().settings.accounts)

    def _judge(self, judged: Judged) -> None:
        self._timer = None
        window, other = self._window, self._window.held.other
        if other is None:
            return
        name, values, fields = other.values[others.NAME.name], other.values, others.table(other)
        self._job = self._background.run(
            lambda _stop: self._services.accounts.check(name.strip() or other.kind, fields)[0],
            lambda account: judged(values, account),
            window.fail,
        )

    def _checked(self, answer: Checked) -> None:
        name, account, problems = answer
        if account is None:
            self._window.become(model.refused(self._window.held, problems))
            return
        self._window.become(model.accepted(self._window.held, name, account))
        match self._window.held.page:
            case AddPage.TEST:
                self.test()
            case AddPage.SIGN_IN:
                self.sign_in()
            case _:
                pass

    def _not_checked(self, error: TraymailError) -> None:
        problems = error.problems if isinstance(error, SettingsError) else ()
        found = problems or (Problem("address", error.title),)
        self._window.become(model.refused(self._window.held, found))

    def _ended(self) -> None:
        self._window.become(model.end(self._window.held))
        if self._window.held.saving is AddSaving.RUNNING:
            self.save()

    def _saved(self) -> None:
        self._signed_in = None
        window = self._window
        window.become(model.saved(window.held))
        trial = window.held.trial
        if trial is None or trial.verdict is not Verdict.PASSED:
            window.close()
        else:
            self._background.run(
                lambda _stop: self._services.program.autostart(), window.know_start, window.fail
            )
