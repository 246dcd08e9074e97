"""A mail of the outbox in full, in a window of its own."""

from __future__ import annotations

from traymail.core.overview import MailDetail
from traymail.core.texts import text
from traymail.ui.dialog import Dialog
from traymail.ui.model.outbox_message import passages
from traymail.ui.theme import Root
from traymail.ui.widgets import ReadingText
from traymail.ui.window import Size


class MessageWindow(Dialog):
    """Headers, text, files and attempts to read; one window for all mails."""

    def __init__(self, root: Root) -> None:
        super().__init__(root, text("Message"), Size(640, 620, (480, 360)))
        self.reading = ReadingText(self.body)
        self.reading.pack(fill="both", expand=True)
        self.primary = self.footer.add(text("C&lose"), self.close)

    def open(self, mail: MailDetail) -> None:
        """Show a mail."""
        self.fill(mail)
        self.reveal()

    def fill(self, mail: MailDetail) -> None:
        """Write a mail into the window."""
        self.reading.show(passages(mail))

    def shown(self) -> None:
        """Let the keys scroll."""
        self.reading.text.focus_set()
