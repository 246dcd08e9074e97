"""What is made when it is first needed, and again after it was dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Makes its thing at the first call; `made` is None until then."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.made: T | None = None

    def __call__(self) -> T:
        """Return the thing."""
        if self.made is None:
            self.made = self._make()
        return self.made

    def drop(self) -> None:
        """Forget the thing: the next call makes another."""
        self.made = None
