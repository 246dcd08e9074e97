"""The kinds of accounts, one module each; ALL names them."""

from typing import Any

from traymail.accounts.sendgrid import SendgridKind
from traymail.accounts.smtp import SmtpKind
from traymail.accounts.webhook import WebhookKind
from traymail.accounts.wecom import WecomKind
from traymail.core.account import Account
from traymail.core.account_kind import AccountKind

ALL: tuple[AccountKind[Any], ...] = (
    SmtpKind(),
    WecomKind(),
    WebhookKind(),
    SendgridKind(),
)
KINDS: dict[str, AccountKind[Any]] = {one.name: one for one in ALL}


def kind_of(account: Account) -> AccountKind[Any]:
    """Return the kind of an account."""
    return KINDS[account.kind]
