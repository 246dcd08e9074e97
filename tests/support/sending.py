"""What tests of senders send with: accounts on loopback, mails, a journal that notes its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

from tests.support.http_service import Service
from tests.support.memory_credentials import Credentials, InMemoryCredentials
from tests.support.robot import KEY
from tests.support.sendgrid import API_KEY
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.account import Account, Auth, Security
from traymail.core.address import parse_address
from traymail.core.errors import DeliveryError
from traymail.core.message import (
    Address,
    Attachment,
    Draft,
    Envelope,
    Mail,
    OpenAttachment,
    Placed,
    Stamp,
)
from traymail.core.mime import compose
from traymail.core.ports import Sender, SenderTools
from traymail.core.robots import WecomAccount
from traymail.core.secret import Secret, ToldSecrets
from traymail.core.sendgrid import SendgridAccount
from traymail.core.webhooks import (
    BY_NAME,
    NOWHERE,
    WebhookAccount,
    usual_body,
    usual_success,
)
from traymail.senders.sendgrid import SendgridSender
from traymail.senders.smtp import SmtpSender
from traymail.senders.smtp_session import FINAL_SECONDS
from traymail.senders.webhook import WebhookSender
from traymail.senders.wecom import WecomSender

CANARY = "canary-secret-42"
BODY = b"Subject: hello\r\n\r\n.dot\r\n..two\r\nend\r\n"


def account(
    port: int,
    security: Security = Security.NONE,
    auth: Auth = Auth.NONE,
    *,
    ca_file: Path | None = None,
    provider: str = "",
    host: str = "127.0.0.1",
    timeout: float = PATIENCE_SECONDS,
) -> Account:
    return Account(
        name="test",
        address=parse_address("me@example.com"),
        host=host,
        port=port,
        security=security,
        username="me@example.com",
        auth=auth,
        ca_file=str(ca_file or ""),
        provider=provider,
        timeout=timedelta(seconds=timeout),
    )


def mail(
    *recipients: str,
    body: bytes = BODY,
    sender: str = "me@example.com",
    placed: tuple[Placed, ...] = (),
) -> Mail:
    envelope = Envelope(sender, recipients or ("you@example.com",))
    return Mail("<1@example.com>", envelope, "hello", "", None, body, placed)


def with_file(size: int) -> Mail:
    """A mail whose attachment is `zeros(...)`."""
    attachment = Attachment("zeros.bin", "application/octet-stream", size, "", spool="zeros")
    return mail(body=b"Subject: big\r\n\r\n", placed=(Placed(16, attachment),))


class Zeros(BytesIO):
    """A large file that takes no room."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        count = self._left if size is None or size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count)


def zeros(attachment: Attachment) -> BinaryIO:
    return Zeros(attachment.size)


def broken_off(uses: Sender, mail: Mail, service: Service) -> list[type[BaseException]]:
    """Break a mail off that waits for the answer of a service; return what its sender raised."""
    service.acts.append("hold")
    found: list[type[BaseException]] = []

    def work() -> None:
        try:
            uses.send(mail, Notes())
        except DeliveryError as error:
            found.append(type(error))

    thread = Thread(target=work)
    thread.start()
    until(lambda: service.posts == 1, what="the post")
    uses.abort()
    thread.join()
    return found


@dataclass
class Notes:
    """A journal that notes what it is told, and raises when told to."""

    finals: int = 0
    done: list[tuple[int, int]] = field(default_factory=list)
    parts: list[tuple[int, int]] = field(default_factory=list)
    at_part: Callable[[], None] | None = None
    at_final: Callable[[], None] | None = None
    at_progress: Callable[[], None] | None = None

    def before_final(self) -> None:
        self.finals += 1
        if self.at_final:
            self.at_final()

    def part_taken(self, parts: int, parts_of: int) -> None:
        self.parts.append((parts, parts_of))
        if self.at_part:
            self.at_part()

    def progress(self, done: int, total: int) -> None:
        self.done.append((done, total))
        if self.at_progress:
            self.at_progress()


class Pocket(InMemoryCredentials):
    """A vault with one secret for everybody, that counts how often it is asked."""

    def __init__(self, secret: str = CANARY, place: str = "") -> None:
        super().__init__()
        self._secret = Secret(secret, place)
        self.asked = 0

    def get(self, account: Account) -> Secret:
        del account
        self.asked += 1
        return self._secret


def sender(
    account: Account,
    credentials: Credentials | None = None,
    *,
    login_worked: bool = False,
    opened: OpenAttachment | None = None,
    told: ToldSecrets | None = None,
    final_seconds: float = FINAL_SECONDS,
) -> SmtpSender:
    given = credentials or Pocket()
    tools = SenderTools(given, opened or zeros, lambda: login_worked, told or ToldSecrets())
    return SmtpSender(account, tools, final_seconds)


def wecom(
    port: int,
    credentials: Credentials | None = None,
    opened: OpenAttachment | None = None,
    **given: Any,  # noqa: ANN401 # fields
) -> WecomSender:
    """A robot at a server of this computer, in the clear unless `security` says otherwise."""
    one = WecomAccount(
        name="team",
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        username="team",
        timeout=timedelta(seconds=PATIENCE_SECONDS),
    )
    tools = SenderTools(credentials or Pocket(KEY), opened or zeros, lambda: False, ToldSecrets())
    return WecomSender(replace(one, **given), tools)


def webhook(
    preset: str,
    address: str,
    place: str = "",
    **given: Any,  # noqa: ANN401 # fields
) -> WebhookSender:
    """A webhook whose address leads to a server of this computer."""
    row = BY_NAME[preset]
    one = WebhookAccount(
        name="hook",
        address=row.receiver,
        host=row.host or NOWHERE,
        port=443,
        username="hook",
        provider=f"webhook:{preset}",
        timeout=timedelta(seconds=PATIENCE_SECONDS),
        preset=row,
        body=usual_body(row),
        success=usual_success(row),
        most=row.most,
    )
    tools = SenderTools(Pocket(address, place), zeros, lambda: False, ToldSecrets())
    return WebhookSender(replace(one, **given), tools)


def posting(
    port: int,
    credentials: Credentials | None = None,
    opened: OpenAttachment | None = None,
    **given: Any,  # noqa: ANN401 # fields
) -> SendgridSender:
    """An account at a SendGrid of this computer, in the clear unless `security` says otherwise."""
    one = SendgridAccount(
        name="bulk",
        address=Address("me@example.com", "小明"),
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        username="bulk",
        timeout=timedelta(seconds=PATIENCE_SECONDS),
    )
    tools = SenderTools(
        credentials or Pocket(API_KEY), opened or zeros, lambda: False, ToldSecrets()
    )
    return SendgridSender(replace(one, **given), tools)


def written(*to: str, files: tuple[Attachment, ...] = (), **given: Any) -> Mail:  # noqa: ANN401 # fields
    """A mail as the outbox keeps one; ``given`` are fields of its draft."""
    there = tuple(map(parse_address, to or ("you@example.com",)))
    fields = {"subject": "hello", "text": "text", "to": there, **given}
    draft = Draft("bulk", parse_address("me@example.com"), **fields)
    stamp = Stamp("<1@example.com>", datetime(2026, 11, 1, tzinfo=UTC), "=_b")
    made = compose(draft, files, stamp, version="0.1.0")
    boxes = dict.fromkeys(one.mailbox for one in (*draft.to, *draft.cc, *draft.bcc))
    envelope = Envelope("me@example.com", tuple(boxes))
    return Mail(
        stamp.message_id,
        envelope,
        draft.subject,
        draft.text,
        draft.html,
        made.skeleton,
        made.placed,
        draft.to,
        draft.cc,
    )
