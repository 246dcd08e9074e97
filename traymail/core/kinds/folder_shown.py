"""The folder rule in windows: its form, which reads as a sentence, and what its preview shows."""

from __future__ import annotations

from collections.abc import Mapping

from traymail.core.keys import Layout, laid_out
from traymail.core.reports import RulePreview
from traymail.core.rule_kind import ABOVE
from traymail.core.rules.folder import After, Existing, FolderRule
from traymail.core.sight import FileShown, Offer, Sight, Suited, told_left_out
from traymail.core.template import human_size
from traymail.core.texts import Text, text

MOST_FILES = 6
_ICONS: Mapping[str, str] = {
    "pdf": "file-earmark-pdf",
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "tif", "bmp"), "file-earmark-image"),
    **dict.fromkeys(("zip", "gz", "7z", "rar", "tar"), "file-earmark-zip"),
}
_LAYOUT: Layout = (
    (text("When a file arrives in"), ("folder", "include")),
    (text("mail it"), ("to", "subject", "account")),
    (text("and then"), ("after", "move_to")),
    (
        None,
        (
            *("batch_seconds", "zip", "cc", "bcc", "body", "recursive", "exclude", "hidden"),
            *("min_bytes", "max_bytes", "settle_seconds", "existing", "again", "failed_to"),
            *("max_per_hour", "when_unsure"),
        ),
    ),
)
FORM = laid_out(FolderRule, _LAYOUT, ABOVE)
MORE = text("More: one mail for several, zip, size, waiting, hourly limit")


def suited(values: Mapping[str, str]) -> Suited:
    """Return what depends on what becomes of files, and on whether subfolders count."""
    deep = text("With all its subfolders.")
    flat = text("Without its subfolders.")
    return Suited(
        shown=dict.fromkeys(("move_to", "keep_sent"), values["after"] == After.MOVE.value),
        helps={"folder": deep if values["recursive"] == "true" else flat},
    )


def sight(values: Mapping[str, str], seen: RulePreview, *, new: bool) -> Sight:
    """Return the files that are there now."""
    preview = seen.preview
    files = [one for mail in preview.mails for one in mail.attachments]
    shown = tuple(
        FileShown(icon_for(name), name, human_size(size)) for name, size in files[:MOST_FILES]
    )
    below = []
    hidden = preview.events - len(shown)
    if shown and hidden > 0 and values["zip"] != "true":
        below.append(text("and {n} more", n=hidden))
    below += told_left_out(preview.left_out)
    if preview.events and not new:
        below.append(text("What this rule has mailed is not mailed again."))
    if new and preview.events and values["existing"] == Existing.SKIP.value:
        # Examples only: those that are there already are not mailed.
        these = Offer(text("Mail these too"), "existing", Existing.SEND.value)
        return Sight(_examples(preview.events), shown, (), (*below,), these)
    return Sight(_headline(preview.events), shown, (), (*below,))


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


def icon_for(name: str) -> str:
    """Return the icon of a file."""
    return _ICONS.get(name.rpartition(".")[2].lower(), "file-earmark")
