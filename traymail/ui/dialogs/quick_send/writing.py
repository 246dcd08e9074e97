"""The draft in the window: what is typed and attached, what is asked for, what was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from traymail.core.message import Address
from traymail.core.overview import Overview, SavedDraft
from traymail.core.texts import Text, text
from traymail.desktop.requests import Aim, WantedFile
from traymail.services.services import Services
from traymail.ui.attaching import CheckedFile
from traymail.ui.dialogs.quick_send.errands import AttachedFiles, DraftKeeper, Found
from traymail.ui.dialogs.quick_send.view import QuickSendSheet
from traymail.ui.files import ask_for_files
from traymail.ui.model import quick_send as model
from traymail.ui.model.prefill import Prefill, merged
from traymail.ui.model.quick_judge import own_mailbox
from traymail.ui.model.quick_send import DraftStage, File, QuickSend, SmallPicture
from traymail.ui.people import KnownPeople
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.widgets import Toast
from traymail.ui.window import Question, Window


@dataclass(frozen=True, slots=True)
class QuickSendParts:
    """What the draft is written and sent with."""

    window: Window
    get_sheet: Callable[[], QuickSendSheet]
    screen: ScreenState[QuickSend]
    tasks: Tasks
    keeper: DraftKeeper
    files: AttachedFiles
    people: KnownPeople
    toast: Toast

    @property
    def sheet(self) -> QuickSendSheet:
        """The fields, which are made after what they call."""
        return self.get_sheet()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the window shows that comes from the program; ``draft`` only the first time."""

    overview: Overview
    now: datetime
    people: tuple[Address, ...]
    draft: SavedDraft | None


class Writing:
    """What makes another draft of the one that is there."""

    def __init__(
        self, parts: QuickSendParts, services: Services, now: Callable[[], datetime]
    ) -> None:
        self._parts, self._screen, self._files = parts, parts.screen, parts.files
        self._services, self._now = services, now
        self._asked = Prefill()
        self.loaded = False
        """Whether it is known what was kept."""

    @property
    def open(self) -> bool:
        """Whether the mail can be changed now."""
        return self._screen.state.stage is DraftStage.WRITING

    # --- what comes from elsewhere ------------------------------------------------------------

    def ask_for(self, asked: Prefill | None) -> None:
        """Add what is asked for to what is written."""
        if asked is not None:
            self._asked = merged(self._asked, asked)
        self.refresh()

    def refresh(self) -> None:
        """Ask how everything stands, for whom the user writes to, and for the kept draft."""
        services, tasks, first = self._services, self._parts.tasks, not self.loaded

        def told(overview: Overview) -> None:
            tasks.run(lambda: load(overview), self._informed, slot="load")

        def load(overview: Overview) -> _Loaded:
            kept = services.drafts.load() if first else None
            return _Loaded(overview, self._now(), services.drafts.people(), kept)

        tasks.ask(services.program.overview, told, slot="load")

    def take_over(self, old: Writing) -> None:
        """Go on where a window in another language has stopped; it is gone."""
        self._asked = old._asked
        if not old.loaded:
            return
        self.loaded, state = True, old._screen.state
        # Fields that are greyed take nothing.
        self._screen.set_state(replace(state, stage=DraftStage.WRITING))
        self._parts.sheet.fill(state.written)
        self._screen.set_state(state)
        self._look_at_all(state)
        self._parts.keeper.soon()

    def _look_at_all(self, state: QuickSend) -> None:
        self._files.look(file.path for file in state.attached)
        self._files.look_at_shown(dict.fromkeys(state.written.shown), self._show_pictures)

    def begin_anew(self, asked: Prefill) -> None:
        """Throw away what is written, and write what is asked for."""
        self._change(model.prefilled(model.finished(self._screen.state), asked))
        self._files.look(asked.files)
        self._parts.sheet.fill(self._screen.state.written)
        self._parts.sheet.focus_on_next(self._screen.state.written)

    def _informed(self, loaded: _Loaded) -> None:
        self._parts.people.know(loaded.people)
        regrouped = self._parts.people.know_groups(loaded.overview.settings.groups)
        state = model.informed(self._screen.state, loaded.overview, loaded.now)
        if loaded.draft is not None:
            self.loaded = True
            state = model.restored(state, loaded.draft)
            self._look_at_all(state)
        asked, self._asked = self._asked, Prefill()
        if model.clashes(state, asked):
            self._ask(
                text("There is a draft already"),
                text("This mail is not sent yet. The new mail takes its place."),
                asked,
            )
            asked = Prefill()
        if asked != Prefill():
            state = model.prefilled(state, asked)
            self._files.look(asked.files)
            self._files.look_at_shown(state.unseen, self._show_pictures)
        self._screen.set_state(state)
        self._parts.sheet.fill(state.written)
        if regrouped:
            self._parts.sheet.head.relabel()
        if loaded.draft is not None or asked != Prefill():
            self._parts.sheet.focus_on_next(state.written)
        self._parts.keeper.soon()

    def _ask(self, title: Text, sentence: Text, instead: Prefill) -> None:
        """Let the user choose between the draft and what takes its place.

        A question about the same that is open is raised, and means the latest.
        """
        question = self._parts.window.question
        if isinstance(question, Question) and question.winfo_exists():
            if question.sentence == sentence:
                question.on_yes = partial(self.begin_anew, instead)
                question.reveal()
                return
            question.destroy()
        Question(
            self._parts.window,
            title,
            sentence,
            text("&Discard the draft"),
            lambda: self.begin_anew(instead),
            self._screen.state.written.subject.strip()
            or self._parts.window.theme.say(text("no subject")),
        ).reveal()

    # --- what the user does -------------------------------------------------------------------

    def typed(self) -> None:
        """Follow the fields."""
        written = self._parts.sheet.read(self._screen.state.written)
        self._change(model.wrote(self._screen.state, written, self._parts.sheet.head.typing))

    def turn_markdown(self) -> None:
        """Write Markdown, or not."""
        state = self._screen.state
        written = replace(state.written, markdown=not state.written.markdown)
        self._change(model.wrote(state, written, state.typing))

    def add_me(self) -> None:
        """Make the user a recipient."""
        own = own_mailbox(self._screen.state.account)
        if own is not None and self.open:
            self._parts.sheet.head.to.add(own)

    def discard(self) -> None:
        """Throw the draft away, when the user means it."""
        if self.open and not self._screen.state.empty:
            self._ask(
                text("Discard the draft?"),
                text("What you wrote and the list of files will be lost."),
                Prefill(),
            )

    def choose(self) -> None:
        """Choose files to attach."""
        if self.open:
            wanted = WantedFile(Aim.FILES, text("Attach files"))
            ask_for_files(
                self._parts.window, wanted, lambda chosen: self.attach(tuple(map(str, chosen)))
            )

    def attach(self, paths: tuple[str, ...]) -> None:
        """Attach files."""
        if self.open:
            self._files.look(paths)

    def found(self, found: tuple[CheckedFile, ...]) -> None:
        """Attach what was looked at, or tell why that cannot be."""
        files = self._add(found)
        words = model.turned_away(self._screen.state, files)
        if words is not None:
            self._parts.toast.show(words, "warn")

    def show_in_text(self, path: str) -> None:
        """Show an attached picture in the text, where the cursor is."""
        if self.open:
            self._files.look_at_shown((path,), self.put_into_text)

    def into_text(self) -> Found | None:
        """Return what shows a picture where one writes; None where one does not write the text."""
        body = self._parts.sheet.body.text
        writes = body.focus_get() is body and self._screen.state.takes_pictures
        return self.put_into_text if writes else None

    def put_into_text(self, found: tuple[CheckedFile, ...]) -> None:
        """Show pictures in the text, where the cursor is; they count once it says so."""
        body = self._parts.sheet.body
        self._show_pictures(found)
        for one in found:
            if one.thumbnail is not None:
                body.text.put(one.path)
        body.text.focus_set()
        self._add(found)
        self.typed()

    def _show_pictures(self, found: tuple[CheckedFile, ...]) -> None:
        for one in found:
            if one.thumbnail is not None:
                self._parts.sheet.body.text.show_picture(one.path, one.thumbnail)

    def remove(self, path: str) -> None:
        """Take a file out."""
        self._change(model.removed(self._screen.state, path))

    def shrunk(self, path: str, small: SmallPicture) -> None:
        """Send a smaller picture in place of a large one."""
        self._screen.apply(model.shrunk, path, small)

    def _add(self, found: tuple[CheckedFile, ...]) -> list[File]:
        files = [File(one.path, one.name, one.size, one.trouble, one.longest) for one in found]
        self._change(model.looked(self._screen.state, files))
        return files

    def _change(self, state: QuickSend) -> None:
        self._screen.set_state(state)
        self._files.look_at_shown(state.unseen, self._show_pictures)
        for file in state.to_shrink:
            self._files.shrink(file, state.written.pictures)
        self._parts.keeper.soon()
