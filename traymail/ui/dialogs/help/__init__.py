"""The window for help and diagnosis."""

from traymail.ui.dialogs.help.window import HelpNavigation, HelpWindow

__all__ = ["HelpNavigation", "HelpWindow"]
