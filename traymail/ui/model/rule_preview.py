"""What the preview beside a rule's form shows: files or lines, and the mails they would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from traymail.core.duration import spoken_duration
from traymail.core.reports import LeftOut, LineShown, PreviewMail, RulePreview
from traymail.core.rules.folder import Existing, FolderRule
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.rule_editor import Editing, EditorWork, told

MOST_FILES = 6
MOST_LEFT_OUT = 3
_ICONS: Mapping[str, str] = {
    "pdf": "file-earmark-pdf",
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "tif", "bmp"), "file-earmark-image"),
    **dict.fromkeys(("zip", "gz", "7z", "rar", "tar"), "file-earmark-zip"),
}


@dataclass(frozen=True, slots=True)
class Instead:
    """What stands in place of a preview."""

    icon: str
    words: Text | str
    turning: bool = False


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file that would be mailed."""

    icon: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A preview. ``below`` are remarks under the files or lines, ``caption`` stands over the mail.

    ``mail`` is the one of ``mails`` that is shown. ``stays``: the files are examples only, as those
    that are there already are not mailed.
    """

    headline: Text
    files: tuple[FileShown, ...] = ()
    lines: tuple[LineShown, ...] = ()
    below: tuple[Text, ...] = ()
    caption: Text | None = None
    mail: PreviewMail | None = None
    earlier: bool = False
    later: bool = False
    stays: bool = False


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
    if state.kind == FolderRule.kind:
        return _of_folder(state, state.preview)
    return _of_log(state, state.preview)


def _of_folder(state: Editing, seen: RulePreview) -> Sight:
    preview = seen.preview
    files = [one for mail in preview.mails for one in mail.attachments]
    shown = tuple(
        FileShown(icon_for(name), name, human_size(size)) for name, size in files[:MOST_FILES]
    )
    below = []
    hidden = preview.events - len(shown)
    if shown and hidden > 0 and state.values["zip"] != "true":
        below.append(text("and {n} more", n=hidden))
    below += _left_out(preview.left_out)
    if preview.events and state.before is not None:
        below.append(text("What this rule has mailed is not mailed again."))
    stays = state.before is None and state.values["existing"] == Existing.SKIP.value
    stays = stays and preview.events > 0
    headline = _examples(preview.events) if stays else _headline(preview.events)
    seen_so = Sight(headline, shown, (), (*below,), stays=stays)
    return _with_mail(state, preview.mails, seen_so)


def _examples(files: int) -> Text:
    if files == 1:
        return text("Files like this one will be mailed. The one already here stays.")
    return text("Files like these will be mailed. The {n} already here stay.", n=files)


def _headline(files: int) -> Text:
    if files == 0:
        return text("No file would be mailed now.")
    if files == 1:
        return text("This file would be mailed now:")
    return text("These {n} files would be mailed now:", n=files)


def _of_log(state: Editing, seen: RulePreview) -> Sight:
    lines = seen.lines
    matching = sum(bool(line.marks) and not line.ignored for line in lines)
    below = []
    if seen.preview.mails and state.values["cooldown"].strip() not in {"0", "0s"}:
        quiet = spoken_duration(state.values["cooldown"])
        below.append(
            text("Then it waits {time}: what matches meanwhile comes in one digest.", time=quiet)
        )
    below += _left_out(seen.preview.left_out)
    shown = Sight(_lines_headline(matching, len(lines)), (), lines, tuple(below))
    return _with_mail(state, seen.preview.mails, shown)


def _lines_headline(matching: int, lines: int) -> Text:
    if lines == 0:
        return text("There are no lines yet; those to come are watched.")
    if matching == 0:
        return text("None of the last {m} lines matches.", m=lines)
    if matching == 1:
        return text("1 of the last {m} lines matches:", m=lines)
    return text("{n} of the last {m} lines match:", n=matching, m=lines)


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


def _left_out(left_out: Sequence[LeftOut]) -> list[Text]:
    if not left_out:
        return []
    named = [
        text("{what} ({reason})", what=PurePath(one.what).name, reason=one.reason)
        for one in left_out[:MOST_LEFT_OUT]
    ]
    listed = named[0]
    for one in named[1:]:
        listed = text("{some}, {more}", some=listed, more=one)
    if len(left_out) > MOST_LEFT_OUT:
        listed = text("{some}, …", some=listed)
    return [text("{n} left out: {list}", n=len(left_out), list=listed)]


def icon_for(name: str) -> str:
    """Return the icon of a file."""
    return _ICONS.get(name.rpartition(".")[2].lower(), "file-earmark")


def tally(state: Editing) -> Text | None:
    """Return what stands below the paths of a log rule, once it is known; None: the usual help."""
    if state.preview is None or not state.preview.logs:
        return None
    logs = state.preview.logs
    if len(logs) == 1:
        return text("1 file now. New ones are followed too.")
    return text("{n} files now. New ones are followed too.", n=len(logs))
