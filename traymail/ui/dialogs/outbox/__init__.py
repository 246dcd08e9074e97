"""The outbox: what waits, what was sent, what failed and why."""

from traymail.ui.dialogs.outbox.window import OutboxDoors, OutboxWindow

__all__ = ["OutboxDoors", "OutboxWindow"]
