"""`traymail account`: through whom mail leaves."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import click

from traymail.accounts import KINDS, kind_of
from traymail.accounts.smtp import secret_of
from traymail.accounts.webhook import EXAMPLE_BODY
from traymail.cli import endings
from traymail.cli.doctor import PORT, PORT_NUMBER, SECURITY, not_found, show_steps
from traymail.cli.options import AS_JSON
from traymail.cli.outcome import tell_what_waits
from traymail.cli.proposals import accounts
from traymail.cli.session import Session
from traymail.cli.show import account_word, table
from traymail.cli.slips import ask_about_slips
from traymail.cli.words import argument, command, files, group, option
from traymail.core.account import DEFAULT_KIND, Auth
from traymail.core.account_kind import read_account
from traymail.core.address import excerpt, parse_address
from traymail.core.duration import iso, parse_duration
from traymail.core.errors import (
    CredentialError,
    InputError,
    KeyringError,
    Problem,
    SettingsError,
    name_taken,
    problem_line,
)
from traymail.core.oauth import OAUTH
from traymail.core.outbox import State
from traymail.core.provider import AuthKind, Provider, for_address, for_host, free_name
from traymail.core.robots import MessageFormat, Overflow
from traymail.core.secret import Secret
from traymail.core.settings import Settings
from traymail.core.sign_in import BrowserAsked, DeviceAsked, LoginState, SignedIn, SignInStep
from traymail.core.texts import Text, in_command, text
from traymail.core.validators import place_of
from traymail.core.webhooks import BY_NAME
from traymail.disk import in_home, typed
from traymail.services.connection_test import judge_by_mail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from traymail.core.account import Account
    from traymail.core.account_kind import AccountKind, SecretWords
    from traymail.core.message import Address

NAME = argument("name", "NAME", shell_complete=accounts)


@group("account", text("Manage the accounts that send mail."))
def account() -> None:
    """Hold the commands below."""


@command("list", text("List the accounts."))
@AS_JSON
@click.pass_obj
def list_(session: Session, /, *, as_json: bool) -> None:
    """Print the configured accounts."""
    settings = session.settings()
    rows = [_facts(session, one, settings.default_account) for one in settings.accounts.values()]
    if as_json:
        session.dump(rows)
        return
    if not rows:
        session.say(text("There is no account yet. Add one with: traymail account add ADDRESS"))
        return
    names = (text("name"), text("address"), text("server"), text("state"), text("default"))
    head = tuple(map(session.translated, names))
    lines = [
        (
            *(row["name"], row["address"]),
            kind_of(settings.accounts[row["name"]]).destination(settings.accounts[row["name"]]),
            session.translated(_state_word(row)),
            session.translated(text("yes")) if row["default"] else "",
        )
        for row in rows
    ]
    for line in table([head, *lines]):
        session.say(line)


def _state_word(row: dict[str, Any]) -> Text:
    """Return the state of an account as people read it: one that signs in has no secret to miss."""
    login = None if row["state"] in {"attention", "locked"} else row["login"]
    return _SIGN_INS[LoginState(login["state"])] if login else account_word(row["state"])


_SIGN_INS = {
    LoginState.OK: text("ready"),
    LoginState.EXPIRED: text("sign-in has ended"),
    LoginState.NEVER: text("not signed in"),
}


def _facts(session: Session, one: Account, default: str) -> dict[str, Any]:
    # Nothing is stored of an account before the first mail.
    kept = session.app.outbox.account_state(one.name) if session.home.database.exists() else None
    return {
        "name": one.name,
        "kind": one.kind,
        "address": one.address.mailbox,
        "display_name": one.address.name,
        **kind_of(one).facts(one),
        "default": one.name == default,
        "login": _login_facts(session, one),
        "state": "attention"
        if kept is not None and kept.stopped
        else session.app.credentials.standing(one),
    }


def _login_facts(session: Session, one: Account) -> dict[str, Any] | None:
    """Return how a sign-in stands, None where there is none, or the keyring does not say."""
    if not one.signs_in or session.app.credentials.has_file(one.name):
        return None
    found = session.app.access_tokens.login(one)
    if found is None:
        return None
    return {"until": iso(found.until), "state": found.state.value}


@dataclass(frozen=True, slots=True)
class WantedAccount:
    """What the options of ``account add`` say."""

    name: str | None
    display_name: str | None
    kind: str | None
    host: str | None
    port: int | None
    security: str | None
    username: str | None
    auth: str | None
    ca_file: str | None
    api_url: str | None
    format: str | None
    overflow: str | None
    preset: str | None
    template: str | None
    success: str | None
    max_bytes: int | None
    client_id: str | None
    tenant: str | None
    authorize_url: str | None
    token_url: str | None
    device_url: str | None
    scope: str | None
    redirect_port: int | None

    def fields(self) -> dict[str, object]:
        """Return what goes into the account's table."""
        names = {one.name for one in fields(self)} - {"name", *OAUTH.keys}
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name in names}
        oauth = {key: getattr(self, key) for key in OAUTH.keys}
        oauth = {key: value for key, value in oauth.items() if value is not None}
        found["oauth"] = oauth or None
        if self.ca_file:
            found["ca_file"] = str(in_home(self.ca_file).absolute())
        inside = {"body": found.pop("template")}
        inside |= {key: found.pop(key) for key in ("success", "max_bytes")}
        found["webhook"] = _given(inside) or None
        return _given(found)


def _given(found: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in found.items() if value is not None}


@command(
    "add",
    text(
        "Add an account.\n\n"
        "For the providers that traymail knows, the address and the code are enough. You are "
        "asked for the code, or it is read from the first line of standard input."
    ),
)
@argument("address", "[ADDRESS]", required=False)
@option("--name", text("A name for the account."), metavar="NAME")
@option("--display-name", text("The name that recipients see."), metavar="NAME")
@option(
    "--kind",
    text(
        "How mail is sent: smtp, sendgrid (by HTTP), or wecom or webhook (messages of a chat, "
        "without an ADDRESS)."
    ),
    metavar="KIND",
)
@option("--host", text("The mail server, when traymail does not find it."), metavar="HOST")
@PORT
@SECURITY
@option("--username", text("The login name, when it is not the address."), metavar="NAME")
@option(
    "--auth",
    text("“none” for a server that needs no login."),
    type=click.Choice([auth.value for auth in Auth]),
)
@option(
    "--ca-file",
    text("The certificate of a company's own authority."),
    metavar="FILE",
    shell_complete=files,
)
@option("--api-url", text("Another server than the service's own."), metavar="URL")
@option("--preset", text("The service of a webhook."), type=click.Choice(list(BY_NAME)))
@option(
    "--template",
    text("The JSON that a webhook of no known service is sent."),
    metavar="JSON",
)
@option(
    "--success",
    text("What such a webhook answers when it has taken a message."),
    metavar="COMPARISON",
)
@option(
    "--max-bytes",
    text("How long a message to such a webhook may be."),
    type=click.IntRange(1),
    metavar="N",
)
@option(
    "--format",
    text("How a robot's messages are shown."),
    type=click.Choice([one.value for one in MessageFormat]),
)
@option(
    "--overflow",
    text("What becomes of a message that is too long for a robot."),
    type=click.Choice([one.value for one in Overflow]),
)
@option("--client-id", text("OAuth2: the client id of your own."), metavar="ID")
@option(
    "--tenant",
    text("OAuth2 of Microsoft: common, consumers, organizations, or an organisation."),
    metavar="NAME",
)
@option("--authorize-url", text("OAuth2: the page to sign in at."), metavar="URL")
@option("--token-url", text("OAuth2: where tokens are got."), metavar="URL")
@option("--device-url", text("OAuth2: where codes for other devices are got."), metavar="URL")
@option("--scope", text("OAuth2: the permission to ask for."), metavar="WORDS")
@option(
    "--redirect-port",
    text("OAuth2: the port for the browser to come back to, where the provider wants a fixed one."),
    type=PORT_NUMBER,
    metavar="PORT",
)
@option("--default", text("Make it the default account."), "as_default", is_flag=True)
@option("--no-secret", text("Provide the secret later, in another way."), is_flag=True)
@option("--no-test", text("Do not try to log in."), is_flag=True)
@click.pass_obj
def add(
    session: Session,
    /,
    *,
    address: str | None,
    as_default: bool,
    no_secret: bool,
    no_test: bool,
    **given: Any,  # noqa: ANN401 # click's options
) -> int:
    """Store an account and its secret, and try it."""
    options: dict[str, Any] = given | {
        key: typed(one) for key, one in given.items() if isinstance(one, str)
    }
    wanted = WantedAccount(**options)
    kind = _kind(wanted)
    sender = _address(kind, address)
    settings = session.settings()
    if sender is not None and wanted.host is None:
        ask_about_slips(session, (sender.mailbox,))
    provider, words = None, kind.secret(None)
    mailbox = f"@{kind.name}"
    if sender is not None and "host" in kind.form.keys:
        wanted, provider = _found(session, wanted, sender)
        words, mailbox = secret_of(provider), sender.mailbox
    name = wanted.name or free_name(provider, mailbox, settings.accounts)
    if name in settings.accounts:
        raise name_taken(name)
    credentials = session.app.credentials
    wanted, signs_in = _way_in(wanted, provider, kind)
    table = _described(sender) | wanted.fields()
    to_be = _account_to_be(session, name, table)
    by_password = wanted.auth != Auth.NONE.value and not signs_in
    given_elsewhere = no_secret or not by_password or credentials.has_file(name)
    asked = None if given_elsewhere else words
    secret, nowhere = _new_secret(session, asked, name) if asked else (None, None)
    secret = kind.checked(secret, to_be) if secret else None
    session.home.make()
    loaded = session.app.settings_file.add_account(name, table)
    one = loaded.settings.accounts[name]
    session.beside.agree(session.app.agreements.risks(settings, loaded.settings))
    if as_default:
        session.app.settings_file.edit(lambda document: document.update(default_account=name))
    _tell_added(session, one, kind, loaded.hints)
    if sender is not None:
        _tell_of_twins(session, sender.mailbox, settings)
    if nowhere is not None:
        raise nowhere
    if secret is not None:
        credentials.set(one, secret)
    if signs_in and not credentials.has_file(name):
        session.say(text("Sign in with: traymail account login {name}", name=in_command(name)))
        return endings.OK
    if no_test or (no_secret and one.auth is not Auth.NONE):
        return endings.OK
    return _tested(session, one)


def _account_to_be(session: Session, name: str, table: dict[str, object]) -> Account:
    """Return the account that the options describe, before anybody types its secret.

    Raises SettingsError, which names the options.
    """
    problems: list[Problem] = []
    rule_kinds = session.app.configured_rule_kinds
    to_be = read_account(name, table, str(in_home("~")), KINDS, rule_kinds, problems)
    if to_be is None:
        place = place_of("accounts", name)
        told = tuple(_of_option(one, place) for one in problems if not one.hint)
        raise SettingsError(told, click.get_current_context().command_path, written=False)
    return to_be


def _of_option(problem: Problem, place: str) -> Problem:
    """Return what is wrong with a key of the account at ``place`` as of the option that gave it."""
    if problem.where == place:
        return replace(problem, where="--name")
    key = problem.where.removeprefix(f"{place}.")
    if key == "webhook":  # the table is made of several options, of which one has to be there
        like = text("Write it like {example}", example=f"--template '{EXAMPLE_BODY}'")
        return replace(problem, where="--template", advice=problem.advice and like)
    last = key.rpartition(".")[2]
    option_ = "--template" if key == "webhook.body" else "--" + last.replace("_", "-")
    known = {one for each in click.get_current_context().command.params for one in each.opts}
    return replace(problem, where=option_) if option_ in known else problem


def _tell_added(
    session: Session, account: Account, kind: AccountKind[Any], hints: Iterable[Problem]
) -> None:
    """Print where mail of the account goes, and what is remarkable about it."""
    name = account.name
    session.say(
        text(
            "Account {name} is added: {host}, port {port}.",
            name=name,
            host=account.host,
            port=account.port,
        )
        if "address" in kind.form.keys
        else text("Account {name} is added: {place}.", name=name, place=kind.destination(account))
    )
    for hint in hints:
        if hint.where.startswith(place_of("accounts", name)):
            session.note(problem_line(session.home.config_file.name, hint, session.translate))


def _described(sender: Address | None) -> dict[str, object]:
    """Return what an address, and the name written with it, put into the account's table."""
    if sender is None:
        return {}
    named = {"display_name": sender.name} if sender.name else {}
    return {"address": sender.mailbox, **named}


def _new_secret(
    session: Session, words: SecretWords, name: str
) -> tuple[Secret | None, CredentialError | None]:
    """Return the secret to keep, or why it can be kept nowhere: then nobody is asked to type it."""
    secret = None if session.interactive else _read_secret(session, words)
    try:
        session.app.credentials.require_some_keyring(name)
    except KeyringError:
        raise
    except CredentialError as error:
        return None, error
    return secret or _read_secret(session, words), None


def _found(
    session: Session, wanted: WantedAccount, sender: Address
) -> tuple[WantedAccount, Provider | None]:
    """Return what is wanted with the server that belongs to it, and its row of the table."""
    if wanted.host is not None:
        return wanted, for_host(wanted.host)
    provider = for_address(sender.mailbox)
    if provider is not None:
        return wanted, provider
    from traymail.senders.detect import detect

    session.note(text("Looking for the mail server of {address} …", address=sender.mailbox))
    found = detect(sender.mailbox)
    if found is None:
        raise not_found(sender.mailbox)
    session.note(found.how)
    return (
        replace(
            wanted,
            host=found.host,
            port=wanted.port or found.port,
            security=wanted.security or found.security.value,
            username=wanted.username or (found.username if found.provider else None),
        ),
        found.provider,
    )


def _tell_of_twins(session: Session, mailbox: str, settings: Settings) -> None:
    """Say so when an account has the address already: a new code was meant, more often than not."""
    for one in settings.accounts.values():
        if one.address.mailbox.lower() == mailbox.lower():
            session.note(
                text(
                    "Account {name} has this address already. Give it a new secret with: traymail "
                    "account set-secret {name}",
                    name=in_command(one.name),
                )
            )


def _way_in(
    wanted: WantedAccount, provider: Provider | None, kind: AccountKind[Any]
) -> tuple[WantedAccount, bool]:
    """Return what is wanted, and whether it signs in by OAuth2.

    Whoever gives options of OAuth2 and no ``--auth`` means it. Raises InputError where it cannot
    sign in yet.
    """
    only_oauth = provider is not None and provider.auth_kind is AuthKind.OAUTH2
    meant = any(getattr(wanted, key) is not None for key in OAUTH.keys)
    if wanted.auth is None and meant and not only_oauth and "auth" in kind.form.keys:
        wanted = replace(wanted, auth=Auth.OAUTH2.value)
    if wanted.auth != Auth.OAUTH2.value and not (only_oauth and wanted.auth is None):
        return wanted, False
    if not wanted.client_id:
        title = (
            text("Signing in by OAuth2 wants a client id.")
            if provider is None or not only_oauth
            else text(
                "{provider} takes no passwords from programs, only OAuth2, which wants a client "
                "id.",
                provider=provider.name,
            )
        )
        raise InputError(
            title,
            text(
                "Give it with --client-id; README shows under “Outlook and Microsoft 365” how to "
                "get one of your own."
            ),
        )
    return wanted, True


def _kind(wanted: WantedAccount) -> AccountKind[Any]:
    try:
        return KINDS[wanted.kind or DEFAULT_KIND]
    except KeyError:
        raise InputError(
            text("There is no kind of account {kind}.", kind=excerpt(wanted.kind or "")),
            text("Choose one of: {kinds}.", kinds=", ".join(KINDS)),
        ) from None


def _address(kind: AccountKind[Any], given: str | None) -> Address | None:
    """Return the address of a new account, None for a kind that has none."""
    if "address" in kind.form.keys:
        if given is None:
            context = click.get_current_context()
            [missing] = [one for one in context.command.params if one.name == "address"]
            raise click.MissingParameter(ctx=context, param=missing, param_hint="'ADDRESS'")
        return parse_address(typed(given))
    if given is not None:
        raise InputError(
            text("An account of kind {kind} has no address.", kind=kind.name),
            text("Leave the address out; --name gives the account a name."),
        )
    return None


def _read_secret(session: Session, words: SecretWords) -> Secret:
    """Ask for the secret by the name that it has where it is got."""
    if session.interactive and words.url:
        session.note(text("How to get it: {url}", url=words.url))
    secret = session.ask_secret(words.name)
    if not secret.strip():
        raise InputError(
            text("No secret is given."),
            text("Type it when asked, or write it as one line to standard input."),
        )
    return Secret(secret)


@command("remove", text("Remove an account and its secret."))
@NAME
@click.pass_obj
def remove(session: Session, /, *, name: str) -> None:
    """Take an account out of the configuration and the keyring."""
    one = session.account(name)
    left = session.app.settings_file.remove_account(name).settings
    session.say(text("Account {name} is removed.", name=name))
    waiting = [
        item.id for item in session.app.outbox.find(state=State.QUEUED) if item.account == name
    ]
    if waiting:
        session.note(
            text(
                "{n} mails wait for it, until an account has this name again. Cancel them with: "
                "traymail outbox cancel {ids}",
                n=len(waiting),
                ids=" ".join(map(str, sorted(waiting))),
            )
        )
    session.app.outbox.forget_account(name)
    session.drop_secrets([one], left)


@command(
    "set-secret",
    text(
        "Store the code or password of an account in the system's keyring.\n\n"
        "You are asked for it, or it is read from the first line of standard input."
    ),
)
@NAME
@click.pass_obj
def set_secret(session: Session, /, *, name: str) -> None:
    """Store a secret; the account goes on with it."""
    one = session.account(name)
    if one.auth is Auth.OAUTH2:
        session.app.credentials.require_keyring(one)
        raise InputError(
            text("Account {name} has no code or password: it signs in by OAuth2.", name=name),
            text("Sign in with: traymail account login {name}", name=in_command(name)),
        )
    kind = kind_of(one)
    words = kind.secret(one)
    if words is None:
        raise InputError(
            text("Account {name} has no secret.", name=name),
            text("Accounts of kind {kind} send without one.", kind=kind.name),
        )
    session.app.credentials.require_keyring(one)
    session.app.credentials.require_some_keyring(name)
    secret = kind.checked(_read_secret(session, words), one)
    session.app.credentials.set(one, secret)
    session.beside.stops.clear(name, mails=True)
    session.say(text("The secret of account {name} is stored.", name=name))
    tell_what_waits(session, name)


@command(
    "test", text("Test an account step by step; when the login works, a stopped account resumes.")
)
@NAME
@AS_JSON
@click.pass_obj
def test(session: Session, /, *, name: str, as_json: bool) -> int:
    """Examine the account's server and log in."""
    return _tested(session, session.account(name), as_json=as_json)


def _tested(session: Session, one: Account, *, as_json: bool = False) -> int:
    tried = judge_by_mail(session.app, one, session.beside.stops, session.translate)
    status = show_steps(session, tried, as_json=as_json)
    if status == endings.OK and not as_json:
        session.say(text("Account {name} works.", name=one.name))
        tell_what_waits(session, one.name)
    return status


@command(
    "login",
    text(
        "Sign in with OAuth2, in the browser.\n\n"
        "The address to open is printed as well. What comes of it is kept in the system's keyring "
        "and renewed by itself."
    ),
)
@NAME
@option("--device", text("Sign in on another device."), is_flag=True)
@option(
    "--client-secret",
    text("Ask for the secret of the client id, where it has one: Google's have."),
    "with_secret",
    is_flag=True,
)
@option(
    "--wait",
    text(
        "How long to wait for the sign-in, such as 2m; when left out, ten minutes, or with "
        "--device for as long as its code can be used."
    ),
    metavar="DURATION",
)
@click.pass_obj
def login(
    session: Session, /, *, name: str, device: bool, with_secret: bool, wait: str | None
) -> None:
    """Sign in; the account goes on with it."""
    from traymail.services.signing_in import SigningIn, SignInWish, require_account

    one = session.account(name)
    require_account(one, session.app)
    seconds = None if wait is None else parse_duration(wait).total_seconds()
    secret = _client_secret(session) if with_secret else None
    signing_in = SigningIn(
        one,
        session.app,
        lambda: session.beside.stops.clear(name, mails=True),
        language=session.language,
        wish=SignInWish(device, secret, seconds),
    )
    try:
        with closing(signing_in.steps()) as steps:
            for step in steps:
                _show_sign_in(session, one, step)
    except KeyboardInterrupt:
        session.note(text("The sign-in was broken off."))
        raise
    tell_what_waits(session, name)


def _client_secret(session: Session) -> Secret:
    """Ask for the secret of a client id; raises InputError where none is given."""
    given = session.ask_secret(text("Client secret"))
    if not given.strip():
        raise InputError(
            text("No client secret is given."),
            text(
                "Type it when asked, or write it as one line to standard input; without "
                "--client-secret, the one from before is used."
            ),
        )
    return Secret(given)


def _how_to_open(one: Account, *, opened: bool) -> Text:
    if opened:
        return text("Sign in in your browser. If it does not open, open this address in it:")
    if not one.oauth.device_url:
        return text("No browser can be started here. Open this address on this computer:")
    return text(
        "No browser can be started here. Open this address on this computer, or sign in with "
        "--device:"
    )


def _show_sign_in(session: Session, one: Account, step: SignInStep) -> None:
    match step:
        case BrowserAsked(url, opened):
            session.note(_how_to_open(one, opened=opened))
            session.say(url, whole=True)
        case DeviceAsked(page, code):
            session.note(text("On any device, open this page and type the code:"))
            session.say(page, whole=True)
            session.say(code, whole=True)
        case SignedIn():
            session.say(text("Account {name} is signed in.", name=one.name))


for each in (list_, add, remove, set_secret, test, login):
    account.add_command(each)
