"""The fields of each kind of rule, in the order in which they read as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.core.account import WhenUnsure
from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.rules.folder import After, Again, Existing, FolderRule
from traymail.core.rules.log import LogRule, StartAt
from traymail.core.texts import Text, text

_COMMON_PLACES = (
    Choice("{rule}", text("the name of the rule")),
    Choice("{host}", text("the name of this computer")),
    Choice("{user}", text("your name on this computer")),
    Choice("{date}", text("the date")),
    Choice("{time}", text("date and time")),
)
FOLDER_PLACES = (
    Choice("{file.name}", text("the name of the file")),
    Choice("{file.stem}", text("its name without the ending")),
    Choice("{file.suffix}", text("its ending")),
    Choice("{file.size}", text("its size")),
    Choice("{file.folder}", text("its folder")),
    Choice("{file.modified}", text("when it was changed")),
    Choice("{files}", text("a list of the files")),
    Choice("{count}", text("the number of files")),
    *_COMMON_PLACES,
)
LOG_PLACES = (
    Choice("{line}", text("the line that matches")),
    Choice("{lines}", text("all lines that match")),
    Choice("{path}", text("the log it stands in")),
    Choice("{count}", text("the number of matches")),
    Choice("{suppressed}", text("the number of those held back")),
    *_COMMON_PLACES,
)
EXAMPLES = (
    Choice(r"(?P<level>ERROR|FATAL)\b", text("errors of a program")),
    Choice(r"(?P<level>WARN(?:ING)?|ERROR|FATAL)\b", text("warnings, too")),
    Choice(r"(?i)\b(?:error|failed|exception)\b", text("these words in any case")),
    Choice(r"Failed password for (?P<user>\S+)", text("a refused login over SSH")),
    Choice(r"\bOut of memory\b", text("memory has run out")),
    Choice(r'" (?P<code>5\d\d) ', text("an error of a web server")),
)

_TO = Field("to", text("&To"), FieldKind.ADDRESSES)
_SUBJECT = Field("subject", text("Sub&ject"))
_ACCOUNT = Field("account", text("&Account"), FieldKind.CHOICE)
_CC = Field("cc", text("Cc"), FieldKind.ADDRESSES, rare=True)
_BCC = Field("bcc", text("Bcc"), FieldKind.ADDRESSES, rare=True)
_BODY = Field("body", text("Te&xt"), FieldKind.LINES, rare=True)
_CAP = Field(
    "max_per_hour",
    text("At most"),
    FieldKind.NUMBER,
    unit=text("mails an hour"),
    width=6,
    rare=True,
)
_RESEND = Choice(WhenUnsure.RESEND.value, text("send it again"))
_ASK = Choice(WhenUnsure.ASK.value, text("ask me"))
_UNSURE = Field(
    "when_unsure",
    text("W&hen unsure"),
    FieldKind.CHOICE,
    text("When the server may have a mail, but its answer did not come."),
    choices=(_RESEND, _ASK),
    rare=True,
)

FOLDER: Form = (
    Section(
        text("When a file arrives in"),
        (
            Field("folder", text("F&older"), FieldKind.FOLDER, text("Without its subfolders.")),
            Field(
                "include",
                text("Onl&y"),
                help=text("Patterns such as *.pdf *.jpg. Partial downloads are always skipped."),
            ),
        ),
    ),
    Section(text("mail it"), (_TO, replace(_SUBJECT, choices=FOLDER_PLACES), _ACCOUNT)),
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
            replace(_CC),
            replace(_BCC),
            replace(_BODY, choices=FOLDER_PLACES),
            Field("recursive", text("Su&bfolders"), FieldKind.SWITCH, rare=True),
            Field(
                "exclude",
                text("But not"),
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
            Field("min_bytes", text("Si&ze from"), unit=text("up to"), width=8, rare=True),
            Field(
                "max_bytes",
                text("Size to"),
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
                help=text("A folder for files whose mail finally failed; if empty, they stay."),
                rare=True,
            ),
            replace(_CAP, help=text("The rest waits; nothing is lost.")),
            replace(_UNSURE, choices=(Choice("", text("as set in the account")), _ASK, _RESEND)),
        ),
    ),
)

LOG: Form = (
    Section(
        text("When a line appears in"),
        (
            Field(
                "paths",
                text("F&iles"),
                FieldKind.FILES,
                text("One path per line; * stands for anything. New files are followed too."),
            ),
            Field("match", text("that &matches"), FieldKind.PATTERNS, choices=EXAMPLES),
            Field("ignore", text("but not"), FieldKind.PATTERNS),
        ),
    ),
    Section(
        text("mail me"),
        (
            _TO,
            replace(_SUBJECT, choices=LOG_PLACES),
            Field(
                "threshold.within",
                text("Withi&n"),
                FieldKind.DURATION,
                unit=text("at least"),
                width=8,
            ),
            Field(
                "threshold.count",
                text("Matches"),
                FieldKind.NUMBER,
                unit=text("matches"),
                width=4,
                joined=True,
            ),
            Field(
                "cooldown",
                text("Then &wait"),
                FieldKind.DURATION,
                unit=text("then one digest"),
                width=8,
            ),
        ),
    ),
    Section(
        None,
        (
            replace(_ACCOUNT, rare=True),
            _CC,
            _BCC,
            replace(_BODY, choices=LOG_PLACES),
            Field(
                "before",
                text("C&ontext"),
                FieldKind.NUMBER,
                unit=text("lines before"),
                width=4,
                rare=True,
            ),
            Field(
                "after_lines",
                text("Lines after"),
                FieldKind.NUMBER,
                unit=text("lines after"),
                width=4,
                joined=True,
                rare=True,
            ),
            Field(
                "record_start",
                text("&Records"),
                FieldKind.PATTERN,
                text("A pattern for the first line of a record; the lines after it belong to it."),
                rare=True,
            ),
            Field(
                "encoding",
                text("Encodin&g"),
                help=text("auto, utf-8, gb18030, utf-16, big5 or another one's name."),
                width=12,
                rare=True,
            ),
            Field(
                "start_at",
                text("At first"),
                FieldKind.CHOICE,
                text("The first time a file is seen."),
                choices=(
                    Choice(StartAt.END.value, text("only lines from now on")),
                    Choice(StartAt.BEGINNING.value, text("from its beginning")),
                ),
                rare=True,
            ),
            Field(
                "group_by",
                text("&For each"),
                help=text(
                    "A name that the pattern captures: each of its values is counted separately."
                ),
                width=16,
                rare=True,
            ),
            Field(
                "silent_for",
                text("Si&lence"),
                FieldKind.DURATION,
                help=text("Also mail me when nothing has matched for this long, for example 24 h."),
                width=8,
                rare=True,
            ),
            replace(_CAP, help=text("Anything beyond that comes in one digest.")),
            _UNSURE,
        ),
    ),
)

HEAD: Form = (
    Section(
        None,
        (
            Field("name", text("Name")),
            Field("enabled", text("On"), FieldKind.SWITCH, default="true"),
        ),
    ),
)
"""What stands above the form: the name as the title, and the switch."""

FORMS: Mapping[str, Form] = {FolderRule.kind: FOLDER, LogRule.kind: LOG}
MORE: Mapping[str, Text] = {
    FolderRule.kind: text("More: one mail for several, zip, size, waiting, hourly limit"),
    LogRule.kind: text("More: account, context, encoding, silence alarm, limit"),
}
"""What the rare fields of a kind are about."""
