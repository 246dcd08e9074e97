"""What webhooks say: codes of services that have their own, and of HTTP for all of them.

https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages,
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot,
https://sct.ftqq.com (the limit of a day: what its users report),
https://github.com/binwiederhier/ntfy (server/errors.go),
https://github.com/Finb/bark-server (route_push.go)
"""

from __future__ import annotations

from datetime import timedelta

from traymail.core.errors import Stage
from traymail.core.reply_rules import titles
from traymail.core.reply_rules.rule import Action, ReplyRule
from traymail.core.texts import by_command, text

_GIVE_ANEW = by_command(
    text(
        "Copy the address of the webhook anew, then give it with: "
        "traymail account set-secret {account}"
    ),
    in_window=text("Copy the address of the webhook anew, then enter it."),
)
_SIGNATURE = text("The service refuses the signature, or the clock of this computer is wrong.")
_GIVE_BOTH = by_command(
    text(
        "Give the address, a space and the secret of the signature with: "
        "traymail account set-secret {account}"
    ),
    in_window=text("Enter the address, a space and the secret of the signature."),
)
_NOT_FROM_HERE = text("The service takes messages from some computers only, and not from this one.")
_ALLOW_IT = text(
    "Allow the address of this computer in the settings of the robot, then test the account."
)
_NO_KEYWORD = text("The robot wants one of its keywords in each message")
_WRITE_ONE = text(
    "Write a keyword of the robot into subject or text, or choose a signature in its settings."
)

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="dingtalk-often",
        action=Action.RETRY,
        family="webhook:dingtalk",
        code="130101|410100|90018|429",
        title=titles.TOO_OFTEN,
        fate=titles.TRIED_AGAIN,
        # Beyond 20 messages a minute it takes none for 10 minutes.
        hold=timedelta(minutes=10),
    ),
    ReplyRule(
        id="dingtalk-signature",
        action=Action.NEEDS_USER,
        family="webhook:dingtalk",
        stages=(Stage.AUTH,),
        code="310000",
        words=r"sign|timestamp|签名|时间戳",
        title=titles.LOGIN_REFUSED,
        cause=_SIGNATURE,
        advice=_GIVE_BOTH,
    ),
    ReplyRule(
        id="dingtalk-computer",
        action=Action.NEEDS_USER,
        family="webhook:dingtalk",
        stages=(Stage.AUTH,),
        code="310000",
        title=titles.MAY_NOT_SEND,
        cause=_NOT_FROM_HERE,
        advice=_ALLOW_IT,
    ),
    ReplyRule(
        id="dingtalk-keyword",
        action=Action.PERMANENT,
        family="webhook:dingtalk",
        code="310000",
        title=_NO_KEYWORD,
        advice=_WRITE_ONE,
    ),
    ReplyRule(
        id="dingtalk-long",
        action=Action.PERMANENT,
        family="webhook:dingtalk",
        code="460101",
        title=text("The message is longer than the service takes"),
        advice=text("Shorten it and send it again."),
    ),
    ReplyRule(
        id="feishu-bad",
        action=Action.PERMANENT,
        family="webhook:feishu",
        code="9499",
        words=r"bad request",
        title=titles.REFUSED,
        advice=titles.READ_IT,
    ),
    ReplyRule(
        id="feishu-often",
        action=Action.RETRY,
        family="webhook:feishu",
        code="9499|11232",
        title=titles.TOO_OFTEN,
        fate=titles.TRIED_AGAIN,
        # 100 messages a minute.
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="feishu-signature",
        action=Action.NEEDS_USER,
        family="webhook:feishu",
        stages=(Stage.AUTH,),
        code="19021",
        title=titles.LOGIN_REFUSED,
        cause=_SIGNATURE,
        advice=_GIVE_BOTH,
    ),
    ReplyRule(
        id="feishu-computer",
        action=Action.NEEDS_USER,
        family="webhook:feishu",
        stages=(Stage.AUTH,),
        code="19022",
        title=titles.MAY_NOT_SEND,
        cause=_NOT_FROM_HERE,
        advice=_ALLOW_IT,
    ),
    ReplyRule(
        id="feishu-keyword",
        action=Action.PERMANENT,
        family="webhook:feishu",
        code="19024",
        title=_NO_KEYWORD,
        advice=_WRITE_ONE,
    ),
    ReplyRule(
        id="serverchan-day",
        action=Action.RETRY,
        family="webhook:serverchan",
        code=r"40001|4\d\d",
        words="次数",
        title=titles.LIMIT_REACHED,
        advice=text(
            "ServerChan takes so many messages a day, of accounts without a fee only a few."
        ),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(hours=1),
    ),
    ReplyRule(
        id="ntfy-day",
        action=Action.RETRY,
        family="webhook:ntfy",
        code="429",
        words="too many messages|daily",
        title=titles.LIMIT_REACHED,
        advice=text(
            "The server takes so many messages and files a day; an account there may have more."
        ),
        fate=titles.TRIED_AGAIN,
        hold=timedelta(hours=1),
    ),
    ReplyRule(
        id="ntfy-token",
        action=Action.NEEDS_USER,
        family="webhook:ntfy",
        stages=(Stage.AUTH,),
        code="401|403",
        title=titles.LOGIN_REFUSED,
        cause=text(
            "The topic wants an access token, or the one that is given may not write to it."
        ),
        advice=by_command(
            text(
                "Give the address, a space and the token with: "
                "traymail account set-secret {account}"
            ),
            in_window=text("Enter the address, a space and the token."),
        ),
    ),
    ReplyRule(
        id="bark-long",
        action=Action.PERMANENT,
        family="webhook:bark",
        code="500",
        words="PayloadTooLarge",
        title=text("The message is longer than the service takes"),
        advice=text("Shorten it and send it again."),
    ),
    ReplyRule(
        id="webhook-key",
        action=Action.NEEDS_USER,
        family="webhook",
        stages=(Stage.AUTH,),
        title=titles.LOGIN_REFUSED,
        cause=text("The address of the webhook is wrong, or was taken back."),
        advice=_GIVE_ANEW,
    ),
    ReplyRule(
        id="webhook-often",
        action=Action.RETRY,
        family="webhook",
        code="429",
        title=titles.TOO_OFTEN,
        fate=titles.TRIED_AGAIN,
        hold=timedelta(minutes=1),
    ),
    ReplyRule(
        id="webhook-busy",
        action=Action.RETRY,
        family="webhook",
        code="-1|408|425|5..",
        title=titles.BUSY,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="webhook-elsewhere",
        action=Action.RETRY,
        family="webhook",
        code="3..",
        title=text("The server sends messages elsewhere"),
        advice=text(
            "No message is sent on to another address. If this goes on, look for the right "
            "address, or for a proxy in between."
        ),
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="webhook-large",
        action=Action.PERMANENT,
        family="webhook",
        code="413",
        title=text("The message is longer than the service takes"),
        advice=text("Shorten it and send it again."),
    ),
    ReplyRule(
        id="webhook-to",
        action=Action.PERMANENT,
        family="webhook",
        stages=(Stage.RCPT,),
        code="None",
        title=text("A webhook writes to its own place only"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="webhook-files",
        action=Action.PERMANENT,
        family="webhook",
        stages=(Stage.DATA,),
        code="None",
        title=text("The service does not take these files"),
        advice=text("Send the mail again with another account."),
    ),
    ReplyRule(
        id="webhook-long",
        action=Action.PERMANENT,
        family="webhook",
        stages=(Stage.MAIL,),
        code="None",
        title=text("The message is longer than the service takes"),
        advice=text("Shorten it, or set overflow to cut in the configuration."),
    ),
    ReplyRule(
        id="webhook-other",
        action=Action.PERMANENT,
        family="webhook",
        code=r"-?\d+|None",
        title=titles.REFUSED,
        advice=titles.READ_IT,
    ),
)
