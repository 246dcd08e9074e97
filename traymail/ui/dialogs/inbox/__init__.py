"""The window of the demo: what arrives at the server inside this program."""

from traymail.ui.dialogs.inbox.doors import InboxDoors
from traymail.ui.dialogs.inbox.window import InboxWindow

__all__ = ["InboxDoors", "InboxWindow"]
