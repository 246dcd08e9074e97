"""The kinds of rules as the configuration knows them, one file each; ALL names them."""

from typing import Any

from traymail.core.kinds.folder import FolderKind
from traymail.core.kinds.kind import RuleKind
from traymail.core.kinds.log import LogKind
from traymail.core.rule import Rule

ALL: tuple[RuleKind[Any], ...] = (FolderKind(), LogKind())
KINDS: dict[str, RuleKind[Any]] = {one.rule.kind: one for one in ALL}


def kind_of(rule: Rule) -> RuleKind[Any]:
    """Return the kind of a rule."""
    return KINDS[rule.kind]
