"""Ctrl+V and the button that pastes a picture."""

from __future__ import annotations

from collections.abc import Callable

from traymail.core.errors import InputError, TraymailError
from traymail.core.texts import text
from traymail.ui.clipboard import Clip, Clipboard
from traymail.ui.dialogs.quick_send.files import AttachedFiles
from traymail.ui.widgets import Toast


class Pasting:
    """Attaches what the clipboard holds."""

    def __init__(
        self,
        clipboard: Clipboard,
        files: AttachedFiles,
        toast: Toast,
        failed: Callable[[TraymailError], object],
    ) -> None:
        self._clipboard, self._files = clipboard, files
        self._toast, self._failed = toast, failed

    def paste(self) -> bool:
        """Attach files or a picture; words are left to the field that has the keyboard (False)."""
        try:
            if self._clipboard.for_a_field():
                return False
        except InputError as error:
            # The field would ask, too, and take what is no words for words.
            self._failed(error)
            return True
        self._clipboard.read_files(self._attach, self._failed)
        return True

    def picture(self) -> None:
        """Attach the picture in the clipboard, also one beside words, or the files."""
        self._clipboard.read_files(self._attach, self._failed)

    def _attach(self, clip: Clip) -> None:
        if clip.png:
            self._files.keep_picture(clip.png)
        elif clip.files:
            self._files.look(clip.files)
        else:
            self._toast.show(text("There is no picture in the clipboard."))
