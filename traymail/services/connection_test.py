"""What an account is tried with: a diagnosis of its server, and a mail to oneself."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

from traymail import __version__
from traymail.accounts import kind_of
from traymail.app import App, told_by_all
from traymail.core.account import Account, Auth
from traymail.core.connection_test import Step
from traymail.core.errors import AccountFailure, AuthFailure, CredentialError, DeliveryError
from traymail.core.message import Draft, Envelope, Mail
from traymail.core.mime import compose
from traymail.core.replies import remedy_for, what_failed
from traymail.core.secret import Secret
from traymail.core.texts import Translate, text
from traymail.engine.posting import new_stamp
from traymail.engine.stops import Stops


@dataclass(frozen=True, slots=True)
class _Given:
    """`traymail.core.ports.SecretSource` that knows one secret, not kept anywhere yet."""

    secret: Secret

    def get(self, _account: Account) -> Secret:
        return self.secret

    def another(self, _account: Account, _refused: Secret) -> bool:
        return False


class _Nobody:
    """`traymail.core.ports.Journal` of a mail that is in no outbox."""

    def before_final(self) -> None:
        """Remember nothing of a test."""

    def part_taken(self, parts: int, parts_of: int) -> None:
        """Remember nothing of a test."""

    def progress(self, done: int, total: int) -> None:
        """Do nothing: a test is too short to watch."""


def diagnose(
    app: App, account: Account, secret: Secret | None = None
) -> Generator[Step, None, None]:
    """Try an account's server step by step, up to the login.

    ``secret`` None: the one kept for it; one that cannot be had is a failed login, told at its
    place. Closed early, the connection ends.
    """
    missing: CredentialError | DeliveryError | None = None
    login_worked = False
    if secret is None and account.auth is not Auth.NONE:
        try:
            secret = app.credentials.get(account)
            login_worked = app.outbox.account_state(account.name).login_worked
        except (CredentialError, DeliveryError) as error:
            missing = error
    kind, told = kind_of(account), told_by_all(app)
    test = kind.connection_test(account, secret, app.clock, told, login_worked=login_worked)
    with closing(test) as steps:
        for step in steps:
            if step.step == "auth" and step.ok is None and missing is not None:
                yield _failed(step, missing, account)
            elif step.step == "auth" and secret is not None:
                yield _with_another_token(app, account, secret, step)
            else:
                yield step


def _failed(step: Step, error: CredentialError | DeliveryError, account: Account) -> Step:
    """Return the login as one for which there is no secret, or no access token."""
    advice, detail = error.advice, error.title
    if isinstance(error, DeliveryError):
        advice = remedy_for(error.advice_id, account.name)
        detail = what_failed(error.title, error.reply.code, error.reply.text)
    return replace(step, ok=False, detail=detail, advice=advice, failure=error)


def _with_another_token(app: App, account: Account, refused: Secret, step: Step) -> Step:
    """Return the login; where its access token is refused, that with another, as a mail would."""
    if step.ok is not False or not isinstance(step.failure, AuthFailure):
        return step
    kind = kind_of(account)
    try:
        if not app.credentials.another(account, refused):
            return step
        secret = app.credentials.get(account)
    except (CredentialError, DeliveryError) as error:
        return _failed(step, error, account)
    with closing(
        kind.connection_test(account, secret, app.clock, told_by_all(app), login_worked=False)
    ) as steps:
        return next((one for one in steps if one.step == step.step), step)


def judge(app: App, account: Account, stops: Stops) -> Generator[Step, None, None]:
    """`diagnose` with the secret that is kept; the account learns from it as from a mail's try.

    All passed, a stopped account goes on; a refusal that only the user can mend stops it. Raises
    StateError when that cannot be kept.
    """
    refusal: AccountFailure | None = None
    passed = True
    with closing(diagnose(app, account)) as steps:
        for step in steps:
            passed = passed and step.ok is not False
            if refusal is None and isinstance(step.failure, AccountFailure):
                refusal = step.failure
            yield step
    if passed:
        # Where only a message shows whether the login works, nothing is known yet.
        if not kind_of(account).login_by_mail:
            stops.clear(account.name, mails=True)
    elif refusal is not None:
        stops.impose(account, refusal)


def judge_by_mail(
    app: App, account: Account, stops: Stops, translate: Translate
) -> Generator[Step, None, None]:
    """`judge`, and a message where only that shows whether the login works.

    Raises StateError.
    """
    passed = True
    for step in judge(app, account, stops):
        passed = passed and step.ok is not False
        yield step
    if not kind_of(account).login_by_mail:
        return
    mail = send_to_oneself(app, account, None, translate) if passed else Step("mail", None)
    if mail.ok:
        stops.clear(account.name, mails=True)
    elif isinstance(mail.failure, AccountFailure):
        stops.impose(account, mail.failure)
    yield mail


def send_to_oneself(
    app: App, account: Account, secret: Secret | None, translate: Translate
) -> Step:
    """Send a mail from an account to its own address; return how that went.

    ``secret`` None: the one kept for it.
    """
    now, began = app.clock.now(), app.clock.monotonic()
    draft = Draft(
        account=account.name,
        sender=account.address,
        to=(account.address,),
        subject=text("traymail works").translated(translate),
        text=text("This account is ready to send.").translated(translate),
    )
    stamp = new_stamp(draft, now)
    skeleton = compose(draft, (), stamp, version=__version__).skeleton
    mailbox = account.address.mailbox
    envelope = Envelope(mailbox, (mailbox,))
    mail = Mail(stamp.message_id, envelope, draft.subject, draft.text, None, skeleton, to=draft.to)
    source = app.credentials if secret is None else _Given(secret)
    sender = app.make_sender(account, source, told_by_all(app))
    try:
        receipt = sender.send(mail, _Nobody())
    except (DeliveryError, CredentialError) as error:
        detail, advice = error.title, error.advice
        if isinstance(error, DeliveryError):
            detail = what_failed(error.title, error.reply.code, error.reply.text)
            advice = remedy_for(error.advice_id, account.name)
        return Step("mail", False, None, detail, advice, error)  # noqa: FBT003 # ok
    finally:
        sender.close()
    spent = round((app.clock.monotonic() - began) * 1000)
    return Step("mail", True, spent, f"{receipt.code} {receipt.reply}")  # noqa: FBT003 # ok
