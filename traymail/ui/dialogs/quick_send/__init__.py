"""Quick send: a mail in a few seconds."""

from traymail.ui.dialogs.quick_send.acts import Doors
from traymail.ui.dialogs.quick_send.window import QuickSendWindow

__all__ = ["Doors", "QuickSendWindow"]
