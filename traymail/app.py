"""The composition root: it knows every concrete class, and puts one home's parts together."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from traymail.core.errors import AccountFailure, CredentialError, NotRunning
from traymail.core.outbox import AccountState, OutboxItem, State
from traymail.core.places import Places
from traymail.core.texts import Translate
from traymail.desktop.clock import SystemClock
from traymail.desktop.instance import POLL_SECONDS, Instance
from traymail.desktop.language import choose, translator
from traymail.desktop.paths import Home
from traymail.disk import in_home
from traymail.engine.interruptions import Interruptions
from traymail.engine.posting import Poster
from traymail.engine.publisher import Publisher
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.pause import PauseMemory
from traymail.store.settings import SettingsFile
from traymail.store.spool import Spool

# What only deliveries need is imported by them: `send --queue` is to be quick.
if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.consent import Risk
    from traymail.core.holds import Holds
    from traymail.core.message import Draft
    from traymail.core.ports import Sender
    from traymail.core.settings import Settings
    from traymail.desktop.autostart import Autostart
    from traymail.engine.caps import RuleCaps
    from traymail.engine.delivery import Tools
    from traymail.store.credentials import CredentialHosts, Keyrings
    from traymail.store.known_rules import KnownRules

# A mail that is to be broken off may stand at a server that is slow to take the next piece.
STOPPING_SECONDS = 10.0

_UNAGREED = "risks that wait for the user"

Progress = Callable[[int, int, int], None]


class App:
    """One home as one process has it open. What is not used is not opened."""

    def __init__(self, home: Home, environ: Mapping[str, str], language: str = "") -> None:
        self.home = home
        self.environ = environ
        self.clock = SystemClock()
        self.publisher = Publisher()
        self.instance = Instance(home.state)
        self._language = language

    # --- parts ----------------------------------------------------------------------------------

    @cached_property
    def settings_file(self) -> SettingsFile:
        """Return the configuration file; raises UnsafePath for one in a home that is not ours."""
        self.home.check()
        return SettingsFile(
            self.home.config_file,
            Places(
                user_home=str(in_home("~")),
                own_folders=tuple(map(str, self.home.own_folders)),
                config_file=str(self.home.config_file),
                log_file=str(self.home.log_file),
            ),
        )

    @cached_property
    def autostart(self) -> Autostart:
        """Return the way in which this home's program starts with the desktop session."""
        from traymail.desktop.autostart import autostart

        return autostart(self.home, self.environ)

    @cached_property
    def database(self) -> Database:
        """Open the database; raises StateError."""
        self.home.make()
        self.look_at_log()
        return Database(self.home.database)

    def look_at_log(self) -> None:
        """Keep what the database's log may have lost; only before the database is opened.

        Raises StateError.
        """
        log = self.home.database.with_name(f"{self.home.database.name}-wal")
        # Whoever has it open keeps one.
        if not log.exists() or self.instance.running.holder() not in {None, os.getpid()}:
            return
        from traymail.store.write_ahead import set_log_aside  # seldom needed

        if copy := set_log_aside(self.home.database):
            logging.getLogger(__name__).error(
                "mails stored last may be missing: the database's log was damaged; see %s", copy
            )

    @cached_property
    def spool(self) -> Spool:
        """Open the spool."""
        self.home.make()
        return Spool(self.home.spool)

    @cached_property
    def outbox(self) -> Outbox:
        """Open the outbox; raises StateError."""
        return Outbox(self.database, self.spool)

    @cached_property
    def pauses(self) -> PauseMemory:
        """Open the memory of a pause."""
        return PauseMemory(self.outbox)

    @cached_property
    def known_rules(self) -> KnownRules:
        """Open the memory of the rules that were in force."""
        from traymail.store.known_rules import KnownRules

        return KnownRules(self.database)

    @cached_property
    def credentials(self) -> Keyrings:
        """Make ready to ask for secrets; nothing is asked before it is needed."""
        from traymail.store.credentials import Keyrings

        return Keyrings(self.environ, hosts=self._credential_hosts, waits=self._waits)

    @cached_property
    def _credential_hosts(self) -> CredentialHosts:
        from traymail.store.credentials import CredentialHosts

        return CredentialHosts(self.outbox)

    def risks(self, before: Settings, after: Settings) -> tuple[Risk, ...]:
        """Return what these settings could do with secrets that those before could not."""
        from traymail.core.consent import risks

        return risks(before, after, self._bound_to)

    def unconfirmed(self, before: Settings, after: Settings) -> tuple[Risk, ...]:
        """Return the risks, and those that are in force but for the secret."""
        from traymail.core.consent import moved, waiting

        kept = self.unagreed()
        waits = [risk for one in after.accounts.values() for risk in waiting(one, kept)]
        found = (*waits, *self.risks(before, after), *moved(after, self._bound_to))
        return tuple({(one.account, one.key): one for one in found}.values())

    def agree(self, risks: Iterable[Risk]) -> None:
        """Let credential files go to the hosts the user agreed to, and commands run."""
        from traymail.core.consent import HOST

        agreed = tuple(risks)
        for risk in agreed:
            if risk.key == HOST:
                self._credential_hosts[risk.account] = risk.value
        self.keep_unagreed(self.unagreed() - {risk.id for risk in agreed})

    def agree_everywhere(self, risks: Iterable[Risk]) -> None:
        """Agree to what was just written: the running program would ask as for an edit by hand."""
        agreed = tuple(risks)
        self.agree(agreed)
        with suppress(NotRunning):
            self.instance.ask({"command": "consent", "agreed": [one.id for one in agreed]})

    def unagreed(self) -> frozenset[str]:
        """Return the ids of risks that wait for the user, also after a restart."""
        kept = self.outbox.meta(_UNAGREED) if self.home.database.exists() else None
        return frozenset(kept.split()) if kept else frozenset()

    def keep_unagreed(self, ids: frozenset[str]) -> None:
        """Remember what waits for the user."""
        if ids != self.unagreed():
            self.outbox.set_meta(_UNAGREED, " ".join(sorted(ids)))

    def awaits_consent(self, account: Account) -> bool:
        """Tell whether the running program knows an account only once the user has agreed.

        An edit waits as a whole: also for what another account is to be given.
        """
        if not self.unagreed():
            return False
        try:
            told = self.instance.ask({"command": "status", "language": "en"})
        except NotRunning:
            return False
        accounts = told.get("accounts")
        if accounts is None or not told.get("config_error"):
            return False
        return bool(accounts.get(account.name, {}).get("state", "missing") == "missing")

    def _waits(self, account: Account) -> frozenset[str]:
        """Return the keys of the account that came by an edit nobody has agreed to."""
        from traymail.core.consent import waiting

        return frozenset(risk.key for risk in waiting(account, self.unagreed()))

    def _bound_to(self, account: str) -> str | None:
        """Return which host the account's credential file is for: `traymail.core.consent.BoundTo`.

        It may be the running program that has the file, and this process not.
        """
        from traymail.store.secret_sources import credential_file

        bound = self._credential_hosts.get(account) if self.home.database.exists() else None
        file = credential_file(account, self.environ)
        return bound or ("" if file is not None and file.exists() else None)

    def drop_secret(self, account: Account, settings: Settings) -> bool:
        """Forget an account's secret, unless one of these settings has the same login.

        False when there is no keyring that could have it. Raises CredentialError.
        """
        logins = {(one.host, one.username) for one in settings.accounts.values()}
        if (account.host, account.username) not in logins:
            try:
                self.credentials.delete(account)
            except CredentialError as error:
                if error.advice_id != "no-keyring":
                    raise
                return False
        return True

    def new_poster(self) -> Poster:
        """Return a way into the outbox, for one thread."""
        return Poster(self.outbox, self.spool, self.clock, self.publisher.changed)

    def settings(self) -> Settings:
        """Read the configuration; raises SettingsError."""
        return self.settings_file.load().settings

    def translate(self, language: str = "auto") -> Translate:
        """Return the translation into the language asked for, else into the configured one."""
        return translator(self.language(language))

    def language(self, language: str = "auto") -> str:
        """Return the language asked for on the command line, else the configured one."""
        return choose(self._language or language, self.environ)

    def close(self) -> None:
        """Close what was opened."""
        if "database" in self.__dict__:
            self.database.close()
        self.instance.release()

    # --- sending without, or beside, the running program ----------------------------------------

    def store(self, draft: Draft, undo: timedelta = timedelta(0)) -> OutboxItem:
        """Store a mail, which leaves after ``undo``: from here on it is safe.

        Raises InputError, SourceError, StateError.
        """
        return self.new_poster().store(draft, undo)

    def let_go(self, name: str, *, mails: bool) -> None:
        """End an account's stop, and any pause its server asked for.

        ``mails``: those that wait for the user are due. What is known of the login stays.
        """
        worked = self.outbox.account_state(name).login_worked
        with self.outbox.transaction():
            self.outbox.save_account_state(AccountState(name, login_worked=worked))
            if mails:
                self.outbox.unpark(name, self.clock.now())
        self.wake()

    def stop(self, account: Account, refusal: AccountFailure) -> None:
        """Stop an account whose server refused what only the user can mend, outside of a mail."""
        from traymail.core.breaker import account_after
        from traymail.core.events import AccountChanged

        now = self.clock.now()
        with self.outbox.transaction():
            before = self.outbox.account_state(account.name)
            after = account_after(before, refusal, account, now, jitter=0)
            self.outbox.save_account_state(after)
            self.outbox.park(account.name, now)
        self.publisher.publish(AccountChanged(after))
        self.wake()

    def retry(self, ids: Collection[int] | None) -> list[OutboxItem]:
        """Make mails due that wait or failed, None: all of them; return those changed.

        That the user asks again is the sign that a stopped account was looked after.
        """
        changed = self.outbox.retry(ids, self.clock.now())
        for name in {item.account for item in changed}:
            self.let_go(name, mails=False)
        return changed

    def cancel(self, ids: Collection[int]) -> None:
        """Take mails out of the queue; the running program breaks off those it is sending.

        It does that between two pieces of a mail, so wait for it a little; never after the last.
        """
        try:
            self.instance.ask({"command": "cancel", "ids": list(ids)})
        except NotRunning:
            self.outbox.cancel(ids, self.clock.now())
            return
        pause, until = threading.Event(), self.clock.monotonic() + STOPPING_SECONDS
        while self.clock.monotonic() < until and any(
            self.outbox.get(mail_id).state is State.SENDING for mail_id in ids
        ):
            pause.wait(POLL_SECONDS)

    def wake(self, ended: Iterable[int] = ()) -> bool:
        """Tell the running program that the outbox has changed; False when none runs."""
        try:
            self.instance.ask({"command": "wake", "ended": list(ended)})
        except NotRunning:
            return False
        return True

    def deliver(self, items: Iterable[OutboxItem], settings: Settings, progress: Progress) -> None:
        """Bring mails to an end, or to their first failure.

        The running program delivers; with none running, we do under the home's lock. Returns also
        when something keeps the mail waiting: a pause, a cap, a stopped account.
        """
        waiting = {item.id: item.attempts for item in items}
        pause = threading.Event()
        told = False
        while waiting:
            if self.instance.delivering.take():
                try:
                    self._deliver_here(waiting, settings, progress)
                finally:
                    self.instance.delivering.release()
                return
            told = told or self.wake()
            held = self.holds(settings)
            waiting = {
                item_id: attempts
                for item_id, attempts in waiting.items()
                if not self._rests(self.outbox.get(item_id), attempts, settings, held)
            }
            if waiting:
                pause.wait(POLL_SECONDS)

    def holds(self, settings: Settings) -> Holds:
        """Return the caps that are reached now."""
        from traymail.engine.caps import holds

        return holds(self.outbox, settings, self._caps(settings), self.clock.now())

    def tools(
        self, stopping: threading.Event, progress: Progress, interruptions: Interruptions
    ) -> Tools:
        """Put together what deliveries work with."""
        import random

        from traymail.engine.delivery import Tools

        return Tools(
            outbox=self.outbox,
            clock=self.clock,
            make_sender=self._make_sender,
            publish=self.publisher.publish,
            jitter=random.random,
            stopping=stopping,
            progress=progress,
            interruptions=interruptions,
        )

    def _deliver_here(self, ids: Iterable[int], settings: Settings, progress: Progress) -> None:
        from traymail.engine.delivery import Delivery

        self.outbox.recover(self.clock.now())
        if self.pauses.pause(self.clock.now())[0]:
            return
        tools = self.tools(threading.Event(), progress, Interruptions())
        for item_id in ids:
            account = settings.accounts.get(self.outbox.get(item_id).account)
            if account is not None:
                delivery = Delivery(account, self._caps(settings), tools)
                delivery.step(only=item_id)
                delivery.close()

    def _caps(self, settings: Settings) -> RuleCaps:
        from traymail.engine.caps import rule_caps

        return rule_caps(settings, self.known_rules.caps())

    def _rests(self, item: OutboxItem, attempts: int, settings: Settings, held: Holds) -> bool:
        """Return whether the running program will do no more about a mail for now."""
        if item.state is not State.QUEUED:
            return item.state is not State.SENDING
        if item.attempts > attempts or item.next_attempt_at is None:
            return True
        now = self.clock.now()
        account = settings.accounts.get(item.account)
        if account is None or self.pauses.pause(now)[0] or self.awaits_consent(account):
            return True
        pause = self.outbox.account_state(account.name).hold_until
        return (pause is not None and pause > now) or held.of(item) is not None

    def _make_sender(self, account: Account) -> Sender:
        from traymail.senders.smtp import SmtpSender

        def login_worked() -> bool:
            return self.outbox.account_state(account.name).login_worked

        return SmtpSender(account, self.credentials, self.spool.open, login_worked)
