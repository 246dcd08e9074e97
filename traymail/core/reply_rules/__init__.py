"""What servers say and what it means: an ordered table, the first row that fits wins."""

import re
from collections.abc import Iterator

from traymail.core.reply_rules import (
    american,
    chinese,
    everybody,
    oauth,
    robots,
    secrets,
    sendgrid,
    services,
    troubles,
    webhooks,
)
from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble

# A provider's own words come before the codes that everybody uses.
RULES: tuple[ReplyRule, ...] = (
    *services.RULES,
    *troubles.RULES,
    *secrets.RULES,
    *robots.RULES,
    *webhooks.RULES,
    *sendgrid.RULES,
    *oauth.RULES,
    *chinese.RULES,
    *american.RULES,
    *everybody.RULES,
)

# Companies use these services under names of their own: what is said gives them away.
_GIVEAWAYS = {
    family: re.compile(words, re.IGNORECASE)
    for family, words in (
        ("qq", r"frequency limited|enter your authorization code|\bmail\.qq\.com"),
        ("163", r"\b(?:DT|HL|MI|RP|WM):[A-Z]{3}\b|\bmail\.163\.com|\b(?:163|126|yeah) smtp\d"),
        (
            "gmail",
            r"\bgsmtp\b|\bsupport\.google\.com|Daily (?:\w+ ){0,2}sending (?:limit|quota)",
        ),
        ("outlook", r"STOREDRV\.|SubmissionQuota|SendAsDenied|\b(?:prod|mail)\.outlook\.com"),
    )
}


def families_of(words: str) -> Iterator[str]:
    """Yield the families of providers whose words these are, whatever their server is called."""
    return (family for family, giveaway in _GIVEAWAYS.items() if giveaway.search(words))


__all__ = ["RULES", "Action", "ReplyRule", "Trouble", "families_of"]
