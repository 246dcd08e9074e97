"""The robot of a WeCom group as an account, its key, and the message that it makes of a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from traymail.core.account import ServiceAccount
from traymail.core.errors import InputError
from traymail.core.message import Address, Attachment
from traymail.core.texts import text

WECOM_HOST = "qyapi.weixin.qq.com"
GROUP = Address(f"group@{WECOM_HOST}")
CUT = "\n[… 已截断 · cut]"
NO_KEY = text("This is neither the key nor the webhook address of a robot.")
WHERE_KEYS_ARE = text("Copy the address from the group: the card of the robot shows it.")
EVERYBODY = "@all"
# A picture is a message of its own; any other file, and a larger picture, is uploaded.
MOST_PICTURE_BYTES = 2 * 1024 * 1024
MOST_FILE_BYTES = 20 * 1024 * 1024
LEAST_FILE_BYTES = 6
# What such a file, and a text, are on the wire.
MOST_BYTES_OF_MAIL = 28_750_000
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_KEY = re.compile(r"[\w-]{1,200}", re.ASCII)
_USER = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
_MOBILE = re.compile(r"\+\d{6,15}|1\d{10}", re.ASCII)


class MessageFormat(Enum):
    """How a message is shown."""

    MARKDOWN = "markdown"
    TEXT = "text"


class Overflow(Enum):
    """What becomes of a message that is too long."""

    CUT = "cut"
    REFUSE = "refuse"


# Bytes of UTF-8, not characters.
MOST_BYTES = {MessageFormat.MARKDOWN: 4096, MessageFormat.TEXT: 2048}


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomAccount(ServiceAccount):
    """A robot; its address stands for its group."""

    address: Address = GROUP
    kind: str = "wecom"
    provider: str = "wecom"
    max_message_bytes: int = MOST_BYTES_OF_MAIL
    format: MessageFormat = MessageFormat.MARKDOWN
    overflow: Overflow = Overflow.CUT


def key_in(pasted: str) -> str:
    """Return the key of a robot, given alone or as the whole address of the webhook.

    Raises InputError for what is neither.
    """
    from urllib.parse import parse_qs, urlsplit  # seldom needed, and slow to import

    words = pasted.strip()
    if "/" in words or "?" in words:
        try:
            words = parse_qs(urlsplit(words).query).get("key", [""])[0]
        except ValueError:
            words = ""
    if not _KEY.fullmatch(words):
        raise InputError(NO_KEY, WHERE_KEYS_ARE)
    return words


def message_of(kind: MessageFormat, subject: str, body: str) -> tuple[str, bool]:
    """Return what the robot says, and whether that is all of it."""
    if kind is MessageFormat.MARKDOWN:
        head = f"**{subject}**" if subject.strip() else ""
        # In Markdown, this would call people, also where a line of a log says it.
        body = body.replace("<@", "<\u200b@")
        head = head.replace("<@", "<\u200b@")
    else:
        head = subject if subject.strip() else ""
    words = "\n\n".join(part for part in (head, body.strip("\n")) if part)
    content, most = words.encode("utf-8", "replace"), MOST_BYTES[kind]
    if len(content) <= most:
        return content.decode(), True
    room = most - len(CUT.encode())
    return content[:room].decode("utf-8", "ignore") + CUT, False


def is_mention(mailbox: str) -> bool:
    """Tell whether a recipient is somebody of the group, by user id or mobile number, or all."""
    return mailbox == EVERYBODY or bool(_USER.fullmatch(mailbox) or _MOBILE.fullmatch(mailbox))


def is_mobile(mailbox: str) -> bool:
    """Tell whether somebody is named by a mobile number."""
    return bool(_MOBILE.fullmatch(mailbox))


def mention(words: str) -> Address | None:
    """Return whom words mention; None: they are an address, or nothing that there is."""
    one = words.strip()
    return Address(one) if is_mention(one) else None


def mentions_of(mailboxes: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the keys of a text that mention people: mobile numbers stand apart."""
    own = [one for one in mailboxes if one != GROUP.mailbox]
    mobiles = [one for one in own if is_mobile(one)]
    users = [one for one in own if one not in mobiles]
    found = {"mentioned_list": users, "mentioned_mobile_list": mobiles}
    return {key: there for key, there in found.items() if there}


def file_problem(file: Attachment) -> InputError | None:
    """Return why a robot does not take a file; None: it does."""
    if file.size < LEAST_FILE_BYTES:
        return InputError(
            text(
                "{name} is too small: a WeCom robot takes files of 6 bytes or more.", name=file.name
            ),
            text("Write it into the text."),
        )
    if file.size > MOST_FILE_BYTES:
        return InputError(
            text("{name} is too large: a WeCom robot takes files of up to 20 MB.", name=file.name),
            text("Compress, split or share a link."),
        )
    return None
