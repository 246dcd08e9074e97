"""The quick-send window: what it is made of, and how it comes, goes and is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied
from traymail.core.overview import SavedDraft
from traymail.core.shown import without_pictures
from traymail.core.texts import text
from traymail.services.services import Services
from traymail.ui.attaching import CheckedFile
from traymail.ui.bridge import Background
from traymail.ui.clipboard import Clipboard
from traymail.ui.dialogs.quick_send.errands import (
    AttachedFiles,
    DraftKeeper,
    Pasting,
    QuickSendHandlers,
    QuickSendNavigation,
    take_drops,
)
from traymail.ui.dialogs.quick_send.sending import Sending
from traymail.ui.dialogs.quick_send.view import LEAST, QuickSendSheet, WindowKeys
from traymail.ui.dialogs.quick_send.writing import QuickSendParts, Writing
from traymail.ui.model import quick_send as model
from traymail.ui.model.prefill import Prefill
from traymail.ui.model.quick_send import DraftStage, QuickSend, SmallPicture
from traymail.ui.people import KnownPeople
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Toast
from traymail.ui.window import Size, Window

# How large pictures are shown in the text at most.
_PICTURE = (420, 260)


class QuickSendWindow(Window):
    """One window for all mails that are written by hand, one after the other."""

    remembered = "quick-send"
    floats = True

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        navigation: QuickSendNavigation,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(root, text("New mail"), Size(600, 560, LEAST))
        self._navigation = navigation
        self._drops = False
        self._at_rest: Callable[[], object] | None = None
        self.screen = ScreenState(QuickSend(), self._draw)
        tasks = Tasks(self, background, self._failed)
        self.keeper = DraftKeeper(tasks, services.drafts, self._kept)
        self.files = AttachedFiles(
            services.drafts,
            tasks,
            self._found,
            self._shrunk,
            self.theme.say(text("picture")),
            (round(self.theme.px(_PICTURE[0])), round(self.theme.px(_PICTURE[1]))),
        )
        people = KnownPeople(services.drafts, tasks, lambda: self.screen.state.recipients)
        toast = Toast(self)
        self.clipboard = Clipboard(self, background)
        parts = QuickSendParts(
            self, lambda: self.sheet, self.screen, tasks, self.keeper, self.files, people, toast
        )
        self.writing = Writing(parts, services, now)
        self.pasting = Pasting(self.clipboard, self.files, toast, tasks, self.writing.into_text)
        self.sending = Sending(parts, services.mail)
        self.sheet = QuickSendSheet(self, self._handlers(), people.helpers, self.files.thumbnails)
        self.sheet.pack(fill="both", expand=True)
        self.sheet.draw(self.screen.state)
        keys = WindowKeys(self)
        keys.bind(self.sending.send, "<Control-Return>", "<Control-KP_Enter>")
        keys.bind(self.writing.choose, "<Control-Shift-A>", "<Control-Shift-a>")
        keys.bind(self._paste_by_key, "<<Paste>>")
        # The close button does not undo: the mail leaves when its time has come.
        self.protocol("WM_DELETE_WINDOW", self._shut)
        if sys.platform == "win32":  # Tk's name for WM_QUERYENDSESSION: the user logs off
            self.protocol("WM_SAVE_YOURSELF", self.keep)

    def _handlers(self) -> QuickSendHandlers:
        writing, sending = self.writing, self.sending
        return QuickSendHandlers(
            typed=writing.typed,
            add_me=writing.add_me,
            add_account=self._navigation.add_account,
            open_settings=self._navigation.settings,
            choose=writing.choose,
            paste_picture=self.pasting.picture,
            remove=writing.remove,
            show_in_text=writing.show_in_text,
            discard=writing.discard,
            turn_markdown=writing.turn_markdown,
            from_table=self._from_table,
            send_mail=sending.send,
            send_anyway=sending.send_anyway,
            reconsider=sending.reconsider,
            undo=sending.undo,
            end_undo=sending.end_undo,
            hurry=sending.hurry,
        )

    def _from_table(self) -> None:
        state = self.screen.state
        account = "" if state.account is None else state.account.name
        body = without_pictures(state.written.body)
        self._navigation.table(state.written.subject, body, account)

    # --- for those who open it ----------------------------------------------------------------

    def open(self, asked: Prefill | None = None) -> None:
        """Show the window, with what is asked for added to what is written."""
        self.reveal()
        self.writing.ask_for(asked)

    def send_clipboard(self) -> None:
        """Show the window with what is in the clipboard: words, files or a picture."""
        # Once Tk has heard all news: it gives out what was copied here until it knows better.
        self.theme.later(self, lambda: self.pasting.open_with(self.open))

    def on_event(self, event: Event) -> None:
        """Follow an event of the engine."""
        if isinstance(event, SettingsApplied):
            self.writing.refresh()
        elif self.writing.loaded:
            self.screen.apply(model.heard, event)

    def keep(self) -> None:
        """Keep the draft before this returns: the program ends."""
        self.keeper.keep_now()

    def at_rest(self, act: Callable[[], object]) -> None:
        """Call ``act`` once nothing is on its way that would be lost with this window."""
        self._at_rest = act
        self._rest()

    def take_over(self, old: QuickSendWindow) -> None:
        """Go on where a window in another language has stopped; it is gone."""
        self.writing.take_over(old.writing)

    def undo(self, mail: int) -> bool:
        """Show the window with this mail taken back; False when it is not the one to undo."""
        if self.screen.state.stage is not DraftStage.WAITING or self.screen.state.mail != mail:
            return False
        self.sending.undo()
        self.reveal()
        return True

    # --- the window ---------------------------------------------------------------------------

    def on_show(self) -> None:
        """Start where something is missing."""
        if self.writing.open:
            self.sheet.focus_on_next(self.screen.state.written)
        if not self._drops:
            self._drops = True
            self.theme.later(self, lambda: take_drops(self, self.writing.attach, self._hover))

    def close(self) -> None:
        """Undo, answer no, or hide and keep the draft."""
        match self.screen.state.stage:
            case DraftStage.WAITING:
                self.sending.undo()
            case DraftStage.ASKING:
                self.sending.reconsider()
            case DraftStage.WRITING:
                self.sheet.head.finish()
                self.keeper.keep()
                self.conceal()
            case DraftStage.POSTING | DraftStage.RETURNING:
                pass  # over in a moment

    def _shut(self) -> None:
        if self.screen.state.stage is DraftStage.WAITING:
            self.conceal()
            self._navigation.out_of_sight(self.screen.state.mail)
        else:
            self.close()

    def _rest(self) -> None:
        if self._at_rest is not None and not self.sending.moving:
            act, self._at_rest = self._at_rest, None
            act()

    def _draw(self, before: QuickSend, state: QuickSend) -> None:
        if self._at_rest is not None:
            self.after_idle(self._rest)
        if state != before:
            self.sheet.draw(state)
            self.sending.follow(before, state)

    def _hover(self, here: bool) -> None:  # noqa: FBT001 - what drops tell
        self.sheet.body.light_up(on=here and self.writing.open)

    def _paste_by_key(self) -> bool:
        return not self.writing.open or self.pasting.paste()

    def _found(self, found: tuple[CheckedFile, ...]) -> None:
        self.writing.found(found)
        self.sending.files_came()

    def _shrunk(self, path: str, small: SmallPicture) -> None:
        self.writing.shrunk(path, small)
        self.sending.files_came()

    def _failed(self, error: TraymailError) -> None:
        self.screen.apply(model.refused, error)

    def _kept(self) -> SavedDraft | None:
        if not self.writing.loaded:
            return None
        kept = self.screen.state.kept
        awaited = [path for path in self.files.awaited if path not in kept.files]
        return replace(kept, files=(*kept.files, *awaited))
