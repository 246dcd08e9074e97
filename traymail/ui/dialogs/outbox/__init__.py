"""The outbox: what waits, what was sent, what failed and why."""

from traymail.ui.dialogs.outbox.errands import OutboxNavigation
from traymail.ui.dialogs.outbox.window import OutboxWindow

__all__ = ["OutboxNavigation", "OutboxWindow"]
