"""What servers say and what it means: an ordered table, the first row that fits wins."""

from traymail.core.reply_rules import american, chinese, everybody, troubles
from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble

# A provider's own words come before the codes that everybody uses.
RULES: tuple[ReplyRule, ...] = (
    *troubles.RULES,
    *chinese.RULES,
    *american.RULES,
    *everybody.RULES,
)

__all__ = ["RULES", "Action", "ReplyRule", "Trouble"]
