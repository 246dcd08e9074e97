"""Accounts and steps of a test, for the tests of view models."""

from traymail.core.account import Account, Security
from traymail.core.connection_test import Step
from traymail.core.message import Address
from traymail.core.texts import text
from traymail.core.webhooks import BY_NAME, WebhookAccount, usual_body, usual_success

QQ = Account(
    name="qq",
    address=Address("123456@qq.com", "Ming"),
    host="smtp.qq.com",
    port=465,
    security=Security.TLS,
    username="123456@qq.com",
    provider="qq",
)
_GOTIFY = BY_NAME["gotify"]
ALERTS = WebhookAccount(
    name="alerts",
    address=_GOTIFY.receiver,
    preset=_GOTIFY,
    body=usual_body(_GOTIFY),
    success=usual_success(_GOTIFY),
    most=_GOTIFY.most,
)
GOOD = tuple(Step(name, True, 5, "fine") for name in ("dns", "tcp", "tls", "ehlo", "auth", "mail"))
REFUSED = Step(
    "auth",
    False,
    140,
    text("{title}: {reply}", title=text("The login was refused"), reply="535 no"),
    text("Check it."),
)
