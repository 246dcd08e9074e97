"""Which mails under way the user wants stopped: asked between two chunks, and cut off at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable


class Interruptions:
    """A set of mail ids that threads share, and how the wait of each under way is ended."""

    def __init__(self) -> None:
        self._wanted: set[int] = set()
        self._stops: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def request(self, ids: Iterable[int]) -> None:
        """Have these mails stopped, if they are under way."""
        with self._lock:
            self._wanted.update(ids)
            for mail_id in self._wanted & self._stops.keys():
                self._stops[mail_id]()

    def under_way(self, mail_id: int, stop: Callable[[], None]) -> None:
        """Note how a mail is stopped that waits for its server; ``stop`` must be quick."""
        with self._lock:
            self._stops[mail_id] = stop

    def over(self, mail_id: int) -> bool:
        """Note that an attempt has ended; return whether it was to be stopped."""
        with self._lock:
            self._stops.pop(mail_id, None)
            wanted = mail_id in self._wanted
            self._wanted.discard(mail_id)
            return wanted

    def forget(self, ids: Iterable[int]) -> None:
        """Take the wish back: these are not under way, or no more."""
        with self._lock:
            self._wanted.difference_update(ids)

    def wanted(self, mail_id: int) -> bool:
        """Tell whether a mail is to be stopped."""
        return mail_id in self._wanted
