"""Accounts with a mail server: mail leaves by SMTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from traymail.core.account import Account
from traymail.core.account_kind import AccountKind, SecretWords, Values
from traymail.core.account_table import smtp_account
from traymail.core.provider import AuthKind, Provider, for_host
from traymail.core.tables import ACCOUNT, SmtpTable
from traymail.core.texts import text

if TYPE_CHECKING:
    from collections.abc import Generator

    from traymail.core.connection_test import Step
    from traymail.core.errors import Problem
    from traymail.core.ports import Clock, Sender, SenderTools
    from traymail.core.secret import Secret, ToldSecrets
    from traymail.core.table_reader import Read
    from traymail.core.texts import Text


class SmtpKind(AccountKind[Account]):
    """`traymail.core.account_kind.AccountKind` of mail servers.

    What only deliveries need, or only windows, is imported by them: `send --queue` is to be quick.
    """

    name = "smtp"
    form = ACCOUNT
    title = text("Mail account")
    about = text("A mailbox of any provider, or a mail server of your own.")
    icon = "envelope-at"
    listed = False
    test = ("dns", "tcp", "tls", "ehlo", "auth", "mail")
    diagnosis = ("dns", "tcp", "banner", "tls", "ehlo", "auth", "clock")
    above = ("address", "display_name", "host", "port", "security")
    below = ("oauth",)
    # What one of them would be by itself depends on the others.
    together = (("host", "port", "security"), ("address", "display_name"))
    login = ("host", "username")

    def made_of(
        self, name: str, table: Read[SmtpTable], where: str, found: list[Problem]
    ) -> Account:
        """Return the account, what is left out filled in from the provider table."""
        return smtp_account(name, table, where, found)

    def make_sender(self, account: Account, tools: SenderTools) -> Sender:
        """Return a conversation in SMTP."""
        from traymail.senders.smtp import SmtpSender

        return SmtpSender(account, tools)

    def connection_test(
        self,
        account: Account,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        """Try the server up to the login."""
        from traymail.senders.probe import connection_test

        return connection_test(account, secret, clock, told, login_worked=login_worked)

    def secret(self, account: Account | None) -> SecretWords:
        """Return what the provider calls it."""
        return secret_of(for_host(account.host) if account else None)

    def destination(self, account: Account) -> str:
        """Return the server, its port and the encryption."""
        return f"{account.host}:{account.port} {account.security.value}"

    def facts(self, account: Account) -> dict[str, object]:
        """Return the server, and how to log in there."""
        return {
            "host": account.host,
            "port": account.port,
            "security": account.security.value,
            "username": account.username,
            "auth": account.auth.value,
        }

    def usual_values(self, account: Account) -> dict[str, str]:
        """Return what its provider has for everybody."""
        from traymail.core.provider import by_id

        row = by_id(account.provider)
        mailbox = account.address.mailbox
        usual = Account(
            name=account.name,
            address=account.address,
            host=account.host,
            port=account.port,
            security=account.security,
            username=row.username_for(mailbox) if row else mailbox,
        )
        if row is not None and row.max_message_bytes is not None:
            usual = replace(usual, max_message_bytes=row.max_message_bytes)
        return self.values_of(usual)

    def suited(self, values: Values) -> dict[str, bool]:
        """Return which fields of a sign-in mean something."""
        from traymail.accounts.smtp_fields import suited

        return suited(values)

    def remark(self, account: Account, values: Values) -> tuple[str, Text] | None:
        """Return what is odd about server, port or address."""
        from traymail.accounts.smtp_fields import remark_on_server

        odd = super().remark(account, values)
        if odd is None and (remark := remark_on_server(values, account.provider)) is not None:
            odd = "port", remark
        return odd


def secret_of(provider: Provider | None) -> SecretWords:
    """Return what a provider calls the secret, None: that of a server that is not in the table."""
    kind = provider.auth_kind if provider else AuthKind.PASSWORD
    return SecretWords(kind.secret_name, provider.help_url if provider else "")
