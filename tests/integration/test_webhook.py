"""Webhooks: posted to servers that check the documented format of each service to the byte."""

import json
import logging
import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.robot import Act
from tests.support.sending import Notes, mail, webhook, with_file
from tests.support.wait import until
from tests.support.webhook import SERVICES, answer, hook
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Envelope, Mail
from traymail.core.robots import CUT, Overflow
from traymail.core.secret import COMMAND, FILE
from traymail.core.webhook_answers import compile_success
from traymail.core.webhook_body import compile_body
from traymail.core.webhooks import BY_NAME

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
    ("dingtalk", "webhook-key", answer(200, errcode=300001, errmsg="token"), AuthFailure),
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
    ("ntfy", "webhook-key", answer(403, code=40301, http=403, error="forbidden"), AuthFailure),
    ("ntfy", "webhook-large", answer(413, code=41301, http=413, error="large"), PermanentFailure),
    ("gotify", "webhook-key", answer(401, error="Unauthorized", errorCode=401), AuthFailure),
    ("gotify", "webhook-other", answer(400, error="Bad Request"), PermanentFailure),
]
for every in EVERY:
    ACTS += [
        (every, "webhook-elsewhere", (302, b""), TransientFailure),
        (every, "webhook-key", (404, b"<html>"), AuthFailure),
        (every, "webhook-often", (429, b""), TransientFailure),
        (every, "webhook-busy", (503, b""), TransientFailure),
        (every, "unknown-outcome", (502, b""), UnknownOutcome),
        (every, "unknown-outcome", (504, b""), UnknownOutcome),
        (every, "unknown-outcome", "close", UnknownOutcome),
    ]
COMPARED = {"dingtalk": "errcode", "feishu": "code", "serverchan": "code", "bark": "code"}
for every, key in (*COMPARED.items(), ("telegram", "ok"), ("ntfy", "event")):
    ACTS += [
        (every, "unknown-outcome", (200, content), UnknownOutcome)
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
        one.acts.append("hold")
        uses = webhook("bark", one.address)
        found: list[BaseException] = []

        def work() -> None:
            try:
                uses.send(message("bark"), Notes())
            except DeliveryError as error:
                found.append(error)

        thread = Thread(target=work)
        thread.start()
        until(lambda: one.posts == 1, what="the post")
        uses.abort()
        thread.join()
        assert [type(error) for error in found] == [UnknownOutcome]


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
