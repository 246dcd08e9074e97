from __future__ import annotations

import errno
import re
import sys
from datetime import timedelta

import pytest

from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    Reply,
    SourceError,
    Stage,
    StateError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.outbox import Receipt
from traymail.core.replies import (
    about_login,
    advice_for,
    as_error,
    attachment_lost,
    diagnose,
    enhanced_code,
    gone_wrong,
    joined,
    outcome_word,
    readable,
    title_for,
)
from traymail.core.reply_rules import RULES, ReplyRule, Trouble
from traymail.core.reply_rules.rule import Action
from traymail.core.reply_rules.services import by_service
from traymail.core.secret import FILE
from traymail.core.texts import text
from traymail.desktop.language import translator
from traymail.ui.model.sentences import in_window

AUTH, MAIL, RCPT, DATA, FINAL = Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.FINAL
QQ_CODE = "Login Fail. Please enter your authorization code to login."

REPLIES: list[tuple[str, int, str, Stage, str, type[DeliveryError]]] = [
    ("qq", 535, QQ_CODE, AUTH, "qq-535-code", AuthFailure),
    ("foxmail", 535, QQ_CODE, AUTH, "qq-535-code", AuthFailure),
    ("", 535, QQ_CODE, AUTH, "qq-535-code", AuthFailure),
    ("qq", 535, "Error: 请使用授权码登录", AUTH, "qq-535-code", AuthFailure),
    ("qq", 535, "Login fail. Account is abnormal", AUTH, "qq-535-abnormal", AuthFailure),
    (
        "qq",
        501,
        "mail from address must be same as authorization user",
        MAIL,
        "qq-501-from",
        AccountFailure,
    ),
    (
        "qq",
        550,
        'The "From" header is missing or invalid. Please follow RFC5322',
        FINAL,
        "qq-550-from-header",
        PermanentFailure,
    ),
    ("qq", 550, "Connection frequency limited", FINAL, "qq-550-freq", TransientFailure),
    ("qq", 550, "Connection frequency limited", MAIL, "qq-550-freq", TransientFailure),
    ("qq", 550, "Connection frequency limited", Stage.CONNECT, "qq-550-freq", TransientFailure),
    ("qq", 550, "Ip frequency limited", RCPT, "qq-550-freq", TransientFailure),
    ("", 550, "Ip frequency limited", RCPT, "qq-550-freq", TransientFailure),
    ("", 550, "Connection frequency limited", MAIL, "qq-550-freq", TransientFailure),
    ("qq", 452, "Sender frequency limited", DATA, "qq-550-freq", TransientFailure),
    ("qq", 550, "Mail content denied", FINAL, "qq-550-content", PermanentFailure),
    ("qq", 550, "Mailbox not found", RCPT, "qq-550-rcpt", PermanentFailure),
    ("163", 535, "Error: authentication failed", AUTH, "163-535", AuthFailure),
    ("126", 550, "User has no permission", AUTH, "163-550-perm", AuthFailure),
    ("163", 550, "User has no permission", MAIL, "163-550-perm", AccountFailure),
    ("163", 550, "User suspended", FINAL, "163-550-susp", AccountFailure),
    ("yeah", 553, "Mail from must equal authorized user", MAIL, "163-553-from", AccountFailure),
    ("163", 554, "DT:SPM 163 smtp10", FINAL, "163-554-spm", PermanentFailure),
    ("163", 451, "DT:SPM 163 smtp10", FINAL, "163-451-spm", TransientFailure),
    ("163", 421, "HL:ICC 163 smtp1", Stage.CONNECT, "163-421-rate", TransientFailure),
    ("163", 450, "MI:CEL", MAIL, "163-450-conn", TransientFailure),
    ("163", 450, "MI:SFQ", FINAL, "163-451-sfq", TransientFailure),
    ("netease-qiye-free", 554, "5.5.0 MI:STC", FINAL, "163-554-stc", TransientFailure),
    ("163", 554, "MI:STC 163 smtp7", RCPT, "163-554-stc", TransientFailure),
    ("", 554, "DT:SPM mx3", FINAL, "163-554-spm", PermanentFailure),
    ("", 451, "DT:SPM, please try again", RCPT, "163-451-spm", TransientFailure),
    ("", 550, "MI:SFQ", RCPT, "163-451-sfq", TransientFailure),
    ("", 550, "RP:DRC smtp4", RCPT, "163-450-conn", TransientFailure),
    ("163", 550, "User suspended", RCPT, "x-rcpt", PermanentFailure),
    ("gmail", 534, "5.7.9 Application-specific password required", AUTH, "g-534-app", AuthFailure),
    ("gmail", 535, "5.7.8 Username and Password not accepted", AUTH, "g-535", AuthFailure),
    (
        "gmail",
        550,
        "5.4.5 Daily user sending limit exceeded",
        FINAL,
        "g-550-quota",
        TransientFailure,
    ),
    ("gmail", 550, "5.4.5 Daily user limit", RCPT, "g-550-quota", TransientFailure),
    ("", 550, "5.4.5 Daily user sending limit exceeded", RCPT, "g-550-quota", TransientFailure),
    ("", 421, "4.7.0 Try again later, closing. a1 - gsmtp", MAIL, "g-421", TransientFailure),
    ("gmail", 552, "5.7.0 This message was blocked", FINAL, "g-552-content", PermanentFailure),
    ("gmail", 421, "4.7.0 Try again later", MAIL, "g-421", TransientFailure),
    (
        "office365",
        535,
        "5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        AUTH,
        "o-535-basic",
        AuthFailure,
    ),
    ("outlook", 554, "5.2.252 SendAsDenied", FINAL, "o-554-sendas", AccountFailure),
    ("office365", 550, "5.1.90 daily limit reached", RCPT, "o-554-limit", TransientFailure),
    ("", 554, "5.2.0 STOREDRV.Submission: limit", FINAL, "o-554-limit", TransientFailure),
    ("", 550, "5.4.5 no route", RCPT, "x-rcpt", PermanentFailure),
    ("", 421, "closing", FINAL, "x-421", TransientFailure),
    ("", 450, "Greylisted, see you later", RCPT, "x-450-grey", TransientFailure),
    ("", 452, "4.5.3 Too many recipients", RCPT, "x-452-rcpt", TransientFailure),
    ("", 452, "Insufficient storage", DATA, "x-452", TransientFailure),
    ("", 454, "4.7.0 Temporary authentication failure", AUTH, "x-454-auth", TransientFailure),
    ("", 454, "TLS not available", Stage.STARTTLS, "starttls-454", TransientFailure),
    ("", 502, "not implemented", Stage.STARTTLS, "starttls-refused", AccountFailure),
    ("", 530, "Must issue a STARTTLS command first", MAIL, "x-530-tls", AccountFailure),
    ("", 530, "5.7.0 Authentication required", RCPT, "x-530", AccountFailure),
    ("", 535, "5.7.8 bad credentials", AUTH, "x-535", AuthFailure),
    ("", 535, "", AUTH, "x-535", AuthFailure),
    ("", 504, "mechanism not supported", AUTH, "x-504", AuthFailure),
    ("", 502, "not implemented", AUTH, "x-504", AuthFailure),
    ("", 538, "5.7.11 Encryption required", AUTH, "x-538", AuthFailure),
    ("", 535, "登录失败，帐号异常", AUTH, "x-535-locked", AuthFailure),
    ("", 535, "5.7.8 Your account has been disabled", AUTH, "x-535-locked", AuthFailure),
    ("qq", 535, "登录失败，帐号异常", AUTH, "qq-535-abnormal", AuthFailure),
    ("qq", 535, "登录过于频繁，请稍后再试", AUTH, "qq-535-abnormal", AuthFailure),
    ("qq", 535, "5.7.8 Error: authentication failed", AUTH, "x-535-code", AuthFailure),
    ("exmail.qq", 535, QQ_CODE, AUTH, "exmail-535", AuthFailure),
    ("sina", 535, "the email has no privilege", AUTH, "x-535-code", AuthFailure),
    ("icloud", 535, "5.7.8 bad credentials", AUTH, "x-535-app", AuthFailure),
    ("proton-bridge", 535, "no", AUTH, "x-535-bridge", AuthFailure),
    ("sendgrid", 535, "Authentication failed: Bad username", AUTH, "x-535-key", AuthFailure),
    ("gmx", 535, "Authentication credentials invalid", AUTH, "x-535", AuthFailure),
    ("outlook", 535, "5.7.3 Authentication unsuccessful", AUTH, "o-535", AuthFailure),
    ("", 554, "No SMTP service here", Stage.CONNECT, "x-session", AccountFailure),
    ("", 501, "bad sender", MAIL, "x-sender", AccountFailure),
    ("", 553, "sender address rejected: not owned by user", MAIL, "x-sender", AccountFailure),
    ("", 552, "too big", MAIL, "x-552", PermanentFailure),
    ("", 552, "5.3.4 too big", FINAL, "x-552", PermanentFailure),
    ("", 554, "5.3.4 too big", FINAL, "x-523", PermanentFailure),
    ("", 550, "5.1.1 no such user", RCPT, "x-511", PermanentFailure),
    ("", 550, "no such user", RCPT, "x-rcpt", PermanentFailure),
    ("", 554, "5.7.1 relay access denied", RCPT, "x-relay", PermanentFailure),
    (
        "",
        550,
        "5.7.1 Client host blocked using zen.spamhaus.org",
        MAIL,
        "x-blocked",
        AccountFailure,
    ),
    ("", 554, "5.7.1 Service unavailable; listed in dnsbl", RCPT, "x-blocked", PermanentFailure),
    ("", 452, "4.2.2 The email account is over quota", RCPT, "x-4-full", TransientFailure),
    ("gmail", 452, "4.2.2 The recipient's inbox is full", RCPT, "x-4-full", TransientFailure),
    ("", 422, "4.2.2 mailbox full", FINAL, "x-4-full", TransientFailure),
    ("", 452, "Insufficient system storage", RCPT, "x-452", TransientFailure),
    ("", 450, "Too many recipients", RCPT, "x-452-many", TransientFailure),
    ("", 552, "5.2.2 mailbox full", RCPT, "x-522", PermanentFailure),
    ("", 552, "5.2.2 mailbox full", DATA, "x-522", PermanentFailure),
    ("", 552, "exceeded storage allocation", RCPT, "x-552-rcpt", PermanentFailure),
    ("", 552, "5.3.4 message size exceeds fixed limit", RCPT, "x-552", PermanentFailure),
    ("", 550, "Mailbox for b@c.example is full", FINAL, "x-5-full", PermanentFailure),
    ("", 556, "5.1.10 the domain takes no mail", RCPT, "x-511", PermanentFailure),
    ("", 554, "5.7.1 spam", FINAL, "x-571", PermanentFailure),
    ("", 451, "local error", FINAL, "x-4xx", TransientFailure),
    ("", 499, "?", MAIL, "x-4xx", TransientFailure),
    ("", 554, "Transaction failed", FINAL, "x-5xx", PermanentFailure),
    ("", 250, "out of place", DATA, "nonsense", TransientFailure),
]


@pytest.mark.parametrize(("provider", "code", "said", "stage", "rule", "kind"), REPLIES)
def test_a_reply_finds_its_rule(
    provider: str, code: int, said: str, stage: Stage, rule: str, kind: type[DeliveryError]
) -> None:
    reply = Reply(code, said, stage)
    found = diagnose(reply, provider)
    assert (found.advice_id, found.kind) == (rule, kind)
    error = as_error(found, reply)
    assert type(error) is kind
    assert error.reply is reply
    assert error.advice == advice_for(rule)
    assert error.title == title_for(rule)


# What was told falsely, or of no help, once: the reply or the trouble, the title, and what to do.
SENTENCES = [
    (
        ("", 452, "4.2.2 over quota", RCPT, None),
        ("A recipient cannot be served now", "The mailbox of the recipient is full."),
        ("暂时无法投递给收件人", "收件人邮箱已满。"),
    ),
    (
        ("", 552, "5.2.2 mailbox full", RCPT, None),
        ("A recipient was refused", "The mailbox of the recipient is full."),
        ("收件人被拒绝", "收件人邮箱已满。"),
    ),
    (
        ("", None, "", Stage.EHLO, Trouble.OAUTH_ONLY),
        ("The server does not take this kind of login", "The server takes no passwords, only"),
        ("服务器不接受这种登录方式", "服务器不接受密码，只接受"),
    ),
    (
        ("", None, "", Stage.TLS, Trouble.CERT_NOT_YET),
        ("The certificate of the server is not accepted", "It is not valid yet: the clock of this"),
        ("服务器证书不被接受", "证书尚未生效：多半是本机时间慢了"),
    ),
    (
        ("qq", 535, "登录失败，帐号异常", AUTH, None),
        ("The login was refused", "QQ Mail refused the login: SMTP service not turned on,"),
        ("登录被拒绝", "QQ 邮箱拒绝登录：可能未开启 SMTP 服务、授权码错误"),
    ),
    (
        ("qq", 535, "5.7.8 no", AUTH, None),
        ("The login was refused", "User name or authorization code is wrong. Make a new code"),
        ("登录被拒绝", "用户名或授权码错误。请在邮箱网页重新生成授权码"),
    ),
    (
        ("icloud", 535, "5.7.8 no", AUTH, None),
        ("The login was refused", "User name or app password is wrong. Make a new app password"),
        ("登录被拒绝", "用户名或应用专用密码错误。请在服务商网页重新生成应用专用密码"),
    ),
    (
        ("163", 535, "Error: authentication failed", AUTH, None),
        ("The login was refused", "NetEase wants the client authorization code"),
        ("登录被拒绝", "请使用网易邮箱的客户端授权码"),
    ),
    (
        ("", None, "", DATA, Trouble.LOST),
        ("The connection broke", "If this goes on, check host, port and security of the account."),
        ("连接中断", "如果一直如此，请核对账户的服务器、端口和加密方式。"),
    ),
]


@pytest.mark.parametrize(("said", "english", "chinese"), SENTENCES)
def test_each_sentence_is_true_in_both_languages(
    said: tuple[str, int | None, str, Stage, Trouble | None],
    english: tuple[str, str],
    chinese: tuple[str, str],
) -> None:
    provider, code, words, stage, trouble = said
    found = diagnose(Reply(code, words, stage), provider, trouble=trouble)
    advice = advice_for(found.advice_id, "desk")
    assert advice is not None
    for language, (title, begins) in (("en", english), ("zh_CN", chinese)):
        translate = translator(language)
        assert found.title.translated(translate) == title
        told = advice.translated(translate)
        assert told.startswith(begins)
        assert not re.search(r"\bNAME\b|[Tt]oo many recipients|\(none\)", told)


@pytest.mark.parametrize(
    ("trouble", "stage", "kind"),
    [
        (Trouble.NAME, Stage.CONNECT, TransientFailure),
        (Trouble.REFUSED, Stage.CONNECT, TransientFailure),
        (Trouble.TIMEOUT, RCPT, TransientFailure),
        (Trouble.LOST, DATA, TransientFailure),
        (Trouble.NONSENSE, Stage.EHLO, TransientFailure),
        (Trouble.TLS_MODE, Stage.TLS, AccountFailure),
        (Trouble.TLS_FAILED, Stage.TLS, TransientFailure),
        (Trouble.CERT_TIME, Stage.TLS, AccountFailure),
        (Trouble.CERT_HOST, Stage.TLS, AccountFailure),
        (Trouble.CERT_TRUST, Stage.TLS, AccountFailure),
        (Trouble.NO_TLS, Stage.STARTTLS, AccountFailure),
        (Trouble.INJECTED, Stage.STARTTLS, AccountFailure),
        (Trouble.NO_LOGIN, Stage.EHLO, AccountFailure),
        (Trouble.TOO_LARGE, MAIL, PermanentFailure),
        (Trouble.NO_SMTPUTF8, MAIL, PermanentFailure),
        (Trouble.UNSURE, FINAL, UnknownOutcome),
    ],
)
def test_what_happens_without_a_reply(
    trouble: Trouble, stage: Stage, kind: type[DeliveryError]
) -> None:
    assert diagnose(Reply(None, "", stage), "qq", trouble=trouble).kind is kind


def test_every_trouble_has_a_rule() -> None:
    assert {rule.trouble for rule in RULES} - {None} == set(Trouble)


def test_what_is_refused_for_good_is_not_to_be_tried_again_as_it_is() -> None:
    """Where a row has no way out, "try again in a few minutes" is told."""
    rows = [row for row in RULES if row.action in {Action.PERMANENT, Action.NEEDS_USER}]
    assert [row.id for row in rows if row.advice is None] == []


def test_ids_are_unique_and_unknown_ones_have_no_advice() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert advice_for("no-such-rule") is None
    assert advice_for(None) is None
    assert title_for("") is None


def test_qq_refuses_a_code_that_worked_before_the_account_waits() -> None:
    found = diagnose(Reply(535, QQ_CODE, AUTH), "qq", login_worked=True)
    assert (found.kind, found.hold) == (TransientFailure, timedelta(minutes=10))
    assert diagnose(Reply(535, "wrong", AUTH), "qq", login_worked=True).kind is AuthFailure
    assert diagnose(Reply(535, QQ_CODE, AUTH), "", login_worked=True) == found
    assert diagnose(Reply(535, "no", AUTH), "", login_worked=True).kind is AuthFailure


@pytest.mark.parametrize(
    ("provider", "code", "said", "minutes"),
    [
        ("qq", 550, "Connection frequency limited", 10),
        ("163", 421, "HL:ICC", 10),
        ("163", 451, "MI:SFQ", 15),
        ("gmail", 454, "4.7.0 Too many login attempts", 10),
        ("", 421, "closing", 0.25),
        ("", 451, "local error", 0),
    ],
)
def test_limits_hold_the_account(provider: str, code: int, said: str, minutes: float) -> None:
    stage = AUTH if code == 454 else MAIL
    assert diagnose(Reply(code, said, stage), provider).hold == timedelta(minutes=minutes)


def test_a_limit_of_one_connection_asks_for_a_new_one() -> None:
    assert diagnose(Reply(450, "MI:DMC", MAIL), "163").new_connection
    assert not diagnose(Reply(451, "local error", MAIL), "163").new_connection


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("请输入授权码".encode(), "请输入授权码"),
        ("登录失败，请使用授权码".encode("gb18030"), "登录失败，请使用授权码"),
        (b"a\x00b\x1b[31m c\r\nd", "a b [31m c d"),
        ("a\u202eb".encode(), "a b"),
        (b"\xff\xfe", readable(b"\xff\xfe")),
        (b"x" * 5000, "x" * 500),
    ],
)
def test_words_of_servers_are_cleaned(raw: bytes, shown: str) -> None:
    assert readable(raw) == shown
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([b"5.7.8 no", b"5.7.8 way"], b"5.7.8 no way"),
        ([b"5.7.8 no", b"5.7.9 way"], b"5.7.8 no 5.7.9 way"),
        ([b"no", b"5.7.8 way"], b"no 5.7.8 way"),
    ],
)
def test_a_code_that_each_line_repeats_stands_once(lines: list[bytes], told: bytes) -> None:
    assert joined(lines) == told


@pytest.mark.parametrize(
    ("code", "said", "found"),
    [
        (550, "5.7.1 no", "5.7.1"),
        (550, "5.7.1", "5.7.1"),
        (550, "no 5.7.1", ""),
        (550, "5.7.1.9 host", ""),
        (550, "4.7.1 odd", ""),
        (None, "5.7.1 no", ""),
    ],
)
def test_enhanced_codes(code: int | None, said: str, found: str) -> None:
    assert enhanced_code(Reply(code, said, MAIL)) == found


@pytest.mark.parametrize(
    ("advice_id", "code", "login"),
    [
        ("x-535", 535, True),
        ("qq-535-code", 535, True),
        ("163-550-perm", 550, True),
        ("no-secret", None, True),
        ("x-530", 530, True),
        ("cert-host", None, False),
        ("x-sender", 553, False),
        (None, None, False),
    ],
)
def test_which_refusals_are_about_the_login(
    advice_id: str | None, code: int | None, login: bool
) -> None:
    assert about_login(advice_id, code) is login


def test_a_lost_attachment_fails_its_mail_for_good() -> None:
    error = attachment_lost(SourceError("a.pdf", text("The copy is gone")))
    assert isinstance(error, PermanentFailure)
    assert error.reply.text == "a.pdf"


def test_words_of_the_history() -> None:
    reply = Reply(None, "", AUTH)

    def word(trouble: Trouble) -> str:
        return outcome_word(as_error(diagnose(reply, "", trouble=trouble), reply))

    assert outcome_word(None) == "interrupted"
    assert outcome_word(Receipt(250, "ok", ())) == "sent"
    assert outcome_word(CredentialError(text("no keyring"))) == "stopped"
    assert word(Trouble.CERT_TRUST) == "stopped"
    assert word(Trouble.LOST) == "later"
    assert word(Trouble.TOO_LARGE) == "refused"
    assert word(Trouble.UNSURE) == "unknown"


@pytest.mark.parametrize(
    ("provider", "code", "said", "begins", "named"),
    [
        ("qq", 535, "no", "User name or authorization code is wrong. ", True),
        ("", 535, "no", "User name, or password or authorization code, is wrong. ", True),
        ("", 535, "5.7.8 account locked", "The provider has locked the account", False),
        ("", 538, "5.7.11 encryption", "Set security", False),
        ("", 504, "no", "Ask the server's", False),
        ("", 530, "5.7.0 log in", "Set auth", False),
    ],
)
def test_the_place_of_a_secret_is_told_where_the_secret_is_wrong(
    provider: str, code: int, said: str, begins: str, named: bool
) -> None:
    found = diagnose(Reply(code, said, AUTH), provider, place=FILE)
    advice = str(advice_for(found.advice_id, "desk"))
    assert advice.startswith(begins)
    assert ("credential file traymail.desk" in advice) is named


def test_a_command_that_is_told_can_be_typed_whatever_the_account_is_called() -> None:
    quote = '"' if sys.platform == "win32" else "'"
    for advice_id in ("x-535", "no-secret"):
        for name, typed in (
            ("my desk", '"my desk"'),
            ("x$(id)", f"{quote}x$(id){quote}"),
            ("a & b", f"{quote}a & b{quote}"),
            ("工作", "工作"),
            ("a@b.cd", "a@b.cd"),
        ):
            assert f"traymail account set-secret {typed}" in str(advice_for(advice_id, name))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StateError(text("The disk is full.")), "its own files cannot be used"),
        (RuntimeError("can't start new thread"), "it lacks memory, files, room or a permission"),
        (OSError(errno.EMFILE, "x"), "it lacks memory, files, room or a permission"),
        (ValueError("secret words"), "ValueError"),
    ],
)
def test_what_went_wrong_on_our_side_is_kept_in_words_of_our_own(
    error: Exception, told: str
) -> None:
    failure = gone_wrong(error, after_final=False)
    assert isinstance(failure, TransientFailure)
    assert failure.reply.text == told


# What a sender over HTTP may meet; the others are of SMTP and of signing in.
_OVER_HTTP = (
    Trouble.NAME,
    Trouble.REFUSED,
    Trouble.TIMEOUT,
    Trouble.NETWORK,
    Trouble.LOST,
    Trouble.STOPPED,
    Trouble.NONSENSE,
    Trouble.TLS_MODE,
    Trouble.TLS_OLD,
    Trouble.TLS_FAILED,
    Trouble.CERT_TIME,
    Trouble.CERT_NOT_YET,
    Trouble.CERT_HOST,
    Trouble.CERT_TRUST,
    Trouble.CA_FILE,
    Trouble.NO_TLS,
    Trouble.FILE,
    Trouble.KEYRING,
    Trouble.INTERNAL,
    Trouble.UNSURE,
)
_OF_MAIL_SERVERS = re.compile(
    r"\bport\b|465|587|STARTTLS|SSL|SMTP\b|password|authorization code|folder|“Sent”|shield"
)


@pytest.mark.parametrize("family", ["wecom", "webhook:dingtalk", "webhook:custom", "sendgrid-http"])
@pytest.mark.parametrize("trouble", _OVER_HTTP)
def test_advice_about_a_service_speaks_of_no_mail_server(family: str, trouble: Trouble) -> None:
    found = diagnose(Reply(None, "", Stage.CONNECT), family, trouble=trouble)
    advice = advice_for(found.advice_id, "team")
    words = f"{found.title} {advice} {in_window(advice)}"
    assert not _OF_MAIL_SERVERS.search(words), words
    # A mail server's advice stays what it was.
    assert diagnose(Reply(None, "", Stage.CONNECT), "", trouble=trouble).advice_id in {
        rule.id for rule in RULES if not rule.family
    }


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if by_service(rule.family)], ids=lambda rule: rule.id
)
def test_what_services_say_is_explained_without_a_mail_server(rule: ReplyRule) -> None:
    words = f"{rule.title} {rule.cause} {rule.advice} {in_window(rule.advice)}"
    assert not _OF_MAIL_SERVERS.search(words), words
