"""The window of the first start."""

from traymail.ui.dialogs.welcome.window import WelcomeWindow

__all__ = ["WelcomeWindow"]
