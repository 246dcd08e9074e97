"""What a user does with accounts: finds a server, tries it, keeps an account and its secret."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from traymail.accounts import KINDS, kind_of
from traymail.app import App
from traymail.core.account import Account, Auth
from traymail.core.account_kind import read_account
from traymail.core.connection_test import Proposal, Step
from traymail.core.errors import (
    AccountFailure,
    CredentialError,
    Problem,
    SettingsError,
    TraymailError,
)
from traymail.core.overview import Fields
from traymail.core.secret import Secret
from traymail.core.settings import Settings
from traymail.core.validators import place_of
from traymail.disk import in_home
from traymail.program import Program
from traymail.services.connection_test import diagnose, judge, send_to_oneself

if TYPE_CHECKING:
    from traymail.services.signing_in import SigningIn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AccountService:
    """The accounts of the configuration, and their secrets.

    ``sign_in_seconds``: how long somebody who signs in is waited for; None: as long as is usual.
    """

    app: App
    running: Program
    sign_in_seconds: float | None = None

    def find_server(self, address: str) -> Proposal | None:
        """Propose a server: the provider table first, then trying the usual names."""
        from traymail.senders.detect import detect

        return detect(address)

    def check(self, name: str, values: Fields) -> tuple[Account | None, tuple[Problem, ...]]:
        """Return the account these fields make, or every problem (``where`` is the field)."""
        problems: list[Problem] = []
        table, home = self._table(name, values), str(in_home("~"))
        rule_kinds = self.app.configured_rule_kinds
        account = read_account(name, table, home, KINDS, rule_kinds, problems)
        prefix = place_of("accounts", name)
        return account, tuple(
            replace(one, where=one.where.removeprefix(prefix).lstrip("."))
            for one in self.app.settings_file.placed(problems)
            if not one.hint
        )

    def test(self, account: Account, secret: Secret | None) -> Generator[Step, None, None]:
        """Try an account live: the steps of its kind's test, as ``mail`` a mail to itself.

        ``secret`` None: the one kept for it. A passing test lets a stopped account go on.
        """
        passed = True
        wanted = kind_of(account).test
        kept = self.running.engine.snapshot().settings.accounts.get(account.name)
        # What is only typed so far says nothing of the account at work.
        is_kept = secret is None and kept is not None and kept.connection == account.connection
        tried = self.diagnose(account) if is_kept else diagnose(self.app, account, secret)
        with closing(tried) as steps:
            for step in steps:
                if step.step in wanted:
                    passed = passed and step.ok is not False
                    yield step
        if "mail" not in wanted:
            if passed:
                self.running.stops.clear(account.name, mails=True)
            return
        language = self.running.engine.snapshot().settings.language
        translate = self.app.translate(language)
        mail = (
            send_to_oneself(self.app, account, secret, translate) if passed else Step("mail", None)
        )
        yield mail
        if mail.ok:
            self.running.stops.clear(account.name, mails=True)
        elif is_kept and isinstance(mail.failure, AccountFailure):
            self.running.stops.impose(account, mail.failure)

    def diagnose(self, account: Account) -> Generator[Step, None, None]:
        """Try an account's server live: dns, tcp, banner, tls, ehlo, auth, clock; sends no mail.

        Where that tries the login, the account learns from it: a stopped one goes on, or one whose
        login is refused stops.
        """
        return judge(self.app, account, self.running.stops)

    def login(
        self, account: Account, *, device: bool = False, client_secret: Secret | None = None
    ) -> SigningIn:
        """Return a sign-in by OAuth2, which begins when its steps are walked through.

        For windows: ``one = accounts.login(account)``, then ``background.follow(one.steps, each,
        done, failed)``, and ``one.cancel()`` from any thread, which makes it fail with SignInLater.
        It yields, of `traymail.core.sign_in`:

        - `BrowserAsked` first: the browser is open, or (not ``opened``) the user is to open
          ``url``; or with ``device`` `DeviceAsked` first: the user opens ``page`` (``whole_page``
          has the code in it) on any device and types ``code``, before ``until``;
        - `SignedIn` last: the tokens are kept in the keyring, and a stopped account goes on.

        It raises SignInError (denied, refused, another browser's answer) and its SignInLater (out
        of time, cancelled, no network), CredentialError (no keyring, locked), InputError (the
        account does not sign in, or not in this way); each with title and advice. The account is
        as `check` returns it: its configuration is best saved before. ``client_secret``: what
        Google calls the client's secret; None: that of the sign-in before, if there was one.
        """
        # No HTTP before it is needed.
        from traymail.services.signing_in import SigningIn, SignInWish

        return SigningIn(
            account,
            self.app,
            lambda: self.running.stops.clear(account.name, mails=True),
            language=self.running.configuration.settings.language,
            wish=SignInWish(device, client_secret, self.sign_in_seconds),
        )

    def forget_login(self, account: Account) -> None:
        """Leave no token of a sign-in whose account was not saved."""
        self._drop_secret(account, self.app.settings())

    def save(self, name: str, values: Fields, secret: Secret | None) -> None:
        """Add or change an account; the secret, if one is given, goes to the keyring."""
        from traymail.store.edits import put_account  # as all of them: tomlkit is slow to import

        account, problems = self.check(name, values)
        if account is None:
            raise SettingsError(problems)
        settings = self.running.engine.snapshot().settings
        before = settings.accounts.get(name)
        if secret is not None:
            self.app.credentials.set(account, secret)
        table = self._table(name, values)
        try:
            self.running.configuration.edit(lambda document: put_account(document, name, table))
        except TraymailError:
            if secret is not None:
                self._drop_secret(account, settings)
            raise
        self.running.stops.clear(name, mails=True)
        if before is not None and before.auth is not Auth.NONE:
            self._drop_secret(before, self.app.settings())

    def remove(self, name: str) -> None:
        """Remove an account and its secret."""
        account = self.running.engine.snapshot().settings.accounts.get(name)
        left = self.app.settings_file.remove_account(name).settings
        self.running.configuration.reload()
        self.app.outbox.forget_account(name)
        if account is not None:
            self.app.credentials.drop(account, left.accounts.values())

    def set_default(self, name: str) -> None:
        """Make an account the default one."""
        from traymail.store.edits import put_value

        self.running.configuration.edit(
            lambda document: put_value(document, "default_account", name)
        )

    def _drop_secret(self, account: Account, settings: Settings) -> None:
        """Leave no secret in the keyring of a login that no account has, if that can be helped."""
        try:
            self.app.credentials.drop(account, settings.accounts.values())
        except CredentialError as error:
            log.warning("an old secret may still be in the keyring: %s", error)

    def _table(self, name: str, values: Fields) -> dict[str, Any]:
        """Return an account's table with these values put in; None takes a key out."""
        kept = self.app.settings_file.document().get("accounts", {}).get(name, {})
        return {key: value for key, value in {**kept, **values}.items() if value is not None}
