"""The very folder that a rule means: where its path led when the rule began."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from traymail.core.errors import UnsafePath
from traymail.core.ledger import KnownFiles
from traymail.core.observations import Place
from traymail.core.reasons import reason_of
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import readable
from traymail.core.texts import Text, text
from traymail.disk import HAS_DESCRIPTORS, Folder, current_user, exchangeable_in, open_folder
from traymail.watch.mounts import Mounts, tells_of_owners


@dataclass(frozen=True, slots=True)
class Spot:
    """The very folder that is watched: another one may be mounted or made at its path."""

    device: int
    inode: int
    place: Place


class SpotFinder:
    """Finds it. ``closed`` tells of folders inside that are not looked into."""

    def __init__(self, rule: FolderRule, known: KnownFiles, closed: Callable[[str], bool]) -> None:
        self._rule, self._known, self._closed = rule, known, closed
        self._kept: Spot | None = None  # the last one that the ledger knows by its number
        self._mounts = Mounts()
        self._leads = ""

    def find(self) -> Spot | Text:
        """Return the folder as it is now, or why it cannot be watched.

        Its path leads where it led when the rule began, whoever may put a link there since.
        Raises StateError.
        """
        real = os.path.realpath(self._rule.folder)
        leads = self._where_it_led(real)
        if leads != real:
            return _led_away(real, leads)
        try:
            with open_folder(real) as folder:
                return self._look(folder, real)
        except UnsafePath:  # it became one just now
            return _led_away(real, leads)
        except NotADirectoryError:
            return text("The folder is not there: a file has its name")
        except OSError as error:
            return text("The folder is not there: {reason}", reason=reason_of(error))

    def _where_it_led(self, real: str) -> str:
        """Return where the path led at the rule's first look, as far back as that is known."""
        if not HAS_DESCRIPTORS:
            return real  # Windows tells of a drive in two ways, with and without its server
        if not self._leads:
            begun = self._known.begun()
            self._leads = (begun and begun.real) or real
        return self._leads

    def _exchanged(self, spot: Spot, owner: int) -> str:
        """Return where others may have put another folder of the user's in this one's place.

        A folder that is a stranger's holds nothing that the stranger may not see.
        """
        if spot == self._kept or owner not in (0, current_user()):
            return ""
        another = self._known.is_another(spot.place, spot.inode)
        if not another or not tells_of_owners(spot.place.medium):
            return ""
        return exchangeable_in(spot.place.real)

    def _place(self, found: os.stat_result, real: str) -> Place:
        medium = self._mounts.medium(real, found.st_dev, found.st_ino)
        if not medium and (begun := self._known.begun()):
            medium = begun.media[-1]  # the system no longer tells
        return Place(real, medium, self.mounted_inside(real))

    def _look(self, folder: Folder, real: str) -> Spot | Text:
        found = folder.itself()
        here = "." if folder.descriptor is not None else real
        if not os.access(here, os.R_OK | os.X_OK, dir_fd=folder.descriptor):
            return text("The folder cannot be read: you have no permission")
        spot = Spot(found.st_dev, found.st_ino, self._place(found, real))
        where = self._exchanged(spot, found.st_uid)
        return _put_there(where) if where else spot

    def keep(self, spot: Spot) -> None:
        """Have the folder known by its number, once the rule has begun there."""
        if spot != self._kept:
            self._known.keep_inode(spot.place, spot.inode)
            self._kept = spot

    def mounted_inside(self, real: str) -> tuple[tuple[str, str], ...]:
        """Return the folders inside at which something is mounted, and what."""
        if not self._rule.recursive:
            return ()
        found = self._mounts.inside(real).items()
        return tuple(sorted(one for one in found if not self._closed(one[0])))


def _led_away(real: str, leads: str) -> Text:
    if real == leads:
        return text("The folder is not watched: a link is in its way.")
    return text(
        "The folder is not watched: its path led to {before} when the rule began, and leads to "
        "{now} now. If you mean that place, name it as the folder.",
        before=readable(leads),
        now=readable(real),
    )


def _put_there(where: str) -> Text:
    return text(
        "The folder is not watched: it is another one than before. Others may exchange it, since "
        "they may write {where}. Look at what lies there now, then: chmod go-w {where}",
        where=readable(where),
    )
