"""The kinds of rules, one file each; ALL names them."""

from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule

ALL: tuple[type[Rule], ...] = (FolderRule, LogRule)
KINDS: dict[str, type[Rule]] = {rule.kind: rule for rule in ALL}
