"""Webhooks: posted to servers that check the documented format of each service to the byte."""

import json
import logging
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.http_service import Act
from tests.support.live import live
from tests.support.running import outbox, running
from tests.support.sending import Notes, Pocket, broken_off, mail, webhook, with_file
from tests.support.wait import until
from tests.support.webhook import BOT, NTFY_TOKEN, SERVICES, Hook, answer, hook, parts_of
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    Reply,
    SourceError,
    Stage,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Attachment, Envelope, Mail, Placed
from traymail.core.robots import CUT, Overflow
from traymail.core.secret import COMMAND, FILE
from traymail.core.webhook_answers import compile_success
from traymail.core.webhook_body import compile_body
from traymail.core.webhooks import BY_NAME
from traymail.senders.webhook import WebhookSender

ODD = 'say "yes" \\ {text} }},"x":{\n\tnext\u2028line 盘满了 😀'
EVERY = list(SERVICES)
SIGNED = [one.name for one in SERVICES.values() if one.secret]


def message(preset: str, subject: str = "Disk", text: str = "full") -> Mail:
    to = BY_NAME[preset].receiver.mailbox
    return replace(mail(to), subject=subject, text=text)


# --- the format of each service -------------------------------------------------------------------

BODIES = {
    "dingtalk": b'{"msgtype":"text","text":{"content":"Disk\\n\\nfull"}}',
    "feishu": b'{"msg_type":"text","content":{"text":"Disk\\n\\nfull"}}',
    "serverchan": b'{"title":"Disk","desp":"full"}',
    "bark": b'{"title":"Disk","body":"full"}',
    "telegram": b'{"text":"Disk\\n\\nfull"}',
    "ntfy": b'{"topic":"alerts-7f3k","title":"Disk","message":"full"}',
    "gotify": b'{"title":"Disk","message":"full"}',
    "custom": b'{"text":"Disk\\n\\nfull"}',
}


@pytest.mark.parametrize("name", EVERY)
def test_what_a_service_is_posted_to_the_byte(name: str) -> None:
    with hook(name) as one, closing(webhook(name, one.address)) as uses:
        for _ in range(2):
            assert uses.send(message(name), Notes()).code == 200
        assert [posted.body for posted in one.taken] == [BODIES[name]] * 2
        where = "/" if name == "ntfy" else one.service.path
        assert [posted.path for posted in one.taken] == [where] * 2
        assert "authorization" not in one.taken[0].headers
        assert (one.connections, one.posts) == (1, 2)


@pytest.mark.parametrize("name", SIGNED)
def test_what_is_signed_is_taken_and_nothing_else(name: str) -> None:
    secret = SERVICES[name].secret
    with hook(name, secret) as one:
        with closing(webhook(name, f"{one.address} {secret}\n")) as uses:
            assert uses.send(message(name), Notes()).code == 200
        assert len(one.taken) == 1
        for wrong in (one.address, f"{one.address} {secret}x"):
            with closing(webhook(name, wrong)) as uses, pytest.raises(AuthFailure):
                uses.send(message(name), Notes())
        assert (len(one.taken), len(one.refused)) == (1, 2)


@pytest.mark.parametrize("name", EVERY)
def test_no_value_changes_the_message(name: str) -> None:
    with hook(name) as one, closing(webhook(name, one.address)) as uses:
        uses.send(message(name, 'a"},{"b', ODD), Notes())
        said = json.dumps(one.taken[0].document, ensure_ascii=False)
        # The server has compared the keys; the words are there as they were written.
        assert json.dumps(ODD, ensure_ascii=False)[1:-1] in said
        assert 'a\\"},{\\"b' in said


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("letter", ["x", "小", "😀", '"'])
def test_what_is_too_long_is_cut_so_that_the_service_takes_it(name: str, letter: str) -> None:
    with hook(name) as one, closing(webhook(name, one.address)) as uses:
        uses.send(message(name, text=letter * 70_000), Notes())
        [posted] = one.taken
        assert (letter + CUT).encode() in posted.body.replace(b"\\n", b"\n").replace(b"\\", b"")
        strict = webhook(name, one.address, overflow=Overflow.REFUSE)
        with pytest.raises(PermanentFailure) as caught:
            strict.send(message(name, text=letter * 70_000), Notes())
        assert (caught.value.advice_id, one.posts) == ("webhook-long", 1)


def test_words_that_look_like_a_call_call_nobody() -> None:
    with hook("feishu") as one, closing(webhook("feishu", one.address)) as uses:
        uses.send(message("feishu", "<at x", '<AT user_id="all">all</at> <attic>'), Notes())
        said = one.taken[0].document["content"]["text"]
        assert said == '<\u200bat x\n\n<\u200bAT user_id="all">all<\u200b/at> <attic>'


PEOPLE = ("wangqing", "13800001111", "@all", "ou_18eac85d35a26f98")


def to_people(preset: str, *people: str) -> Mail:
    return replace(message(preset), envelope=Envelope("", people))


def test_people_are_mentioned_as_a_service_documents_it() -> None:
    with hook("dingtalk") as one, closing(webhook("dingtalk", one.address)) as uses:
        assert uses.send(to_people("dingtalk", *PEOPLE), Notes()).accepted == PEOPLE
        assert one.taken[0].document == {
            "at": {"atMobiles": [PEOPLE[1]], "atUserIds": [PEOPLE[0], PEOPLE[3]], "isAtAll": True},
            "msgtype": "text",
            "text": {
                "content": f"Disk\n\n@wangqing @13800001111 @所有人 @{PEOPLE[3]} full",
            },
        }
        uses.send(to_people("dingtalk", "13800001111"), Notes())
        assert one.taken[1].document["at"] == {"atMobiles": ["13800001111"]}
        uses.send(replace(to_people("dingtalk", *PEOPLE), text="x" * 70_000), Notes())
        assert len(one.taken[2].body) == 20_000
    with hook("feishu") as one, closing(webhook("feishu", one.address)) as uses:
        uses.send(to_people("feishu", PEOPLE[3], "@all"), Notes())
        assert one.taken[0].document["content"]["text"] == (
            f'Disk\n\n<at user_id="{PEOPLE[3]}"></at> <at user_id="all"></at> full'
        )


@pytest.mark.parametrize("preset", ["telegram", "ntfy", "custom"])
def test_a_service_that_mentions_nobody_is_asked_for_none(preset: str) -> None:
    with hook(preset) as one, closing(webhook(preset, one.address)) as uses:
        with pytest.raises(PermanentFailure) as caught:
            uses.send(to_people(preset, "@all"), Notes())
        assert (caught.value.advice_id, one.posts) == ("webhook-to", 0)


def test_a_long_title_stands_as_a_whole_in_the_text() -> None:
    with hook("serverchan") as one, closing(webhook("serverchan", one.address)) as uses:
        strict = webhook("serverchan", one.address, overflow=Overflow.REFUSE)
        strict.send(message("serverchan", "题" * 40), Notes())
        strict.close()
        uses.send(message("serverchan", "", "first\nsecond"), Notes())
        assert [posted.document for posted in one.taken] == [
            {"title": "题" * 31 + "…", "desp": "题" * 40 + "\n\nfull"},
            {"title": "first", "desp": "first\nsecond"},
        ]


@pytest.mark.parametrize("name", ["bark", "ntfy", "gotify"])
def test_a_subject_alone_is_the_message(name: str) -> None:
    with hook(name) as one, closing(webhook(name, one.address)) as uses:
        uses.send(message(name, "Disk", ""), Notes())
        found = one.taken[0].document
        assert (found["title"], found.get("message", found.get("body"))) == ("", "Disk")


# --- files ----------------------------------------------------------------------------------------


def attached(preset: str, *files: tuple[str, bytes], text: str = "full") -> Mail:
    placed = tuple(
        Placed(0, Attachment(name, "text/plain", len(content), "", content=content))
        for name, content in files
    )
    return replace(message(preset, text=text), placed=placed)


def opened(attachment: Attachment) -> BytesIO:
    assert attachment.content is not None
    return BytesIO(attachment.content)


LARGE = bytes(range(256)) * 1000


def sending(preset: str, one: Hook, **given: Any) -> WebhookSender:  # noqa: ANN401 # fields
    uses = webhook(preset, one.address, **given)
    uses.tools = replace(uses.tools, open_attachment=opened)
    return uses


def test_telegram_gets_a_file_with_the_text_below_it() -> None:
    with hook("telegram") as one, closing(sending("telegram", one)) as uses:
        sent = attached("telegram", ('a"扫描 1.pdf', LARGE))
        receipt = uses.send(sent, Notes())
        assert (receipt.code, receipt.accepted) == (200, sent.envelope.recipients)
        [posted] = one.taken
        assert posted.path == f"/{BOT}/sendDocument?chat_id=-100200300"
        assert parts_of(posted) == {
            "caption": (None, b"Disk\n\nfull"),
            "document": ("a%22扫描 1.pdf", LARGE),
        }
        uses.send(message("telegram"), Notes())
        assert (one.connections, len(one.taken)) == (1, 2)


def test_telegram_gets_several_files_as_one_message() -> None:
    files = [(f"{number}.txt", b"x" * (number + 1)) for number in range(10)]
    with hook("telegram") as one, closing(sending("telegram", one)) as uses:
        uses.send(attached("telegram", *files, text="小" * 2000), Notes())
        [posted] = one.taken
        found = parts_of(posted)
        media = json.loads(found.pop("media")[1])
        assert posted.path == f"/{BOT}/sendMediaGroup?chat_id=-100200300"
        assert list(found.values()) == files
        assert [row.get("caption", "")[-3:] for row in media] == [""] * 9 + [CUT[-3:]]
        strict = sending("telegram", one, overflow=Overflow.REFUSE)
        with pytest.raises(PermanentFailure) as caught:
            strict.send(attached("telegram", files[0], text="小" * 2000), Notes())
        assert (caught.value.advice_id, one.posts) == ("webhook-long", 1)


def test_ntfy_gets_a_file_with_the_text_in_the_query() -> None:
    with hook("ntfy", NTFY_TOKEN) as one:
        uses = sending("ntfy", one)
        uses.tools = replace(uses.tools, credentials=Pocket(f"{one.address} {NTFY_TOKEN}"))
        with closing(uses):
            uses.send(attached("ntfy", ("a&b=扫描.pdf", LARGE), text="x&y\n小"), Notes())
        [posted] = one.taken
        query = {key: value for key, [value] in parse_qs(posted.path.partition("?")[2]).items()}
        assert query == {"filename": "a&b=扫描.pdf", "title": "Disk", "message": "x&y\n小"}
        assert (posted.path.partition("?")[0], posted.body) == ("/alerts-7f3k", LARGE)


@pytest.mark.parametrize(
    ("preset", "files"),
    [
        ("telegram", [("a", b"x")] * 11),
        ("telegram", [("a", b"")]),
        ("ntfy", [("a", b"x")] * 2),
        ("ntfy", [("a", b"")]),
        ("gotify", [("a", b"x")]),
        ("custom", [("a", b"x")]),
    ],
)
def test_files_that_a_service_does_not_take_are_never_dropped(
    preset: str, files: list[tuple[str, bytes]]
) -> None:
    with hook(preset) as one, closing(sending(preset, one)) as uses:
        with pytest.raises(PermanentFailure) as caught:
            uses.send(attached(preset, *files), Notes())
        assert (caught.value.advice_id, one.posts) == ("webhook-files", 0)


@pytest.mark.parametrize("preset", ["telegram", "ntfy"])
@pytest.mark.parametrize("length", [0, 1, len(LARGE) - 1, len(LARGE) + 1])
def test_a_file_that_is_not_what_it_was_is_not_sent(preset: str, length: int) -> None:
    with hook(preset) as one, closing(sending(preset, one)) as uses:
        uses.tools = replace(uses.tools, open_attachment=lambda _one: BytesIO(b"x" * length))
        with pytest.raises(SourceError):
            uses.send(attached(preset, ("a", LARGE)), Notes())
        assert one.taken == []


@pytest.mark.parametrize("preset", ["telegram", "ntfy"])
def test_a_refusal_while_a_file_is_on_its_way_is_heard(preset: str) -> None:
    # Much more than the buffers of a connection take, so it breaks while the file leaves.
    large = bytes(12 * 1024 * 1024)
    with hook(preset) as one, closing(sending(preset, one)) as uses:
        one.refuses_early = (413, b"too large")
        notes = Notes()
        with pytest.raises(PermanentFailure) as caught:
            uses.send(attached(preset, ("a", large)), notes)
        assert caught.value.advice_id == "webhook-large"
        # Its body was not read, nor its last byte sent: nothing is in doubt.
        assert (one.posts, notes.finals, one.taken) == (0, 0, [])
        one.refuses_early = None
        assert uses.send(attached(preset, ("a", LARGE)), Notes()).code == 200
        assert one.connections == 2


# --- what is answered -----------------------------------------------------------------------------

ACTS: list[tuple[str, str, Act, type[DeliveryError]]] = [
    ("dingtalk", "dingtalk-often", answer(200, errcode=130101, errmsg="fast"), TransientFailure),
    ("dingtalk", "webhook-busy", answer(200, errcode=-1, errmsg="系统繁忙"), TransientFailure),
    (
        "dingtalk",
        "dingtalk-signature",
        answer(200, errcode=310000, errmsg="sign not match, more: [x]"),
        AuthFailure,
    ),
    (
        "dingtalk",
        "dingtalk-computer",
        answer(200, errcode=310000, errmsg="ip 1.2.3.4 not in whitelist"),
        AuthFailure,
    ),
    (
        "dingtalk",
        "dingtalk-keyword",
        answer(200, errcode=310000, errmsg="keywords not in content, more: [x]"),
        PermanentFailure,
    ),
    *(
        ("dingtalk", "webhook-key", answer(200, errcode=code, errmsg="token"), AuthFailure)
        for code in (300001, 300005, 400013, 400101, 400102, 400106)
    ),
    (
        "dingtalk",
        "dingtalk-signature",
        answer(200, errcode=310000, errmsg="description:机器人发送签名不匹配;solution:请确认签名"),
        AuthFailure,
    ),
    (
        "dingtalk",
        "dingtalk-keyword",
        answer(200, errcode=310000, errmsg="description:关键词不匹配;solution:请联系群管理员"),
        PermanentFailure,
    ),
    (
        "dingtalk",
        "dingtalk-computer",
        answer(200, errcode=310000, errmsg="description:机器人发送的IP不在白名单中;"),
        AuthFailure,
    ),
    (
        "dingtalk",
        "dingtalk-often",
        (200, b'{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"x"}'),
        TransientFailure,
    ),
    ("feishu", "webhook-key", answer(200, code=19007, msg="Bot Not Enabled"), AuthFailure),
    (
        "serverchan",
        "serverchan-day",
        answer(400, code=40001, message="[AUTH]超过当天的发送次数限制[5]，请稍后再试"),
        TransientFailure,
    ),
    ("serverchan", "serverchan-day", answer(471, message="超过次数限制"), TransientFailure),
    ("ntfy", "ntfy-day", answer(429, code=42908, error="too many messages"), TransientFailure),
    (
        "bark",
        "bark-long",
        answer(500, code=500, message="push failed: APNS push failed: PayloadTooLarge"),
        PermanentFailure,
    ),
    (
        "bark",
        "webhook-key",
        answer(500, code=500, message="push failed: APNS push failed: Unregistered"),
        AuthFailure,
    ),
    ("bark", "webhook-busy", answer(500, code=500, message="push failed: x"), TransientFailure),
    ("dingtalk", "dingtalk-long", answer(200, errcode=460101, errmsg="long"), PermanentFailure),
    ("dingtalk", "webhook-other", answer(200, errcode=430104, errmsg="bad"), PermanentFailure),
    ("feishu", "feishu-often", answer(200, code=9499, msg="too many request"), TransientFailure),
    ("feishu", "feishu-bad", answer(400, code=9499, msg="Bad Request"), PermanentFailure),
    ("feishu", "feishu-bad", answer(200, code=9499, msg="Bad Request"), PermanentFailure),
    ("feishu", "feishu-often", answer(200, code=11232, msg="frequency"), TransientFailure),
    ("feishu", "webhook-key", answer(200, code=19001, msg="param invalid"), AuthFailure),
    ("feishu", "webhook-key", answer(400, code=19001, msg="param invalid"), AuthFailure),
    ("feishu", "feishu-signature", answer(200, code=19021, msg="sign match fail"), AuthFailure),
    ("feishu", "feishu-computer", answer(200, code=19022, msg="Ip Not Allowed"), AuthFailure),
    ("feishu", "feishu-keyword", answer(200, code=19024, msg="Key Words"), PermanentFailure),
    ("serverchan", "webhook-key", answer(400, code=40001, message="[AUTH]错误的Key"), AuthFailure),
    ("serverchan", "webhook-key", answer(200, code=40001, message="bad pushkey"), AuthFailure),
    (
        "bark",
        "webhook-key",
        answer(400, code=400, message="failed to get device token: no"),
        AuthFailure,
    ),
    ("bark", "webhook-other", answer(400, code=400, message="request bind"), PermanentFailure),
    (
        "telegram",
        "webhook-often",
        answer(429, ok=False, error_code=429, description="Too Many Requests: retry after 8"),
        TransientFailure,
    ),
    (
        "telegram",
        "webhook-key",
        answer(401, ok=False, error_code=401, description="Unauthorized"),
        AuthFailure,
    ),
    (
        "telegram",
        "webhook-key",
        answer(403, ok=False, error_code=403, description="Forbidden: bot was kicked"),
        AuthFailure,
    ),
    (
        "telegram",
        "webhook-key",
        answer(400, ok=False, error_code=400, description="Bad Request: chat not found"),
        AuthFailure,
    ),
    ("ntfy", "webhook-often", answer(429, code=42901, http=429, error="limit"), TransientFailure),
    ("ntfy", "ntfy-token", answer(403, code=40301, http=403, error="forbidden"), AuthFailure),
    ("ntfy", "ntfy-token", answer(401, code=40101, http=401, error="no"), AuthFailure),
    ("ntfy", "webhook-large", answer(413, code=41301, http=413, error="large"), PermanentFailure),
    ("gotify", "webhook-key", answer(401, error="Unauthorized", errorCode=401), AuthFailure),
    ("gotify", "webhook-other", answer(400, error="Bad Request"), PermanentFailure),
]
for every in EVERY:
    ACTS += [
        (every, "webhook-elsewhere", (302, b""), TransientFailure),
        (every, "webhook-key", (404, b"<html>"), AuthFailure),
        (
            every,
            "dingtalk-often" if every == "dingtalk" else "webhook-often",
            (429, b""),
            TransientFailure,
        ),
        (every, "webhook-busy", (503, b""), TransientFailure),
        (every, "http-unanswered", (502, b""), UnknownOutcome),
        (every, "http-unanswered", (504, b""), UnknownOutcome),
        (every, "http-unanswered", "close", UnknownOutcome),
    ]
COMPARED = {"dingtalk": "errcode", "feishu": "code", "serverchan": "code", "bark": "code"}
for every, key in (*COMPARED.items(), ("telegram", "ok"), ("ntfy", "event")):
    ACTS += [
        (every, "http-unanswered", (200, content), UnknownOutcome)
        for content in (
            b"\xff<html>",
            b"[]",
            b"{}",
            b"[" * 50_000,
            b'{"%s": null}' % key.encode(),
            b'{"%s": 1%s}' % (key.encode(), b"0" * 30),
            b'{"%s": [0]}' % key.encode(),
            b'{"x": "%s"}' % (b"x" * 100_000),
        )
    ]


@pytest.mark.parametrize(("name", "row", "act", "kind"), ACTS)
def test_what_an_answer_means(name: str, row: str, act: Act, kind: type[DeliveryError]) -> None:
    with hook(name) as one:
        one.acts.append(act)
        uses = webhook(name, one.address)
        with pytest.raises(DeliveryError) as caught:
            uses.send(message(name), Notes())
        assert (type(caught.value), caught.value.advice_id) == (kind, row)
        # No redirect is followed, nothing is sent again by itself; the next one goes through.
        assert one.posts == 1
        assert uses.send(message(name), Notes()).code == 200
        uses.close()


@pytest.mark.parametrize(
    ("headers", "act", "rest"),
    [
        ({}, (429, b""), timedelta(minutes=1)),
        ({"Retry-After": "7"}, (429, b""), timedelta(seconds=7)),
        ({"Retry-After": "9" * 30}, (429, b""), timedelta(days=1)),
        ({"Retry-After": "-3"}, (429, b""), timedelta(minutes=1)),
        ({"Retry-After": "Mon, 01 Jan 1990 00:00:00 GMT"}, (429, b""), timedelta(0)),
        ({"Retry-After": "Fri, 01 Jan 2999 00:00:00 GMT"}, (429, b""), timedelta(days=1)),
        ({}, answer(429, ok=False, parameters={"retry_after": 8}), timedelta(seconds=8)),
        ({}, answer(429, ok=False, parameters={"retry_after": 10**30}), timedelta(minutes=1)),
        ({}, answer(429, ok=False, parameters=[]), timedelta(minutes=1)),
    ],
)
def test_how_long_a_service_wants_to_be_left_alone(
    headers: dict[str, str], act: Act, rest: timedelta
) -> None:
    with hook("telegram") as one, closing(webhook("telegram", one.address)) as uses:
        one.headers, one.acts = headers, [act]
        with pytest.raises(TransientFailure) as caught:
            uses.send(message("telegram"), Notes())
    assert caught.value.hold == rest


def test_an_answer_without_an_end_is_not_waited_for() -> None:
    with hook("bark") as one:
        one.acts.append("drip")
        uses = webhook("bark", one.address, timeout=timedelta(seconds=1))
        with closing(uses), pytest.raises(UnknownOutcome):
            uses.send(message("bark"), Notes())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("status", [200, 403])
def test_no_answer_shows_the_address_or_what_signs(
    name: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = SERVICES[name].secret
    with hook(name) as one, closing(webhook(name, f"{one.address} {secret}")) as uses:
        keys = [
            *(part for part in re.split(r"[/?=&]", one.service.path) if len(part) > 6),
            *([secret] if secret else []),
        ]
        for told in (*keys, one.address):
            if told in {"message", "sendMessage", "access_token", "open-apis", "chat_id"}:
                continue
            one.acts.append(answer(status, errcode=93, code=93, ok=False, message=f"no: {told}!"))
            try:
                reply = str(uses.send(message(name), Notes()))
            except DeliveryError as error:
                reply = f"{error} {error.reply}"
            assert told.lower() not in f"{reply} {caplog.text}".lower()


@pytest.mark.parametrize("told", [BOT[-17:-7], BOT[-10:]])
def test_half_of_a_token_is_struck_out_whatever_number_stands_before_it(told: str) -> None:
    with hook("telegram") as one, closing(webhook("telegram", one.address)) as uses:
        one.acts.append(answer(400, ok=False, description=f"no: {told}!"))
        with pytest.raises(DeliveryError) as caught:
            uses.send(message("telegram"), Notes())
    assert caught.value.reply == Reply(400, "no: ***!", Stage.FINAL)


@pytest.mark.parametrize("place", ["", FILE, COMMAND])
def test_a_refused_address_is_mended_where_it_is(place: str) -> None:
    with hook("gotify") as one, closing(webhook("gotify", one.address, place)) as uses:
        one.acts.append((401, b""))
        with pytest.raises(AuthFailure) as caught:
            uses.send(message("gotify"), Notes())
    assert caught.value.advice_id == f"webhook-key{place and f'@{place}'}"


@pytest.mark.parametrize(
    "address",
    [
        "no address",
        "https://oapi.dingtalk.com/robot/send",
        "http://example.com/robot/send?access_token=1",
    ],
)
def test_what_is_no_address_is_told_and_nothing_is_sent(address: str) -> None:
    with pytest.raises(CredentialError) as caught:
        webhook("dingtalk", address).send(message("dingtalk"), Notes())
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "row"),
    [
        (with_file(10), "webhook-to"),
        (mail("boss@example.com"), "webhook-to"),
        (
            replace(with_file(10), envelope=Envelope("", (BY_NAME["bark"].receiver.mailbox,))),
            "webhook-files",
        ),
    ],
)
def test_what_a_webhook_cannot_send_is_refused_and_never_dropped(wrong: Mail, row: str) -> None:
    with hook("bark") as one, pytest.raises(PermanentFailure) as caught:
        webhook("bark", one.address).send(wrong, Notes())
    assert (caught.value.advice_id, one.posts) == (row, 0)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_is_checked(certificates: Certificates, trusted: bool) -> None:
    ca_file = str(certificates.ca_file) if trusted else ""
    with hook("bark", context=certificates.good.server_context()) as one:
        address = one.address.replace("http:", "https:")
        uses = webhook("bark", address, ca_file=ca_file)
        if trusted:
            uses.send(message("bark"), Notes())
        else:
            with pytest.raises(AccountFailure):
                uses.send(message("bark"), Notes())
        uses.close()
        assert one.posts == int(trusted)


def test_a_certificate_of_another_host_is_refused(certificates: Certificates) -> None:
    with hook("bark", context=certificates.wrong_host.server_context()) as one:
        address = one.address.replace("http:", "https:")
        uses = webhook("bark", address, ca_file=str(certificates.ca_file))
        with pytest.raises(AccountFailure):
            uses.send(message("bark"), Notes())
        assert one.posts == 0


def test_one_that_is_broken_off_while_it_waits_is_unknown() -> None:
    with hook("bark") as one:
        uses = webhook("bark", one.address)
        assert broken_off(uses, message("bark"), one) == [UnknownOutcome]


def test_one_of_your_own() -> None:
    given: dict[str, Any] = {
        "body": compile_body('{"a": [{"title": "<{subject}>", "n": 1}], "b": "{{{body}}}"}'),
        "success": compile_success('HTTP == 2xx and result.state == "ok"'),
        "most": 200,
    }
    with hook("custom") as one, closing(webhook("custom", one.address, **given)) as uses:
        one.acts += [
            answer(201, result={"state": "ok"}),
            answer(200, result={"state": "no"}, message="why"),
            answer(200, result={"state": 1}),
        ]
        assert uses.send(message("custom", "S", "B"), Notes()).code == 201
        with pytest.raises(PermanentFailure) as caught:
            uses.send(message("custom", "S", "B"), Notes())
        assert (caught.value.reply.code, caught.value.reply.text) == (None, "why")
        with pytest.raises(UnknownOutcome):
            uses.send(message("custom", "S", "B"), Notes())


# --- the commands ---------------------------------------------------------------------------------


def ding(more: str = "") -> str:
    return f"""\
version = 1

[accounts.ding]
kind = "webhook"
preset = "dingtalk"
{more}
"""


@pytest.fixture
def chat() -> Iterator[Hook]:
    with hook("dingtalk", SERVICES["dingtalk"].secret) as one:
        yield one


@pytest.fixture
def env(tmp_path: Path, chat: Hook) -> dict[str, str]:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    secret = SERVICES["dingtalk"].secret
    (folder / "traymail.ding").write_text(f"{chat.address} {secret}\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    one = Home(tmp_path / "home")
    one.configure(ding())
    return one


def said(chat: Hook) -> list[str]:
    return [one.document["text"]["content"] for one in chat.taken]


def test_send_needs_no_recipient(home: Home, env: dict[str, str], chat: Hook) -> None:
    done = in_process(home, "send", "--subject", "Disk", "--body", "full", "--json", env=env)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert (sent["state"], sent["code"], sent["reply"], sent["account"]) == (
        "sent",
        200,
        "ok",
        "ding",
    )
    assert said(chat) == ["Disk\n\nfull"]
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert (listed["kind"], listed["preset"], listed["state"]) == ("webhook", "dingtalk", "ready")
    assert "tok0123" not in in_process(home, "account", "list", env=env).stdout


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--to", "boss@example.com"), "writes to its own place only"),
        (("--cc", "boss@example.com"), "A webhook takes no Cc."),
        (("--bcc", "boss@example.com"), "A webhook takes no Bcc."),
        (("--attach", __file__), "takes no files"),
        (("--html", __file__), "A webhook takes no HTML."),
    ],
)
def test_what_a_webhook_takes_not_is_bad_input(
    home: Home, env: dict[str, str], chat: Hook, more: tuple[str, ...], told: str
) -> None:
    done = in_process(home, "send", "--subject", "x", *more, env=env)
    assert (done.returncode, chat.posts) == (65, 0)
    assert told in done.stderr
    assert outbox(home) == []


def test_a_name_for_a_service_that_mentions_nobody_is_no_wrong_address(
    home: Home, env: dict[str, str]
) -> None:
    home.configure(ding().replace("dingtalk", "telegram"))
    done = in_process(home, "send", "--subject", "x", "--to", "wang", env=env)
    assert (done.returncode, outbox(home)) == (65, [])
    assert "A webhook writes to its own place only." in done.stderr


def test_people_of_the_group_are_mentioned(home: Home, env: dict[str, str], chat: Hook) -> None:
    done = in_process(home, "send", "--to", "@all, wangqing", "--body", "now", "--json", env=env)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)["recipients"]
    assert [(one["address"], one["state"]) for one in sent] == [
        ("@all", "accepted"),
        ("wangqing", "accepted"),
    ]
    [posted] = chat.taken
    assert posted.document["at"] == {"atUserIds": ["wangqing"], "isAtAll": True}
    both = in_process(home, "send", "--to", "@all, a@b.cd", "--body", "now", env=env)
    assert (both.returncode, chat.posts) == (65, 1)
    assert "mentions people by user id" in both.stderr


def test_files_go_along_where_the_service_takes_them(
    tmp_path: Path, home: Home, env: dict[str, str]
) -> None:
    (tmp_path / "drop").mkdir()
    scan, more = tmp_path / "scan.pdf", tmp_path / "more.pdf"
    scan.write_bytes(LARGE)
    more.write_bytes(b"more")
    rule = f"""
[[rules]]
name = "Scans"
kind = "folder"
folder = {json.dumps(str(tmp_path / "drop"))}
settle_seconds = 0
"""
    with hook("ntfy") as one:
        home.configure(ding().replace("dingtalk", "ntfy") + rule)
        (Path(env["CREDENTIALS_DIRECTORY"]) / "traymail.ding").write_text(f"{one.address}\n")
        done = in_process(home, "send", "--attach", str(scan), env=env)
        assert (done.returncode, [posted.body for posted in one.taken]) == (0, [LARGE]), done.stderr
        both = ("--attach", str(scan), "--attach", str(more))
        done = in_process(home, "send", "--subject", "x", *both, env=env)
        assert (done.returncode, one.posts) == (65, 1)
        assert "More files than the service takes in one message: 1 at most." in done.stderr
        more.write_bytes(b"")
        done = in_process(home, "send", "--attach", str(more), env=env)
        assert (done.returncode, one.posts) == (65, 1)
        assert "A file is empty, or larger than 15 MB." in done.stderr
        assert [entry["state"] for entry in outbox(home)] == ["sent"]
        with running(home, env) as program:
            until(lambda: program.status()["rules"]["Scans"]["watching"], what="the folder watched")
            (tmp_path / "drop" / "盘.txt").write_bytes(b"dropped")
            until(lambda: len(one.taken) == 2, what="the file of the rule")
        assert one.taken[1].body == b"dropped"


def test_telegram_gets_a_file_by_command(tmp_path: Path, home: Home, env: dict[str, str]) -> None:
    scan = tmp_path / "扫描 1.pdf"
    scan.write_bytes(LARGE)
    home.configure(ding().replace("dingtalk", "telegram"))
    with hook("telegram") as one:
        (Path(env["CREDENTIALS_DIRECTORY"]) / "traymail.ding").write_text(f"{one.address}\n")
        words = ("send", "--subject", "Disk", "--body", "full", "--attach", str(scan))
        done = in_process(home, *words, "--json", env=env)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["state"] == "sent"
        [posted] = one.taken
        assert posted.path == f"/{BOT}/sendDocument?chat_id=-100200300"
        assert parts_of(posted) == {
            "caption": (None, b"Disk\n\nfull"),
            "document": ("扫描 1.pdf", LARGE),
        }
        many = [word for _ in range(11) for word in ("--attach", str(scan))]
        done = in_process(home, "send", "--subject", "x", *many, env=env)
        assert (done.returncode, one.posts) == (65, 1)
        assert "More files than the service takes in one message: 10 at most." in done.stderr
    assert BOT not in done.stdout + done.stderr


def test_no_whole_message_of_another_program(home: Home, env: dict[str, str], chat: Hook) -> None:
    done = in_process(home, "sendmail", "root", given="Subject: cron\n\nout\n", env=env)
    assert (done.returncode, chat.posts) == (65, 0)
    assert "no whole message of another program" in done.stderr
    assert "name its address with -f" in done.stderr


def test_each_row_of_a_table_is_a_message(
    home: Home, env: dict[str, str], chat: Hook, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("host,state\nweb,up\nmail,down\n")
    words = ("--subject", "{csv.host}", "--body", "{csv.state}")
    done = in_process(home, "send", "--csv", str(table), *words, env=env)
    assert done.returncode == 0, done.stderr
    assert said(chat) == ["web\n\nup", "mail\n\ndown"]


def test_overflow(home: Home, env: dict[str, str], chat: Hook) -> None:
    home.configure(ding('overflow = "refuse"'))
    done = in_process(home, "send", "--body", "x" * 20_001, env=env)
    assert (done.returncode, chat.posts) == (65, 0)
    home.configure(ding())
    assert in_process(home, "send", "--body", "x" * 20_001, env=env).returncode == 0
    assert said(chat)[0].endswith(CUT)


@pytest.mark.parametrize(
    ("act", "status", "state"),
    [
        (answer(200, errcode=310000, errmsg="sign not match"), 77, "queued"),
        (answer(200, errcode=300001, errmsg="token is not exist"), 77, "queued"),
        ((404, b""), 77, "queued"),
        (answer(200, errcode=130101, errmsg="send too fast"), 75, "queued"),
        ((429, b""), 75, "queued"),
        (answer(200, errcode=460101, errmsg="too long"), 69, "failed"),
        ("close", 75, "unknown"),
    ],
)
def test_the_exit_status_of_an_answer(
    home: Home, env: dict[str, str], chat: Hook, act: Act, status: int, state: str
) -> None:
    chat.acts.append(act)
    done = in_process(home, "send", "--subject", "x", env=env)
    assert done.returncode == status, done.stderr
    [entry] = outbox(home)
    assert entry["state"] == state
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert (listed["state"] == "attention") is (status == 77)
    assert (entry["next_attempt_at"] is None) is (status != 75 or state == "unknown")


def test_a_test_sends_one_line_and_lets_a_stopped_webhook_go_on(
    home: Home, env: dict[str, str], chat: Hook
) -> None:
    chat.acts.append((403, b""))
    assert in_process(home, "send", "--subject", "x", env=env).returncode == 77
    # What says nothing of the address does not let it go on.
    assert in_process(home, "doctor", "ding", env=env).returncode == 0
    assert chat.posts == 1
    tested = in_process(home, "account", "test", "ding", env=env)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert said(chat) == ["traymail works\n\nThis account is ready to send."]
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 0
    assert said(chat)[1:] == ["x"]


@pytest.mark.usefixtures("chat")
def test_a_test_with_a_wrong_signature_stops_the_account(
    home: Home, env: dict[str, str], chat: Hook
) -> None:
    file = Path(env["CREDENTIALS_DIRECTORY"]) / "traymail.ding"
    file.write_text(f"{chat.address} SECwrong-one-entirely\n")
    tested = in_process(home, "account", "test", "ding", "--json", env=env)
    assert tested.returncode == 77
    assert "tok0123" not in tested.stdout + tested.stderr
    steps = {one["step"]: one for one in json.loads(tested.stdout)["steps"]}
    assert (steps["tcp"]["ok"], steps["mail"]["ok"]) == (True, False)
    assert in_process(home, "send", "--subject", "x", env=env).returncode == 77
    assert chat.posts == 1


@pytest.mark.parametrize("secret", ["no address", "https://oapi.dingtalk.com/robot/send"])
def test_the_doctor_tells_of_an_address_that_is_none(
    home: Home, env: dict[str, str], secret: str
) -> None:
    (Path(env["CREDENTIALS_DIRECTORY"]) / "traymail.ding").write_text(f"{secret}\n")
    done = in_process(home, "doctor", "ding", "--json", env=env)
    [first, *rest] = json.loads(done.stdout)["steps"]
    assert done.returncode != 0
    assert (first["step"], first["ok"], [one["ok"] for one in rest]) == ("dns", False, [None] * 3)
    assert "of DingTalk" in first["detail"]


def test_the_doctor_of_a_webhook_without_an_address(home: Home) -> None:
    home.configure('version = 1\n[accounts.own]\nkind = "webhook"\npreset = "gotify"\n')
    done = in_process(home, "doctor", "own")
    assert done.returncode != 0
    assert "not known yet" in done.stdout
    assert "set-secret own" in done.stdout


def test_another_server_takes_the_place_of_the_one_in_the_address(
    home: Home, env: dict[str, str], chat: Hook
) -> None:
    secret = f"{SERVICES['dingtalk'].address(1)} {SERVICES['dingtalk'].secret}"
    file = Path(env["CREDENTIALS_DIRECTORY"]) / "traymail.ding"
    file.write_text(secret.replace("http://127.0.0.1:1", "https://oapi.dingtalk.com"))
    home.configure(ding(f'api_url = "http://127.0.0.1:{chat.port}"'))
    done = in_process(home, "send", "--subject", "x", env=env)
    assert (done.returncode, said(chat)) == (0, ["x"]), done.stderr
    # The file is that of this server from now on.
    home.configure(ding())
    done = in_process(home, "send", "--subject", "y", env=env)
    assert (done.returncode, chat.posts) == (77, 1)
    assert "another host (127.0.0.1)" in done.stderr


def kept(host: str, username: str) -> str | None:
    import secretstorage  # Linux has it

    with closing(secretstorage.dbus_init()) as bus:
        wanted = {"service": f"traymail:{host}", "username": username}
        found = list(secretstorage.search_items(bus, wanted))
        return found[0].get_secret().decode() if found else None


@pytest.mark.usefixtures("keyring_env")
def test_adding_one(home: Home, chat: Hook) -> None:
    home.configure("version = 1\n")
    added = ("account", "add", "--kind", "webhook", "--preset", "dingtalk", "--name", "ding")
    refused = in_process(home, *added, given="https://oapi.dingtalk.com/robot/send\n")
    assert refused.returncode == 65
    assert "This is not an address of DingTalk." in refused.stderr
    assert "accounts" not in home.config.read_text("utf-8")
    secret = f"{chat.address} {SERVICES['dingtalk'].secret}"
    done = home.run(*added, given=f"{secret}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Account ding is added: dingtalk." in done.stdout
    assert said(chat) == ["traymail works\n\nThis account is ready to send."]
    assert kept("oapi.dingtalk.com", "ding") == secret
    written = home.config.read_text("utf-8")
    assert 'preset = "dingtalk"' in written
    assert "tok0123" not in written
    again = home.run("account", "set-secret", "ding", given="https://h.example/x\n")
    assert again.returncode == 65
    assert kept("oapi.dingtalk.com", "ding") == secret
    assert home.run("account", "remove", "ding").returncode == 0
    assert kept("oapi.dingtalk.com", "ding") is None


@pytest.mark.usefixtures("keyring_env")
def test_adding_one_of_your_own(home: Home) -> None:
    home.configure("version = 1\n")
    added = ("account", "add", "--kind", "webhook", "--preset", "custom", "--name", "own")
    own = ("--template", '{"say": "{text}"}', "--success", "errcode == 0", "--max-bytes", "90")
    with hook("custom") as one:
        done = home.run(*added, *own, given=f"{one.address}\n")
        assert done.returncode == 0, done.stdout + done.stderr
        assert [posted.body for posted in one.taken] == [
            b'{"say":"traymail works\\n\\nThis account is ready to send."}'
        ]
        assert home.run("send", "--body", "x" * 100).returncode == 0
        assert len(one.taken[1].body) == 90
    assert kept("webhook.invalid", "own") == one.address


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        (("me@example.com", "--preset", "bark"), 65, "An account of kind webhook has no address."),
        ((), 65, "--preset: is missing"),
        (("--preset", "slack"), 64, "--preset"),
        (("--preset", "custom"), 65, '--template: is missing (Write it like --template \'{"text"'),
        (("--preset", "custom", "--success", "ok == true"), 65, "--template: is missing"),
        (("--preset", "custom", "--template", "{text}"), 65, "is not valid JSON"),
        (("--preset", "custom", "--template", '{"a": "{text}"}', "--success", "x"), 65, "compares"),
        (("--preset", "bark", "--template", '{"a": "{text}"}'), 65, "is for the preset “custom”"),
        (("--preset", "bark", "--host", "h.example"), 65, "It belongs to accounts of kind “smtp”."),
        (("--preset", "bark", "--api-url", "http://h.example"), 65, "only for a server on this"),
        (("--preset", "bark", "--format", "text"), 65, "It belongs to accounts of kind “wecom”."),
    ],
)
def test_what_makes_no_webhook(home: Home, more: tuple[str, ...], status: int, told: str) -> None:
    given = ("--name", "b", "--no-secret", "--no-test", *more)
    done = in_process(home, "account", "add", "--kind", "webhook", *given)
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr


LOG = 'kind = "log"\npaths = ["/l/a.log"]\nmatch = ["x"]'
LOG_RULE = """
[[rules]]
name = "Errors"
kind = "log"
paths = [{path}]
match = ["ERROR"]
start_at = "beginning"
cooldown = "0s"
"""


def test_a_log_rule_tells_it(home: Home, env: dict[str, str], chat: Hook, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("")
    home.configure(ding() + LOG_RULE.format(path=json.dumps(str(log))))
    with running(home, env):
        with log.open("a") as stream:
            stream.write('ERROR "盘满了" \\ }\n')
        until(lambda: len(chat.taken) == 1, what="the message")
    assert 'ERROR "盘满了" \\ }' in said(chat)[0]


def test_windows_save_a_rule_of_a_webhook_without_recipients(home: Home, tmp_path: Path) -> None:
    rule = LOG_RULE.format(path=json.dumps(str(tmp_path / "app.log")))
    with live(home, ding() + rule) as one:
        rules = one.services.rules
        fields = {**rules.fields("Errors"), "max_per_hour": 7}
        assert rules.check(fields, "Errors") == ()
        rules.save(fields, "Errors")
        [saved] = one.program.engine.snapshot().settings.rules
        assert (saved.to, saved.max_per_hour) == ((BY_NAME["dingtalk"].receiver,), 7)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (f'{LOG}\ncc = ["a@b.cd"]', "rules[0].cc: A webhook"),
        (f'{LOG}\nto = ["a@b.cd"]', "rules[0].to: A webhook"),
        ('kind = "folder"\nfolder = "~"', "rules[0].account: A webhook"),
    ],
)
def test_a_rule_with_what_a_webhook_cannot_do_is_refused(home: Home, rule: str, told: str) -> None:
    home.configure(f'{ding()}\n[[rules]]\nname = "R"\naccount = "ding"\n{rule}\n')
    done = in_process(home, "config", "check")
    assert done.returncode == 78
    assert told in done.stdout + done.stderr


def test_after_kill_9_a_message_that_may_be_there_is_not_sent_again(
    home: Home, env: dict[str, str], chat: Hook
) -> None:
    chat.acts.append("hold")
    with running(home, env) as program:
        assert home.run("send", "--queue", "--subject", "once", env=env).returncode == 0
        until(lambda: chat.posts == 1, what="the post")
        program.kill()
    with running(home, env):
        until(lambda: [one["state"] for one in outbox(home)] == ["unknown"], what="unknown")
        assert home.run("send", "--queue", "--subject", "next", env=env).returncode == 0
        until(lambda: said(chat) == ["next"], what="the next one")
    assert chat.posts == 2


README = re.compile(r"^#### Webhook.*?^```sh\n(.*?)^```.*?^```toml\n(.*?)^```", re.M | re.S)


@pytest.mark.usefixtures("keyring_env")
@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_shows_of_webhooks(home: Home, chat: Hook, name: str) -> None:
    found = README.search((Path(__file__).parents[2] / name).read_text("utf-8"))
    assert found is not None
    home.configure("version = 1\n")
    for line in found[1].splitlines():
        secret = f"{chat.address} {SERVICES['dingtalk'].secret}\n"
        done = home.run(*shlex.split(line)[1:], given=secret if "add" in line else None)
        assert done.returncode == 0, done.stdout + done.stderr
    assert said(chat)[1:] == ["disk\n\n/var: 12 MB"]
    home.configure(found[2])
    with hook("custom") as own:
        own.acts.append(answer(200, code=0))
        given = home.run("account", "set-secret", "own", given=f"{own.address}\n")
        assert given.returncode == 0, given.stderr
        assert home.run("send", "--account", "own", "--subject", 'a"b').returncode == 0
        assert own.posts == 1
