"""`traymail doctor` and `traymail detect`: what a server says, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from traymail.cli import endings
from traymail.cli.options import AS_JSON
from traymail.cli.outcome import status_of_failure, tell_what_waits
from traymail.cli.proposals import accounts
from traymail.cli.session import Session
from traymail.cli.words import Number, argument, command, option
from traymail.core.account import Account, Auth, Security
from traymail.core.address import excerpt, parse_address
from traymail.core.connection_test import Step
from traymail.core.errors import CredentialError, InputError
from traymail.core.message import Address
from traymail.core.provider import IMPLICIT_TLS, RELAY_PORT, SUBMISSION, USUAL_ENDPOINTS, for_host
from traymail.core.texts import text
from traymail.core.validators import ValidationError, filled_host
from traymail.senders.detect import detect as detect_server
from traymail.services.connection_test import diagnose, judge

PORT_NUMBER = Number(1, 65_535)
PORT = option("--port", text("Its port."), type=PORT_NUMBER, metavar="PORT")
SECURITY = option(
    "--security",
    text("Its encryption."),
    type=click.Choice([security.value for security in Security]),
)


@command("doctor", text("Test a server step by step, and say what to do if it fails."))
@argument("account", "[ACCOUNT]", required=False, shell_complete=accounts)
@option("--host", text("A server instead of an account."), metavar="HOST")
@PORT
@SECURITY
@AS_JSON
@click.pass_obj
def doctor(session: Session, /, *, account: str | None, as_json: bool, **server: object) -> int:
    """Examine an account's server, or any server, and say what is wrong with the windows here."""
    from traymail.ui.letters import coarse_letters

    if server["host"] is not None:
        if account is not None:
            raise click.UsageError(session.translated(text("Name an account or a host, not both.")))
        chosen = _visited(**server)  # type: ignore[arg-type] # click made them
    elif server["port"] is not None or server["security"] is not None:
        raise click.UsageError(session.translated(text("--port and --security need --host.")))
    else:
        chosen = session.account(account)
    status = report(session, chosen, as_json=as_json)
    if status == endings.OK and chosen.name and not as_json:
        tell_what_waits(session, chosen.name)
    for words in coarse_letters(session.environ) or ():
        session.note(words)
    return status


def _visited(host: str, port: int | None, security: str | None) -> Account:
    """Return an account that only connects to a server and does not log in."""
    try:
        host = filled_host(host)
    except ValidationError as error:
        title = text("“{host}” is not the name of a server", host=excerpt(host))
        raise InputError(title, error.findings[0].advice) from error
    wanted = Security(security) if security else None
    if wanted is None:
        usual = {RELAY_PORT: Security.STARTTLS, **{p.port: p.security for p in USUAL_ENDPOINTS}}
        wanted = usual.get(port, Security.TLS) if port else Security.TLS
    provider = for_host(host)
    return Account(
        name="",
        address=Address("nobody@localhost"),
        host=host,
        port=port or (SUBMISSION if wanted is Security.STARTTLS else IMPLICIT_TLS).port,
        security=wanted,
        username="",
        auth=Auth.NONE,
        provider=provider.id if provider else "",
    )


def report(session: Session, account: Account, *, as_json: bool = False) -> int:
    """Examine a server, show each step as it is done, and return the exit status."""
    # A server that is only visited has no account to learn from it.
    tried = (
        judge(session.app, account, session.beside.stops)
        if account.name
        else diagnose(session.app, account)
    )
    return show_steps(session, tried, as_json=as_json)


def show_steps(session: Session, tried: Iterable[Step], *, as_json: bool) -> int:
    """Show each step as it is done, and return the exit status."""
    steps = []
    for step in tried:
        steps.append(step)
        if not as_json:
            _show(session, step)
    if as_json:
        session.dump(
            {
                "ok": all(step.ok is not False for step in steps),
                "steps": [
                    {
                        "step": step.step,
                        "ok": step.ok,
                        "ms": step.ms,
                        "detail": session.translated(step.detail, whole=True),
                        "advice": None
                        if step.advice is None
                        else session.translated(step.advice, whole=True),
                    }
                    for step in steps
                ],
            }
        )
    return _status(steps)


def _status(steps: Sequence[Step]) -> int:
    """Return what `send` would end with; it asks for the secret before it asks the server."""
    failures = [step.failure for step in steps if step.failure is not None]
    failures.sort(key=lambda failure: not isinstance(failure, CredentialError))
    if failures:
        return status_of_failure(failures[0])
    return endings.UNAVAILABLE if any(step.ok is False for step in steps) else endings.OK


def _show(session: Session, step: Step) -> None:
    if step.ok is None and not step.detail:
        return  # not reached
    verdict = {True: text("ok"), False: text("failed"), None: text("left out")}[step.ok]
    took = "" if step.ms is None else f"{step.ms} ms"
    detail = session.translated(step.detail)
    session.say(f"{step.step:<6}  {session.translated(verdict):<8}  {took:>8}  {detail}".rstrip())
    if step.ok is False and step.advice is not None:
        session.say("        " + session.translated(step.advice))


@command("detect", text("Find the mail server that belongs to an address."))
@argument("address", "ADDRESS")
@AS_JSON
@click.pass_obj
def detect(session: Session, /, *, address: str, as_json: bool) -> int:
    """Propose host, port and security."""
    mailbox = parse_address(address).mailbox
    found = detect_server(mailbox)
    if found is None:
        raise not_found(mailbox)
    if as_json:
        session.dump(
            {
                "address": mailbox,
                "host": found.host,
                "port": found.port,
                "security": found.security.value,
                "username": found.username,
                "provider": found.provider.id if found.provider else None,
                "how": session.translated(found.how),
            }
        )
    else:
        session.say(f"{found.host}  {found.port}  {found.security.value}  {found.username}")
        session.say(found.how)
    return endings.OK


def not_found(mailbox: str) -> InputError:
    """Return the error that no server is known for an address."""
    return InputError(
        text("No mail server is found for {address}.", address=mailbox),
        text("Ask its provider for the server, then give --host, --port and --security."),
    )
