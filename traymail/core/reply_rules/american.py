"""What Gmail and Outlook say, from their published lists of errors."""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import text

_NO_PASSWORDS = text(
    "Outlook no longer accepts passwords here; it wants a sign-in by OAuth2. In "
    "a company, the administrator must turn SMTP AUTH on."
)

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="g-534-app",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="gmail",
        code="534",
        enhanced=r"5\.7\.9",
        title=titles.LOGIN_REFUSED,
        advice=text(
            "Gmail wants an app password. Turn on 2-step verification, then make one in "
            "your Google account."
        ),
    ),
    ReplyRule(
        id="g-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="gmail",
        code="535",
        enhanced=r"5\.7\.8",
        title=titles.LOGIN_REFUSED,
        advice=text(
            "User name or app password is wrong. Make a new app password in your Google account."
        ),
    ),
    ReplyRule(
        id="g-530",
        action=Action.NEEDS_USER,
        family="gmail",
        code="530",
        enhanced=r"5\.5\.1|5\.7\.0",
        about_account=True,
        title=titles.WANTS_LOGIN,
        advice=text("Check security and auth in the settings of the account."),
    ),
    ReplyRule(
        id="g-454",
        action=Action.RETRY,
        stages=(Stage.AUTH,),
        family="gmail",
        code="454",
        enhanced=r"4\.7\.0",
        title=titles.LOGIN_LATER,
        advice=text("Gmail often gives this answer after too many logins: wait 10 minutes."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="g-550-quota",
        action=Action.RETRY,
        family="gmail",
        enhanced=r"5\.4\.5",
        title=titles.LIMIT_REACHED,
        advice=text("The daily limit of Gmail is reached; it starts again tomorrow."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(hours=1),
    ),
    ReplyRule(
        id="g-421",
        action=Action.RETRY,
        family="gmail",
        code="421",
        enhanced=r"4\.\d+\.\d+",
        title=titles.BUSY,
        advice=text("Gmail is busy or slows us down: wait a few minutes."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="g-452-rcpt",
        action=Action.RETRY,
        stages=(Stage.RCPT,),
        family="gmail",
        code="452",
        enhanced=r"4\.5\.3",
        title=titles.RECIPIENT_LATER,
        fate=titles.NO_MORE_RECIPIENTS,
    ),
    ReplyRule(
        id="g-552-size",
        action=Action.PERMANENT,
        stages=(
            Stage.MAIL,
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="552",
        enhanced=r"5\.3\.4",
        title=titles.TOO_LARGE,
        advice=text(
            "It is larger than Gmail allows (25 MB of attachments). Compress, split or "
            "share a link."
        ),
    ),
    ReplyRule(
        id="g-552-content",
        action=Action.PERMANENT,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="552",
        enhanced=r"5\.7\.0",
        title=titles.BLOCKED,
        advice=text("Gmail blocks this kind of file (programs, scripts). Share a link instead."),
    ),
    ReplyRule(
        id="g-550-spam",
        action=Action.NEEDS_USER,
        stages=(
            Stage.DATA,
            Stage.FINAL,
        ),
        family="gmail",
        code="550",
        enhanced=r"5\.7\.1",
        title=titles.POLICY,
        advice=text("Gmail refused the content or the sender address; read what it says."),
    ),
    ReplyRule(
        id="o-535-basic",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="outlook",
        code="535",
        enhanced=r"5\.7\.139",
        words="basic auth|disabled|SmtpClientAuthentication",
        title=titles.LOGIN_REFUSED,
        advice=_NO_PASSWORDS,
    ),
    ReplyRule(
        id="o-535",
        action=Action.NEEDS_USER,
        stages=(Stage.AUTH,),
        family="outlook",
        code="535",
        enhanced=r"5\.7\.3|5\.7\.139",
        title=titles.LOGIN_REFUSED,
        advice=_NO_PASSWORDS,
    ),
    ReplyRule(
        id="o-530",
        action=Action.NEEDS_USER,
        family="outlook",
        code="530",
        enhanced=r"5\.7\.57",
        about_account=True,
        title=titles.WANTS_LOGIN,
        advice=text("The account is not signed in: check auth in its settings."),
    ),
    ReplyRule(
        id="o-554-sendas",
        action=Action.NEEDS_USER,
        stages=(
            Stage.MAIL,
            Stage.DATA,
            Stage.FINAL,
        ),
        family="outlook",
        code="550|554",
        words="SendAsDenied|permissions to send as",
        about_account=True,
        title=titles.SENDER_REFUSED,
        advice=text("The sender must be your own Outlook address."),
    ),
    ReplyRule(
        id="o-432",
        action=Action.RETRY,
        family="outlook",
        code="432",
        enhanced=r"4\.3\.2",
        title=titles.BUSY,
        advice=text("Too many connections at once: wait a few minutes."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="o-554-limit",
        action=Action.RETRY,
        family="outlook",
        code="550|554",
        enhanced=r"5\.2\.0|5\.1\.9?0|5\.7\.23[23]",
        words="limit|SubmissionQuota",
        title=titles.LIMIT_REACHED,
        advice=text("The sending limit of Outlook is reached."),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=15),
    ),
)
