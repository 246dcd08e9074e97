"""Quick send: a mail in a few seconds."""

from traymail.ui.dialogs.quick_send.errands import QuickSendNavigation
from traymail.ui.dialogs.quick_send.window import QuickSendWindow

__all__ = ["QuickSendNavigation", "QuickSendWindow"]
