"""What ends a session with a service over HTTP without an answer: no port, no STARTTLS to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.core.provider import SENDGRID_HTTP
from traymail.core.reply_rules import titles, troubles
from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble
from traymail.core.texts import Text, by_command, text

HTTP = "http"
# Of accounts whose mail leaves by HTTP, the family that is their own, or the wider one of it.
FAMILIES = frozenset({"wecom", "webhook", SENDGRID_HTTP})
UNANSWERED = "http-unanswered"
_NO_PROXY = text(
    "A firewall may block it, or this network lets web traffic out through a proxy only, which "
    "traymail does not use. If the account names a server of its own (api_url), check that."
)
_IN_BETWEEN = text(
    "Something else may answer in its place: a proxy, or the page of a hotel's network. If the "
    "account names a server of its own (api_url), check that."
)
# What is to be done where a session ends as one with a mail server may.
_WAYS_OUT: Mapping[Trouble, Text] = {
    Trouble.NAME: text(
        "Check the internet connection: the service has to be reached directly, not through a "
        "proxy. If its address was given by hand (api_url, or a webhook of your own), check "
        "the name in it."
    ),
    Trouble.REFUSED: _NO_PROXY,
    Trouble.TIMEOUT: _NO_PROXY,
    Trouble.NETWORK: text("Check the internet connection."),
    Trouble.LOST: text("If this goes on, a firewall or a proxy may be in between."),
    Trouble.TLS_FAILED: _IN_BETWEEN,
    Trouble.CERT_TIME: text(
        "It has expired, unless the clock of this computer is ahead. Check date and time "
        "here; if they are right, only the service can renew it. Nothing was sent."
    ),
    Trouble.CERT_NOT_YET: text(
        "It is not valid yet: the clock of this computer is probably behind. Set date and "
        "time. Nothing was sent."
    ),
    Trouble.CERT_HOST: text(
        "It belongs to another server name: something else answers there. If the account "
        "names a server of its own (api_url), check that. Nothing was sent."
    ),
    Trouble.CERT_TRUST: text(
        "The connection is being inspected (antivirus, company proxy), or it is not the "
        "service that answers. Nothing was sent. For a server of your company, give its "
        "certificate (ca_file)."
    ),
}


def by_service(provider: str) -> bool:
    """Tell whether the mail of an account with this row or family leaves by HTTP."""
    return provider.partition(":")[0] in FAMILIES


RULES: tuple[ReplyRule, ...] = (
    *(
        replace(row, id=f"http-{row.id}", family=HTTP, advice=way_out)
        for trouble, way_out in _WAYS_OUT.items()
        for row in troubles.RULES
        if row.trouble is trouble
    ),
    ReplyRule(
        id="http-nonsense",
        action=Action.RETRY,
        family=HTTP,
        trouble=Trouble.NONSENSE,
        title=text("The server answers as no such service does"),
        advice=_IN_BETWEEN,
        fate=titles.TRIED_AGAIN,
    ),
    ReplyRule(
        id="http-no-tls",
        action=Action.NEEDS_USER,
        family=HTTP,
        trouble=Trouble.TLS_MODE,
        title=titles.NO_ENCRYPTION,
        advice=_IN_BETWEEN,
    ),
    ReplyRule(
        id="http-unprotected",
        action=Action.NEEDS_USER,
        family=HTTP,
        trouble=Trouble.NO_TLS,
        title=titles.NO_ENCRYPTION,
        advice=text(
            "The address begins with http:// and does not lead to this computer, so nothing was "
            "sent. Use one that begins with https://."
        ),
    ),
    ReplyRule(
        id=UNANSWERED,
        action=Action.UNKNOWN,
        family=HTTP,
        trouble=Trouble.UNSURE,
        title=titles.UNSURE,
        advice=by_command(
            text(
                "The whole message went out, but no answer came that says whether it arrived. Look "
                "whether it is there; a mail in the outbox is settled with: traymail outbox resolve"
            ),
            in_window=text(
                "The whole message went out, but no answer came that says whether it arrived. "
                "Look whether it is there, then choose."
            ),
        ),
    ),
)
