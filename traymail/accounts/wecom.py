"""Accounts that are the robot of a WeCom group: a mail becomes a message there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from traymail.accounts.service import (
    API_URL,
    OVERFLOW,
    ServicePlace,
    api_url_of,
    may_be_asked,
    service_place,
    where,
)
from traymail.core import validators as read
from traymail.core.account import Limits
from traymail.core.account_kind import AccountKind, SecretWords, with_given
from traymail.core.errors import InputError
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.message import Address
from traymail.core.robots import (
    GROUP,
    WECOM_HOST,
    MessageFormat,
    Overflow,
    WecomAccount,
    file_problem,
    is_mention,
    key_in,
    mention,
    message_of,
)
from traymail.core.tables import CA_FILE, RobotTable
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
    from traymail.core.texts import Text

# 20 messages a minute, and what they come to.
_LIMITS = Limits(per_minute=20, per_hour=1200, per_day=28_800)
# How the robot is made, and what it takes.
_GUIDE = "https://developer.work.weixin.qq.com/document/path/91770"
_STEPS = (
    text("Open the group in WeCom, then its settings"),
    text("Group robots → add a robot, or choose one that is there"),
    text("Copy its webhook address and paste it below; the key alone will do"),
)
_GROUP_ONLY = text(
    "A WeCom robot writes to its group only; it mentions people by user id or mobile number."
)
_TEXT_ONLY = text("A WeCom robot mentions people only where its format is “text”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomTable(RobotTable):
    """A robot as written."""

    format: MessageFormat = field(
        default=MessageFormat.MARKDOWN,
        metadata=key(
            read.choice(MessageFormat),
            Field(
                "",
                text("Form&at"),
                FieldKind.CHOICE,
                text("Text is shown as it is; Markdown has bold type and links."),
                choices=(
                    Choice(MessageFormat.MARKDOWN.value, "Markdown"),
                    Choice(MessageFormat.TEXT.value, text("text")),
                ),
            ),
        ),
    )
    overflow: Overflow = field(
        default=Overflow.CUT,
        metadata=key(
            read.choice(Overflow),
            replace(
                OVERFLOW,
                help=text("What becomes of a message that is longer than the robot takes."),
            ),
        ),
    )
    api_url: ServicePlace | None = field(
        default=None,
        metadata=key(
            service_place,
            replace(API_URL, help=text("Empty for WeCom's own; https:// and a host.")),
            after="undo_seconds",
            of=lambda account: api_url_of(account, WECOM_HOST),
        ),
    )
    ca_file: str = field(default="", metadata=key(read.path_or_empty, CA_FILE, after="api_url"))


class WecomKind(AccountKind[WecomAccount]):
    """`traymail.core.account_kind.AccountKind` of robots."""

    name = "wecom"
    form = table_form(WecomTable, text("It belongs to accounts of kind “wecom”."))
    above = ("format", "overflow")
    title = text("WeCom group robot")
    about = text("Messages in a group of WeCom.")
    icon = "robot"
    test = ("dns", "tcp", "tls", "mail")
    diagnosis = ("dns", "tcp", "tls", "clock")
    login = ("api_url",)
    login_by_mail = True
    secret_label = text("Key")
    cannot = MappingProxyType(
        {
            "given": text("A WeCom robot sends no whole message of another program."),
            "cc": text("A WeCom robot takes no Cc."),
            "bcc": text("A WeCom robot takes no Bcc."),
            "html": text("A WeCom robot takes no HTML."),
        }
    )

    def made_of(
        self, name: str, table: Read[WecomTable], _where: str, _found: list[Problem]
    ) -> WecomAccount:
        """Return the robot; what a secret is bound to is the service and the account's name."""
        given = table.value
        place = given.api_url or ServicePlace(WECOM_HOST)
        account = WecomAccount(
            name=name,
            address=GROUP,
            host=place.host,
            port=place.port,
            security=place.security,
            username=name,
            ca_file=given.ca_file,
            format=given.format,
            overflow=given.overflow,
        )
        return with_given(account, given, _LIMITS)

    def make_sender(self, account: WecomAccount, tools: SenderTools) -> Sender:
        """Return a way to post its messages."""
        from traymail.senders.wecom import WecomSender

        return WecomSender(account, tools)

    def connection_test(
        self,
        account: WecomAccount,
        _secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        """Try the service up to the encryption: only a message would show more."""
        from traymail.senders.probe import http_connection_test

        del login_worked
        return http_connection_test(account, clock, told)

    def group(self, account: WecomAccount) -> Address | None:
        """Return what stands for the group."""
        del account
        return GROUP

    def checked(self, secret: Secret, _account: WecomAccount | None) -> Secret:
        """Return the key alone: it may have been pasted with the whole address."""
        from traymail.core.secret import Secret

        return Secret(key_in(secret.reveal()), secret.place)

    def named(self, account: WecomAccount, words: str) -> Address | None:
        """Return somebody of the group, or all of it."""
        del account
        return mention(words)

    def wrong_to(self, account: WecomAccount, to: tuple[Address, ...]) -> Text | None:
        """Return why a robot mentions none of these."""
        if to in {(), (GROUP,)}:
            return None
        if not all(is_mention(one.mailbox) for one in to):
            return _GROUP_ONLY
        return _TEXT_ONLY if account.format is not MessageFormat.TEXT else None

    def require_files(self, account: WecomAccount, files: tuple[Attachment, ...]) -> None:
        """Raise InputError for a file that is too small, or too large."""
        del account
        for file in files:
            if (problem := file_problem(file)) is not None:
                raise problem

    def require(self, account: WecomAccount, draft: Draft) -> None:
        """Raise InputError for what a robot does not take, or not as a whole where that counts."""
        if self.wrong_to(account, draft.to) is _TEXT_ONLY:
            raise InputError(
                _TEXT_ONLY, text('Set format = "text" in this account, or mention nobody.')
            )
        super().require(account, draft)
        if draft.to not in {(), (GROUP,)} and not (draft.subject.strip() or draft.text.strip()):
            raise InputError(
                text("A WeCom robot mentions people in a text only."), text("Write something.")
            )
        _words, whole = message_of(account.format, draft.subject, draft.text)
        if not whole and account.overflow is Overflow.REFUSE:
            raise InputError(
                text("The message is longer than the robot takes."),
                text("Shorten it, or set overflow to cut in the configuration."),
            )

    def secret(self, _account: WecomAccount | None) -> SecretWords:
        """Return what a group shows of its robot."""
        return SecretWords(text("Webhook address or key"), _GUIDE, _STEPS)

    def destination(self, account: WecomAccount) -> str:
        """Return the service, and its port where that is another than usual."""
        return where(account)

    def facts(self, account: WecomAccount) -> dict[str, object]:
        """Return the service, and how messages are shown."""
        return {
            "host": account.host,
            "port": account.port,
            "format": account.format.value,
            "overflow": account.overflow.value,
        }

    def asked_first(self) -> fields.Form:
        """Return how messages are shown, and where the service is; for most, the key is enough."""
        usual = {"format": MessageFormat.MARKDOWN.value, "overflow": Overflow.CUT.value}
        return may_be_asked(WecomTable, (*usual, "api_url", "ca_file"), usual)

    def usual_values(self, account: WecomAccount) -> dict[str, str]:
        """Return what any robot has."""
        return self.values_of(WecomAccount(name=account.name, limits=_LIMITS))
