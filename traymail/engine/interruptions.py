"""Which mails under way the user wants stopped; asked between two chunks of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable


class Interruptions:
    """A set of mail ids that threads share."""

    def __init__(self) -> None:
        self._wanted: set[int] = set()
        self._lock = threading.Lock()

    def request(self, ids: Iterable[int]) -> None:
        """Have these mails stopped at their next chunk, if they are under way."""
        with self._lock:
            self._wanted.update(ids)

    def forget(self, ids: Iterable[int]) -> None:
        """Take the wish back: these are not under way, or no more."""
        with self._lock:
            self._wanted.difference_update(ids)

    def wanted(self, mail_id: int) -> bool:
        """Tell whether a mail is to be stopped."""
        return mail_id in self._wanted
