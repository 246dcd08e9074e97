"""The folder rule: mail the files that are dropped into a folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from traymail.core import validators as read
from traymail.core.account import WhenUnsure
from traymail.core.duration import LONGEST
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key
from traymail.core.rule import ASK, BODY, CAP, COMMON_PLACES, RESEND, SUBJECT, UNSURE, Rule
from traymail.core.texts import text


class Existing(Enum):
    """What to do with what lies in the folder when the rule first starts."""

    SKIP = "skip"
    SEND = "send"


class Again(Enum):
    """When a file name that was handled before is mailed again."""

    CHANGED = "changed"
    ALWAYS = "always"
    NEVER = "never"


class After(Enum):
    """What becomes of a file once the server has taken its mail."""

    KEEP = "keep"
    MOVE = "move"
    DELETE = "delete"


PLACES = (
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
_SWITCH, _WORDS, _PLACE = FieldKind.SWITCH, FieldKind.WORDS, FieldKind.PLACE
_SIZE, _CHOICE, _NUMBER = FieldKind.SIZE, FieldKind.CHOICE, FieldKind.NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRule(Rule):
    """A watched folder. Paths are absolute, ``~`` expanded; ``failed_to`` "" = the file stays.

    ``max_bytes`` 0 = what the account's limit allows. Patterns are gitwildmatch, upper and
    lower case alike. ``hidden``: also files whose names begin with a dot.
    ``keep_sent`` None = what was moved to ``move_to`` stays there.
    """

    kind: ClassVar[str] = "folder"
    subject: str = field(
        default="{file.name}", metadata=key(read.words, replace(SUBJECT, choices=PLACES))
    )
    body: str = field(default="{files}", metadata=key(read.words, replace(BODY, choices=PLACES)))
    when_unsure: WhenUnsure = field(
        default=WhenUnsure.ASK,
        metadata=key(
            read.choice(WhenUnsure),
            replace(UNSURE, choices=(Choice("", text("as set in the account")), ASK, RESEND)),
        ),
    )
    max_per_hour: int = field(
        default=60,
        metadata=key(
            read.whole(1, read.MOST_AN_HOUR),
            replace(CAP, help=text("The rest waits; nothing is lost.")),
        ),
    )
    folder: str = field(
        metadata=key(
            read.path,
            Field("", text("F&older"), FieldKind.FOLDER, text("Without its subfolders.")),
            stand_in="~",
        )
    )
    recursive: bool = field(
        default=False, metadata=key(read.flag, Field("", text("Su&bfolders"), _SWITCH, rare=True))
    )
    include: tuple[str, ...] = field(
        default=("*",),
        metadata=key(
            read.many(read.file_pattern, least=1),
            Field(
                "",
                text("Onl&y"),
                _WORDS,
                text("Patterns such as *.pdf *.jpg. Partial downloads are always skipped."),
            ),
        ),
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=key(
            read.many(read.file_pattern),
            Field(
                "",
                text("But not"),
                _WORDS,
                text("Files that match these patterns are left out."),
                rare=True,
            ),
        ),
    )
    hidden: bool = field(
        default=False,
        metadata=key(
            read.flag,
            Field(
                "",
                text("Hidden files"),
                _SWITCH,
                text("Those whose names begin with a dot."),
                rare=True,
            ),
        ),
    )
    min_bytes: int = field(
        default=1,
        metadata=key(
            read.whole(0, 2**40),
            Field("", text("Si&ze from"), _SIZE, unit=text("up to"), width=8, rare=True),
        ),
    )
    max_bytes: int = field(
        default=0,
        metadata=key(
            read.whole(0, 2**40),
            Field(
                "",
                text("Size to"),
                _SIZE,
                unit=text("500 KB, 20 MB"),
                width=8,
                joined=True,
                rare=True,
            ),
        ),
    )
    settle: timedelta = field(
        default=timedelta(seconds=5),
        metadata=key(
            read.seconds(0, 86_400),
            Field(
                "",
                text("&Wait"),
                _NUMBER,
                text("A file is complete when it has not changed for this long."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            called="settle_seconds",
        ),
    )
    existing: Existing = field(
        default=Existing.SKIP,
        metadata=key(
            read.choice(Existing),
            Field(
                "",
                text("At first"),
                _CHOICE,
                text("What lies in the folder when the rule first starts."),
                choices=(
                    Choice(Existing.SKIP.value, text("leave what is there already")),
                    Choice(Existing.SEND.value, text("mail what is there, too")),
                ),
                rare=True,
            ),
        ),
    )
    batch: timedelta = field(
        default=timedelta(0),
        metadata=key(
            read.seconds(0, 86_400),
            Field(
                "",
                text("To&gether"),
                _NUMBER,
                text("Files that arrive within this time go out in one mail; 0: one mail each."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            called="batch_seconds",
        ),
    )
    zip: bool = field(
        default=False,
        metadata=key(
            read.flag,
            Field(
                "",
                text("Zi&p"),
                _SWITCH,
                text("Pack the files of a mail into one archive."),
                rare=True,
            ),
        ),
    )
    again: Again = field(
        default=Again.CHANGED,
        metadata=key(
            read.choice(Again),
            Field(
                "",
                text("Sam&e name"),
                _CHOICE,
                text("When a file arrives whose name was mailed before."),
                choices=(
                    Choice(Again.CHANGED.value, text("mail it when its content differs")),
                    Choice(Again.ALWAYS.value, text("mail it every time")),
                    Choice(Again.NEVER.value, text("never mail it again")),
                ),
                rare=True,
            ),
        ),
    )
    after: After = field(
        default=After.KEEP,
        metadata=key(
            read.choice(After),
            Field(
                "",
                text("F&ile"),
                _CHOICE,
                text("Done only after the server has accepted the mail."),
                choices=(
                    Choice(After.KEEP.value, text("keep the file")),
                    Choice(After.MOVE.value, text("move the file")),
                    Choice(After.DELETE.value, text("delete the file")),
                ),
                width=12,
            ),
        ),
    )
    move_to: str = field(
        metadata=key(
            read.place,
            Field(
                "",
                text("&Move to"),
                _PLACE,
                text("A folder inside the watched one, or a full path."),
            ),
            stand_in="",
        )
    )
    keep_sent: timedelta | None = field(
        default=None,
        metadata=key(
            read.duration_or_off(timedelta(hours=1), LONGEST),
            Field(
                "",
                text("&Delete after"),
                FieldKind.DURATION,
                text("What traymail moved there is deleted after this long; if empty, it stays."),
                width=8,
            ),
            after="move_to",
        ),
    )
    failed_to: str = field(
        default="",
        metadata=key(
            read.place,
            Field(
                "",
                text("If it fai&ls"),
                _PLACE,
                text("A folder for files whose mail finally failed; if empty, they stay."),
                rare=True,
            ),
        ),
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The folder."""
        return (self.folder,)
