"""What is to be attached, looked at in the background before the window shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PIL import Image

from traymail.core.errors import TraymailError
from traymail.services.drafts import DraftService
from traymail.ui.attaching import CheckedFile, look_at
from traymail.ui.bridge import Background


class AttachedFiles:
    """Looks at files and keeps their small pictures; `busy` while it does."""

    def __init__(
        self,
        drafts: DraftService,
        background: Background,
        found: Callable[[tuple[CheckedFile, ...]], object],
        failed: Callable[[TraymailError], object],
        picture: str,
    ) -> None:
        """``found`` is called with what was looked at, also with what cannot be attached.

        ``picture``: what the names of pictures begin with that had none.
        """
        self._drafts, self._background = drafts, background
        self._found, self._failed, self._picture = found, failed, picture
        self._under_way = 0
        self.thumbnails: dict[str, Image.Image] = {}

    @property
    def busy(self) -> bool:
        """Whether more is about to be found."""
        return self._under_way > 0

    def look(self, paths: Iterable[str]) -> None:
        """Look at the files at these paths."""
        wanted = tuple(paths)
        if wanted:
            self._run(lambda: look_at(wanted))

    def keep_picture(self, png: bytes) -> None:
        """Make a file of a picture, and look at it."""
        self._run(lambda: look_at([str(self._drafts.keep_picture(png, self._picture))]))

    def _run(self, work: Callable[[], tuple[CheckedFile, ...]]) -> None:
        self._under_way += 1
        self._background.run(lambda _stop: work(), self._looked, self._not_looked)

    def _looked(self, found: tuple[CheckedFile, ...]) -> None:
        self._under_way -= 1
        for one in found:
            if one.thumbnail is not None:
                self.thumbnails[one.path] = one.thumbnail
        self._found(found)

    def _not_looked(self, error: TraymailError) -> None:
        self._under_way -= 1
        self._failed(error)
