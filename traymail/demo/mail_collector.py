"""What arrived during the tour, to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import sha256

from traymail.ui.model.inbox import Delivered, Received, read


class MailCollector:
    """Takes mails on the sink's thread, and gives them out on another."""

    def __init__(self) -> None:
        self._mails: list[Received] = []
        self._arrived = threading.Condition()

    def put(self, delivered: Delivered) -> None:
        """Keep a mail, read as a mail program reads it."""
        mail = read(delivered)
        with self._arrived:
            self._mails.append(mail)
            self._arrived.notify_all()

    def wait(self, accept: Callable[[Received], bool], seconds: float) -> Received | None:
        """Return the first mail that ``accept`` takes, or None after ``seconds``."""
        with self._arrived:
            self._arrived.wait_for(lambda: any(map(accept, self._mails)), seconds)
            return next(filter(accept, self._mails), None)


def digests(mail: Received) -> set[str]:
    """Return the sha256 of each attachment's content."""
    return {sha256(part.content).hexdigest() for part in mail.parts}
