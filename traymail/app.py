"""The composition root: it knows every concrete class, and puts one home's parts together."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING

from traymail.accounts import KINDS, kind_of
from traymail.core.echoes import STRUCK_OUT
from traymail.core.errors import NotRunning, SettingsError, TraymailError
from traymail.core.outbox import UNANSWERED
from traymail.core.paths import PathContext
from traymail.core.secret import ToldSecrets
from traymail.core.texts import Translate
from traymail.desktop.clock import SystemClock
from traymail.desktop.instance import Instance
from traymail.desktop.language import choose, translator
from traymail.desktop.paths import Home
from traymail.disk import in_home, user_name
from traymail.engine.posting import Poster
from traymail.engine.publisher import Publisher
from traymail.engine.stops import Interruptions
from traymail.store.database import Database
from traymail.store.memory import KeptPause
from traymail.store.outbox import Outbox, Recovered
from traymail.store.passed import PassedTime
from traymail.store.settings import SettingsFile
from traymail.store.spool import Spool

# What only deliveries need is imported by them: `send --queue` is to be quick.
if TYPE_CHECKING:
    from traymail.consenting import Agreements
    from traymail.core.account import Account
    from traymail.core.holds import Holds
    from traymail.core.message import Attachment
    from traymail.core.ports import SecretSource, Sender
    from traymail.core.rule_kind import Kinds
    from traymail.core.settings import Settings
    from traymail.desktop.autostart import Autostart
    from traymail.engine.caps import RuleCaps
    from traymail.engine.delivery import Progress, Tools
    from traymail.engine.flow import Machine
    from traymail.engine.stops import Stops
    from traymail.oauth.tokens import AccessTokens
    from traymail.running.kind import GetRunningKinds, RunningKinds
    from traymail.store.credentials import Keyrings
    from traymail.store.known_rules import KnownRules


def usual_rule_kinds() -> RunningKinds:
    """Return the kinds of rules that traymail has."""
    from traymail.running import ALL  # what rules need is slow to import

    return ALL


class App:
    """One home as one process has it open. What is not used is not opened."""

    def __init__(
        self,
        home: Home,
        environ: Mapping[str, str],
        language: str = "",
        rule_kinds: GetRunningKinds = usual_rule_kinds,
    ) -> None:
        """``rule_kinds`` are asked for where there is a rule."""
        self.home = home
        self._get_rule_kinds = rule_kinds
        self.environ = environ
        self.clock = SystemClock()
        self.publisher = Publisher()
        self.told = ToldSecrets()
        self.instance = Instance(home.state)
        self._language = language

    # --- parts ----------------------------------------------------------------------------------

    @cached_property
    def settings_file(self) -> SettingsFile:
        """Return the configuration file; raises UnsafePath for one in a home that is not ours."""
        self.home.check()
        return SettingsFile(
            self.home.config_file,
            PathContext(
                user_home=str(in_home("~")),
                own_folders=tuple(map(str, self.home.own_folders)),
                config_file=str(self.home.config_file),
                log_file=str(self.home.log_file),
            ),
            KINDS,
            self.configured_rule_kinds,
        )

    @cached_property
    def rule_kinds(self) -> RunningKinds:
        """The kinds that rules may be of."""
        return self._get_rule_kinds()

    def configured_rule_kinds(self) -> Kinds:
        """Return them as the configuration knows them."""
        return tuple(one.kind for one in self.rule_kinds)

    @cached_property
    def autostart(self) -> Autostart:
        """Return the way in which this home's program starts with the desktop session."""
        from traymail.desktop.autostart import autostart

        return autostart(self.home, self.environ)

    @cached_property
    def database(self) -> Database:
        """Open the database; raises StateError."""
        self.home.make()
        look_at_log(self.home, self.instance)
        return Database(self.home.database)

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
    def passed(self) -> PassedTime:
        """Count the time that passes from now on; only for the process that runs in this home."""
        return PassedTime(self.outbox, self.clock)

    @cached_property
    def pauses(self) -> KeptPause:
        """Open the memory of a pause."""
        return KeptPause(self.outbox)

    @cached_property
    def known_rules(self) -> KnownRules:
        """Open the memory of the rules that were in force."""
        from traymail.store.known_rules import KnownRules

        return KnownRules(self.database)

    @cached_property
    def agreements(self) -> Agreements:
        """Open the memory of what the user agreed to."""
        from traymail.consenting import Agreements

        return Agreements(self.home.database, lambda: self.outbox, self.environ)

    @cached_property
    def credentials(self) -> Keyrings:
        """Make ready to ask for secrets; nothing is asked before it is needed."""
        from traymail.store.credentials import Keyrings

        return Keyrings(
            self.environ,
            hosts=self.agreements.hosts,
            waits=lambda account: _waits(self, account),
            sign_ins=lambda: self.access_tokens,
        )

    @cached_property
    def access_tokens(self) -> AccessTokens:
        """Return the tokens of the accounts that sign in by OAuth2."""
        from traymail.oauth.tokens import AccessTokens

        return AccessTokens(self.credentials, self.clock, self.home.state)

    def new_poster(self, settings: Callable[[], Settings] | None = None) -> Poster:
        """Return a way into the outbox, for one thread.

        ``settings``: those in force; else those that are written, as they are at the first mail
        with files.
        """
        in_force = settings or cache(self.settings)

        def require(account: str, files: tuple[Attachment, ...]) -> None:
            one = in_force().accounts.get(account)
            if one is not None:
                kind_of(one).require_files(one, files)

        return Poster(self.outbox, self.spool, self.clock, self.publisher.changed, require)

    def new_stops(self, wake: Callable[[], object]) -> Stops:
        """Return a way to stop accounts and let them go on; ``wake`` tells who delivers."""
        from traymail.engine.stops import Stops

        return Stops(self.outbox, self.clock, self.publisher.publish, wake)

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

    # --- delivering -----------------------------------------------------------------------------

    def holds(self, settings: Settings) -> Holds:
        """Return the caps that are reached now."""
        from traymail.engine.caps import holds

        return holds(self.outbox, settings, self.caps(settings), self.clock.now())

    def tools(
        self, stopping: threading.Event, progress: Progress, interruptions: Interruptions
    ) -> Tools:
        """Put together what deliveries work with."""
        import random

        from traymail.engine.clock_steps import ClockSteps
        from traymail.engine.delivery import Tools

        return Tools(
            outbox=self.outbox,
            clock=self.clock,
            make_sender=self.make_sender,
            publish=self.publisher.publish,
            jitter=random.random,
            stopping=stopping,
            progress=progress,
            interruptions=interruptions,
            clock_steps=ClockSteps(self.outbox, self.clock),
        )

    def caps(self, settings: Settings) -> RuleCaps:
        """Return how many mails each rule may send, as of its latest settings."""
        from traymail.engine.caps import rule_caps

        return rule_caps(settings, self.known_rules.caps())

    def make_sender(
        self,
        account: Account,
        credentials: SecretSource | None = None,
        told: ToldSecrets | None = None,
    ) -> Sender:
        """Return the way in which an account's mails leave, with the secret from here or there.

        ``told``: see `traymail.core.ports.SenderTools`; else those of this process.
        """
        from traymail.core.ports import SenderTools

        def login_worked() -> bool:
            return credentials is None and self.outbox.account_state(account.name).login_worked

        secrets = credentials or self.credentials
        tools = SenderTools(secrets, self.spool.open, login_worked, told or self.told)
        return kind_of(account).make_sender(account, tools)


def recover(app: App) -> Recovered:
    """Settle what a crash left in the outbox; only for the process that delivers in it."""

    def unanswered(name: str) -> str:
        from traymail.core.reply_rules import services

        with contextlib.suppress(SettingsError):  # told by whoever needs the settings
            account = app.settings().accounts.get(name)
            if account is not None and services.by_service(account.provider):
                return services.UNANSWERED
        return UNANSWERED

    return app.outbox.recover(app.clock.now(), unanswered)


def look_at_log(home: Home, instance: Instance) -> None:
    """Keep what the database's log may have lost; only before the database is opened.

    Raises StateError.
    """
    name = home.database.name
    beside = [home.database.with_name(f"{name}{part}") for part in ("-wal", "-shm")]
    # Whoever has it open keeps one.
    if not any(one.exists() for one in beside) or instance.running.holder() not in {
        None,
        os.getpid(),
    }:
        return
    from traymail.store.write_ahead import set_log_aside  # seldom needed

    if copy := set_log_aside(home.database):
        logging.getLogger(__name__).error(
            "mails stored last may be missing: the database's log was damaged; see %s", copy
        )


def machine() -> Machine:
    """Return what the mails of rules say of where they come from."""
    from traymail.engine.flow import Machine

    return Machine(socket.gethostname(), user_name())


def told_by_all(app: App) -> ToldSecrets:
    """Return the secrets that servers were told by this process, or by the running program."""
    return ToldSecrets(app.told, lambda words: _without_others_secrets(app, words))


def _without_others_secrets(app: App, words: str) -> str:
    """Return what a server says without what the running program told any, of another account.

    Nothing of it where that program does not answer: what it told is not known then. Of a long one
    no more is left than is ever shown, so that others need not wait for an answer of theirs.
    """
    if not words or app.instance.running.holder() in {None, os.getpid()}:
        return words
    from traymail.core.replies import LONGEST_REPLY

    some = words[: 4 * LONGEST_REPLY]  # blanks are still to be taken out
    with contextlib.suppress(TraymailError):
        rest = app.instance.ask({"command": "strike_out", "words": some}).get("words")
        if isinstance(rest, str):
            return rest
    return STRUCK_OUT


def _waits(app: App, account: Account) -> Collection[str]:
    """Return which keys of an account wait for the user; raises StateError.

    Also those of an edit that the running program has not looked at yet.
    """
    if app.instance.running.holder() not in {None, os.getpid()}:
        with contextlib.suppress(NotRunning):
            app.instance.ask({"command": "consent"})  # it looks then
    return app.agreements.waits(account)
