"""The outbox: what waits, what was sent, what failed and why."""

from traymail.ui.dialogs.outbox.errands import OutboxDoors
from traymail.ui.dialogs.outbox.window import OutboxWindow

__all__ = ["OutboxDoors", "OutboxWindow"]
