"""The window of the guide to a client id for OAuth2: each step, to read beside the browser."""

from __future__ import annotations

from traymail.core.errors import TraymailError
from traymail.core.texts import text
from traymail.desktop.opening import open_page
from traymail.services.program import ProgramService
from traymail.ui.bridge import Background
from traymail.ui.model.passages import passages_of, section_for
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import ReadingText, Toast
from traymail.ui.window import Dialog, Size

_NUMBERS = 26


class GuideWindow(Dialog):
    """It begins where it is about the provider of the account."""

    remembered = "guide"
    floats = False

    def __init__(self, root: Root, program: ProgramService, background: Background) -> None:
        super().__init__(root, text("Guide to a client id"), Size(680, 620, (480, 360)))
        self._program = program
        self._tasks = Tasks(self, background, self._failed)
        self.host = ""
        self.reading = ReadingText(self.body, _NUMBERS, self._open_page)
        self.reading.pack(fill="both", expand=True)
        self.primary = self.footer.add(text("C&lose"), self.close)
        self._toast = Toast(self)

    def open(self, host: str) -> None:
        """Show it, from what is said of a mail server on."""
        self.host = host
        self.reveal()
        language = self.theme.language
        self._tasks.run(lambda: self._program.guide(language), self.fill, slot="guide")

    def fill(self, markdown: str) -> None:
        """Write the guide into the window."""
        self.reading.show(passages_of(markdown))
        self.reading.see_head(section_for(self.host))

    def on_show(self) -> None:
        """Let the keys scroll."""
        self.reading.text.focus_set()

    def _open_page(self, url: str) -> None:
        self._tasks.run(lambda: open_page(url))

    def _failed(self, error: TraymailError) -> None:
        self._toast.show(error.title, "warn")
