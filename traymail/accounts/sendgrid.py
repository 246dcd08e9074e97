"""Accounts at SendGrid whose mail leaves by its HTTP interface."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from traymail.accounts.service import (
    API_URL,
    ServicePlace,
    api_url_of,
    may_be_asked,
    service_place,
    where,
)
from traymail.core import validators as read
from traymail.core.account import AccountTable
from traymail.core.account_kind import AccountKind, SecretWords, with_given
from traymail.core.errors import InputError
from traymail.core.keys import key, table_form
from traymail.core.message import Address
from traymail.core.sendgrid import (
    KEYS_PAGE,
    MOST_RECIPIENTS,
    SENDGRID_HOST,
    SendgridAccount,
    key_in,
)
from traymail.core.tables import ADDRESS, CA_FILE, SIGNATURE
from traymail.core.texts import text

if TYPE_CHECKING:
    from collections.abc import Generator

    from traymail.core import fields
    from traymail.core.connection_test import Step
    from traymail.core.errors import Problem
    from traymail.core.message import Attachment, Draft
    from traymail.core.ports import Clock, Sender, SenderTools
    from traymail.core.secret import Secret, ToldSecrets
    from traymail.core.table_reader import Read


_STEPS = (
    text("Sign in at SendGrid; under Settings, Sender Authentication, verify your address"),
    text("Under Settings, API Keys, make a key with the permission “Mail Send”"),
    text("Copy it, since it is shown but once, and paste it below"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendgridTable(AccountTable):
    """An account as written."""

    address: Address = field(metadata=ADDRESS)
    signature: str = field(default="", metadata=SIGNATURE)
    api_url: ServicePlace | None = field(
        default=None,
        metadata=key(
            service_place,
            replace(
                API_URL,
                help=text(
                    "Empty for the usual one; https://api.eu.sendgrid.com for an account in the EU."
                ),
            ),
            after="signature",
            of=lambda account: api_url_of(account, SENDGRID_HOST),
        ),
    )
    ca_file: str = field(default="", metadata=key(read.path_or_empty, CA_FILE, after="api_url"))


class SendgridKind(AccountKind[SendgridAccount]):
    """`traymail.core.account_kind.AccountKind` of SendGrid's HTTP way."""

    name = "sendgrid"
    title = text("SendGrid")
    about = text("Mail by SendGrid's HTTP interface, where only https gets out.")
    form = table_form(SendgridTable, text("It belongs to accounts of kind “sendgrid”."))
    above = ("address", "display_name")
    test = ("dns", "tcp", "tls", "auth", "mail")
    diagnosis = ("dns", "tcp", "tls", "auth", "clock")
    together = (("address", "display_name"),)
    login = ("api_url",)
    secret_label = text("API key")
    cannot = MappingProxyType(
        {"given": text("SendGrid's HTTP way sends no whole message of another program.")}
    )

    def made_of(
        self, name: str, table: Read[SendgridTable], _where: str, _found: list[Problem]
    ) -> SendgridAccount:
        """Return the account; what a key is bound to is the service and the account's name."""
        given = table.value
        place = given.api_url or ServicePlace(SENDGRID_HOST)
        account = SendgridAccount(
            name=name,
            address=Address(given.address.mailbox, given.display_name or given.address.name),
            host=place.host,
            port=place.port,
            security=place.security,
            username=name,
            ca_file=given.ca_file,
            signature=given.signature,
        )
        return with_given(account, given)

    def make_sender(self, account: SendgridAccount, tools: SenderTools) -> Sender:
        """Return a way to post its mails."""
        from traymail.senders.sendgrid import SendgridSender

        return SendgridSender(account, tools)

    def connection_test(
        self,
        account: SendgridAccount,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        """Try the service up to the key, and ask what that may do."""
        from traymail.senders.probe import http_connection_test
        from traymail.senders.sendgrid import try_key

        del login_worked
        return http_connection_test(account, clock, told, secret, try_key)

    def checked(self, secret: Secret, account: SendgridAccount | None) -> Secret:
        """Return the key; what is pasted around it goes."""
        from traymail.core.secret import Secret

        del account
        return Secret(key_in(secret.reveal()), secret.place)

    def require(self, account: SendgridAccount, draft: Draft) -> None:
        """Raise InputError for what SendGrid refuses in every mail."""
        super().require(account, draft)
        if not draft.subject.strip():
            raise InputError(
                text("SendGrid takes no mail without a subject."), text("Write a subject.")
            )
        boxes = {one.mailbox.casefold() for one in (*draft.to, *draft.cc, *draft.bcc)}
        if len(boxes) > MOST_RECIPIENTS:
            raise InputError(
                text("SendGrid takes at most 1000 recipients a mail."),
                text("Send it to fewer at a time, or one mail to each."),
            )

    def require_files(self, account: SendgridAccount, files: tuple[Attachment, ...]) -> None:
        """Raise InputError for an empty file."""
        del account
        empty = next((file for file in files if not file.size), None)
        if empty is not None:
            raise InputError(
                text("{name} is empty, and SendGrid takes no empty files.", name=empty.name),
                text("Leave it out, or use another account."),
            )

    def secret(self, _account: SendgridAccount | None) -> SecretWords:
        """Return what SendGrid calls it."""
        return SecretWords(text("API key"), KEYS_PAGE, _STEPS)

    def destination(self, account: SendgridAccount) -> str:
        """Return the service."""
        return where(account)

    def facts(self, account: SendgridAccount) -> dict[str, object]:
        """Return the service."""
        return {"host": account.host, "port": account.port}

    def asked_first(self) -> fields.Form:
        """Return who the mail is from; where the service is may be told."""
        return (*self.upper(), *may_be_asked(SendgridTable, ("api_url", "ca_file"), {}))

    def usual_values(self, account: SendgridAccount) -> dict[str, str]:
        """Return what any account there has."""
        return self.values_of(SendgridAccount(name=account.name, address=account.address))
