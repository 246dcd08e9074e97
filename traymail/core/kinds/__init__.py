"""The kinds of rules, one file each, and how windows show them beside it; ALL names them."""

from traymail.core.kinds.folder import FolderKind
from traymail.core.kinds.log import LogKind
from traymail.core.rule_kind import Kinds

FOLDER = FolderKind()
LOG = LogKind()

ALL: Kinds = (FOLDER, LOG)
