"""What the parts of the quick-send window tell it, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QuickSendDoors:
    """The ways out of the window."""

    add_account: Callable[[], object]
    settings: Callable[[], object]
    out_of_sight: Callable[[int], object] = lambda _mail: None
    """Is given the mail that can still be undone when the window is closed."""


class QuickSendHandlers(Protocol):
    """What the user does."""

    def typed(self) -> None:
        """Follow the fields: one has changed."""

    def add_me(self) -> None:
        """Make the user a recipient."""

    def add_account(self) -> None:
        """Go and add an account."""

    def open_settings(self) -> None:
        """Go to the settings."""

    def choose(self) -> None:
        """Choose files to attach."""

    def paste_picture(self) -> None:
        """Attach the picture in the clipboard."""

    def remove(self, path: str) -> None:
        """Take a file out."""

    def discard(self) -> None:
        """Throw the draft away."""

    def turn_markdown(self) -> None:
        """Write Markdown, or not."""

    def send_mail(self) -> None:
        """Send."""

    def send_anyway(self) -> None:
        """Send, although something was asked about."""

    def close(self) -> None:
        """Take the last step back."""

    def undo(self) -> None:
        """Take the mail back."""

    def end_undo(self) -> None:
        """Let the mail leave when its time has come."""

    def hurry(self) -> None:
        """Let the mail leave now."""
