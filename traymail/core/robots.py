"""The robot of a WeCom group as an account, its key, and the message that it makes of a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from traymail.core.account import Account
from traymail.core.message import Address
from traymail.core.texts import text

WECOM_HOST = "qyapi.weixin.qq.com"
GROUP = Address(f"group@{WECOM_HOST}")
CUT = "\n[… 已截断 · cut]"
NO_KEY = text("This is neither the key nor the webhook address of a robot.")
WHERE_KEYS_ARE = text("Copy the address from the group: the card of the robot shows it.")
_KEY = re.compile(r"[\w-]{1,200}", re.ASCII)


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
class WecomAccount(Account):
    """A robot; its address stands for its group."""

    address: Address = GROUP
    kind: str = "wecom"
    provider: str = "wecom"
    format: MessageFormat = MessageFormat.MARKDOWN
    overflow: Overflow = Overflow.CUT

    def key_of(self, field: str) -> str:
        """Return the key of the configuration: an address tells where the service is."""
        return "api_url" if field in {"host", "port", "security"} else field


def key_in(pasted: str) -> str:
    """Return the key of a robot, given alone or as the whole address of the webhook, or ""."""
    from urllib.parse import parse_qs, urlsplit  # seldom needed, and slow to import

    words = pasted.strip()
    if "/" in words or "?" in words:
        try:
            words = parse_qs(urlsplit(words).query).get("key", [""])[0]
        except ValueError:
            words = ""
    return words if _KEY.fullmatch(words) else ""


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
