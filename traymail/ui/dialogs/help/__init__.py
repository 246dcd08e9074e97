"""The window for help and diagnosis."""

from traymail.ui.dialogs.help.window import HelpDoors, HelpWindow

__all__ = ["HelpDoors", "HelpWindow"]
