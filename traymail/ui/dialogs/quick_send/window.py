"""The quick-send window: what the user and the program do becomes events of its state."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied
from traymail.core.overview import SavedDraft
from traymail.core.texts import Text, text
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.services import Services
from traymail.ui.attaching import CheckedFile
from traymail.ui.bridge import Background, Job
from traymail.ui.clipboard import Clip, Clipboard
from traymail.ui.dialogs.quick_send.errands import (
    AttachedFiles,
    DraftKeeper,
    Pasting,
    Post,
    QuickSendDoors,
    QuickSendLoaded,
    take_drops,
)
from traymail.ui.dialogs.quick_send.view import LEAST, QuickSendSheet, WindowKeys
from traymail.ui.files import ask_for_files
from traymail.ui.model import quick_judge as judge
from traymail.ui.model import quick_send as model
from traymail.ui.model.prefill import Prefill, merged
from traymail.ui.model.quick_send import DraftStage, File, QuickSend
from traymail.ui.people import KnownPeople
from traymail.ui.theme import Root
from traymail.ui.widgets import Toast
from traymail.ui.window import Question, Size, Window


class QuickSendWindow(Window):
    """One window for all mails that are written by hand, one after the other."""

    remembered = "quick-send"
    floats = True

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        doors: QuickSendDoors,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(root, text("New mail"), Size(600, 560, LEAST))
        self._now, self._doors = now, doors
        self._held = QuickSend()
        self._asked = Prefill()
        self._loaded = self._send_soon = self._drops = False
        self._loading: Job | None = None
        self._at_rest: Callable[[], object] | None = None
        self._keeper = DraftKeeper(self, services.drafts, background, self._kept, self._failed)
        self._post = Post(services, background, self._failed)
        self._clipboard = Clipboard(self, background)
        self._files = AttachedFiles(
            services.drafts, background, self._found, self._failed, self.look.say(text("picture"))
        )
        self._toast = Toast(self)
        self._pasting = Pasting(self._clipboard, self._files, self._toast, self._failed)
        self._people = KnownPeople(
            services.drafts, background, self._failed, lambda: self._held.recipients
        )
        self._sheet = QuickSendSheet(self, self, self._people.helpers, self._files.thumbnails)
        self._sheet.pack(fill="both", expand=True)
        self._sheet.draw(self._held)
        keys = WindowKeys(self)
        keys.bind(self._send_by_key, "<Control-Return>", "<Control-KP_Enter>")
        keys.bind(self._choose_by_key, "<Control-Shift-A>", "<Control-Shift-a>")
        keys.bind(self._paste_by_key, "<<Paste>>")
        # The close button does not undo: the mail leaves when its time has come.
        self.protocol("WM_DELETE_WINDOW", self._shut)
        self.bind("<Destroy>", self._gone, add="+")
        if sys.platform == "win32":  # Tk's name for WM_QUERYENDSESSION: the user logs off
            self.protocol("WM_SAVE_YOURSELF", self.keep)

    # --- for those who open it ----------------------------------------------------------------

    def open(self, asked: Prefill | None = None) -> None:
        """Show the window, with what is asked for added to what is written."""
        if asked is not None:
            self._asked = merged(self._asked, asked)
        self.reveal()
        self._refresh()

    def send_clipboard(self) -> None:
        """Show the window with what is in the clipboard: words, files or a picture."""
        # Once Tk has heard all news: it gives out what was copied here until it knows better.
        self.look.later(self, lambda: self._clipboard.read(self._open_with, self._open_failed))

    def heard(self, event: Event) -> None:
        """Follow an event of the engine."""
        if isinstance(event, SettingsApplied):
            self._refresh()
        elif self._loaded:
            self._become(model.heard(self._held, event))

    def keep(self) -> None:
        """Keep the draft before this returns: the program ends."""
        self._keeper.keep_now()

    def at_rest(self, act: Callable[[], object]) -> None:
        """Call ``act`` once nothing is on its way that would be lost with this window."""
        self._at_rest = act
        self._rest()

    def take_over(self, old: QuickSendWindow) -> None:
        """Go on where a window in another language has stopped; it is gone."""
        self._asked = old._asked
        if not old._loaded:
            return
        self._loaded, state = True, old._held
        # Fields that are greyed take nothing.
        self._become(replace(state, stage=DraftStage.WRITING))
        self._sheet.fill(state.written)
        self._become(state)
        self._files.look(file.path for file in state.files)
        self._keeper.soon()

    @property
    def waits_for(self) -> int:
        """The mail that can be undone, 0 when there is none."""
        return self._held.mail if self._held.stage is DraftStage.WAITING else 0

    # --- the window ---------------------------------------------------------------------------

    def shown(self) -> None:
        """Start where something is missing."""
        if self._held.stage is DraftStage.WRITING:
            self._sheet.focus_on_next(self._held.written)
        if not self._drops:
            self._drops = True
            self.look.later(self, lambda: take_drops(self, self.attach, self._hover))

    def close(self) -> None:
        """Undo, answer no, or hide and keep the draft."""
        match self._held.stage:
            case DraftStage.WAITING:
                self.undo()
            case DraftStage.ASKING:
                head = self._sheet.head
                doubted = self._held.question == judge.NO_SUBJECT
                self._become(model.reconsidered(self._held))
                (head.subject if doubted else head.to.entry).focus_set()
            case DraftStage.WRITING:
                self._sheet.head.finish()
                self._keeper.keep()
                self.conceal()
            case DraftStage.POSTING | DraftStage.RETURNING:
                pass  # over in a moment

    def _shut(self) -> None:
        if self._held.stage is DraftStage.WAITING:
            self.conceal()
            self._doors.out_of_sight(self._held.mail)
        else:
            self.close()

    def _gone(self, event: object) -> None:
        if getattr(event, "widget", None) is self and self._loading is not None:
            self._loading.cancel()

    def _rest(self) -> None:
        moving = self._held.stage in {DraftStage.POSTING, DraftStage.RETURNING} or self._files.busy
        if self._at_rest is not None and not moving:
            act, self._at_rest = self._at_rest, None
            act()

    def _become(self, state: QuickSend) -> None:
        if self._at_rest is not None:
            self.after_idle(self._rest)
        before, self._held = self._held, state
        if state == before:
            return
        self._sheet.draw(state)
        if state.stage is DraftStage.POSTING and before.stage is not DraftStage.POSTING:
            self._store()
        elif state.stage is DraftStage.WRITING and before.stage is DraftStage.WAITING:
            self._after_waiting()

    def _refresh(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
        self._loading = self._post.load(self._now, self._informed, draft=not self._loaded)

    def _informed(self, loaded: QuickSendLoaded) -> None:
        self._people.know(loaded.people)
        state = model.informed(self._held, loaded.overview, loaded.now)
        if loaded.draft is not None:
            self._loaded = True
            state = model.restored(state, loaded.draft)
            self._files.look(loaded.draft.files if state.files else ())
        asked, self._asked = self._asked, Prefill()
        if model.clashes(state, asked):
            self._ask_about(asked)
            asked = Prefill()
        if asked != Prefill():
            state = model.prefilled(state, asked)
            self._files.look(asked.files)
        self._become(state)
        self._sheet.fill(state.written)
        if loaded.draft is not None or asked != Prefill():
            self._sheet.focus_on_next(state.written)
        self._keeper.soon()

    def _ask_about(self, asked: Prefill) -> None:
        """Let the user choose between the draft and another mail that is asked for."""
        self._ask(
            text("There is a draft already"),
            text("This mail is not sent yet. The new mail takes its place."),
            lambda: self._begin_anew(asked),
        )

    def _begin_anew(self, asked: Prefill) -> None:
        self._become(model.prefilled(model.finished(self._held), asked))
        self._files.look(asked.files)
        self._sheet.fill(self._held.written)
        self._sheet.focus_on_next(self._held.written)
        self._keeper.soon()

    def _ask(self, title: Text, sentence: Text, yes: Callable[[], object]) -> None:
        """Ask, or have the question that is open raised and do something else at yes."""
        if not isinstance(self.question, Question) or not self.question.winfo_exists():
            subject = self._held.written.subject.strip() or self.look.say(text("no subject"))
            Question(self, title, sentence, text("&Discard the draft"), yes, subject).reveal()
            return
        if self.question.sentence == sentence:
            self.question.on_yes = yes
            self.question.reveal()
            return
        self.question.destroy()
        self._ask(title, sentence, yes)

    # --- writing ------------------------------------------------------------------------------

    def discard(self) -> None:
        """Throw the draft away, when the user means it."""
        if self._held.stage is DraftStage.WRITING and not self._held.empty:
            self._ask(
                text("Discard the draft?"),
                text("What you wrote and the list of files will be lost."),
                lambda: self._begin_anew(Prefill()),
            )

    def typed(self) -> None:
        """Follow the fields."""
        written = self._sheet.read(self._held.written)
        self._become(model.wrote(self._held, written, self._sheet.head.typing))
        self._keeper.soon()

    def turn_markdown(self) -> None:
        """Write Markdown, or not."""
        written = self._held.written
        written = replace(written, markdown=not written.markdown)
        self._become(model.wrote(self._held, written, self._held.typing))
        self._keeper.soon()

    def add_me(self) -> None:
        """Make the user a recipient."""
        account = self._held.account
        if account is not None and self._held.stage is DraftStage.WRITING:
            self._sheet.head.to.add(account.address.mailbox)

    def add_account(self) -> None:
        """Go and add an account."""
        self._doors.add_account()

    def open_settings(self) -> None:
        """Go to the settings."""
        self._doors.settings()

    def choose(self) -> None:
        """Choose files to attach."""
        if self._held.stage is DraftStage.WRITING:
            wanted = WantedFile(Aim.FILES, text("Attach files"))
            ask_for_files(self, wanted, lambda chosen: self.attach(tuple(map(str, chosen))))

    def attach(self, paths: tuple[str, ...]) -> None:
        """Attach files."""
        if self._held.stage is DraftStage.WRITING:
            self._files.look(paths)

    def _hover(self, here: bool) -> None:  # noqa: FBT001 - what drops tell
        self._sheet.body.light_up(on=here and self._held.stage is DraftStage.WRITING)

    def remove(self, path: str) -> None:
        """Take a file out."""
        self._become(model.removed(self._held, path))
        self._keeper.soon()

    def _found(self, found: tuple[CheckedFile, ...]) -> None:
        files = [File(one.path, one.name, one.size, one.trouble) for one in found]
        self._become(model.looked(self._held, files))
        words = model.turned_away(self._held, files)
        if words is not None:
            self._toast.show(words, "warn")
        self._keeper.soon()
        if self._send_soon and not self._files.busy:
            self._send_soon = False
            self.send_mail()

    # --- the clipboard --------------------------------------------------------------------------

    def paste_picture(self) -> None:
        """Attach the picture in the clipboard, or the files."""
        self._pasting.picture()

    def _open_with(self, clip: Clip) -> None:
        self.open(Prefill(body=clip.words, files=clip.files))
        if clip.png:
            self._files.keep_picture(clip.png)
        elif clip == Clip():
            self._toast.show(text("The clipboard is empty."))

    def _open_failed(self, error: TraymailError) -> None:
        self.open()
        self._failed(error)

    # --- sending --------------------------------------------------------------------------------

    def send_mail(self) -> None:
        """Send, when nothing is missing and all files are there."""
        if self._held.stage is not DraftStage.WRITING:
            return
        self._sheet.head.finish()
        if self._files.busy:
            self._send_soon = True
        else:
            self._become(judge.asked_to_send(self._held))

    def send_anyway(self) -> None:
        """Send, although something was asked about."""
        self._become(judge.agreed(self._held))

    def undo(self) -> None:
        """Take the mail back."""
        mail = self._held.mail
        self._become(model.returning(self._held))
        self._post.take_back(mail, self._returned)

    def end_undo(self) -> None:
        """Let the mail leave when its time has come; the window has done its work."""
        self._become(model.finished(self._held))

    def hurry(self) -> None:
        """Let the mail leave now."""
        self._post.hurry(self._held.mail)
        self.end_undo()

    def _send_by_key(self) -> bool:
        self.send_mail()
        return True

    def _choose_by_key(self) -> bool:
        self.choose()
        return True

    def _paste_by_key(self) -> bool:
        return self._held.stage is not DraftStage.WRITING or self._pasting.paste()

    def _kept(self) -> SavedDraft | None:
        return self._held.kept if self._loaded else None

    def _store(self) -> None:
        state, names = self._held, self._people.names
        if state.account is not None:
            self._post.store(lambda: judge.draft_of(state, names), state.account.undo, self._posted)

    def _posted(self, mail: int) -> None:
        account = self._held.account
        seconds = 0 if account is None else round(account.undo.total_seconds())
        self._become(model.posted(self._held, mail, seconds))
        self._keeper.keep()
        if self._held.stage is DraftStage.WRITING:
            self._after_waiting()

    def _returned(self, back: bool) -> None:  # noqa: FBT001 - the service's answer
        self._become(model.returned(self._held, back=back))
        self._sheet.focus_on_next(self._held.written)
        self._keeper.keep()

    def _after_waiting(self) -> None:
        """Hide once the mail is on its way; when others cancelled it, its text is here again."""
        self._sheet.fill(self._held.written)
        self._keeper.keep()
        if self._held.empty:
            self.conceal()

    def _failed(self, error: TraymailError) -> None:
        self._become(model.refused(self._held, error))
