"""The rules of config.toml: every key, what it may hold, and which field it becomes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from traymail.core import readers as read
from traymail.core.account import WhenUnsure
from traymail.core.pattern_check import check_pattern
from traymail.core.readers import Form, Key
from traymail.core.rules.folder import After, Again, Existing, FolderRule
from traymail.core.rules.log import LogRule, StartAt, Threshold
from traymail.core.tables import MOST_AN_HOUR, YEAR, ZERO
from traymail.core.texts import text

SECOND = timedelta(seconds=1)


def _pattern(value: object) -> str:
    given = read.words(value)
    if found := check_pattern(given):
        raise read.wrong(found)
    return given


def _pattern_or_empty(value: object) -> str:
    return _pattern(value) if read.words(value) else ""


_RULE: dict[str, Key] = {
    "name": Key(read.name),
    "enabled": Key(read.flag),
    "account": Key(read.words),
    "to": Key(read.many(read.address, least=1, most=read.MOST_ADDRESSES)),
    "cc": Key(read.many(read.address, most=read.MOST_ADDRESSES)),
    "bcc": Key(read.many(read.address, most=read.MOST_ADDRESSES)),
    "subject": Key(read.words),
    "body": Key(read.words),
    "when_unsure": Key(read.choice(WhenUnsure)),
    "max_per_hour": Key(read.whole(1, MOST_AN_HOUR)),
}

_FOLDER: dict[str, Key] = _RULE | {
    "folder": Key(read.path),
    "recursive": Key(read.flag),
    "include": Key(read.many(read.file_pattern, least=1)),
    "exclude": Key(read.many(read.file_pattern)),
    "hidden": Key(read.flag),
    "min_bytes": Key(read.whole(0, 2**40)),
    "max_bytes": Key(read.whole(0, 2**40)),
    "settle_seconds": Key(read.seconds(0, 86_400), "settle"),
    "existing": Key(read.choice(Existing)),
    "batch_seconds": Key(read.seconds(0, 86_400), "batch"),
    "zip": Key(read.flag),
    "again": Key(read.choice(Again)),
    "after": Key(read.choice(After)),
    "move_to": Key(read.place),
    "failed_to": Key(read.place),
}

_THRESHOLD: dict[str, Key] = {
    "count": Key(read.whole(1, 1_000_000)),
    "within": Key(read.duration(timedelta(milliseconds=1), YEAR)),
}

THRESHOLD = Form(
    Threshold,
    _THRESHOLD,
    text("It belongs inside the threshold of a log rule."),
)

_LOG: dict[str, Key] = _RULE | {
    "paths": Key(read.many(read.path, least=1)),
    "match": Key(read.many(_pattern, least=1)),
    "ignore": Key(read.many(_pattern)),
    "encoding": Key(read.encoding),
    "start_at": Key(read.choice(StartAt)),
    "record_start": Key(_pattern_or_empty),
    "before": Key(read.whole(0, 1000)),
    "after_lines": Key(read.whole(0, 1000)),
    "threshold": Key(THRESHOLD),
    "cooldown": Key(read.duration(ZERO, YEAR)),
    "group_by": Key(read.words),
    "silent_for": Key(read.duration_or_off(SECOND, YEAR)),
}

# What stands in for a required value that is wrong, so that the rest can be checked too.
_STAND_IN: dict[str, Any] = {"name": "?", "account": "", "to": ["nobody@localhost"]}
RULES_OWN = text("It belongs to rules: the tables [[rules]].")
BOTH_OWN = text("It belongs to accounts and to rules: the tables [accounts.NAME], [[rules]].")
_FOLDERS_OWN = text("It belongs to rules of kind “folder”.")
_LOGS_OWN = text("It belongs to rules of kind “log”.")
FOLDER = Form(FolderRule, _FOLDER, _FOLDERS_OWN, _STAND_IN | {"folder": "~", "move_to": ""})
LOG = Form(LogRule, _LOG, _LOGS_OWN, _STAND_IN | {"paths": ["~/?"], "match": ["-"]})
