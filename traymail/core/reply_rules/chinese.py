"""What QQ and NetEase say, in the words of public transcripts and of their own pages."""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.provider import AuthKind
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import text

# QQ speaks English or, in GBK, Chinese.
_CODE = "authorization code|授权码|1001256|detail/0/53"
_ABNORMAL = (
    "Account is abnormal|service is not open|login frequency limited"
    "|[帐账][号户].{0,4}异常|服务.{0,4}未开[启通]|未开[启通].{0,6}服务|频率|频繁"
)

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="qq-535-busy",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words=f"{_CODE}|{_ABNORMAL}",
        login_worked=True,
        title=titles.LOGIN_LATER,
        advice=text(
            "This code has worked before, and QQ Mail gives the same answer when logins "
            "are too frequent: wait 10 minutes. If this goes on, make a new code."
        ),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="exmail-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="qq",
        auth_kind=AuthKind.PASSWORD_OR_CODE,
        code="535",
        words=_CODE,
        title=titles.LOGIN_REFUSED,
        advice=text(
            "Tencent Exmail wants the password for mail programs, not that of the web page. In "
            "exmail.qq.com, Settings, turn on the SMTP service and make one."
        ),
    ),
    ReplyRule(
        id="qq-535-code",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words=_CODE,
        title=titles.LOGIN_REFUSED,
        advice=text(
            "QQ Mail wants the 16-letter authorization code, not your QQ password. In "
            "mail.qq.com, Settings, Account, turn on the SMTP service and make a code. "
            "QQ shows the same message when logins are too frequent: then wait some "
            "minutes."
        ),
    ),
    ReplyRule(
        id="qq-535-abnormal",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="qq",
        code="535",
        words=_ABNORMAL,
        title=titles.LOGIN_REFUSED,
        advice=text(
            "QQ Mail refused the login: SMTP service not turned on, wrong authorization "
            "code, too many logins, or account locked. Check the code, wait, then try "
            "once."
        ),
    ),
    ReplyRule(
        id="qq-501-from",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="qq",
        code="501",
        words="mail from address must be same as authorization user",
        title=titles.SENDER_REFUSED,
        advice=text(
            "QQ Mail only sends from your own address. Set the sender to the login address."
        ),
    ),
    ReplyRule(
        id="qq-550-from-header",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="From.*header.*(missing|invalid|malformed)",
        title=titles.FROM_REFUSED,
        advice=text("Use the plain address with a simple display name."),
    ),
    ReplyRule(
        id="qq-550-freq",
        action=Action.RETRY,
        family="qq",
        words="frequency limited|频率|频繁",
        title=titles.TOO_OFTEN,
        advice=text("QQ Mail pauses sending for minutes, hours or the rest of the day."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="qq-550-content",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="content denied|Suspected spam|垃圾邮件",
        title=titles.SPAM,
        advice=text("Change subject or text, avoid links, send to fewer people."),
    ),
    ReplyRule(
        id="qq-550-rcpt",
        action=Action.PERMANENT,
        stages=(
            Stage.RCPT,
            Stage.FINAL,
        ),
        family="qq",
        code="550",
        words="Mailbox not found|Mailbox unavailable",
        title=titles.RECIPIENT_REFUSED,
        advice=text("The address does not exist or does not accept mail now."),
    ),
    ReplyRule(
        id="163-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="163",
        code="535",
        words="authentication failed",
        title=titles.LOGIN_REFUSED,
        advice=text(
            "NetEase wants the client authorization code (Settings, POP3/SMTP/IMAP), not "
            "the password of the web page."
        ),
    ),
    ReplyRule(
        id="163-550-perm",
        action=Action.NEEDS_USER,
        stages=(
            Stage.AUTH,
            Stage.MAIL,
        ),
        family="163",
        code="550",
        words="User has no permission",
        title=titles.MAY_NOT_SEND,
        advice=text("Turn on the SMTP service in the settings of the NetEase mailbox."),
    ),
    ReplyRule(
        id="163-550-susp",
        action=Action.NEEDS_USER,
        # Not at RCPT: there it is the mailbox of the recipient.
        stages=(Stage.CONNECT, Stage.AUTH, Stage.MAIL, Stage.DATA, Stage.FINAL),
        family="163",
        code="550",
        words="User suspended|User.*locked",
        about_account=True,
        title=titles.MAY_NOT_SEND,
        advice=text("The mailbox is frozen; log in on the web page and follow its instructions."),
    ),
    ReplyRule(
        id="163-553-from",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="163",
        code="553",
        words="Mail from must equal authorized user",
        title=titles.SENDER_REFUSED,
        advice=text(
            "NetEase only sends from the login address. Set the sender to the login address."
        ),
    ),
    ReplyRule(
        id="163-553-noauth",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        family="163",
        code="553",
        words="authentication is required",
        title=titles.WANTS_LOGIN,
        advice=text(
            "Set auth to password and give the user name and authorization code of the account."
        ),
    ),
    ReplyRule(
        id="163-554-stc",
        action=Action.RETRY,
        family="163",
        words="MI:STC",
        title=titles.LIMIT_REACHED,
        advice=text("The limit for today is reached."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(hours=1),
    ),
    ReplyRule(
        id="163-554-spm",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="163",
        code="5..",
        words="DT:SPM",
        title=titles.SPAM,
        advice=text("Change the text; adding yourself to Cc is reported to help."),
    ),
    ReplyRule(
        id="163-451-spm",
        action=Action.RETRY,
        family="163",
        code="4..",
        words="DT:SPM",
        title=titles.SPAM,
        fate=text("NetEase refused the mail for now; it is tried again after two minutes."),
        hold=timedelta(minutes=2),
    ),
    ReplyRule(
        id="163-421-rate",
        action=Action.RETRY,
        family="163",
        words="HL:(REP|ICC|IFC|MEP)",
        title=titles.TOO_OFTEN,
        advice=text("Too many connections or mails: wait 10 minutes."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="163-450-conn",
        action=Action.RETRY_NEW_CONNECTION,
        family="163",
        words="(MI|RP):(CEL|DMC|CCL|DRC)",
        title=titles.LIMIT_REACHED,
        fate=text("The limit of one connection is reached; sending goes on with a new one."),
    ),
    ReplyRule(
        id="163-451-auth",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="163",
        code="451",
        words="too much fail",
        title=titles.LOGIN_LATER,
        advice=text(
            "Too many logins have failed. Check the authorization code, and wait 10 minutes."
        ),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="163-451-sfq",
        action=Action.RETRY,
        family="163",
        words="MI:SFQ",
        title=titles.LIMIT_REACHED,
        advice=text("The limit for 15 minutes is reached."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=15),
    ),
)
