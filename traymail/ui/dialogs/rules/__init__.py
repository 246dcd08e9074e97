"""The page of the rules in the settings, and the window in which one rule is written."""

from traymail.ui.dialogs.rules.editor import RuleEditor
from traymail.ui.dialogs.rules.page import RulesPage

__all__ = ["RuleEditor", "RulesPage"]
