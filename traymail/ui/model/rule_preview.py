"""What the preview beside a rule's form shows: files or lines, and the mails they would make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from traymail.core.reports import PreviewMail
from traymail.core.sight import Sight
from traymail.core.texts import Text, text
from traymail.ui.model.rule_editor import Editing, EditorWork, told


@dataclass(frozen=True, slots=True)
class Instead:
    """What stands in place of a preview."""

    icon: str
    words: Text | str
    turning: bool = False


def sight(state: Editing) -> Sight | Instead:
    """Return what the preview shows."""
    if told(state):
        words = text("Fix the marked fields to see what would be mailed.")
        return Instead("eye-slash", words)
    if state.looking:
        return Instead("", text("Looking…"), turning=True)
    if state.unseen is not None:
        return Instead("eye-slash", state.unseen)
    if state.preview is None:
        words = text("Once the fields are filled in, this shows what would be mailed.")
        return Instead("eye", "" if state.work is EditorWork.LOADING else words)
    shown = state.kind.sight(state.values, state.preview, new=state.before is None)
    return _with_mail(state, state.preview.preview.mails, shown)


def _with_mail(state: Editing, mails: Sequence[PreviewMail], shown: Sight) -> Sight:
    if not mails:
        return shown
    several = len(mails) > 1
    caption = (
        text("Mail {i} of {n}", i=state.mail + 1, n=len(mails)) if several else text("The mail")
    )
    return replace(
        shown,
        caption=caption,
        mail=mails[state.mail],
        earlier=state.mail > 0,
        later=state.mail < len(mails) - 1,
    )
