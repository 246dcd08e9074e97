"""The window for help and diagnosis."""

from traymail.ui.dialogs.help.doors import HelpDoors
from traymail.ui.dialogs.help.window import HelpWindow

__all__ = ["HelpDoors", "HelpWindow"]
