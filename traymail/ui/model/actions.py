"""What stands below a page or a window: the buttons that lead on, and a note beside them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, TypeVar

from traymail.core.texts import Text, text

A = TypeVar("A", bound=Enum)


@dataclass(frozen=True, slots=True)
class Offered(Generic[A]):
    """A button. ``bare``: it shows its icon alone, and its words under the pointer."""

    words: Text
    act: A
    enabled: bool = True
    icon: str | None = None
    kind: Literal["normal", "ghost", "link", "danger"] = "normal"
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Actions(Generic[A]):
    """The bar: some at the left; then what is to be said, the others, and the primary one.

    ``wrong``: how many fields need the user, said instead of the ``note``. ``waiting``: something
    is being done.
    """

    left: tuple[Offered[A], ...] = ()
    others: tuple[Offered[A], ...] = ()
    primary: Offered[A] | None = None
    note: Text | None = None
    wrong: int = 0
    waiting: bool = False

    @property
    def all(self) -> tuple[Offered[A], ...]:
        """The buttons, in the order in which they stand."""
        return (*self.left, *self.others, *(() if self.primary is None else (self.primary,)))

    @property
    def said(self) -> Text | None:
        """What stands beside them."""
        if self.wrong > 1:
            return text("{n} fields need you", n=self.wrong)
        return text("1 field needs you") if self.wrong else self.note
