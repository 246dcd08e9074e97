"""Webhooks: the services that are known, a row each, and a webhook as an account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from traymail.core.account import Limits, ServiceAccount
from traymail.core.message import Address, Attachment, encoded_size
from traymail.core.robots import EVERYBODY, Overflow, is_mobile
from traymail.core.texts import Text, text
from traymail.core.webhook_answers import Success, compile_success
from traymail.core.webhook_body import (
    NAMES,
    TOPIC,
    BodyTemplate,
    Measure,
    Needs,
    Room,
    compile_body,
)

# Where the address alone names the server: reserved, so that nobody's server is ever meant.
NOWHERE = "webhook.invalid"
CUSTOM = "custom"
DEFAULT_MOST_BYTES = 20_000


class Signing(Enum):
    """What a second secret behind the address is for."""

    NONE = "nothing"
    DINGTALK = "a signature in the query"
    FEISHU = "a signature in the message"
    BEARER = "a token in a header"


class Calling(Enum):
    """How people of a group are mentioned."""

    NOBODY = "not at all"
    DINGTALK = "in a list beside the text, and in the text"
    FEISHU = "by a tag in the text"


class FilePosting(Enum):
    """How a message with files is posted: all of it in one go."""

    FORM = "a form, the text as a caption"
    CONTENT = "the file alone, the text in the query"


@dataclass(frozen=True, slots=True)
class FilesTaken:
    """Files that a service takes: so many at once, each so large, with a text of so much room."""

    posting: FilePosting
    most: int
    most_bytes: int
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One service.

    ``host`` is where it usually is, "" where everybody has a server of their own; ``like`` is an
    address as the service shows it, ``path`` and ``query`` what one has to have. ``success`` says
    what an answer is when the message was taken; ``refused`` is found in code and words of one
    that refuses the key. ``longest_title`` in letters, 0 for any. ``to_root``: posted to the
    server's root, the last part of the path being the topic. ``coded``: it has codes of its own for
    what is wrong with a message. ``most_posted``: the bytes of all that is posted, 0 for any.
    ``flooded`` is found in an answer without a code that says no more than: too often. ``calls`` is
    found where words of a message would call people, ``calling`` how recipients do.
    """

    name: str
    title: Text | str
    host: str = ""
    like: str
    path: str
    query: tuple[str, ...] = ()
    body: str
    success: str
    most: int
    measure: Measure = Measure.BODY
    longest_title: int = 0
    needs: Needs = Needs.NOTHING
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    signing: Signing = Signing.NONE
    refused: str = ""
    to_root: bool = False
    coded: bool = False
    most_posted: int = 0
    flooded: str = ""
    calls: str = ""
    calling: Calling = Calling.NOBODY
    files: FilesTaken | None = None

    @property
    def max_message_bytes(self) -> int:
        """Return how large a mail may be before its files are packed into a message."""
        files = self.files
        if files is None:
            return 25_000_000
        whole = encoded_size(files.most_bytes) * files.most
        return (whole // 10**6 + 2) * 10**6

    def takes(self, files: Sequence[Attachment]) -> bool:
        """Tell whether these can go along with a message."""
        most = self.files
        return most is not None and (
            len(files) <= most.most and all(0 < one.size <= most.most_bytes for one in files)
        )

    @property
    def receiver(self) -> Address:
        """Return what stands for whoever reads there."""
        return Address(f"chat@{self.host or NOWHERE}")


_A_MINUTE = Limits(per_minute=20, per_hour=1200, per_day=28_800)
_USUAL = Limits(per_minute=60, per_hour=3600, per_day=86_400)
_TOKEN = r"[\w.~%+-]+"  # noqa: S105 # a pattern
# An address that is not there, or is not let in.
_STATUS = r"\A(?:401|403|404|410) "

PRESETS: tuple[Preset, ...] = (
    # https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages; the codes:
    # https://open.dingtalk.com/document/orgapp/custom-robot-access, whose words are English or
    # Chinese by turns; 300005 is what the service says of a token that it does not know.
    Preset(
        name="dingtalk",
        title=text("DingTalk"),
        host="oapi.dingtalk.com",
        like="https://oapi.dingtalk.com/robot/send?access_token=…",
        path=r"/robot/send",
        query=("access_token",),
        body='{"msgtype": "text", "text": {"content": "{text}"}}',
        success="errcode == 0",
        most=20_000,
        limits=_A_MINUTE,
        signing=Signing.DINGTALK,
        coded=True,
        refused=(
            _STATUS + r"|\A(?:300001|300005|40014|400013|400101|400102|400106) "
            r"|\A310000 .*(?:sign|timestamp|whitelist|签名|时间戳|白名单)"
        ),
        # https://open.dingtalk.com/document/orgapp/call-frequency-limit: it has no code then.
        flooded=r'"source" ?: ?"x5"',
        calling=Calling.DINGTALK,
    ),
    # https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    Preset(
        name="feishu",
        title=text("Feishu or Lark"),
        host="open.feishu.cn",
        like="https://open.feishu.cn/open-apis/bot/v2/hook/…",
        path=rf"/open-apis/bot/v2/hook/{_TOKEN}",
        body='{"msg_type": "text", "content": {"text": "{text}"}}',
        success="code == 0",
        # 20 KB with the signature.
        most=19_800,
        limits=Limits(per_minute=100, per_hour=6000, per_day=144_000, per_second=5),
        signing=Signing.FEISHU,
        coded=True,
        # 19001: no such address; 19007: the robot is switched off.
        refused=_STATUS + r"|\A190(?:01|07|21|22) ",
        calls=r"<(?=/?at\b)",
        calling=Calling.FEISHU,
    ),
    # https://sct.ftqq.com and https://doc.sc3.ft07.com
    Preset(
        name="serverchan",
        title=text("ServerChan"),
        host="sctapi.ftqq.com",
        like="https://sctapi.ftqq.com/SCT….send",
        path=rf"/(?:send/)?{_TOKEN}\.send",
        body='{"title": "{subject}", "desp": "{body}"}',
        success="code == 0",
        most=32_000,
        longest_title=32,
        needs=Needs.TITLE,
        coded=True,
        limits=Limits(per_minute=20, per_hour=200, per_day=1000),
        # 40001 is said of a wrong key, and of a day's last message as well.
        refused=_STATUS + r"|\A40001 (?!.*次数)|push ?key|sendkey|错误的 ?key",
    ),
    # https://bark.day.app/#/tutorial; what it answers: route_push.go and apns/apns.go of
    # https://github.com/Finb/bark-server
    Preset(
        name="bark",
        title="Bark",
        host="api.day.app",
        like="https://api.day.app/…",
        path=rf"/{_TOKEN}/?",
        body='{"title": "{subject}", "body": "{body}"}',
        success="code == 200",
        # A notification of Apple's has 4096 bytes at most, of which some are not the message's.
        most=3_500,
        needs=Needs.TEXT,
        limits=_USUAL,
        refused=_STATUS + r"|failed to get device token|BadDeviceToken|Unregistered",
    ),
    # https://core.telegram.org/bots/api#sendmessage
    Preset(
        name="telegram",
        title="Telegram",
        host="api.telegram.org",
        like="https://api.telegram.org/bot…/sendMessage?chat_id=…",
        path=r"/bot\d+:[\w-]+/sendMessage",
        query=("chat_id",),
        body='{"text": "{text}"}',
        success="ok == true",
        most=4096,
        measure=Measure.UNITS,
        limits=_A_MINUTE,
        # https://core.telegram.org/bots/api#senddocument and #sendmediagroup
        files=FilesTaken(FilePosting.FORM, 10, 50_000_000, Room(1024, Measure.UNITS)),
        refused=_STATUS + r"|chat not found|upgraded to a supergroup",
    ),
    # https://docs.ntfy.sh/publish/#publish-as-json and #limitations; what it answers:
    # server/errors.go of https://github.com/binwiederhier/ntfy
    Preset(
        name="ntfy",
        title="ntfy",
        host="ntfy.sh",
        like="https://ntfy.sh/…",
        path=r"/[-\w]{1,64}/?",
        body='{"topic": "{topic}", "title": "{subject}", "message": "{body}"}',
        success='HTTP == 200 and event == "message"',
        # What is longer would become a file there.
        most=4096,
        measure=Measure.TEXT,
        # Of a document it reads twice that, whatever has to be escaped in it.
        most_posted=8192,
        longest_title=250,
        needs=Needs.TEXT,
        limits=Limits(per_minute=30, per_hour=250, per_day=250),
        signing=Signing.BEARER,
        refused=_STATUS,
        to_root=True,
        # https://docs.ntfy.sh/publish/#attach-local-file
        files=FilesTaken(
            FilePosting.CONTENT, 1, 15_000_000, Room(2000, Measure.TEXT, 250, Needs.TEXT)
        ),
    ),
    # https://gotify.net/api-docs#/message/createMessage
    Preset(
        name="gotify",
        title="Gotify",
        like="https://gotify.example.com/message?token=…",
        path=r"(?:/[^?#]*)?/message",
        query=("token",),
        body='{"title": "{subject}", "message": "{body}"}',
        success="HTTP == 200",
        # What a column of its usual databases holds.
        most=65_535,
        measure=Measure.TEXT,
        needs=Needs.TEXT,
        limits=_USUAL,
        refused=_STATUS,
    ),
    Preset(
        name=CUSTOM,
        title=text("another one"),
        like="https://example.com/hook/…",
        path=r".*",
        body='{"text": "{text}"}',
        success="HTTP == 2xx",
        most=DEFAULT_MOST_BYTES,
        limits=Limits(),
        refused=_STATUS,
    ),
)
BY_NAME = {one.name: one for one in PRESETS}
# What any of them may have.
ANY = replace(BY_NAME[CUSTOM], signing=Signing.BEARER)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAccount(ServiceAccount):
    """A webhook. ``elsewhere``: the account names the server, not the webhook's address.

    ``body``, ``success`` and ``most`` are those of its preset but for a custom one.
    """

    kind: str = "webhook"
    preset: Preset
    overflow: Overflow = Overflow.CUT
    elsewhere: bool = False
    body: BodyTemplate = field(repr=False)
    success: Success
    most: int

    @property
    def way(self) -> tuple[str, ...]:
        """Return what else decides where a message goes, and as what."""
        return (self.preset.name,)

    @property
    def room(self) -> Room:
        """Return how long a message may be."""
        one = self.preset
        return Room(self.most, one.measure, one.longest_title, one.needs, one.most_posted)

    def written(self, subject: str, text: str, to: Sequence[str] = ()) -> tuple[str, str]:
        """Return subject and text as they are posted, with those that are called before the text.

        ``to``: the recipients, of which the webhook's own calls nobody. Nothing else calls
        people, whatever it looks like.
        """
        if self.preset.calls:
            harmless = partial(re.sub, self.preset.calls, "<\u200b", flags=re.IGNORECASE)
            subject, text = harmless(subject), harmless(text)
        called = " ".join(self._call(one) for one in self.called(to))
        return subject, f"{called} {text}" if called else text

    def called(self, to: Sequence[str]) -> tuple[str, ...]:
        """Return those of the recipients who are somebody of the group, or all of it."""
        return tuple(one for one in to if one != self.address.mailbox)

    def calls_of(self, to: Sequence[str]) -> dict[str, object]:
        """Return the keys of a message that mention people besides its text."""
        called = self.called(to)
        if not called or self.preset.calling is not Calling.DINGTALK:
            return {}
        mobiles = [one for one in called if is_mobile(one)]
        users = [one for one in called if one not in {EVERYBODY, *mobiles}]
        found = {"atMobiles": mobiles, "atUserIds": users, "isAtAll": EVERYBODY in called}
        return {"at": {key: there for key, there in found.items() if there}}

    def _call(self, one: str) -> str:
        if self.preset.calling is Calling.FEISHU:
            return f'<at user_id="{"all" if one == EVERYBODY else one}"></at>'
        return "@所有人" if one == EVERYBODY else f"@{one}"


def usual_body(preset: Preset) -> BodyTemplate:
    """Return the message that a service takes."""
    return compile_body(preset.body, NAMES | {TOPIC})


def usual_success(preset: Preset) -> Success:
    """Return what a service answers when it has taken a message."""
    return compile_success(preset.success)
