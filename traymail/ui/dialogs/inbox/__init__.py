"""The window of the demo: what arrives at the server inside this program."""

from traymail.ui.dialogs.inbox.window import InboxNavigation, InboxWindow

__all__ = ["InboxNavigation", "InboxWindow"]
