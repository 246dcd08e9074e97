"""The folder rule in windows: its form, which reads as a sentence, and what its preview shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.reports import RulePreview
from traymail.core.rule_fields import (
    ACCOUNT,
    ASK,
    BCC,
    BODY,
    CAP,
    CC,
    COMMON_PLACES,
    RESEND,
    SUBJECT,
    TO,
    UNSURE,
)
from traymail.core.rules.folder import After, Again, Existing
from traymail.core.sight import FileShown, Offer, Sight, Suited, told_left_out
from traymail.core.template import human_size
from traymail.core.texts import Text, text

MOST_FILES = 6
_ICONS: Mapping[str, str] = {
    "pdf": "file-earmark-pdf",
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "tif", "bmp"), "file-earmark-image"),
    **dict.fromkeys(("zip", "gz", "7z", "rar", "tar"), "file-earmark-zip"),
}
_PLACES = (
    Choice("{file.name}", text("the name of the file")),
    Choice("{file.stem}", text("its name without the ending")),
    Choice("{file.suffix}", text("its ending")),
    Choice("{file.size}", text("its size")),
    Choice("{file.folder}", text("its folder")),
    Choice("{file.modified}", text("when it was changed")),
    Choice("{files}", text("a list of the files")),
    Choice("{count}", text("the number of files")),
    *COMMON_PLACES,
)

FORM: Form = (
    Section(
        text("When a file arrives in"),
        (
            Field("folder", text("F&older"), FieldKind.FOLDER, text("Without its subfolders.")),
            Field(
                "include",
                text("Onl&y"),
                FieldKind.WORDS,
                help=text("Patterns such as *.pdf *.jpg. Partial downloads are always skipped."),
            ),
        ),
    ),
    Section(text("mail it"), (TO, replace(SUBJECT, choices=_PLACES), ACCOUNT)),
    Section(
        text("and then"),
        (
            Field(
                "after",
                text("F&ile"),
                FieldKind.CHOICE,
                text("Done only after the server has accepted the mail."),
                choices=(
                    Choice(After.KEEP.value, text("keep the file")),
                    Choice(After.MOVE.value, text("move the file")),
                    Choice(After.DELETE.value, text("delete the file")),
                ),
                width=12,
            ),
            Field(
                "move_to",
                text("&Move to"),
                FieldKind.PLACE,
                help=text("A folder inside the watched one, or a full path."),
            ),
        ),
    ),
    Section(
        None,
        (
            Field(
                "batch_seconds",
                text("To&gether"),
                FieldKind.NUMBER,
                text("Files that arrive within this time go out in one mail; 0: one mail each."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            Field(
                "zip",
                text("Zi&p"),
                FieldKind.SWITCH,
                text("Pack the files of a mail into one archive."),
                rare=True,
            ),
            CC,
            BCC,
            replace(BODY, choices=_PLACES),
            Field("recursive", text("Su&bfolders"), FieldKind.SWITCH, rare=True),
            Field(
                "exclude",
                text("But not"),
                FieldKind.WORDS,
                help=text("Files that match these patterns are left out."),
                rare=True,
            ),
            Field(
                "hidden",
                text("Hidden files"),
                FieldKind.SWITCH,
                text("Those whose names begin with a dot."),
                rare=True,
            ),
            Field(
                "min_bytes",
                text("Si&ze from"),
                FieldKind.SIZE,
                unit=text("up to"),
                width=8,
                rare=True,
            ),
            Field(
                "max_bytes",
                text("Size to"),
                FieldKind.SIZE,
                unit=text("500 KB, 20 MB"),
                width=8,
                joined=True,
                rare=True,
            ),
            Field(
                "settle_seconds",
                text("&Wait"),
                FieldKind.NUMBER,
                text("A file is complete when it has not changed for this long."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            Field(
                "existing",
                text("At first"),
                FieldKind.CHOICE,
                text("What lies in the folder when the rule first starts."),
                choices=(
                    Choice(Existing.SKIP.value, text("leave what is there already")),
                    Choice(Existing.SEND.value, text("mail what is there, too")),
                ),
                rare=True,
            ),
            Field(
                "again",
                text("Sam&e name"),
                FieldKind.CHOICE,
                text("When a file arrives whose name was mailed before."),
                choices=(
                    Choice(Again.CHANGED.value, text("mail it when its content differs")),
                    Choice(Again.ALWAYS.value, text("mail it every time")),
                    Choice(Again.NEVER.value, text("never mail it again")),
                ),
                rare=True,
            ),
            Field(
                "failed_to",
                text("If it fai&ls"),
                FieldKind.PLACE,
                help=text("A folder for files whose mail finally failed; if empty, they stay."),
                rare=True,
            ),
            replace(CAP, help=text("The rest waits; nothing is lost.")),
            replace(UNSURE, choices=(Choice("", text("as set in the account")), ASK, RESEND)),
        ),
    ),
)

MORE = text("More: one mail for several, zip, size, waiting, hourly limit")


def suited(values: Mapping[str, str]) -> Suited:
    """Return what depends on what becomes of files, and on whether subfolders count."""
    deep = text("With all its subfolders.")
    flat = text("Without its subfolders.")
    return Suited(
        shown={"move_to": values["after"] == After.MOVE.value},
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
