"""What is reported of a watched folder: each thing once, as long as it stays so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from traymail.core.observations import (
    FileLeftOut,
    FolderBack,
    FolderGone,
    NoLongerLeftOut,
    Observation,
    Place,
    WatchTrouble,
)
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import readable
from traymail.core.texts import Text

Observe = Callable[[Observation], None]


class FolderNews:
    """Tells of the folder of one rule."""

    def __init__(self, rule: FolderRule, observe: Observe) -> None:
        self._rule, self._observe = rule, observe
        self._left_out: dict[str, Text] = {}
        self._gone: Text | None = None
        self._trouble: Text | None = None

    def again(self) -> None:
        """Tell the state once more: to a flow that has just begun."""
        self._left_out.clear()
        self._gone = None
        if self._trouble is not None:
            self._observe(WatchTrouble(rule=self._rule.name, reason=self._trouble))

    def gone(self, reason: Text) -> None:
        """Tell that the folder cannot be watched."""
        if reason != self._gone:
            self._gone = reason
            name, folder = self._rule.name, self._rule.folder
            self._observe(FolderGone(rule=name, folder=folder, reason=reason))

    def back(self, place: Place) -> None:
        """Tell that the folder is watched."""
        self._gone = None
        self._observe(FolderBack(rule=self._rule.name, folder=self._rule.folder, place=place))

    def fails(self, reason: Text) -> bool:
        """Tell why looks at the folder fail; False when that has been told."""
        if self._trouble == reason:
            return False
        self._trouble = reason
        self._observe(WatchTrouble(rule=self._rule.name, reason=reason))
        return True

    def works(self) -> None:
        """Take note that a look at all of the folder went well."""
        if self._trouble is not None:
            self._trouble = None
            self._observe(WatchTrouble(rule=self._rule.name, reason=None))

    def leave_out(self, path: str, reason: Text) -> None:
        """Tell that a file is not mailed, and why."""
        if self._left_out.get(path) != reason:
            self._left_out[path] = reason
            self._observe(FileLeftOut(rule=self._rule.name, what=readable(path), reason=reason))

    def looked(self, left_out: Mapping[str, Text], stays: Callable[[str], bool]) -> None:
        """Tell what a look at all of the folder found ``left_out``, and what is no longer.

        What ``stays`` was told by others than such a look.
        """
        for path, reason in left_out.items():
            self.leave_out(path, reason)
        # What is gone, or fits now, may be told again when it comes back.
        kept = {path for path in self._left_out if stays(path)}
        for path in self._left_out.keys() - left_out.keys() - kept:
            self._observe(NoLongerLeftOut(rule=self._rule.name, what=readable(path)))
        self._left_out = {path: self._left_out[path] for path in (*left_out, *kept)}
