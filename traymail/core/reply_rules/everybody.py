"""What any server says: codes by RFC 5321, 3463, 4954 and 3207; the last rows fit all."""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.provider import AuthKind
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import by_command, text

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="starttls-454",
        action=Action.RETRY,
        stages=(Stage.STARTTLS,),
        code="454",
        title=titles.NO_ENCRYPTION,
        advice=text("The server cannot encrypt for now: wait a few minutes."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="starttls-refused",
        action=Action.NEEDS_USER,
        stages=(Stage.STARTTLS,),
        code="5..",
        title=titles.NO_ENCRYPTION,
        advice=text(
            "This connection offers no encryption, so your password was not sent. Use "
            "port 465 with tls, or another network."
        ),
    ),
    ReplyRule(
        id="x-421",
        action=Action.RETRY_NEW_CONNECTION,
        code="421",
        title=titles.BUSY,
        fate=text("The server is busy or closing; the mail is tried again with a new connection."),
        hold=timedelta(seconds=15),
    ),
    ReplyRule(
        id="x-450-grey",
        action=Action.RETRY,
        stages=(Stage.RCPT,),
        code="450|451",
        words="gr[ea]y|try again|later",
        title=titles.RECIPIENT_LATER,
        fate=text("The server asks to try again in a few minutes; this happens automatically."),
    ),
    ReplyRule(
        id="x-4-full",
        action=Action.RETRY,
        stages=(Stage.RCPT, Stage.DATA, Stage.FINAL),
        code="4..",
        enhanced=r"4\.2\.2",
        title=titles.RECIPIENT_LATER,
        advice=titles.MAILBOX_FULL,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="x-452-rcpt",
        action=Action.RETRY,
        stages=(Stage.RCPT,),
        enhanced=r"4\.5\.3",
        title=titles.RECIPIENT_LATER,
        fate=titles.NO_MORE_RECIPIENTS,
    ),
    ReplyRule(
        id="x-452-many",
        action=Action.RETRY,
        stages=(Stage.RCPT,),
        code="45.",
        words="too many (recipients|rcpt)",
        title=titles.RECIPIENT_LATER,
        fate=titles.NO_MORE_RECIPIENTS,
    ),
    ReplyRule(
        id="x-452",
        action=Action.RETRY,
        stages=(Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.FINAL),
        code="452",
        title=titles.NO_SPACE,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="x-454-auth",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        code="454",
        title=titles.LOGIN_LATER,
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="x-530-tls",
        action=Action.NEEDS_USER,
        code="530",
        words="STARTTLS",
        about_account=True,
        title=titles.WANTS_ENCRYPTION,
        advice=text("Set security to starttls or tls in the settings of the account."),
    ),
    ReplyRule(
        id="x-530",
        action=Action.NEEDS_USER,
        code="530",
        about_account=True,
        title=titles.WANTS_LOGIN,
        advice=text("Set auth to password and give user name and password of the account."),
    ),
    ReplyRule(
        id="x-538",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="538",
        title=titles.WANTS_ENCRYPTION,
        advice=text("Set security to starttls or tls in the settings of the account."),
    ),
    ReplyRule(
        id="x-504",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="50[24]",
        title=titles.NO_LOGIN,
        advice=titles.ASK_FOR_LOGIN,
    ),
    ReplyRule(
        id="x-534",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="534",
        title=titles.LOGIN_REFUSED,
        advice=text(
            "The server wants another kind of login: an app password, or a sign-in on its web page."
        ),
    ),
    ReplyRule(
        id="x-535-locked",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="5..",
        words=r"account.{0,20}(abnormal|locked|suspended|disabled|blocked)"
        "|[帐账][号户].{0,4}(异常|锁定|冻结|停用|禁用)",
        title=titles.MAY_NOT_SEND,
        advice=text(
            "The provider has locked the account: log in on its web page and follow what it says."
        ),
    ),
    ReplyRule(
        id="x-535-code",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        auth_kind=AuthKind.AUTHORIZATION_CODE,
        code="535",
        title=titles.LOGIN_REFUSED,
        cause=text("User name or authorization code is wrong."),
        advice=by_command(
            text(
                "Make a new code on the web page of the mailbox, "
                "then give it with: traymail account set-secret {account}"
            ),
            in_window=text(
                "Make a new code on the web page of the mailbox, then enter it for the account."
            ),
        ),
    ),
    ReplyRule(
        id="x-535-app",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        auth_kind=AuthKind.APP_PASSWORD,
        code="535",
        title=titles.LOGIN_REFUSED,
        cause=text("User name or app password is wrong."),
        advice=by_command(
            text(
                "Make a new app password on the web page of the provider, "
                "then give it with: traymail account set-secret {account}"
            ),
            in_window=text(
                "Make a new app password on the web page of the provider, "
                "then enter it for the account."
            ),
        ),
    ),
    ReplyRule(
        id="x-535-bridge",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        auth_kind=AuthKind.BRIDGE_PASSWORD,
        code="535",
        title=titles.LOGIN_REFUSED,
        cause=text("User name or bridge password is wrong."),
        advice=by_command(
            text(
                "Look it up in Proton Mail Bridge, "
                "then give it with: traymail account set-secret {account}"
            ),
            in_window=text("Look it up in Proton Mail Bridge, then enter it for the account."),
        ),
    ),
    ReplyRule(
        id="x-535-key",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        auth_kind=AuthKind.API_KEY,
        code="535",
        title=titles.LOGIN_REFUSED,
        cause=text("User name or key is wrong."),
        advice=by_command(
            text(
                "Make a new key on the web page of the provider, "
                "then give it with: traymail account set-secret {account}"
            ),
            in_window=text(
                "Make a new key on the web page of the provider, then enter it for the account."
            ),
        ),
    ),
    ReplyRule(
        id="x-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="535",
        title=titles.LOGIN_REFUSED,
        cause=text("User name, or password or authorization code, is wrong."),
        advice=by_command(
            text("Give it again with: traymail account set-secret {account}"),
            in_window=text("Open the settings of the account and enter it again."),
            at_hand=text("Enter it again."),
        ),
    ),
    ReplyRule(
        id="x-auth",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        code="5..",
        title=titles.LOGIN_REFUSED,
        advice=text(
            "Check user name and secret, and whether sending by SMTP is turned on for the mailbox."
        ),
    ),
    ReplyRule(
        id="x-session",
        action=Action.NEEDS_USER,
        stages=(Stage.CONNECT, Stage.TLS, Stage.STARTTLS, Stage.EHLO),
        code="5..",
        title=titles.UNWILLING,
        advice=text(
            "The server serves nobody from here, or not now; read what it says, and "
            "check host and port."
        ),
    ),
    ReplyRule(
        id="x-511",
        action=Action.PERMANENT,
        stages=(
            Stage.RCPT,
            Stage.FINAL,
        ),
        enhanced=r"5\.1\.(1|2|3|6|10)",
        title=titles.RECIPIENT_REFUSED,
        advice=text("The address does not exist; check its spelling."),
    ),
    ReplyRule(
        id="x-522",
        action=Action.PERMANENT,
        stages=(Stage.RCPT, Stage.DATA, Stage.FINAL),
        enhanced=r"5\.2\.2",
        title=titles.RECIPIENT_REFUSED,
        advice=titles.MAILBOX_FULL,
    ),
    ReplyRule(
        id="x-5-full",
        action=Action.PERMANENT,
        stages=(Stage.RCPT, Stage.DATA, Stage.FINAL),
        code="5..",
        words=r"mailbox\b.{0,30}\bfull|mailbox.{0,20}quota|over ?quota|邮箱.{0,6}满",
        title=titles.RECIPIENT_REFUSED,
        advice=titles.MAILBOX_FULL,
    ),
    # RFC 5321 section 4.2.3: the storage allocated to the recipient.
    ReplyRule(
        id="x-552-rcpt",
        action=Action.PERMANENT,
        stages=(Stage.RCPT,),
        code="552",
        enhanced=r"|5\.0\.0|5\.2\.\d+",
        title=titles.RECIPIENT_REFUSED,
        advice=titles.MAILBOX_FULL,
    ),
    ReplyRule(
        id="x-552",
        action=Action.PERMANENT,
        code="552",
        title=titles.TOO_LARGE,
        advice=text(
            "It is larger than the server takes, or a mailbox is full. Compress, split "
            "or share a link."
        ),
    ),
    ReplyRule(
        id="x-523",
        action=Action.PERMANENT,
        enhanced=r"5\.2\.3|5\.3\.4",
        title=titles.TOO_LARGE,
        advice=text("It is larger than the server takes. Compress, split or share a link."),
    ),
    ReplyRule(
        id="x-smtputf8",
        action=Action.PERMANENT,
        stages=(
            Stage.MAIL,
            Stage.RCPT,
        ),
        enhanced=r"5\.6\.7|[45]\.6\.8",
        title=titles.NOT_THIS_ADDRESS,
        advice=text(
            "It has letters outside ASCII, which this server does not take. Use an "
            "address in ASCII."
        ),
    ),
    ReplyRule(
        id="x-blocked",
        action=Action.NEEDS_USER,
        code="5..",
        words=r"black ?list|block ?list|spamhaus|dnsbl|\brbl\b|(ip|host|address) .{0,40}blocked",
        title=titles.POLICY,
        advice=text(
            "The server takes no mail from this network: read what it says, and send through the "
            "mail server of a provider."
        ),
    ),
    ReplyRule(
        id="x-sender",
        action=Action.NEEDS_USER,
        stages=(Stage.MAIL,),
        code="501|550|553",
        title=titles.SENDER_REFUSED,
        advice=text(
            "The server does not send from this address. Set the sender to the login address."
        ),
    ),
    ReplyRule(
        id="x-relay",
        action=Action.NEEDS_USER,
        stages=(Stage.RCPT,),
        code="5..",
        words=r"\brelay",
        title=titles.RECIPIENT_REFUSED,
        advice=text(
            "The server takes mail for its own addresses only, or wants a login first: check auth "
            "and user name of the account."
        ),
    ),
    ReplyRule(
        id="x-571",
        action=Action.NEEDS_USER,
        enhanced=r"5\.7\.\d+",
        title=titles.POLICY,
        advice=text("Spam, sender or permissions: read what the server says."),
    ),
    ReplyRule(
        id="x-rcpt",
        action=Action.PERMANENT,
        stages=(Stage.RCPT,),
        code="550|551|553",
        title=titles.RECIPIENT_REFUSED,
        advice=text("The server takes no mail for this address; check its spelling."),
    ),
    ReplyRule(
        id="x-4xx",
        action=Action.RETRY,
        code="4..",
        title=titles.PASSING,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="x-5xx",
        action=Action.PERMANENT,
        code="5..",
        title=titles.REFUSED,
        advice=titles.READ_IT,
    ),
)
