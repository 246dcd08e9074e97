"""The program behind the windows: `traymail.ui.backend.Backend` over the real parts."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from traymail.app import App
from traymail.core.account import Account, Auth
from traymail.core.account_table import read_account
from traymail.core.commands import Pause, Resume, Wake
from traymail.core.consent import Risk
from traymail.core.errors import (
    CredentialError,
    InputError,
    Problem,
    SettingsError,
    SourceError,
    TraymailError,
)
from traymail.core.events import Event
from traymail.core.examination import Proposal, Step
from traymail.core.message import Address, Draft
from traymail.core.outbox import AccountState, OutboxItem, State, in_trouble
from traymail.core.rule import Rule
from traymail.core.rules.log import LogRule
from traymail.core.secret import Secret
from traymail.core.settings import Settings, place_of
from traymail.core.texts import text
from traymail.desktop.language import speaking
from traymail.disk import in_home, write_whole
from traymail.dry_run import DryRun
from traymail.program import Program
from traymail.store import drafts, window_places
from traymail.store.people import People
from traymail.store.write_ahead import warnings
from traymail.trial import diagnose, judge, send_to_oneself
from traymail.ui.backend import Fields, MailDetail, Overview, RulePreview, SavedDraft

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from traymail.engine.engine import Snapshot

log = logging.getLogger(__name__)

PREVIEW_MAILS = 20
PREVIEW_LINES = 200
TESTED_STEPS = ("dns", "tcp", "tls", "ehlo", "auth")


class LiveBackend:
    """What windows ask, done by the running program of a home."""

    def __init__(self, app: App, program: Program) -> None:
        self._app = app
        self._program = program
        self._people = People(app.database)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with every event."""
        self._app.publisher.listen(listener)

    def overview(self) -> Overview:
        """Return how everything stands."""
        outbox = self._app.outbox
        snapshot = self._program.engine.snapshot()
        names = {*snapshot.settings.accounts, *outbox.counts_by_account()}
        error = self._program.config_error
        return Overview(
            settings=snapshot.settings,
            accounts={name: self._account_state(name, snapshot) for name in sorted(names)},
            rules=snapshot.rules,
            counts=outbox.counts(),
            paused=snapshot.paused,
            paused_until=snapshot.paused_until,
            config_error=() if error is None else error.problems,
            unconfirmed=self._program.waiting(),
            holds=self._app.holds(snapshot.settings),
            warnings=tuple(warnings(self._app.home.database)),
        )

    def _account_state(self, name: str, snapshot: Snapshot) -> AccountState:
        state, trouble = self._app.outbox.account_state(name), snapshot.troubles.get(name)
        if trouble is None or state.stopped:
            return state
        language = self._app.translate(snapshot.settings.language)
        return in_trouble(state, trouble.translated(language))

    # --- mail -----------------------------------------------------------------------------

    def post(self, draft: Draft, undo: timedelta) -> OutboxItem:
        """Store a mail that leaves after ``undo``."""
        item = self._app.store(draft, undo)
        self._people.note((*draft.to, *draft.cc, *draft.bcc), self._app.clock.now())
        self._wake()
        return item

    def take_back(self, mail_id: int) -> bool:
        """Undo a post, if it has not begun to leave."""
        return bool(self._app.outbox.cancel([mail_id], self._app.clock.now()))

    def send_now(self, mail_id: int) -> None:
        """End the wait of a post early; a stop of its account stays as it is."""
        outbox = self._app.outbox
        if outbox.get(mail_id).next_attempt_at is not None:  # else its account waits for the user
            outbox.retry((mail_id,), self._app.clock.now())
            self._wake()

    def find(
        self,
        *,
        state: State | None = None,
        account: str | None = None,
        rule: str | None = None,
        search: str = "",
        limit: int = 500,
    ) -> list[OutboxItem]:
        """Return mails, newest first."""
        return self._app.outbox.find(
            state=state, account=account, rule=rule, search=search, limit=limit
        )

    def detail(self, mail_id: int) -> MailDetail:
        """Return all that is known of one mail."""
        outbox = self._app.outbox
        try:
            mail = outbox.mail(mail_id)
        except SourceError as error:  # the rest is shown all the same
            log.warning("%s", error)
            mail = None
        return MailDetail(
            item=outbox.get(mail_id),
            text="" if mail is None else mail.text,
            html=None if mail is None else mail.html,
            attachments=tuple(placed.attachment for placed in mail.placed) if mail else (),
            attempts=tuple(outbox.attempts(mail_id)),
            verdicts=tuple(outbox.verdicts(mail_id)),
        )

    def save_eml(self, mail_id: int, target: Path) -> None:
        """Write the message as a file."""
        write_whole(target, self._app.outbox.mail(mail_id).chunks(self._app.spool.open))

    def retry(self, ids: tuple[int, ...] | None) -> None:
        """Try mails now, also of an account that was stopped."""
        self._app.retry(ids)
        self._wake()

    def resolve(self, mail_id: int, answer: State) -> None:
        """Settle an unknown mail."""
        answered: Literal["sent", "resend"] = "sent" if answer is State.SENT else "resend"
        self._app.outbox.resolve(mail_id, answered, self._app.clock.now())
        self._wake((mail_id,))

    def cancel(self, ids: tuple[int, ...]) -> None:
        """Take mails out of the queue; stop those that are being sent."""
        self._program.cancel(ids)

    def _wake(self, ended: tuple[int, ...] = ()) -> None:
        self._program.engine.submit(Wake(ended))

    # --- what the quick-send window remembers ---------------------------------------------

    def draft(self) -> SavedDraft:
        """Return the kept draft; what is there otherwise than it was kept is passed over."""
        known: dict[str, Any] = {}
        kept = drafts.load(self._app.home.state)
        for field in fields(SavedDraft):
            value = kept.get(field.name)
            if isinstance(value, list):
                value = tuple(one for one in value if isinstance(one, str))
            if isinstance(value, type(field.default)):
                known[field.name] = value
        return SavedDraft(**known)

    def keep_draft(self, draft: SavedDraft) -> None:
        """Keep a draft; an empty one forgets it."""
        drafts.save(self._app.home.state, {} if draft == SavedDraft() else asdict(draft))

    def keep_picture(self, png: bytes, word: str) -> Path:
        """Keep a pasted picture where a draft finds it after a restart."""
        taken_at = self._app.clock.now().astimezone()
        return drafts.keep_picture(self._app.home.state, f"{word}-{taken_at:%Y%m%d-%H%M%S}", png)

    def window_places(self) -> dict[str, str]:
        """Return where windows were when the program ended."""
        return window_places.load(self._app.home.state)

    def keep_window_places(self, kept: Mapping[str, str]) -> None:
        """Keep where windows are until the next start."""
        window_places.save(self._app.home.state, kept)

    def draft_files(self, mail_id: int) -> tuple[Path, ...]:
        """Make a mail's attachments files, kept for as long as the draft."""
        spool = self._app.spool
        attachments = [place.attachment for place in self._app.outbox.mail(mail_id).placed]
        spool.require_room(sum(attachment.size for attachment in attachments))
        paths = []
        for attachment in attachments:
            with spool.open(attachment) as content:
                token = secrets.token_hex(8)
                paths.append(
                    drafts.keep_file(self._app.home.state, token, attachment.name, content)
                )
        return tuple(paths)

    def people(self) -> tuple[Address, ...]:
        """Return past recipients, the most used first."""
        return self._people.known()

    def forget_person(self, mailbox: str) -> None:
        """Offer a recipient no more."""
        self._people.forget(mailbox)

    # --- accounts -------------------------------------------------------------------------

    def find_server(self, address: str) -> Proposal | None:
        """Propose a server for an address."""
        from traymail.senders.detect import detect

        return detect(address)

    def check_account(
        self, name: str, values: Fields
    ) -> tuple[Account | None, tuple[Problem, ...]]:
        """Return the account these fields make, or every problem of a field."""
        problems: list[Problem] = []
        account = read_account(name, self._account_table(name, values), str(in_home("~")), problems)
        prefix = place_of("accounts", name)
        return account, tuple(
            replace(one, where=one.where.removeprefix(prefix).lstrip("."))
            for one in self._app.settings_file.placed(problems)
            if not one.hint
        )

    def test_account(self, account: Account, secret: Secret | None) -> Generator[Step, None, None]:
        """Try an account live, with a mail to itself at the end."""
        passed = True
        kept = self._program.engine.snapshot().settings.accounts.get(account.name)
        # What is only typed so far says nothing of the account at work.
        is_kept = secret is None and kept is not None and kept.connection == account.connection
        tried = judge(self._app, account) if is_kept else diagnose(self._app, account, secret)
        with closing(tried) as steps:
            for step in steps:
                if step.step in TESTED_STEPS:
                    passed = passed and step.ok is not False
                    yield step
        language = self._program.engine.snapshot().settings.language
        translate = self._app.translate(language)
        mail = (
            send_to_oneself(self._app, account, secret, translate) if passed else Step("mail", None)
        )
        yield mail
        if mail.ok:
            self._app.let_go(account.name, mails=True)

    def diagnose(self, account: Account) -> Generator[Step, None, None]:
        """Try an account's server step by step, up to the login."""
        return judge(self._app, account)

    def save_account(self, name: str, values: Fields, secret: Secret | None) -> None:
        """Add or change an account; its secret goes to the keyring first."""
        from traymail.store.edits import put_account  # as all of them: tomlkit is slow to import

        account, problems = self.check_account(name, values)
        if account is None:
            raise SettingsError(problems)
        settings = self._program.engine.snapshot().settings
        before = settings.accounts.get(name)
        if secret is not None:
            self._app.credentials.set(account, secret)
        table = self._account_table(name, values)
        try:
            self._program.edit(lambda document: put_account(document, name, table))
        except TraymailError:
            if secret is not None:
                self._drop_secret(account, settings)
            raise
        self._app.let_go(name, mails=True)
        if before is not None and before.auth is not Auth.NONE:
            self._drop_secret(before, self._app.settings())

    def remove_account(self, name: str) -> None:
        """Remove an account and its secret."""
        account = self._program.engine.snapshot().settings.accounts.get(name)
        left = self._app.settings_file.remove_account(name).settings
        self._program.reload()
        self._app.outbox.forget_account(name)
        if account is not None:
            self._app.drop_secret(account, left)

    def _drop_secret(self, account: Account, settings: Settings) -> None:
        """Leave no secret in the keyring of a login that no account has, if that can be helped."""
        try:
            self._app.drop_secret(account, settings)
        except CredentialError as error:
            log.warning("an old secret may still be in the keyring: %s", error)

    def set_default(self, name: str) -> None:
        """Make an account the default one."""
        self.set_general("default_account", name)

    def _account_table(self, name: str, values: Fields) -> dict[str, Any]:
        """Return an account's table with these values put in; None takes a key out."""
        kept = self._app.settings_file.document().get("accounts", {}).get(name, {})
        return {key: value for key, value in {**kept, **values}.items() if value is not None}

    # --- rules ----------------------------------------------------------------------------

    def check_rule(self, values: Fields, before: str | None) -> tuple[Problem, ...]:
        """Return every problem of a rule, or else hints; ``where`` is the field."""
        try:
            return self._tried_rule(values, before)[2]
        except SettingsError as error:
            return error.problems

    def preview_rule(self, values: Fields, before: str | None) -> RulePreview:
        """Return what these fields would do now; raises SettingsError when they are wrong."""
        rule, settings, _ = self._tried_rule(values, before)
        dry = DryRun(self._app.home.own_folders, self._app.translate(settings.language), _no_bar)
        account, now = settings.accounts[rule.account], self._app.clock.now()
        if isinstance(rule, LogRule):
            ends = dry.preview_ends(rule, account, now, PREVIEW_MAILS, PREVIEW_LINES)
            return RulePreview(ends.preview, ends.lines, ends.logs)
        return RulePreview(dry.preview(rule, account, None, now, PREVIEW_MAILS))

    def rule_fields(self, name: str) -> Fields:
        """Return a saved rule as its form holds it; raises InputError when there is none."""
        rules: list[Fields] = self._app.settings_file.document().get("rules", [])
        for rule in rules:
            if rule.get("name") == name:
                return rule
        raise InputError(text("There is no rule {name}.", name=name))

    def save_rule(self, values: Fields, before: str | None) -> None:
        """Add or change a rule."""
        from traymail.store.edits import put_rule

        def change(document: TOMLDocument) -> None:
            put_rule(document, values, before)

        self._program.edit(change)

    def remove_rule(self, name: str) -> None:
        """Remove a rule."""
        from traymail.store.edits import drop_rule

        self._program.edit(lambda document: drop_rule(document, name))

    def enable_rule(self, name: str, *, enabled: bool) -> None:
        """Switch a rule on or off."""
        self.save_rule({"enabled": enabled}, name)

    def _tried_rule(
        self, values: Fields, before: str | None
    ) -> tuple[Rule, Settings, tuple[Problem, ...]]:
        """Return the rule these fields make, with hints.

        Raises SettingsError with its own problems only.
        """
        from traymail.store.edits import put_rule

        place = ""

        def change(document: TOMLDocument) -> None:
            nonlocal place
            place = f"rules[{put_rule(document, {**values, 'enabled': True}, before)}]"

        try:
            loaded = self._app.settings_file.tried(change)
        except SettingsError as error:
            raise SettingsError(_own(error.problems, place) or error.problems) from error
        settings = loaded.settings
        name = values.get("name", before)
        rule = next(rule for rule in settings.rules if rule.name == name)
        return rule, settings, _own(loaded.hints, place)

    # --- the program ----------------------------------------------------------------------

    def set_general(self, key: str, value: object) -> None:
        """Change a top-level value of the configuration."""
        from traymail.store.edits import put_value

        self._program.edit(lambda document: put_value(document, key, value))

    def export_settings(self, target: Path) -> None:
        """Write the configuration without any secret."""
        self._app.settings_file.export(target)

    def import_settings(self, source: Path, agreed: tuple[Risk, ...] = ()) -> tuple[Risk, ...]:
        """Take a configuration over, or return what has to be agreed to first."""
        return self._program.import_settings(source, agreed)

    def agree(self, risks: tuple[Risk, ...]) -> None:
        """Put an edit by hand in force that waits for the user's consent."""
        self._program.agree(risks)

    def places(self) -> Mapping[str, Path]:
        """Return where the files are."""
        home = self._app.home
        return {"config": home.config_file, "state": home.state, "log": home.log_file}

    def autostart(self) -> bool:
        """Return whether the program starts with the desktop session."""
        return self._app.autostart.is_on()

    def set_autostart(self, *, on: bool) -> None:
        """Start with the desktop session, or not."""
        self._app.autostart.set(on=on)

    def pause(self, until: datetime | None) -> None:
        """Let nothing leave until then."""
        self._program.engine.submit(Pause(until))

    def resume(self) -> None:
        """Let mail leave again."""
        self._program.engine.submit(Resume())

    def rehearse(self, language: str) -> None:
        """Start the rehearsal, then end: two of them would have two icons."""
        from traymail.desktop.autostart import program_command
        from traymail.desktop.starting import start_rehearsal

        command = (*program_command(self._app.home), "demo")
        start_rehearsal(command, speaking(language, self._app.environ))
        self.quit()

    def quit(self) -> None:
        """End the program."""
        self._program.end()


def _own(problems: Iterable[Problem], place: str) -> tuple[Problem, ...]:
    """Return the problems of one rule, each with its field alone."""
    own = (one for one in problems if one.where.startswith(place))
    return tuple(replace(one, where=one.where[len(place) :].lstrip(".")) for one in own)


def _no_bar(_work: int, _done: int, _total: int) -> None:
    """Nobody watches a preview's progress."""
