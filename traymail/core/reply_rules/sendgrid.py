"""What SendGrid's HTTP interface answers: statuses, and the messages in its lists of errors.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors lists them.
"""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.provider import SENDGRID_HTTP
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import by_command, text

_NEW_KEY = by_command(
    text(
        "Make a key with the permission “Mail Send” on app.sendgrid.com, under Settings, API Keys, "
        "then give it with: traymail account set-secret {account}"
    ),
    in_window=text(
        "Make a key with the permission “Mail Send” on app.sendgrid.com, under Settings, API Keys, "
        "then enter it for the account."
    ),
)

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="sendgrid-credits",
        action=Action.RETRY,
        family=SENDGRID_HTTP,
        code="401|403|429",
        words="maximum credits exceeded|exceeded your messaging limits",
        title=titles.LIMIT_REACHED,
        advice=text("SendGrid's plan allows no more mails for now; its page shows how many."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(hours=1),
    ),
    ReplyRule(
        id="sendgrid-401",
        action=Action.NEEDS_USER,
        family=SENDGRID_HTTP,
        stages=(Stage.AUTH,),
        code="401|None",
        title=titles.LOGIN_REFUSED,
        cause=text("The API key is wrong, or was deleted."),
        advice=_NEW_KEY,
    ),
    ReplyRule(
        id="sendgrid-sender",
        action=Action.NEEDS_USER,
        family=SENDGRID_HTTP,
        stages=(Stage.MAIL,),
        code="403",
        words="sender identity|from address",
        about_account=True,
        title=titles.SENDER_REFUSED,
        advice=text(
            "SendGrid sends from verified addresses only. Verify this one, or its domain, on "
            "app.sendgrid.com under Settings, Sender Authentication; then test the account."
        ),
        fate=text("The mail waits until then."),
    ),
    ReplyRule(
        id="sendgrid-403",
        action=Action.NEEDS_USER,
        family=SENDGRID_HTTP,
        stages=(Stage.MAIL,),
        code="403",
        about_account=True,
        title=titles.MAY_NOT_SEND,
        cause=text("The API key may send no mail, or SendGrid has blocked the account."),
        advice=_NEW_KEY,
    ),
    ReplyRule(
        id="sendgrid-413",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        code="413",
        title=titles.TOO_LARGE,
        advice=text(
            "SendGrid takes less than 30 MB, files included. Compress, split or share a link."
        ),
    ),
    ReplyRule(
        id="sendgrid-429",
        action=Action.RETRY,
        family=SENDGRID_HTTP,
        code="429",
        title=titles.TOO_OFTEN,
        fate=titles.TRIED_AGAIN,
        # It says until when, but where something in between answers.
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="sendgrid-400",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        code="400",
        title=titles.REFUSED,
        advice=text("SendGrid says what is wrong with it. Correct that and send it again."),
    ),
    ReplyRule(
        id="sendgrid-5xx",
        action=Action.RETRY,
        family=SENDGRID_HTTP,
        code="5..",
        title=titles.PASSING,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="sendgrid-http",
        action=Action.RETRY,
        family=SENDGRID_HTTP,
        code="[1-4]..",
        title=titles.UNWILLING,
        advice=text("If this goes on, check api_url of the account; a proxy may be in between."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="sendgrid-given",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        stages=(Stage.EHLO,),
        code="None",
        title=text("SendGrid takes no whole message of another program"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="sendgrid-subject",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        stages=(Stage.MAIL,),
        code="None",
        title=text("SendGrid takes no mail without a subject"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="sendgrid-recipients",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        stages=(Stage.RCPT,),
        code="None",
        title=text("SendGrid takes at most 1000 recipients a mail"),
        advice=text("Send it to fewer at a time, or one mail to each."),
    ),
    ReplyRule(
        id="sendgrid-empty-file",
        action=Action.PERMANENT,
        family=SENDGRID_HTTP,
        stages=(Stage.DATA,),
        code="None",
        title=text("SendGrid takes no empty files"),
        advice=text("Send the mail again with another account."),
    ),
)
