"""The pictures that an HTML text or Markdown shows: files of this computer that go into the mail.

Only what the text's own folder holds, or the user attaches: a text may come from anybody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePath
from uuid import uuid4

from traymail.core.address import excerpt
from traymail.core.errors import SourceError, UnsafePath
from traymail.core.message import Address, DraftFile, FileIdentity
from traymail.core.mime import guess_type
from traymail.core.pictures import paths_of
from traymail.core.reasons import unreadable
from traymail.core.texts import Text, text
from traymail.disk import open_folder, true_place, typed


class Pictures:
    """Those of one text; ``files`` are what was found of them so far."""

    def __init__(self, sender: Address, attached: Sequence[Path], page: Path | None = None) -> None:
        """``page``: the HTML file, whose folder its pictures may be in."""
        self._domain = sender.mailbox.rpartition("@")[2]
        self._attached = attached
        self._page = page
        self._found: dict[str, DraftFile] = {}

    @property
    def files(self) -> tuple[DraftFile, ...]:
        """The pictures, each once, as they are shown."""
        return tuple(self._found.values())

    @property
    def names(self) -> dict[str, str]:
        """What they are called, by their Content-ID."""
        return {file.cid: file.name for file in self._found.values()}

    def cid_of(self, address: str, line: int) -> str:
        """Return the Content-ID of a picture; raises SourceError for one that may not be shown."""
        paths = paths_of(address)
        given = next((found for one in paths if (found := self._by_hand(one))), None)
        guard = None
        if given is not None:
            name, path = typed(given.name), true_place(given)
        else:
            path, guard = self._in_folder(address, paths, line)
            name = typed(PurePath(path).name)
        if path not in self._found:
            if not guess_type(name).startswith("image/"):
                raise self._wrong(
                    line,
                    text("{name} is no picture.", name=excerpt(address)),
                    text("Pictures are png, jpg, gif, webp, svg, bmp, tif or heic files."),
                    address,
                )
            cid = f"{uuid4().hex}@{self._domain}"
            self._found[path] = DraftFile(name, path, guard=guard, cid=cid)
        return self._found[path].cid

    def _by_hand(self, path: str) -> Path | None:
        """Return the attached file that is meant: by its path, or by its bare name."""
        for one in self._attached:
            if path in {str(one), one.name} or self._placed(path) == os.path.realpath(one):
                return one
        return None

    def _placed(self, path: str) -> str:
        return os.path.realpath(os.path.join(self._folder, path))  # noqa: PTH118 # any text may be a path

    @cached_property
    def _folder(self) -> str:
        """Where pictures are looked for: asked once, since a link may be put there meanwhile."""
        return true_place(Path() if self._page is None else self._page.parent)

    def _in_folder(self, address: str, paths: Sequence[str], line: int) -> tuple[str, FileIdentity]:
        """Return a file below the folder of the page, and which one it is."""
        if self._page is None or address[:4].lower() == "cid:":
            raise self._wrong(
                line,
                text("The picture {name} is not among the files.", name=excerpt(address)),
                text("Give it with --attach: then it is shown in the text."),
                address,
            )
        folder = self._folder
        true = next((one for one in map(self._placed, paths) if os.path.lexists(one)), None)
        if true is None:
            raise self._wrong(
                line,
                text("There is no picture {name}.", name=excerpt(address)),
                text("Write its path as seen from the HTML file, or give it with --attach."),
                address,
            )
        if not PurePath(true).is_relative_to(folder):
            raise self._wrong(
                line,
                text("The picture {name} is not in the folder of the text.", name=excerpt(address)),
                text("Copy it beside the HTML file, or give it with --attach."),
                address,
            )
        return true, self._identity(folder, true, address, line)

    def _identity(self, folder: str, true: str, address: str, line: int) -> FileIdentity:
        """Return which file it is, reached through folders that are open, and no link."""
        *parts, name = PurePath(true).relative_to(folder).parts or ("",)
        try:
            with open_folder(folder) as top, top.reach(parts) as place:
                found = place.look(name) if name else place.itself()
        except (OSError, UnsafePath) as error:
            cause = error if isinstance(error, OSError) else OSError(str(error))
            raise self._wrong(line, unreadable(address, cause).title, None, address) from error
        if not stat.S_ISREG(found.st_mode):
            raise self._wrong(
                line,
                text("{name} is no picture.", name=excerpt(address)),
                text("Only regular files can be attached."),
                address,
            )
        return FileIdentity.of(found)

    def _wrong(self, line: int, what: Text, advice: Text | None, address: str) -> SourceError:
        where = (
            text("Line {line}: {what}", line=line, what=what)
            if self._page is None
            else text("{path}, line {line}: {what}", path=self._page, line=line, what=what)
        )
        return SourceError(address, where, advice)
