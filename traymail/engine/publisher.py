"""Events to listeners: the engine speaks, and does not know who listens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from traymail.failures import log_failure

if TYPE_CHECKING:
    from traymail.core.events import Event
    from traymail.core.outbox import OutboxItem

log = logging.getLogger(__name__)

Listener = Callable[["Event"], None]
Publish = Callable[["Event"], None]


class Publisher:
    """Calls every listener with every event, on the publishing thread; listeners must be quick."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> None:
        """Add a listener, for good."""
        self._listeners = (*self._listeners, listener)

    def publish(self, event: Event) -> None:
        """Tell all listeners; one that raises is logged and does not keep the others from it."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 # a broken listener must not end delivery
                log_failure(log, "a listener failed", error)

    def changed(self, item: OutboxItem) -> None:
        """Publish that a mail has changed."""
        if self._listeners:
            # The events are slow to import, and nobody listens to `send --queue`.
            from traymail.core.events import ItemChanged

            self.publish(ItemChanged(item))
