"""What the robots of chats say: the error codes of WeCom's answers, and of HTTP where it has none.

https://developer.work.weixin.qq.com/document/path/90313 lists the codes, path/91770 the robot.
"""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import by_command, text

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="wecom-93000",
        action=Action.NEEDS_USER,
        family="wecom",
        stages=(Stage.AUTH,),
        code="93000",
        title=titles.LOGIN_REFUSED,
        cause=text("The key of the robot is wrong, or the robot was removed from its group."),
        advice=by_command(
            text(
                "Copy its webhook address from the group, then give it with: "
                "traymail account set-secret {account}"
            ),
            in_window=text("Copy its webhook address from the group, then enter it anew."),
        ),
    ),
    ReplyRule(
        id="wecom-45009",
        action=Action.RETRY,
        family="wecom",
        code="45009|45033",
        title=titles.TOO_OFTEN,
        fate=titles.TRIED_AGAIN,
        # 20 messages a minute.
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="wecom-busy",
        action=Action.RETRY,
        family="wecom",
        code="-1",
        title=titles.BUSY,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="wecom-40058",
        action=Action.PERMANENT,
        family="wecom",
        code="40058",
        title=text("The robot does not take the message as it is"),
        advice=text("It may be too long, or empty: shorten it and send it again."),
    ),
    ReplyRule(
        id="wecom-http",
        action=Action.RETRY,
        family="wecom",
        code="[345]..",
        title=titles.UNWILLING,
        advice=text("If this goes on, check api_url of the account; a proxy may be in between."),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="robot-to",
        action=Action.PERMANENT,
        family="wecom",
        stages=(Stage.RCPT,),
        code="None",
        title=text("A robot writes to its group, and mentions people in a plain text only"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="robot-files",
        action=Action.PERMANENT,
        family="wecom",
        stages=(Stage.DATA,),
        code="None",
        title=text("A robot takes files from 6 bytes to 20 MB only"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="robot-long",
        action=Action.PERMANENT,
        family="wecom",
        stages=(Stage.MAIL,),
        code="None",
        title=text("The message is longer than the robot takes"),
        advice=text("Shorten it, or set overflow to cut in the configuration."),
    ),
    ReplyRule(
        id="wecom-other",
        action=Action.PERMANENT,
        family="wecom",
        code=r"-?\d+",
        title=titles.REFUSED,
        advice=titles.READ_IT,
    ),
)
